"""What an act of the table does: each effect of its row in turn, by the house's own acts, in the same transaction.

One rule for the editor: an effect goes through `holds`, `passing` or the one statement here; nothing is decided here.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from inventory.custody.holds import Placing, lift_hold, place_holds
from inventory.custody.moves import Holder
from inventory.custody.passages.row import (
    Act,
    Also,
    Check,
    Effect,
    Lift,
    Looked,
    Move,
    Place,
    Pool,
    Purpose,
    Row,
)
from inventory.custody.passing import Passage, pass_items
from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import inspection, item
from inventory.schema.tx import Tx

_CHECK = Inserter(inspection)
_POOL = Fast(sa.update(item).where(item.c.id == sa.bindparam("item")).values(pool=sa.bindparam("word")))
_PURPOSE = Fast(sa.update(item).where(item.c.id == sa.bindparam("item")).values(purpose=sa.bindparam("word")))


def carry_out(tx: Tx, row: Row, looked: Looked, act: Act) -> None:
    """Do what the row says. Raises what the acts behind it raise."""
    for effect in row.does:
        DO[type(effect)](tx, effect, looked, act)


def _place(tx: Tx, effect: Place, looked: Looked, act: Act) -> None:
    authority = act.evidence.get(effect.authority) if effect.authority else None
    detail = str(act.evidence.get(effect.detail) or effect.reason)
    place_holds(
        tx,
        [
            Placing(
                effect.reason, detail, item_id=looked.seen.item.id, placed_by=act.by_person,
                authority=None if authority is None else str(authority),
            )
        ],
    )  # fmt: skip


def _lift(tx: Tx, effect: Lift, looked: Looked, act: Act) -> None:
    authority = act.evidence.get("authority")
    for each in looked.open_holds(*effect.reasons):
        lift_hold(tx, each.id, act.by_person, act.name, None if authority is None else str(authority))


def _move(tx: Tx, effect: Move, looked: Looked, act: Act) -> None:
    to_store = effect.taker == "STORE"
    taker = Holder(effect.taker, (act.store_id or looked.store_id) if to_store else 0)
    pass_items(
        tx,
        [
            Passage(
                looked.seen.item.id, effect.kind, taker, by_person=act.by_person, second_person=act.second_person,
                reason=act.name,
            )
        ],
    )  # fmt: skip


def _pool(tx: Tx, effect: Pool, looked: Looked, _act: Act) -> None:
    _POOL.run(tx.conn, {"item": looked.seen.item.id, "word": effect.pool})


def _purpose(tx: Tx, effect: Purpose, looked: Looked, act: Act) -> None:
    _PURPOSE.run(tx.conn, {"item": looked.seen.item.id, "word": act.evidence[effect.evidence]})


def _check(tx: Tx, effect: Check, looked: Looked, act: Act) -> None:
    made = {
        "id": tx.ids.take(), "item_id": looked.seen.item.id, "kind": effect.kind, "at_us": tx.now_us,
        "by_person": act.by_person, "passed": int(effect.passed), "detail": act.name,
    }  # fmt: skip
    _CHECK.add(tx.conn, [made])


def _also(tx: Tx, effect: Also, looked: Looked, act: Act) -> None:
    effect.run(tx, looked, act)


DO: dict[type[Effect], Callable[[Tx, Any, Looked, Act], None]] = {
    Place: _place, Lift: _lift, Move: _move, Pool: _pool, Purpose: _purpose, Check: _check, Also: _also,
}  # fmt: skip
"""Effect -> what does it."""
