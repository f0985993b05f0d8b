"""The force's other systems, played: they hand in the files of the days gone by, and say that they are alive.

One rule for the editor: they are clients like any other. The force moves on through the service's ordinary imports
and by no other way, while the service runs.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import date

from api.demo.desk import Desk
from api.demo.home import Home
from inventory.demo.advance import advance
from inventory.demo.force import DemoForce, Files, as_csv
from inventory.demo.records import TrainingRow

BEAT_S = 1800.0
"""How often the training feed says that it is alive; the kit store believes one for 24 hours."""

TITLES = {
    "people": "people",
    "training": "training results",
    "authorisations": "permissions to carry",
    "stops": "suspensions",
    "restrictions": "limited duties",
    "gates": "approvals",
    "items": "items",
    "lots": "lots",
    "checks": "checks and dockings",
}


@dataclass(slots=True)
class Feed:
    """The files' way in. `sign_in` makes a desk of somebody who may hand them in."""

    home: Home
    demo: DemoForce
    sign_in: Callable[[], Desk]
    say: Callable[[str], None]
    _next_s: float = field(default=0.0, init=False)

    def bring_to(self, today: date) -> None:
        """Hand in the files of the days since the last start. Raises desk.Refused or desk.Unreachable."""
        notes = self.home.notes()
        assert notes is not None, "the service runs on a loaded database"
        files = advance(self.demo, date.fromisoformat(notes.brought_to), today)
        if files is not None:
            self.say(f"Bringing the force from {notes.brought_to} to {today} by ordinary imports:")
            self._hand_in(self.sign_in(), files)
            self.home.note(replace(notes, brought_to=today.isoformat()))

    def beat(self) -> None:
        """Say that the training feed is alive, when it is time to."""
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + BEAT_S
            self.sign_in().send_file("/imports/training", as_csv(TrainingRow, ()).encode())

    def _hand_in(self, desk: Desk, files: Files) -> None:
        for each in fields(files):
            text: str = getattr(files, each.name)
            rows = text.count("\n") - 1
            if rows:
                report = desk.send_file(f"/imports/{each.name}", text.encode())
                self.say(f"  {TITLES[each.name]}: {rows} rows, {len(report['problems'])} refused")
