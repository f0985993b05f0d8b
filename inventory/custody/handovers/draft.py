"""A hand-over on its way at a hatch: whose visit it was begun in, who gives, and whether they have proved who they are.

One rule for the editor: working data of a visit, not history; nothing here passes anything.
"""

from typing import Any

import sqlalchemy as sa

from inventory.schema.fast import Inserter
from inventory.schema.handovers import visit_handover
from inventory.schema.tx import Tx

_ADD = Inserter(visit_handover)
_NOTHING: dict[str, Any] = {"is_on": 1, "giver_id": None, "giver_proof": None, "proved_by": None}


def set_handover(tx: Tx, visit_id: int, **values: Any) -> None:
    """Set columns of a visit's hand-over; it is begun where there is none."""
    there = tx.conn.execute(
        sa.select(visit_handover.c.visit_id).where(visit_handover.c.visit_id == visit_id)
    ).first()
    if there is None:
        _ADD.add(tx.conn, [_NOTHING | {"visit_id": visit_id, "side": "TAKES"} | values])
        return
    tx.conn.execute(sa.update(visit_handover).where(visit_handover.c.visit_id == visit_id).values(**values))


def end_handover(tx: Tx, visit_id: int) -> None:
    """Nothing is handed over in this visit any more."""
    set_handover(tx, visit_id, is_on=0, giver_id=None, giver_proof=None, proved_by=None)
