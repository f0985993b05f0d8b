"""What the clock does with kit on its way: late is said aloud, and what does not come is unaccounted for, never closed.

One rule for the editor: times are arguments, and a consignment that is late is never ended here.
"""

from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise, keep_raised, raise_alarms, to_change
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.lots import LotPassage, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.transfers.reading import ON_ITS_WAY, Consignment, consignments, with_a_carrier
from inventory.custody.transfers.terms import TERMS, TransferTerms
from inventory.custody.transfers.writing import locked, write
from inventory.people.calendar import day_start_us, local_day
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.stock import item
from inventory.schema.transfers import consignment, consignment_event
from inventory.schema.tx import Tx
from inventory.stock.kinds import title

KINDS = ("TRANSFER_LATE", "LOAN_OVERDUE")
"""Alarms that stand as long as what they say is so."""

_LENT = Fast(
    sa.select(item.c.kind, item.c.serial, consignment.c.id, consignment.c.back_on, consignment.c.to_store_id)
    .select_from(
        consignment.join(consignment_event, consignment_event.c.consignment_id == consignment.c.id)
        .join(item, item.c.id == consignment_event.c.item_id)
        .join(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
    )
    .where(
        consignment.c.back_on < sa.bindparam("today"),
        consignment_event.c.act == sa.literal_column("'LISTED'"),
        custody.c.holder == sa.literal_column("'STORE'"),
        custody.c.holder_id == consignment.c.to_store_id,
        item.c.home_store_id == consignment.c.from_store_id,
    )
)


def gone_missing(conn: sa.Connection, now_us: int, terms: TransferTerms = TERMS) -> list[int]:
    """The consignments whose kit has been on its way, or short, for too long."""
    carried = consignments(conn, with_a_carrier(conn))
    return [each.id for each in carried.values() if now_us >= missing_from_us(each, terms)]


def missing_from_us(of: Consignment, terms: TransferTerms = TERMS) -> int:
    """When what is still with the carrier is unaccounted for."""
    received = of.last("RECEIVED")
    return received.at_us + terms.short_us if received is not None else of.due_us + terms.late_us


def is_due(conn: sa.Connection, now_us: int, terms: TransferTerms = TERMS) -> bool:
    """Whether `look` has anything to do."""
    return bool(gone_missing(conn, now_us, terms)) or to_change(conn, KINDS, _lasting(conn, now_us)).any()


def look(tx: Tx, terms: TransferTerms = TERMS) -> list[int]:
    """Say what is late, and write down what has not come for too long. Returns the consignments of which that is so."""
    missed = gone_missing(tx.conn, tx.now_us, terms)
    for consignment_id in missed:
        _miss(tx, locked(tx, consignment_id))
    keep_raised(tx, KINDS, _lasting(tx.conn, tx.now_us))
    return missed


def _miss(tx: Tx, of: Consignment) -> None:
    said = f"It did not come with consignment {of.id}"
    lines = [each for each in of.lines if each.word == ON_ITS_WAY]
    named = {each.item_id for each in lines}
    alone = [each for each in lines if each.within is None or each.within not in named]  # the others go with theirs
    if alone:
        report_unaccounted(tx, [Missing(each.item_id, of.to_store_id, None, said) for each in alone])
    for line in of.lots:
        if line.carried:
            giver = Holder("CARRIER", of.id)
            moved = LotPassage(line.lot_id, line.carried, "UNACCOUNTED", giver, Holder("UNKNOWN", 0), reason=said)
            entry = pass_lots(tx, [moved])[0]
            write(tx, of, [{"act": "MISSED", "lot_id": line.lot_id, "quantity": line.carried, "entry_id": entry}])
            told = f"{line.carried} of {line.name} did not come with consignment {of.id}"
            raise_alarms(tx, [Raise("LOT_UNACCOUNTED", told, of.to_store_id)])


def _lasting(conn: sa.Connection, now_us: int) -> Iterator[Lasting]:
    for of in consignments(conn, with_a_carrier(conn)).values():
        if of.due_us <= now_us and of.last("RECEIVED") is None:
            said = f"Consignment {of.id} has not arrived, and was due"
            yield Lasting(Raise("TRANSFER_LATE", said, of.to_store_id), of.due_us)
    today = local_day(now_us).isoformat()
    for kind, serial, number, back_on, store_id in _LENT.rows(conn, {"today": today}):
        said = f"{title(kind)} {serial} was lent with consignment {number} until {back_on}"
        yield Lasting(Raise("LOAN_OVERDUE", said, store_id), day_start_us(date.fromisoformat(back_on)))
