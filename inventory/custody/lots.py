"""Lots move by quantity: spit guards that carry a lot number instead of a serial of their own.

One rule for the editor: a balance never falls below nought (the table's CHECK refuses), and every movement is
an entry on the lot's chain; the balances can be rebuilt from the entries (`oversight.audit` does).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, lot_chain
from inventory.custody.moves import Holder, check
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.stock import lot_balance
from inventory.schema.tx import Tx


class TooFew(ValueError):
    """The giver does not hold that many of the lot."""


@dataclass(frozen=True, slots=True)
class LotPassage:
    """`quantity` pieces of a lot passing from `giver` (None: delivered) to `taker`; `corrects`: an entry put right."""

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
    return entries


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
