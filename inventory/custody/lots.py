"""Lots move by quantity: spit guards that carry a lot number instead of a serial of their own.

One rule for the editor: a balance never falls below nought (the table's CHECK refuses), and every movement is
an entry on the lot's chain; the balances can be rebuilt from the entries (`oversight.audit` does). What went out for
one duty alone is due back after it, and whatever a person gives back settles that first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, lot_chain
from inventory.custody.moves import Holder, check
from inventory.custody.recalls.holding import lots_held_on_arrival
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.guards import lot_due
from inventory.schema.stock import lot_balance
from inventory.schema.tx import Tx


class TooFew(ValueError):
    """The giver does not hold that many of the lot."""


@dataclass(frozen=True, slots=True)
class LotPassage:
    """`quantity` pieces of a lot passing from `giver` (None: delivered) to `taker`; `corrects`: an entry put right.

    `due_us`: issued on an override for one duty, and due back when that ends; None: personal carry.
    """

    lot_id: int
    quantity: int
    kind: str
    giver: Holder | None
    taker: Holder
    by_person: int | None = None
    decision_id: int | None = None
    visit_id: int | None = None
    policy_hash: str | None = None
    reason: str | None = None
    second_person: int | None = None
    corrects: int | None = None
    due_us: int | None = None


_BALANCES = Fast(
    sa.select(
        lot_balance.c.lot_id, lot_balance.c.holder, lot_balance.c.holder_id, lot_balance.c.quantity
    ).where(among(lot_balance.c.lot_id, "lots"))
)
_ADD = Fast(
    sa.update(lot_balance)
    .where(
        lot_balance.c.lot_id == sa.bindparam("of_lot"),
        lot_balance.c.holder == sa.bindparam("of_holder"),
        lot_balance.c.holder_id == sa.bindparam("of_id"),
    )
    .values(quantity=lot_balance.c.quantity + sa.bindparam("more"))
)
_START = Inserter(lot_balance)
_DUE = Inserter(lot_due, ("id", "tx_id", "lot_id", "person_id", "store_id", "decision_id", "quantity", "due_us"))
_STILL_DUE = Fast(
    sa.select(lot_due.c.id, lot_due.c.quantity - lot_due.c.back)
    .where(
        lot_due.c.person_id == sa.bindparam("of_person"), lot_due.c.lot_id == sa.bindparam("of_lot"),
        lot_due.c.back < lot_due.c.quantity,
    )
    .order_by(lot_due.c.due_us, lot_due.c.id)
)
_BACK = Fast(
    sa.update(lot_due).where(lot_due.c.id == sa.bindparam("of_due")).values(back=lot_due.c.back + sa.bindparam("more"))
)  # fmt: skip


def pass_lots(tx: Tx, passages: Sequence[LotPassage]) -> list[int]:
    """Pass quantities on; returns the ledger entries' ids. Raises TooFew or NotPossible; then nothing is written."""
    if not passages:
        return []
    for passage in passages:
        check(passage.giver.word if passage.giver else None, passage.taker.word, passage.kind)
        if passage.quantity < 1:
            raise TooFew(f"quantity: expected 1 or more, got {passage.quantity}")
    entries = append(tx, [_entry(p) for p in passages])  # takes the chain's lock first
    for passage in passages:
        _move(tx, passage)
        if passage.due_us is not None:
            _is_due(tx, passage, passage.due_us)
        elif passage.giver is not None and passage.giver.word == "PERSON":
            _is_back(tx, passage, passage.giver.id)
    new = {passage.lot_id for passage in passages if passage.giver is None}
    if new:
        lots_held_on_arrival(tx, new)
    return entries


def _is_due(tx: Tx, passage: LotPassage, due_us: int) -> None:
    """Note that these pieces come back when the duty ends that the override was for."""
    store_id = passage.giver.id if passage.giver is not None else 0
    row = {
        "id": tx.ids.take(), "tx_id": tx.id, "lot_id": passage.lot_id, "person_id": passage.taker.id,
        "store_id": store_id, "decision_id": passage.decision_id, "quantity": passage.quantity, "due_us": due_us,
    }  # fmt: skip
    _DUE.add(tx.conn, [row])


def _is_back(tx: Tx, passage: LotPassage, person_id: int) -> None:
    """Whatever a person gives back settles what is due, the first due first."""
    left = passage.quantity
    for due_id, out in _STILL_DUE.rows(tx.conn, {"of_person": person_id, "of_lot": passage.lot_id}):
        more = min(left, out)
        if more < 1:
            break
        _BACK.run(tx.conn, {"of_due": due_id, "more": more})
        left -= more


def _move(tx: Tx, passage: LotPassage) -> None:
    rows = _BALANCES.rows(tx.conn, {"lots": [passage.lot_id]})
    held = {(holder, holder_id): quantity for _, holder, holder_id, quantity in rows}
    if passage.giver is not None:
        has = held.get((passage.giver.word, passage.giver.id), 0)
        if has < passage.quantity:
            raise TooFew(f"lot {passage.lot_id}: {has} there, {passage.quantity} asked for")
        _ADD.run(tx.conn, _change(passage.lot_id, passage.giver, -passage.quantity))
    if (passage.taker.word, passage.taker.id) in held:
        _ADD.run(tx.conn, _change(passage.lot_id, passage.taker, passage.quantity))
    else:
        row = {"lot_id": passage.lot_id, "holder": passage.taker.word, "holder_id": passage.taker.id}
        _START.add(tx.conn, [{**row, "quantity": passage.quantity}])


def _change(lot_id: int, holder: Holder, more: int) -> dict[str, object]:
    return {"of_lot": lot_id, "of_holder": holder.word, "of_id": holder.id, "more": more}


def _entry(passage: LotPassage) -> Entry:
    return Entry(
        chain=lot_chain(passage.lot_id),
        kind=passage.kind,
        lot_id=passage.lot_id,
        quantity=passage.quantity,
        giver=passage.giver.word if passage.giver else None,
        giver_id=passage.giver.id if passage.giver else None,
        taker=passage.taker.word,
        taker_id=passage.taker.id,
        decision_id=passage.decision_id,
        visit_id=passage.visit_id,
        by_person=passage.by_person,
        second_person=passage.second_person,
        policy_hash=passage.policy_hash,
        corrects=passage.corrects,
        reason=passage.reason,
    )
