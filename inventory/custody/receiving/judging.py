"""What does not fit about a unit: its two readings, its serial, what was ordered and listed, its lot and its date.

One rule for the editor: everything that does not fit is said at once, with both values where two differ. The label is
read twice because early UK devices came with labels in error (Dstl on the TASER 7; design `domain.md` 3.3, source S47).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.custody.receiving.reading import Delivery, Line, Purchase
from inventory.custody.receiving.terms import READ_MAX, TAKEN_ALL_THE_SAME, TYPED
from inventory.custody.receiving.writing import Bar
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.receiving import delivery, delivery_event
from inventory.schema.stock import item, lot
from inventory.stock.kinds import label, title

SERIAL_CHARS_MAX = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """A label as it was read once: by SCAN or TYPED, the text as it came, and what is in it.

    `value` is the serial, or the lot's number where a line is counted by lot.
    """

    text: str
    way: str
    value: str
    lot: str | None = None
    expires_on: str | None = None


@dataclass(frozen=True, slots=True)
class UnitRead:
    """One label of a line. `second` None: read once so far. What the storekeeper says beside it: lot, date, how many
    pieces (lots alone), and why it is taken although something does not fit."""

    line_id: int
    first: Reading
    second: Reading | None = None
    lot: str | None = None
    expires_on: str | None = None
    quantity: int = 1
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a label amounts to, what does not fit, and which of that is taken with a reason."""

    serial: str | None
    lot: str | None
    expires_on: str | None
    quantity: int
    bars: tuple[Bar, ...]
    told: tuple[str, ...] = ()


_HOLDERS = {
    "STORE": "in a store", "PERSON": "with somebody", "EXHIBIT": "in the exhibit store", "CARRIER": "on its way",
    "SUPPLIER": "at its supplier", "DISPOSAL": "disposed of", "UNKNOWN": "unaccounted for",
}  # fmt: skip
_ON_RECORD = Fast(
    sa.select(item.c.maker, item.c.kind, item.c.serial, item.c.id, custody.c.holder)
    .select_from(
        item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
    )
    .where(among(item.c.serial, "serials", texts=True))
)
_READ_ELSEWHERE = Fast(
    sa.select(delivery_event.c.serial, delivery_event.c.line_id, delivery.c.note_ref, delivery.c.id)
    .select_from(delivery_event.join(delivery, delivery.c.id == delivery_event.c.delivery_id))
    .where(
        among(delivery_event.c.serial, "serials", texts=True),
        delivery_event.c.act == sa.literal_column("'READ'"),
        delivery_event.c.delivery_id != sa.bindparam("delivery_id"),
        ~sa.exists(
            sa.select(sa.literal_column("1"))
            .select_from(back := delivery_event.alias("back"))
            .where(
                back.c.unit_id == delivery_event.c.unit_id, back.c.act == sa.literal_column("'TAKEN_BACK'")
            )
        ),
    )
)
_LOTS = Fast(
    sa.select(lot.c.id, lot.c.maker, lot.c.kind, lot.c.product, lot.c.expires_on).where(
        lot.c.lot_no == sa.bindparam("lot_no")
    )
)


def judge(conn: sa.Connection, of: Purchase, at: Delivery, asked: UnitRead, today: date) -> Judged:
    """Everything that does not fit about one label. Raises LookupError for a line the order does not have."""
    line = of.line(asked.line_id)
    if line is None:
        raise LookupError(f"order {of.order_ref} has no line {asked.line_id}")
    serial = None if line.by_lot else asked.first.value
    lot_no = (
        asked.first.value
        if line.by_lot
        else _first(asked.lot, asked.first.lot, _listed(at, line, serial, "lot"))
    )
    told_on = _first(asked.expires_on, asked.first.expires_on, _listed(at, line, serial, "expires_on"))
    found = [*_of_readings(asked), *_of_line(line, asked, at), *_of_lot(conn, line, lot_no, told_on)]
    found += _of_date(line, asked, _listed(at, line, serial, "expires_on"), told_on, today)
    found += _of_lots_told(asked, _listed(at, line, serial, "lot"), line)
    if serial is not None:
        found += _of_serial(conn, line, at, serial)
    waived = bool(asked.why and len(asked.why.strip()) >= 3)
    told = tuple(each.word for each in found if each.word in TAKEN_ALL_THE_SAME) if waived else ()
    kept = tuple(each for each in found if each.word not in told)
    return Judged(serial, lot_no, told_on, asked.quantity if line.by_lot else 1, kept, told)


def on_record(conn: sa.Connection, serials: Sequence[str]) -> dict[tuple[str, str, str], int]:
    """The items of these serials: (maker, kind, serial) -> item."""
    rows = _ON_RECORD.rows(conn, {"serials": sorted(set(serials))}) if serials else []
    return {(maker, kind, serial): item_id for maker, kind, serial, item_id, _ in rows}


def _first(*told: str | None) -> str | None:
    return next((each.strip().upper() for each in told if each and each.strip()), None)


def _listed(at: Delivery, line: Line, serial: str | None, name: str) -> str | None:
    rows = (getattr(each, name) for each in at.listed if (each.line_id, each.serial) == (line.id, serial))
    return next((str(each) for each in rows if each), None)


