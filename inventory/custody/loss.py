"""Kit that nobody can find: unaccounted for from the moment it is missed, until a scan or a dock finds it.

One rule for the editor: missing kit is said aloud at once (an alarm), and it is never written off here; only a
scan at a store brings it back (`returns`), as FOUND.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.moves import Holder
from inventory.custody.passing import Passage, Passed, lock, pass_items
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Missing:
    """One item missed by `by_person`; `detail` says how it was noticed ("Stock count of 3 November")."""

    item_id: int
    store_id: int
    by_person: int
    detail: str


def report_unaccounted(tx: Tx, missing: Sequence[Missing]) -> list[Passed]:
    """Write down that items cannot be found. Raises ValueError without a detail, NotPossible from where
    nothing can go missing (it is unaccounted for already, or disposed of)."""
    if any(not each.detail.strip() for each in missing):
        raise ValueError("detail: say how it was noticed")
    lock(tx, [], [each.item_id for each in missing])
    passed = pass_items(
        tx,
        [
            Passage(
                each.item_id,
                "UNACCOUNTED",
                Holder("UNKNOWN", 0),
                by_person=each.by_person,
                reason=each.detail,
            )
            for each in missing
        ],
    )
    raise_alarms(tx, [Raise("UNACCOUNTED", each.detail, each.store_id, each.item_id) for each in missing])
    return passed
