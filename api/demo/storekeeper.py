"""The storekeeper and the officers at the hatch, played: cards and kit by the hardware, touches over HTTP.

One rule for the editor: after each act the hatch's own answer is awaited, as a person would look at the screen;
nothing is assumed to have happened because it was sent.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from api.demo.desk import Desk, Refused, Watching
from api.demo.hardware import Docks, Hands
from api.demo.tally import Tally
from inventory.demo import shift
from inventory.demo.shift import Step

ANSWER_S = 10.0
"""Longest wait for the hatch's answer to a scan; past it the scan counts as unanswered."""

UNANSWERED_MAX = 5
BY_THE_CLOCK = frozenset({"DROPPED", "PARKED"})
"""What a hatch may say by itself, between a scan and its answer."""

Told = dict[str, Any]


class NobodyAnswers(RuntimeError):
    """The hatch does not answer scans; something between the scanner and the screen is broken."""


@dataclass(slots=True)
class Pace:
    """Time as the script counts it, `speed` times as fast; 0 is as fast as answers come. `chores` are done in waits."""

    speed: float
    chores: Callable[[], None]
    _began_s: float = field(default_factory=time.monotonic)

    def wait_until(self, at_s: float) -> None:
        """Wait for a moment of the script."""
        self.chores()
        if not self.speed:
            return
        while (left_s := self._began_s + at_s / self.speed - time.monotonic()) > 0:
            time.sleep(min(left_s, 0.5))
            self.chores()


