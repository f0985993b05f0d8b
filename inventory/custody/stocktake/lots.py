"""Lots in a count: so many pieces stand there, against what the ledger says at that moment; settled by a movement.

One rule for the editor: a lot is counted whole, and the newest number of an open count stands. Nothing is moved by
counting; what is short is written off and what was missed before is taken in by one signature (design `domain.md` 2.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.lots import LotPassage, TooFew, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.stocktake.counting import NotPossible, named, wait
from inventory.custody.stocktake.reading import Count, count_of
from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import lot, lot_balance
from inventory.schema.stocktake import stocktake_lot, stocktake_lot_settled
from inventory.schema.tx import Tx

PIECES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class LotCounted:
    """`quantity` pieces of a lot stand there. `key` is the client's own, the same when it is sent again."""

    count_id: int
    lot_id: int
    quantity: int
    by_person: int
    key: str


@dataclass(frozen=True, slots=True)
class LotLine:
    """One lot in a count. `quantity` None: not counted yet. `balance` is the ledger's, at the moment it was counted
    (now, where it was not). `settled` is what settled it."""

    lot_id: int
    kind: str
    lot_no: str
    product: str
    balance: int
    quantity: int | None = None
    by_person: int | None = None
    at_us: int | None = None
    settled: str | None = None

    @property
    def out_by(self) -> int:
        """Pieces too many (or, below nought, too few); nought where it was not counted."""
        return 0 if self.quantity is None else self.quantity - self.balance

    @property
    def act(self) -> str:
        """What settles it; "" where nothing need."""
        if self.settled or not self.out_by:
            return ""
        return "WRITTEN_OFF" if self.out_by < 0 else "TAKEN_IN"


_LOT = Fast(sa.select(lot.c.kind, lot.c.product).where(lot.c.id == sa.bindparam("of_lot")))
_BALANCE = Fast(
    sa.select(lot_balance.c.quantity).where(
        lot_balance.c.lot_id == sa.bindparam("of_lot"), lot_balance.c.holder == sa.literal_column("'STORE'"),
        lot_balance.c.holder_id == sa.bindparam("of_store"),
    )
)  # fmt: skip
_KNOWN = Fast(
    sa.select(stocktake_lot.c.id).where(
        stocktake_lot.c.stocktake_id == sa.bindparam("of_count"), stocktake_lot.c.reading_key == sa.bindparam("of_key")
    )
)
_HERE = Fast(
    sa.select(lot.c.id, lot.c.kind, lot.c.lot_no, lot.c.product, lot_balance.c.quantity)
    .select_from(lot_balance.join(lot, lot.c.id == lot_balance.c.lot_id))
    .where(
        lot_balance.c.holder == sa.literal_column("'STORE'"), lot_balance.c.holder_id == sa.bindparam("of_store"),
    )
    .order_by(lot.c.lot_no, lot.c.id)
)  # fmt: skip
_COUNTED = Fast(
    sa.select(
        stocktake_lot.c.lot_id, lot.c.kind, lot.c.lot_no, lot.c.product, stocktake_lot.c.balance,
        stocktake_lot.c.quantity, stocktake_lot.c.by_person, stocktake_lot.c.at_us, stocktake_lot_settled.c.act,
    )
    .select_from(
        stocktake_lot.join(lot, lot.c.id == stocktake_lot.c.lot_id).outerjoin(
            stocktake_lot_settled,
            sa.and_(
                stocktake_lot_settled.c.stocktake_id == stocktake_lot.c.stocktake_id,
                stocktake_lot_settled.c.lot_id == stocktake_lot.c.lot_id,
            ),
        )
    )
    .where(stocktake_lot.c.stocktake_id == sa.bindparam("of_count"))
    .order_by(stocktake_lot.c.id)
)  # fmt: skip
_ADD = Inserter(stocktake_lot)
_SETTLED = Inserter(stocktake_lot_settled)


