"""Everybody who is not a program of the kit store: a process of its own, `python -m api.demo.players ASKED`.

One rule for the editor: it reaches the service by HTTP and the bridge by the hardware's wires, and knows nothing
else of either.
"""

import json
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path
from typing import Any

from api.demo.asked import Asked
from api.demo.desk import Desk, Refused, Unreachable
from api.demo.feed import Feed
from api.demo.hardware import Docks, Hands, Shelf, camera_tag
from api.demo.home import Home, Notes
from api.demo.own_hatch import example, offer
from api.demo.sign_ins import PASSWORD
from api.demo.storekeeper import NobodyAnswers, Pace, Storekeeper
from api.demo.tally import Tally
from api.demo.voice import say
from inventory.demo import kit, shift
from inventory.demo.force import DemoForce, build, plain_rows
from inventory.demo.plan import MEDWAY, SHIFTS
from inventory.demo.shift import Step
from inventory.people.calendar import LONDON, ShiftPattern, current_or_next, local_day

DOCK_BEAT_S = 240.0
"""How often the docks repeat their words; the kit store believes a bay for ten minutes."""

SHELF_READ_S = 60.0
"""How often the reader at the shelf reads what is there."""

HEARD_S = 20.0
"""Longest wait until the service has heard the docks."""

DAY_LOOK_S = 60.0
HAND_BACK_GAP_S = 1.0
"""Between scans of the kit that is handed back, in the script's time."""

EARLY = "Early"
KIOSK_COOKIE = "kit_kiosk"
PAGE = 500


@dataclass(slots=True)
class Players:
    """The storekeeper at the hatch, the docks, and the other systems of the force."""

    asked: Asked
    home: Home
    notes: Notes
    demo: DemoForce
    desk: Desk
    docks: Docks
    shelf: Shelf
    feed: Feed
    _dock_s: float = field(default=0.0, init=False)
    _shelf_s: float = field(default=0.0, init=False)
    _day_s: float = field(default=0.0, init=False)

    def run(self) -> None:
        """Bring the force to today, hand back what is out, play the shift, and keep everything beating."""
        today = self.today()
        steps = of_the_first(shift.early_shift(self.demo, today), self.asked.people)
        keeper = self._storekeeper()
        shown = example(self.demo, steps, today)
        for line in offer(desk_of(self.asked, "manager"), self.notes.own_place_id, shown):
            say(line)
        self.feed.bring_to(today)
        keeper.clear(self.notes.place_id)
        if self.notes.played:
            self._hand_back(keeper, date.fromisoformat(self.notes.played))
        self._hear_docks(keeper)
        if self.asked.play:
            self._play(keeper, steps, today)
        while True:
            time.sleep(0.5)
            self.chores()

    def today(self) -> date:
        """The service's day in London."""
        return local_day(self.desk.get(f"/hatch/{self.notes.place_id}")["at_us"])

    def chores(self) -> None:
        """What goes on beside the hatch: docks, tags and training records that speak, a new day that begins."""
        now_s = time.monotonic()
        try:
            if now_s >= self._dock_s:
                self._dock_s = now_s + DOCK_BEAT_S
                self.docks.beat(self._in_store())
            if now_s >= self._shelf_s:
                self._shelf_s = now_s + SHELF_READ_S
                self.shelf.read(self._in_store())
            self.feed.beat()
            if now_s >= self._day_s:
                self._day_s = now_s + DAY_LOOK_S
                self.feed.bring_to(self.today())
        except (Refused, Unreachable) as problem:
            say(f"  (beside the hatch: {problem}. Tried again later.)")

    # -- before the shift -------------------------------------------------------------------------------

    def _hand_back(self, keeper: Storekeeper, played: date) -> None:
        """What the shift of that day drew comes back, as at its end."""
        steps = shift.early_shift(self.demo, played)
        drew = {step.ref for step in steps if step.act == shift.COUNTERSIGN}
        cards = dict.fromkeys(step.code for step in steps if step.act == shift.CARD and step.ref in drew)
        say(f"The shift of {played:%-d %B %Y} hands its kit back.")
        back = keeper.hand_back(cards, self._pace(), HAND_BACK_GAP_S)
        say(f"  {back} items are back.")
        self._remember("")

    def _hear_docks(self, keeper: Storekeeper) -> None:
        """Wait until the service has heard every bay once, so that cameras are known to be charged."""
        self._dock_s = time.monotonic() + DOCK_BEAT_S
        keeper.watching.forget()
        spoke = self.docks.beat(self._in_store())
        heard: set[tuple[str, int]] = set()
        until_s = time.monotonic() + HEARD_S
        while len(heard) < spoke and (left_s := until_s - time.monotonic()) > 0:
            event = keeper.watching.next(left_s)
            if event and event.get("type") == "bay":
                heard.add((event["dock"], event["bay"]))
        say(f"Docks: {len(heard)} of {spoke} bays have spoken over MQTT.")

    def _in_store(self) -> frozenset[str]:
        """Serials of what the store holds now and a dock may have in a bay."""
        found: set[str] = set()
        for item_kind in ("BWV_CAMERA", "CED_BATTERY"):
            path = f"/items?store_id={self.notes.store_id}&kind={item_kind}&limit={PAGE}"
            cursor = ""
            while True:
                page = self.desk.get(path + cursor)
                found.update(row["serial"] for row in page["rows"])
                if not page["next"]:
                    break
                cursor = f"&cursor={page['next']}"
        return frozenset(found)

    # -- the shift ---------------------------------------------------------------------------------------

    def _play(self, keeper: Storekeeper, steps: list[Step], today: date) -> None:
        people = len({step.ref for step in steps})
        say(f"Playing the Medway early shift: {people} people at the hatch{_how_fast(self.asked.speed)}.")
        if not self.asked.shift:
            say(proposed(self.desk.get(f"/hatch/{self.notes.place_id}")["at_us"]))
        self._remember(today.isoformat())
        keeper.tally = Tally(say)
        keeper.play(steps, self._pace())
        for line in (f"played {people} people", *keeper.tally.summary(), "", *self._pointers(), ""):
            say(line)

    def _pointers(self) -> list[str]:
        at = self.asked.address
        return [
            "The shift is out; the kit store goes on. To look at now:",
            f"  {at}/stores/{self.notes.store_id}   what is left on the shelf, and which bays are empty",
            "  a camera's page there: where the tag reader at the shelf saw it last, once a minute",
            f"  {at}/search   any serial above: its life, with this draw at its end",
            "Ctrl-C ends every process; the next start hands this kit back and plays the shift of that day.",
        ]

    def _storekeeper(self) -> Storekeeper:
        watching = self.desk.watch(f"place:{self.notes.place_id},store:{self.notes.store_id}")
        watching.wait_until_open(HEARD_S)
        keys = {
            f"8004{kit.camera_key(each)}": each.serial for each in self.demo.kit if each.kind == "BWV_CAMERA"
        }
        return Storekeeper(
            self.desk, watching, self.docks.hands, self.docks, Tally(say), lambda code: keys.get(code, code),
            self.asked.shift,
        )  # fmt: skip

    def _pace(self) -> Pace:
        return Pace(self.asked.speed, self.chores)

    def _remember(self, played: str) -> None:
        notes = self.home.notes()
        assert notes is not None, "the service runs on a loaded database"
        self.home.note(replace(notes, played=played))