@dataclass(slots=True)
class Storekeeper:
    """Everybody at one hatch. `serial_of` gives the serial printed under a code, where it is another text."""

    desk: Desk
    watching: Watching
    hands: Hands
    docks: Docks
    tally: Tally
    serial_of: Callable[[str], str] = lambda code: code
    shift_name: str = ""
    _view: Told = field(default_factory=dict, init=False)
    _last_us: int = field(default=0, init=False)
    _unanswered: int = field(default=0, init=False)
    _lifted: dict[str, list[str]] = field(default_factory=dict, init=False)

    def play(self, steps: list[Step], pace: Pace) -> None:
        """Play a script. Raises NobodyAnswers."""
        for number, step in enumerate(steps):
            pace.wait_until(step.at_s)
            self._do(step)
            comes_again = any(later.ref == step.ref for later in steps[number + 1 :])
            if not comes_again:
                self._leave(step.ref)

    def clear(self, place_id: int) -> None:
        """End what an earlier day left open or parked at the hatch."""
        self._view = self.desk.get(f"/hatch/{place_id}")
        if self._view["visit"]:
            self._touch("drop", {})
        for parked in self._view["parked"]:
            self.desk.post(f"/visits/{parked['id']}/resume", {})
            self.desk.post(f"/visits/{parked['id']}/drop", {})

    def hand_back(self, cards: Iterable[str], pace: Pace, gap_s: float) -> int:
        """Everybody who holds kit hands it in; returns how many items came back."""
        back, at_s = 0, 0.0
        for card in cards:
            pace.wait_until(at_s)
            at_s += gap_s
            self._read(lambda uid=card: self.hands.show_card(uid))  # type: ignore[misc]
            while held := self._in_hand():
                pace.wait_until(at_s)
                at_s += gap_s
                said = self._read(lambda serial=held[0]: self.hands.scan(serial, "]C0"))  # type: ignore[misc]
                if said is None or said["outcome"] != "RETURNED":
                    break
                back += 1
            self._leave(card)
        return back

    # -- one step -------------------------------------------------------------------------------------

    def _do(self, step: Step) -> None:
        act = _ACTS[step.act]
        said = act(self, step)
        self.tally.note(step, said, (self._view.get("visit") or {}).get("person"))

    def _card(self, step: Step) -> Told | None:
        said = self._read(lambda: self.hands.show_card(step.code))
        visit = self._view.get("visit")
        if self.shift_name and said and said["outcome"] == "VISIT_OPENED" and visit:
            self._touch("shift", {"name": self.shift_name})
        return said

    def _scan(self, step: Step) -> Told | None:
        serial = self.serial_of(step.code)
        if self.docks.lift(serial):
            self._lifted.setdefault(step.ref, []).append(serial)
        return self._read(lambda: self.hands.scan(step.code, step.symbology))

    def _fit(self, _step: Step) -> Told | None:
        return self._touch("declare-fit", {})

    def _function_test(self, step: Step) -> Told | None:
        return self._touch(f"lines/{self._line(step.code)}/function-test", {"passed": True})

    def _charge(self, step: Step) -> Told | None:
        return self._touch(f"lines/{self._line(step.code)}/charge", {"percent": step.value})

    def _countersign(self, _step: Step) -> Told | None:
        return self._touch("complete", {"check": "FACE"})

    def _leave(self, ref: str) -> None:
        """Whoever stood here goes; what was not issued goes back to its place."""
        visit = self._view.get("visit")
        if visit and not any(line["word"] == "IN_SET" for line in visit["lines"]):
            self._touch("drop", {})
        for serial in self._lifted.pop(ref, ()):
            if serial not in self.tally.issued:
                self.docks.put_back(serial)

    # -- reading and touching ---------------------------------------------------------------------------

    def _read(self, present: Callable[[], None]) -> Told | None:
        """Have the hardware read something, and the hatch's verdict on it; None where none came."""
        self.tally.scans += 1
        present()
        until_s = time.monotonic() + ANSWER_S
        while (left_s := until_s - time.monotonic()) > 0:
            event = self.watching.next(left_s)
            if event is None:
                break
            said = self._heard(event)
            if said is not None:
                self._unanswered = 0
                return said
        self._unanswered += 1
        if self._unanswered >= UNANSWERED_MAX:
            raise NobodyAnswers(
                f"{UNANSWERED_MAX} scans in a row got no answer ({self.watching.problem or 'silence'})"
            )
        return None

    def _heard(self, event: Told) -> Told | None:
        """The verdict in an event, where it is the hatch's answer to what was just read."""
        if event.get("type") != "hatch" or event["verdict"]["at_us"] <= self._last_us:
            return None
        self._last_us, self._view = event["verdict"]["at_us"], event["view"]
        verdict: Told = event["verdict"]
        return None if verdict["outcome"] in BY_THE_CLOCK else verdict

    def _touch(self, act: str, body: dict[str, Any]) -> Told | None:
        visit = self._view.get("visit")
        if visit is None:
            return None
        try:
            said: Told = self.desk.post(f"/visits/{visit['id']}/{act}", body)
        except Refused as problem:
            return {"outcome": f"PROBLEM {problem.code}", "sentences": [str(problem)]}
        self._last_us, self._view = max(self._last_us, said["view"]["at_us"]), said["view"]
        if said["outcome"] == "COMPLETED":
            self.tally.completed(visit)
        return said

    def _line(self, serial: str) -> int:
        lines = (self._view.get("visit") or {"lines": []})["lines"]
        found = [line["id"] for line in lines if line["serial"] == serial and line["word"] == "IN_SET"]
        return found[0] if found else 0

    def _in_hand(self) -> list[str]:
        """Serials of what the person at the hatch holds, what is loaded in it left out; spit guards stay with them."""
        visit = self._view.get("visit") or {"holding": []}
        of_the_duty = (
            each
            for each in visit["holding"]
            if each.get("item_id") and each["return_mode"] == "DUTY" and not each.get("within")
        )
        return [each["serial"] for each in of_the_duty]


_ACTS: dict[str, Callable[[Storekeeper, Step], Told | None]] = {
    shift.CARD: Storekeeper._card,
    shift.SCAN: Storekeeper._scan,
    shift.FIT: Storekeeper._fit,
    shift.FUNCTION_TEST: Storekeeper._function_test,
    shift.CHARGE: Storekeeper._charge,
    shift.COUNTERSIGN: Storekeeper._countersign,
}
