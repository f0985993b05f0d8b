"""A shift that goes on while service and bridge are killed at random moments, and the reckoning afterwards.

One rule for the editor: each hand works on kit of its own, in a strict turn of issue and return, so that what it was
told can be counted against the ledger exactly: no more, no less.

`python -m tests.faults.shift ROUNDS sqlite|postgresql` is a part of `scripts/campaign-kills`.
"""

import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests import small_force as force
from tests.doors import people
from tests.faults.service_process import quick_to_start, until
from tests.faults.station import Issuer, Station, build_station
from tests.postgresql_server import running_server

KIT: tuple[list[int], ...] = tuple(
    [force.HANDLES[n], force.BATTERIES[n], *force.CARTRIDGES[n * 4 : n * 4 + 4]] for n in range(2)
)
SCANNED = force.GUARDS[0]
SERVICE, BRIDGE, BOTH, STARTING = "service", "bridge", "both", "service as it starts"
VICTIMS = (SERVICE, BRIDGE, BOTH, STARTING)
STARTS_IN_S = 2.0
PATIENCE_S = 120.0


@dataclass
class Hand:
    """One issuer at a desk: draws its own set for its own officer and takes it back, again and again."""

    issuer: Issuer
    person_id: int
    items: list[int]
    issued: int = 0
    returned: int = 0
    repeats: int = 0
    wrong: list[str] = field(default_factory=list)

    def work(self, over: threading.Event) -> None:
        """Go on until the shift is over; what is out then is taken back."""
        while not over.is_set():
            self._draw()
            self._bring_back()

    def _draw(self) -> None:
        told = self.issuer.issue(self.person_id, self.items)
        self.repeats += told.is_repeat
        if told.code == 201:
            self.issued += 1
        else:
            self.wrong.append(f"issue: {told.code} {told.body}")

    def _bring_back(self) -> None:
        told = self.issuer.take_back(self.items)
        self.repeats += told.is_repeat
        words = [row["word"] for row in told.body.get("items", ())]
        if told.code == 200 and set(words) == {"RETURNED"}:
            self.returned += 1
        else:
            self.wrong.append(f"return: {told.code} {words or told.body}")


@dataclass
class Scanning:
    """One issuer who draws by request, and an officer who hands in at the scanner: green, or said to be too late."""

    station: Station
    issuer: Issuer
    person_id: int
    drawn: int = 0
    given_up: int = 0

    def work(self, over: threading.Event) -> None:
        """Go on until the shift is over."""
        while not over.is_set():
            assert self.issuer.issue(self.person_id, [SCANNED]).code == 201
            self.drawn += 1
            self.station.scan(SCANNED)
            if not self._is_back_within(1.0):
                self.given_up += 1
                assert self.issuer.take_back([SCANNED]).code == 200, "whichever came first, it is back once"

    def _is_back_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.station.holder(SCANNED) is None:
                return True
            time.sleep(0.02)
        return False


