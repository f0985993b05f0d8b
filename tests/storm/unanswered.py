"""What a storm must allow for: acts that take no key and were not answered: nobody knows whether they were done.

One rule for the editor: each of them allows for one thing in the ledger at most, and only for what it asked for.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.storm.acts import HANDOVERS, HOLDS, LIFT, LOSSES
from tests.storm.client import UNKNOWN
from tests.storm.model import Entry

ISSUED, SET_ASIDE = "ISSUED", "RESERVED"


@dataclass(frozen=True, slots=True)
class HoldEntry:
    """A hold placed (HELD) or lifted (LIFTED) as the ledger tells it."""

    id: int
    item: int
    seq: int
    kind: str
    at_us: int
    hold: int
    reason: str


@dataclass(frozen=True)
class Unanswered:
    """The acts nobody knows of, by what they would have left behind."""

    acts: tuple[Any, ...]

    @classmethod
    def of(cls, told: Iterable[Any]) -> "Unanswered":
        """Of everything that was told, what was not answered."""
        return cls(tuple(each for each in told if each.code == UNKNOWN))

    def decisions(self, untold: Mapping[int, int]) -> set[int]:
        """Of these decisions about hand-overs that nobody was told of (decision -> officer), which may be there."""
        asked = Counter(each.officer for each in self.acts if each.path == HANDOVERS)
        return {made for made, officer in sorted(untold.items()) if _take(asked, officer)}

    def holds(self, untold: Iterable[HoldEntry]) -> set[int]:
        """Of these holds that nobody was told of, those that may be there."""
        asked = Counter(each.items[0] for each in self.acts if each.path == HOLDS)
        return {each.hold for each in untold if each.reason == SET_ASIDE and _take(asked, each.item)}

    def lifts(self) -> set[int]:
        """Holds that may have been lifted."""
        return {hold_of(each.path) for each in self.acts if each.path.endswith(LIFT)}

    def losses(self) -> Counter[int]:
        """Item -> how often it may have been reported missing."""
        return Counter(each.items[0] for each in self.acts if each.path == LOSSES)


def hold_of(path: str) -> int:
    """The hold that a path lifts."""
    return int(path.removeprefix(f"{HOLDS}/").removesuffix(LIFT))


def _take(asked: Counter[int], key: int) -> bool:
    asked[key] -= 1
    return asked[key] >= 0


def with_it(rows: Iterable[Entry], made: set[int]) -> tuple[set[tuple[int, int | None]], set[int]]:
    """What was written with these decisions: (item, decision) of what was issued, and the entries of what came back."""
    rows = list(rows)
    own = [row for row in rows if row.kind == ISSUED and row.decision in made]
    txs = {row.tx for row in own}
    return {(row.item, row.decision) for row in own}, {row.id for row in rows if row.tx in txs and row.kind != ISSUED}
