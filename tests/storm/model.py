"""A kit store in plain Python, which knows the rules and the ledger and nothing of the program that wrote it.

One rule for the editor: imports nothing of the product. It is told entries in the order of each item's chain, and
says of each what was wrong with it; and of each refusal, whether what it names was so while it was asked.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

STORE, PERSON = "STORE", "PERSON"
NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of one item as the ledger tells it."""

    id: int
    item: int
    seq: int
    kind: str
    at_us: int
    giver: tuple[str, int] | None
    taker: tuple[str, int] | None
    decision: int | None
    tx: int = 0


@dataclass(slots=True)
class Stay:
    """An item with one holder. It was so for others to see until `seen_until_us` at the latest: a movement is in the
    ledger under the time at which it was begun, and it is there for others once it is answered."""

    holder: tuple[str, int]
    from_us: int
    seen_until_us: int = NEVER


@dataclass(slots=True)
class Hold:
    """Why an item stays, from its number `from_seq` in the item's chain to `until_seq`; and by the clock, for others to
    see, as a stay is."""

    reason: str
    from_seq: int
    from_us: int
    until_seq: int = NEVER
    seen_until_us: int = NEVER


@dataclass
class Store:
    """Where everything was, as far as the entries say; `wrong` is what they should not."""

    handles: frozenset[int]
    stays: dict[int, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    holds: dict[int, list[Hold]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)

    def take_in(self, entries: Iterable[Entry], answered_us: dict[int, int]) -> None:
        """Read the movements of one item, in order. `answered_us`: entry -> when somebody was told of it."""
        for entry in entries:
            stays = self.stays[entry.item]
            holder = stays[-1].holder if stays else None
            if holder != entry.giver:
                self.wrong.append(f"entry {entry.id}: {entry.item} leaves {entry.giver}, and {holder} has it")
            if stays:
                if entry.at_us < stays[-1].from_us:
                    self.wrong.append(f"entry {entry.id}: {entry.item} moves before it came")
                stays[-1].seen_until_us = answered_us.get(entry.id, entry.at_us)
            if entry.taker is None:
                self.wrong.append(f"entry {entry.id}: {entry.item} goes to nobody")
                continue
            stays.append(Stay(entry.taker, entry.at_us))
            if entry.taker[0] == PERSON and holder is not None and holder[0] == PERSON:
                self.wrong.append(f"entry {entry.id}: {entry.item} passes from hand to hand")

    def held_back(self, item: int, seq: int) -> list[str]:
        """The reasons that kept the item where it was at a number of its chain."""
        return [each.reason for each in self.holds[item] if each.from_seq < seq < each.until_seq]

    def held_back_within(self, item: int, from_us: int, to_us: int) -> set[str]:
        """The reasons that kept it, for others to see, at some time between."""
        found = self.holds[item]
        return {each.reason for each in found if each.from_us <= to_us and each.seen_until_us >= from_us}

    def one_handle_each(self) -> None:
        """Nobody has two handles at a time, as far as the times of the entries can tell."""
        by_person: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for handle in self.handles:
            stays = self.stays.get(handle, [])
            ends = [*(each.from_us for each in stays[1:]), NEVER][: len(stays)]
            for stay, until_us in zip(stays, ends, strict=True):
                if stay.holder[0] == PERSON:
                    by_person[stay.holder[1]].append((stay.from_us, until_us, handle))
        for officer, held in by_person.items():
            held.sort()
            for (_, until_us, one), (from_us, _, other) in pairwise(held):
                if from_us < until_us:
                    self.wrong.append(f"{officer} has handle {other} from {from_us}, and {one} until {until_us}")

    def holders_within(self, item: int, from_us: int, to_us: int) -> list[tuple[str, int]]:
        """Everybody who had the item, for others to see, at some time from `from_us` to `to_us`."""
        stays = self.stays.get(item, [])
        last = bisect_right([each.from_us for each in stays], to_us)
        return [each.holder for each in stays[:last] if each.seen_until_us >= from_us]

    def had_within(self, officer: int, from_us: int, to_us: int) -> list[int]:
        """What the officer had, for others to see, at some time between."""
        stays = self._of_person[officer]
        return [item for item, stay in stays if stay.from_us <= to_us and stay.seen_until_us >= from_us]

    @cached_property
    def _of_person(self) -> dict[int, list[tuple[int, Stay]]]:
        found: dict[int, list[tuple[int, Stay]]] = defaultdict(list)
        for item, stays in self.stays.items():
            for stay in stays:
                if stay.holder[0] == PERSON:
                    found[stay.holder[1]].append((item, stay))
        return found
