"""What a use was done with, each thing with the hold that follows from it.

One rule for the editor: a row names the hold that was placed for it in the same transaction; what is spent is held for
good, and what is evidence until its authority releases it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.custody.holds import Placing, place_holds
from inventory.custody.uses.hands import Hands
from inventory.schema.fast import Inserter
from inventory.schema.tx import Tx
from inventory.schema.uses import use_item

LOG_WAITS = "Used: its log is downloaded and reviewed before it may go out again"
LOST = "LOST"
GUARD_HOLDS = {
    "USED": ("SPENT", "Applied: for single use, and disposed of hygienically"),
    "DAMAGED": ("DEFECT", "Handed in damaged"),
    "EXPIRED": ("QUARANTINE", "Handed in as past its date"),
    "CONTAMINATED": ("DEFECT", "Contaminated: handled as used, and disposed of hygienically"),
    "OPENED": ("DEFECT", "Its packing was opened: it is disposed of unused"),
}
"""Why a spit guard is replaced -> the hold on the one handed in (design `domain.md` 3.5). A lost one has none."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of a use: `part` is a word of `words.USE_PARTS`; `sort` that of a discharge."""

    part: str
    hands: Hands
    sort: str | None = None
    reason: str | None = None


_PART = Inserter(use_item)


def write_parts(tx: Tx, use_id: int, parts: Sequence[Part], by_person: int, authority: str | None) -> list[int]:
    """Write them down with their holds; gives the items' ids. `authority`: who releases what is evidence."""
    placings = {n: _placing(each, by_person) for n, each in enumerate(parts) if each.reason != LOST}
    placed = dict(zip(placings, place_holds(tx, list(placings.values())), strict=True))
    if authority is not None:
        place_holds(tx, [_evidence(each, by_person, authority) for each in parts])
    _PART.add(
        tx.conn,
        [
            {
                "id": tx.ids.take(), "tx_id": tx.id, "use_id": use_id, "item_id": each.hands.item_id,
                "part": each.part, "sort": each.sort, "decision_id": each.hands.decision_id,
                "custody_id": each.hands.custody_id, "hold_id": placed.get(n),
            }
            for n, each in enumerate(parts)
        ],
    )  # fmt: skip
    return [each.hands.item_id for each in parts]


def _placing(each: Part, by_person: int) -> Placing:
    if each.part == "SPENT":
        words = ("DISCHARGED_" + str(each.sort), "Discharged: it is spent, and never loaded or issued again")
    elif each.part == "GUARD":
        words = GUARD_HOLDS[each.reason or "USED"]
    else:
        words = ("DOWNLOAD", LOG_WAITS)
    return Placing(words[0], words[1], item_id=each.hands.item_id, placed_by=by_person)


def _evidence(each: Part, by_person: int, authority: str) -> Placing:
    detail = "A death or serious injury: nothing is done with it but by who holds the evidence"
    return Placing("EVIDENTIAL", detail, item_id=each.hands.item_id, placed_by=by_person, authority=authority)