def count_lot(tx: Tx, said: LotCounted) -> LotLine:
    """Take the number of pieces of a lot. Sent again under its key it changes nothing.

    Raises NotPossible where this count is closed or is not of such kit, LookupError for a lot that is not known.
    """
    wait(tx, said.count_id, for_close=False)
    count = count_of(tx.conn, said.count_id)
    if not count.is_open:
        raise NotPossible(f"This count is {str(count.outcome).lower()} already; open another")
    found = _LOT.rows(tx.conn, {"of_lot": said.lot_id})
    if not found:
        raise LookupError(f"lot {said.lot_id} is not known")
    if not _takes(count, *found[0]):
        raise NotPossible("This count is not of that lot; open one of all kit, or of its kind")
    if not 0 <= said.quantity <= PIECES_MAX:
        raise NotPossible(f"quantity: expected a whole number from 0 to {PIECES_MAX}")
    if not _KNOWN.rows(tx.conn, {"of_count": count.id, "of_key": said.key}):
        balance = _BALANCE.rows(tx.conn, {"of_lot": said.lot_id, "of_store": count.store_id})
        row = {
            "id": tx.ids.take(), "stocktake_id": count.id, "lot_id": said.lot_id, "quantity": said.quantity,
            "balance": balance[0][0] if balance else 0, "by_person": said.by_person, "at_us": tx.now_us,
            "reading_key": said.key,
        }  # fmt: skip
        _ADD.add(tx.conn, [row])
        told = {"type": "count", "count_id": count.id, "what": "seen", "number": 1}
        tx.say(f"store:{count.store_id}", told)
    return next(line for line in lots_in(tx.conn, count) if line.lot_id == said.lot_id)


def lots_in(conn: sa.Connection, count: Count) -> list[LotLine]:
    """The lots of a count: those that were counted, as the newest number has it; then, while it is open or of all that
    the store has, those that were not."""
    counted = {row[0]: LotLine(*row) for row in _COUNTED.rows(conn, {"of_count": count.id})}
    waiting = [
        LotLine(lot_id, kind, lot_no, product, balance)
        for lot_id, kind, lot_no, product, balance in _HERE.rows(conn, {"of_store": count.store_id})
        if balance and lot_id not in counted and _takes(count, kind, product)
    ]
    return [*counted.values(), *waiting]


def _takes(count: Count, kind: str, product: str) -> bool:
    scope = count.scope
    return scope.items is None and scope.place_id is None and scope.takes(kind, product, "OPERATIONAL")


@dataclass(frozen=True, slots=True)
class LotSettling:
    """What is to be done about a lot of a closed count, and why. `act` is a word of `words.LOT_ACTS`."""

    count_id: int
    lot_id: int
    act: str
    by_person: int
    reason: str


def settle_lot(tx: Tx, asked: LotSettling) -> LotLine:
    """Settle a lot that was counted with fewer or more pieces, by the movement that answers it.

    Raises NotPossible where it needs nothing, another act answers it, or the pieces are not there to be moved.
    """
    if not asked.reason.strip():
        raise NotPossible("reason: say what was looked for and found")
    wait(tx, asked.count_id, for_close=True)
    count = count_of(tx.conn, asked.count_id)
    if count.outcome != "CLOSED":
        raise NotPossible("A variance is settled when the count is closed")
    line = _one(lots_in(tx.conn, count), asked.lot_id)
    if line is None or line.act != asked.act:
        raise NotPossible(f"Possible: {line.act if line is not None and line.act else 'nothing'}")
    entry = _move(tx, count, asked, line)
    row = {
        "stocktake_id": count.id, "lot_id": asked.lot_id, "tx_id": tx.id, "act": asked.act,
        "quantity": abs(line.out_by), "entry_id": entry, "by_person": asked.by_person, "reason": asked.reason.strip(),
        "at_us": tx.now_us,
    }  # fmt: skip
    _SETTLED.add(tx.conn, [row])
    tx.say(f"store:{count.store_id}", {"type": "count", "count_id": count.id, "what": "settled", "number": 1})
    return next(each for each in lots_in(tx.conn, count) if each.lot_id == asked.lot_id)


def _one(lines: Sequence[LotLine], lot_id: int) -> LotLine | None:
    return next((each for each in lines if each.lot_id == lot_id), None)


def _move(tx: Tx, count: Count, asked: LotSettling, line: LotLine) -> int:
    store, nobody = Holder("STORE", count.store_id), Holder("UNKNOWN", 0)
    by, why, pieces = asked.by_person, named(count, asked.reason), abs(line.out_by)
    if line.out_by < 0:
        passage = LotPassage(asked.lot_id, pieces, "UNACCOUNTED", store, nobody, by, reason=why)
    else:
        passage = LotPassage(asked.lot_id, pieces, "FOUND", nobody, store, by, reason=why)
    try:
        return pass_lots(tx, [passage])[0]
    except TooFew:
        instead = (
            "The store has fewer by now: count it again"
            if line.out_by < 0
            else "No such pieces are missed anywhere: receive them by their delivery note, or return them"
        )
        raise NotPossible(instead) from None