@dataclass
class Shift:
    """The hands at work, the supervisor that starts what was killed, and the reckoning."""

    station: Station
    hands: list[Hand] = field(default_factory=list)
    issuers: list[Issuer] = field(default_factory=list)
    scanning: Scanning | None = None
    failed: list[BaseException] = field(default_factory=list)
    killed: dict[str, int] = field(default_factory=dict)

    def play(self, rounds: int, dice: random.Random) -> None:
        """Work, and kill `rounds` times; what is killed is started again as a supervisor would."""
        self.station.start()
        self.station.start_bridge()
        over = threading.Event()
        workers = [threading.Thread(target=self._safely, args=(each.work, over)) for each in self._everybody()]
        for each in workers:
            each.start()
        try:
            until(lambda: self.failed or all(each.issued for each in self.hands), "work under way")
            for number in range(rounds):
                time.sleep(dice.uniform(0.05, 1.0))
                self._kill(VICTIMS[number % len(VICTIMS)], dice)
        finally:
            over.set()
            for each in workers:
                each.join(PATIENCE_S)
            for issuer in self.issuers:
                issuer.client.close()
        assert not any(each.is_alive() for each in workers), "somebody never got an answer"

    def told(self) -> str:
        """What the shift was like, in a line."""
        assert self.scanning is not None
        sets, repeats = sum(each.issued for each in self.hands), sum(each.repeats for each in self.hands)
        scans, green = self.scanning.drawn, self.station.greens(SCANNED)
        return (
            f"killed {self.killed}: {sets} sets issued and returned, {repeats} answers given twice; {scans} returns"
            f" scanned, {green} lit green, {self.scanning.given_up} taken by hand; nothing missing, nothing twice"
        )

    def _everybody(self) -> Sequence[Hand | Scanning]:
        for number, items in enumerate(KIT):
            self.hands.append(Hand(self._issuer(), people.RUNNERS[number], items))
        self.scanning = Scanning(self.station, self._issuer(), people.RUNNERS[10])
        return [*self.hands, self.scanning]

    def _issuer(self) -> Issuer:
        made = Issuer(self.station.service)
        made.sign_in()
        self.issuers.append(made)
        return made

    def _safely(self, work: object, over: threading.Event) -> None:
        try:
            work(over)  # type: ignore[operator]
        except BaseException as error:  # handed to the reckoning: a thread's failure must fail the test
            self.failed.append(error)

    def _kill(self, victim: str, dice: random.Random) -> None:
        self.killed[victim] = self.killed.get(victim, 0) + 1
        service, bridge = self.station.service, self.station.bridge
        if victim != BRIDGE:
            service.kill()
        if victim in (BRIDGE, BOTH):
            bridge.kill()
        if victim == STARTING:
            service.start(wait=False)
            time.sleep(dice.uniform(0.0, STARTS_IN_S))
            service.kill()
        if victim != BRIDGE:
            service.start()
        if victim in (BRIDGE, BOTH):
            bridge.start()

    def reckon(self) -> None:
        """Fail where the ledger and what people were told differ by a single entry."""
        assert not self.failed, self.failed
        assert self.scanning is not None
        self.station.until_delivered()
        self.station.bridge.stop()
        for each in self.hands:
            assert each.wrong == []
            assert each.issued > 0
            for item_id in each.items:
                told = (each.issued, each.returned)
                stored = (self.station.entries(item_id, "ISSUED"), self.station.entries(item_id, "RETURNED"))
                assert stored == told, f"item {item_id}: the ledger says {stored}, the hand was told {told}"
            assert self.station.decisions(each.person_id) == each.issued
        self._reckon_scans(self.scanning)
        assert self.station.kept() == self.station.stored(), "every observation is there, once"
        self.station.is_in_order()

    def _reckon_scans(self, scanning: Scanning) -> None:
        assert self.station.entries(SCANNED, "ISSUED") == scanning.drawn == self.station.entries(SCANNED, "RETURNED")
        outcomes = [each for each in self.station.outcomes() if each != "NOTHING_OPEN"]
        green = self.station.greens(SCANNED)
        assert green <= outcomes.count("RETURNED"), "a green light that the ledger does not know"
        assert outcomes.count("RETURNED") <= scanning.drawn
        assert len(outcomes) <= scanning.drawn, "a scan that is there twice"


def main(rounds: int, kind: str) -> None:
    """The long form: `rounds` kills on a database of this kind."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.update(quick_to_start())
    with tempfile.TemporaryDirectory(prefix="kit-kills-") as name:
        if kind == "postgresql":
            with running_server() as address:
                run(rounds, address.format(database="postgres"), Path(name))
        else:
            run(rounds, f"sqlite:///{name}/kit.sqlite3", Path(name))


def run(rounds: int, url: str, folder: Path) -> None:
    """One shift with its reckoning, told on the terminal."""
    seed = random.randrange(2**32)
    print(f"{url.partition(':')[0]}: seed {seed}", flush=True)
    station = build_station(url, folder)
    shift = Shift(station)
    try:
        shift.play(rounds, random.Random(seed))
        shift.reckon()
    finally:
        station.close()
    print(shift.told())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "sqlite")