def proposed(now_us: int) -> str:
    """Which shift the hatch proposes at this time, and what it would take to see another."""
    long_ago = date(2000, 1, 1)
    patterns = [
        ShiftPattern(name, clock.fromisoformat(starts), clock.fromisoformat(ends), long_ago)
        for name, starts, ends in SHIFTS
    ]
    window = current_or_next(patterns, now_us)
    name = window.name if window else "no"
    wall = datetime.fromtimestamp(now_us / 1e6, LONDON)
    if name == EARLY:
        return f"  It is {wall:%H:%M} in London: the hatch proposes the Early shift, back by 16:00."
    return (
        f"  It is {wall:%H:%M} in London, so the hatch proposes the {name} shift and they draw for that one;\n"
        f"  between 06:00 and 14:00 it is Early, and `--shift {EARLY}` touches Early for each of them."
    )


def of_the_first(steps: list[Step], people: int) -> list[Step]:
    """The steps of the first `people` who come (0: all), in their order, without the gaps the others leave."""
    if not people:
        return steps
    refs = list(dict.fromkeys(step.ref for step in steps))[:people]
    return [step for step in steps if step.ref in refs]


def _how_fast(speed: float) -> str:
    if not speed:
        return ", as fast as answers come"
    minutes = shift.LASTS_S / 60 / speed
    return (
        f", half an hour in {minutes:.0f} minutes" if minutes >= 1 else ", half an hour in less than a minute"
    )


def desk_of(asked: Asked, name: str, cookies: dict[str, str] | None = None) -> Desk:
    """A desk at which `name` is signed in."""
    desk = Desk(asked.near, asked.port, dict(cookies or {}))
    desk.sign_in(name, PASSWORD)
    return desk


def gather(asked: Asked) -> Players:
    """Everybody, ready to begin. Raises Refused or Unreachable where the service turns one away."""
    home = Home(asked.folder)
    notes = home.notes()
    assert notes is not None, "the service runs on a loaded database"
    demo = build(date.fromisoformat(notes.anchor))
    token = home.kiosk_token.read_text("utf-8").strip()
    desk = desk_of(asked, "storekeeper", {KIOSK_COOKIE: token})
    hands = Hands.at(home.hardware)
    docks = Docks.of(hands, [row for row in plain_rows(demo).bays if row.store == MEDWAY])
    cameras = [each for each in demo.kit if each.kind == "BWV_CAMERA" and each.store == MEDWAY]
    tags = {each.serial: camera_tag(kit.GS1_PREFIX, kit.camera_key(each)) for each in cameras}
    feed = Feed(home, demo, lambda name: desk_of(asked, name), say)
    return Players(asked, home, notes, demo, desk, docks, Shelf(hands, tags), feed)


def asked_of(text: str) -> Asked:
    """What the demo asked for, as it wrote it on the command line."""
    told: dict[str, Any] = json.loads(text)
    return Asked(**{**told, "folder": Path(told["folder"])})


def main(text: str) -> None:
    """Play until ended."""
    try:
        gather(asked_of(text)).run()
    except (Refused, Unreachable, NobodyAnswers) as problem:
        sys.exit(f"The players stop: {problem}")


if __name__ == "__main__":
    main(sys.argv[1])
