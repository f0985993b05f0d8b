"""Dockings kept as checks: a pack or handle that stood in a dock was docked on that day, as the 30-day rule asks.

One rule for the editor: written when it comes to a bay and when it leaves one, never for every word of a dock; what is
in a bay now counts by the bay's own word (`gate.rules.dock_overdue`).
"""

import sqlalchemy as sa

from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import inspection, item
from inventory.schema.tx import Tx

APART_US = 3_600_000_000
"""Two dockings are written at least this far apart: what is put in and out does not fill the record."""

_ADD = Inserter(inspection)
_NEWEST = Fast(
    sa.select(item.c.id, sa.func.max(inspection.c.at_us))
    .select_from(
        item.outerjoin(
            inspection,
            sa.and_(inspection.c.item_id == item.c.id, inspection.c.kind == sa.literal_column("'DOCKED'")),
        )
    )
    .where(
        item.c.id == sa.bindparam("item_id"),
        item.c.kind.in_((sa.literal_column("'CED_BATTERY'"), sa.literal_column("'CED_HANDLE'"))),
    )
    .group_by(item.c.id)
)


def docked(tx: Tx, item_id: int, at: str, at_us: int) -> bool:
    """Keep that an item stood in a dock at `at_us`; False where that is on record, or asked of no such kind."""
    rows = _NEWEST.rows(tx.conn, {"item_id": item_id})
    if not rows or (rows[0][1] is not None and at_us - rows[0][1] < APART_US):
        return False
    row = {
        "id": tx.ids.take(), "item_id": item_id, "kind": "DOCKED", "at_us": at_us, "by_person": None, "passed": 1,
        "detail": at,
    }  # fmt: skip
    _ADD.add(tx.conn, [row])
    return True
