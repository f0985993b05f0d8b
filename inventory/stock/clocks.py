"""How cameras' clocks go: what a dock says of one is written down each time it differs from what stood there last.

One rule for the editor: a drift is recorded and never put right here; whether a clock is good enough the gate says.
"""

import sqlalchemy as sa

from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import inspection, item
from inventory.schema.tx import Tx

STEP_MS = 1000
"""What a clock may wander before it is written down again: a second, so that a day's words make one row or none."""

_LAST = Fast(
    sa.select(item.c.kind, inspection.c.detail)
    .select_from(
        item.outerjoin(
            inspection,
            sa.and_(inspection.c.item_id == item.c.id, inspection.c.kind == sa.literal_column("'CLOCK'")),
        )
    )
    .where(item.c.id == sa.bindparam("of_item"))
    .order_by(inspection.c.at_us.desc(), inspection.c.id.desc())
    .limit(1)
)
_CHECK = Inserter(inspection)


def note(tx: Tx, item_id: int, offset_ms: int, where: str) -> bool:
    """Write a camera's clock down where it differs by a second from what stood there (nothing stands for in step)."""
    rows = _LAST.rows(tx.conn, {"of_item": item_id})
    if not rows or rows[0][0] != "BWV_CAMERA" or abs(offset_ms - _read(rows[0][1])) < STEP_MS:
        return False
    made = {
        "id": tx.ids.take(), "item_id": item_id, "kind": "CLOCK", "at_us": tx.now_us, "by_person": None,
        "passed": int(abs(offset_ms) < STEP_MS), "detail": _said(offset_ms, where),
    }  # fmt: skip
    _CHECK.add(tx.conn, [made])
    return True


def _said(offset_ms: int, where: str) -> str:
    """ "+7200 ms (ahead), by rack bay 4"."""
    way = "ahead" if offset_ms > 0 else "behind"
    return f"{offset_ms:+d} ms{f' ({way})' if offset_ms else ''}, by {where}"


def _read(detail: str | None) -> int:
    number = (detail or "0").partition(" ")[0]
    return int(number) if number.lstrip("+-").isdigit() else 0
