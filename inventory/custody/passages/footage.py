"""A faulty camera with films on board: held until a named person says that they are safe (design `domain.md` 3.6).

One rule for the editor: the hold is placed by a fault and never lifted here; only the passage FOOTAGE_SAFE ends it.
"""

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.holds import Placing, place_holds
from inventory.custody.passages.row import Act, Looked
from inventory.schema.fast import Fast
from inventory.schema.stock import hold, hold_lift
from inventory.schema.tx import Tx

FOOTAGE = "FOOTAGE"
AT_RISK = "FOOTAGE_AT_RISK"
_OPEN = Fast(
    sa.select(hold.c.id)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(
        hold.c.item_id == sa.bindparam("of_item"), hold.c.reason == sa.literal_column(f"'{FOOTAGE}'"),
        hold_lift.c.hold_id.is_(None),
    )
)  # fmt: skip


def keep_films(tx: Tx, item_id: int, store_id: int, said: str, placed_by: int | None = None) -> bool:
    """Hold a faulty camera for the films on board and say so aloud; False where it is held for them already."""
    if _OPEN.rows(tx.conn, {"of_item": item_id}):
        return False
    place_holds(tx, [Placing(FOOTAGE, said, item_id=item_id, placed_by=placed_by)])
    raise_alarms(tx, [Raise(AT_RISK, said, store_id, item_id)])
    return True


def films_said(serial: str, number: int, fault: str) -> str:
    """What the hold and the alarm say."""
    films = "1 film" if number == 1 else f"{number} films"
    return f"{serial} is faulty ({fault}) with {films} on board: nothing is reset or wiped before they are safe"


def on_defect(tx: Tx, looked: Looked, act: Act) -> None:
    """A defect that is reported of a camera whose dock last said that films are on it."""
    item = looked.seen.item
    if item.kind != "BWV_CAMERA" or item.bay is None or not item.bay.files_pending:
        return
    said = films_said(item.serial, item.bay.files_pending, str(act.evidence["detail"]))
    keep_films(tx, item.id, looked.store_id, said, act.by_person)