# ---- one fact each -----------------------------------------------------------------------------------------


def _of_readings(asked: UnitRead) -> Iterable[Bar]:
    first, second = asked.first, asked.second
    if not first.value or len(first.value) > SERIAL_CHARS_MAX:
        yield Bar(
            "UNREADABLE", "No serial of 1 to 60 characters is in it.", "Scan the label with the serial."
        )
    if second is None:
        return
    if first.value != second.value:
        said = f"The first reading says {first.value}, the second {second.value}."
        yield Bar("READINGS_DIFFER", said, "Begin again with this label; set it aside if they differ again.")
    if first.way == second.way == TYPED:
        yield Bar(
            "TYPED_TWICE", "Both readings were typed.", "Scan it once, or say why it cannot be scanned."
        )


def _of_line(line: Line, asked: UnitRead, at: Delivery) -> Iterable[Bar]:
    many = asked.quantity if line.by_lot else 1
    if len(at.pending) >= READ_MAX:
        yield Bar("FULL", f"{READ_MAX} are read and not signed for.", "Sign for these first.")
    if not line.by_lot and asked.quantity != 1:
        yield Bar("ONE", f"Each {label(line.kind)} is read by itself.", "Read one label at a time.")
    if line.ended is not None:
        yield Bar(
            "LINE_ENDED", f"Line {line.line_no} was ended: {line.ended}", "Say why it came all the same."
        )
    elif line.received + line.read + many > line.quantity:
        said = f"{line.quantity} were ordered, and {line.received + line.read} are here already."
        yield Bar("OVER", f"Line {line.line_no}: {said}", "Say why it is taken all the same.")


def _of_serial(conn: sa.Connection, line: Line, at: Delivery, serial: str) -> Iterable[Bar]:
    for maker, kind, _, item_id, holder in _ON_RECORD.rows(conn, {"serials": [serial]}):
        if (maker, kind) == (line.maker, line.kind):
            where = _HOLDERS.get(holder or "", "with nobody")
            said = f"{maker} {title(kind)} {serial} is on record already (item {item_id}), {where}."
            yield Bar(
                "DUPLICATE",
                said,
                "Look at that item: one of the two labels is wrong, or it came back.",
                item_id,
            )
    if any((each.serial, each.line_id) == (serial, line.id) for each in at.units):
        yield Bar("READ_BEFORE", f"{serial} is read in this delivery already.", "Go on with the next one.")
    for _, line_id, note, _delivery in _READ_ELSEWHERE.rows(
        conn, {"serials": [serial], "delivery_id": at.id}
    ):
        if line_id == line.id:
            yield Bar(
                "READ_BEFORE", f"{serial} is read in delivery {note} already.", "Take it back there first."
            )
    of_line = {each.serial for each in at.listed if each.line_id == line.id}
    if of_line and serial not in of_line:
        other = next((each for each in at.listed if each.serial == serial), None)
        said = (
            f"{serial} is listed under another line." if other else f"{serial} is not on the supplier's list."
        )
        yield Bar("UNLISTED", said, "Choose the right line, or say why it is taken all the same.")


def _of_lots_told(asked: UnitRead, listed: str | None, line: Line) -> Iterable[Bar]:
    if line.by_lot:
        return
    told = dict.fromkeys(each.strip().upper() for each in (asked.lot, asked.first.lot, listed) if each)
    if len(told) > 1:
        yield Bar(
            "LOTS_DIFFER", f"Two lots are told: {' and '.join(told)}.", "Write down the one on the label."
        )


def _of_lot(conn: sa.Connection, line: Line, lot_no: str | None, expires_on: str | None) -> Iterable[Bar]:
    if lot_no is None:
        return
    for lot_id, maker, kind, product, ends in _LOTS.rows(conn, {"lot_no": lot_no}):
        if (maker, kind) != (line.maker, line.kind):
            continue
        if product != line.model:
            said = f"Lot {lot_no} is on record as {product}, and the line says {line.model} (lot {lot_id})."
            yield Bar("LOT_DIFFERS", said, "Read the label again.")
        if line.by_lot and ends != expires_on:
            said = f"Lot {lot_no} is on record with {ends or 'no date'}, and the label says {expires_on or 'no date'}."
            yield Bar("LOT_DIFFERS", said, "Read the label again.")


def _of_date(
    line: Line, asked: UnitRead, listed: str | None, expires_on: str | None, today: date
) -> Iterable[Bar]:
    second = asked.second.expires_on if asked.second else None
    told = dict.fromkeys(each for each in (asked.expires_on, asked.first.expires_on, second, listed) if each)
    if len(told) > 1:
        yield Bar(
            "DATES_DIFFER",
            f"Two dates are told: {' and '.join(told)}.",
            "Write down the one that is printed.",
        )
    if line.kind == "CED_CARTRIDGE" and expires_on is None and asked.second is not None:
        yield Bar("NO_DATE", "A cartridge has a printed date.", "Write down the expiry date printed on it.")
    if expires_on is not None and expires_on < today.isoformat():
        yield Bar(
            "DATE_PAST", f"Its printed date, {expires_on}, is past.", "Say why it is taken all the same."
        )
