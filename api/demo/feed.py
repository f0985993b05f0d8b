"""The force's other systems, played: they hand in the files of the days gone by, and say that they are alive.

One rule for the editor: they are clients like any other. The force moves on through the service's ordinary imports
and by no other way, while the service runs.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from api.demo.desk import Desk
from api.demo.home import Home
from inventory.demo.advance import advance
from inventory.demo.force import TRAINING_SOURCE, DemoForce, Files, as_csv
from inventory.demo.records import TrainingRow

BEAT_S = 1800.0
"""How often the training feed says that it is alive; the kit store believes one for 24 hours."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one of `Files` is handed in: what it is called, the service's word for it, and by whose sign-in."""

    title: str
    kind: str
    name: str


WAYS = {
    "people": Way("people", "people", "administrator"),
    "training": Way("training results", "training", "trainer"),
    "authorisations": Way("permissions to carry", "authorisations", "spoc"),
    "stops": Way("suspensions", "suspensions", "spoc"),
    "restrictions": Way("limited duties", "restrictions", "trainer"),
    "gates": Way("approvals", "gates", "trainer"),
    "roster": Way("duties", "roster", "administrator"),
    "items": Way("new kit", "items", "spoc"),
    "lots": Way("spit guards", "lots", "spoc"),
    "checks": Way("checks and dockings", "checks", "technician"),
}


@dataclass(slots=True)
class Feed:
    """The files' way in. `sign_in` makes a desk at which the one of a name is signed in."""

    home: Home
    demo: DemoForce
    sign_in: Callable[[str], Desk]
    say: Callable[[str], None]
    _next_s: float = field(default=0.0, init=False)
    _warned: bool = field(default=False, init=False)

    def bring_to(self, today: date) -> None:
        """Hand in the files of the days since the last start. Raises desk.Refused or desk.Unreachable."""
        notes = self.home.notes()
        assert notes is not None, "the service runs on a loaded database"
        if today < date.fromisoformat(notes.brought_to):
            self._warn(notes.brought_to, today)
            return
        files = advance(self.demo, date.fromisoformat(notes.brought_to), today)
        if files is not None:
            self.say(f"Bringing the force from {notes.brought_to} to {today} by ordinary imports:")
            self._hand_in_all(files)
            self.home.note(replace(notes, brought_to=today.isoformat()))

    def _warn(self, brought_to: str, today: date) -> None:
        if not self._warned:
            self.say(
                f"WARNING: this force was brought to {brought_to} by a clock set ahead, and today is {today}."
            )
            self.say(f"  What it did then lies in its future. Delete {self.home.folder} to begin anew.")
            self._warned = True

    def beat(self) -> None:
        """Say that the training feed is alive, when it is time to."""
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + BEAT_S
            self._hand_in(WAYS["training"], as_csv(TrainingRow, ()))

    def _hand_in_all(self, files: Files) -> None:
        for each in fields(files):
            text: str = getattr(files, each.name)
            rows = text.count("\n") - 1
            if rows or each.name == "training":
                way = WAYS[each.name]
                report = self._hand_in(way, text)
                bad = f", {report['bad_rows']} refused: {report['bad'][:3]}" if report["bad_rows"] else ""
                self.say(f"  {way.title}: {rows} rows{bad}")

    def _hand_in(self, way: Way, text: str) -> dict[str, Any]:
        desk = self.sign_in(way.name)
        report: dict[str, Any] = desk.send_file(
            f"/imports/{way.kind}?source={TRAINING_SOURCE}", text.encode()
        )
        desk.sign_out()
        return report
