"""Cartridges that were discharged, one by one: each has its parent issue, and none is ever discharged twice.

One rule for the editor: a discharged cartridge ends with a store or with the exhibits, under a hold that nobody lifts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.fittings import Took, lock_fitted, take_out
from inventory.custody.moves import Holder
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.passing import Passage, pass_items
from inventory.custody.uses.hands import Hands
from inventory.schema.fast import Fast, among
from inventory.schema.tx import Tx
from inventory.schema.uses import use_item
from inventory.schema.words import USE_SORTS


@dataclass(frozen=True, slots=True)
class Spent:
    """One cartridge discharged; `is_exhibit`: what is left of it is with the exhibits, not handed in at the store."""

    item_id: int
    sort: str | None = None
    is_exhibit: bool = False


_BEFORE = Fast(
    sa.select(use_item.c.item_id).where(
        among(use_item.c.item_id, "ids"), use_item.c.part == sa.literal_column("'SPENT'")
    )
)


def check_spent(conn: sa.Connection, spent: Sequence[Spent], hands: Mapping[int, Hands]) -> None:
    """Raises BadEvidence naming the one that cannot have been discharged so."""
    before = {row[0] for row in _BEFORE.rows(conn, {"ids": [each.item_id for each in spent]})} if spent else set()
    for n, each in enumerate(spent):
        found, name = hands.get(each.item_id), f"cartridges[{n}]"
        if found is None or found.kind != "CED_CARTRIDGE":
            raise BadEvidence(name, "a cartridge that we know")
        if found.custody_id is None or found.holder in ("SUPPLIER", "DISPOSAL", None):
            raise BadEvidence(name, "a cartridge that was issued to somebody, and is not disposed of")
        if each.item_id in before:
            raise BadEvidence(name, "a cartridge that nobody has declared discharged before")
        if each.sort is not None and each.sort not in USE_SORTS:
            raise BadEvidence(f"{name}.sort", f"one of {', '.join(USE_SORTS)}")


def to_exhibits(tx: Tx, spent: Sequence[Spent], by_person: int, visit_id: int | None) -> None:
    """What is left of these passes to the exhibits, out of whatever it was loaded in."""
    ids = [each.item_id for each in spent if each.is_exhibit]
    fits = lock_fitted(tx, ids).within
    there = Holder("EXHIBIT", 0)
    said = "Discharged; what is left of it is with the exhibits"
    pass_items(
        tx,
        [
            Passage(each, "TRANSFERRED", there, by_person=by_person, visit_id=visit_id, reason=said)
            for each in ids
        ],
    )
    take_out(tx, [Took(fits[each], "discharged", by_person, visit_id) for each in ids if each in fits])
