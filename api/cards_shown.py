"""Whose card was shown last to countersign or to override, at each hatch of this instance.

One rule for the editor: this is a hint for a minute, kept in memory; the PIN proves, and the gate decides what that
person may do.
"""

from dataclasses import dataclass, field

from inventory.custody.hatch import HatchAnswer, Presented
from inventory.schema.tx import Tx
from inventory.stock.marks import find

KEPT_US = 60_000_000
ASKED = ("COUNTERSIGN_NEEDED", "OVERRIDE_NEEDED")


@dataclass(slots=True)
class CardsShown:
    """By place: whose card asked to countersign or override, and when."""

    _shown: dict[int, tuple[int, int]] = field(default_factory=dict)

    def note(self, tx: Tx, place_id: int, shown: Presented, said: HatchAnswer) -> None:
        """Remember the card of an issuer or a supervisor; any other scan at the place forgets it."""
        people = find(tx.conn, shown.lookups).people if said.outcome in ASKED else ()
        self.keep(place_id, people[0] if people else None, tx.now_us)

    def keep(self, place_id: int, person_id: int | None, now_us: int) -> None:
        """Remember the issuer who asked to countersign here; None forgets."""
        if person_id is None:
            self._shown.pop(place_id, None)
        else:
            self._shown[place_id] = (person_id, now_us)

    def shown_at(self, place_id: int, now_us: int) -> int | None:
        """The issuer whose card was shown at the place within the last minute."""
        person_id, at_us = self._shown.get(place_id, (None, 0))
        return person_id if now_us - at_us <= KEPT_US else None
