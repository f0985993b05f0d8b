"""Orders and deliveries as clients, pages and files have them: one shape for all three.

One rule for the editor: nothing is decided here, and every person named is one that the reader's line in the processing
log is about (`people_of`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from api import store_reads
from inventory.custody.hatch_names import people_said
from inventory.custody.receiving.reading import Delivery, Line, Purchase, Unit, unit_name
from inventory.stock.kinds import label, title
from inventory.stock.labels import label_code

LINE_WORDS = {
    "TO_COME": ("still", "empty", "To come"),
    "PART": ("back", "moved", "Part is here"),
    "COMPLETE": ("good", "tick", "Complete"),
    "OVER": ("warn", "warning", "More than ordered"),
    "ENDED": ("still", "cross", "The rest will not come"),
}
DELIVERY_WORDS = {
    "OPEN": ("back", "moved", "Being unpacked"),
    "UNSIGNED": ("warn", "warning", "Read, not signed for"),
    "ENDED": ("good", "tick", "Unpacked"),
}
PURCHASE_WORDS = {"OPEN": ("back", "moved", "Open"), "CLOSED": ("good", "tick", "Closed")}
"""Word -> tone, shape and words of it."""
TOLD_SAID = {
    "OVER": "more than ordered", "LINE_ENDED": "its line was ended", "UNLISTED": "not on the supplier's list",
    "TYPED_TWICE": "never scanned", "DATE_PAST": "its date is past",
}  # fmt: skip


class LineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order: `received` were signed for, `read` are read and not signed for, `to_come` are still out."""

    id: int
    line_no: int
    kind: str
    kind_label: str
    maker: str
    model: str
    quantity: int
    by_lot: bool
    pool: str
    purpose: str | None
    variant: str | None
    received: int
    read: int
    to_come: int
    word: str
    ended: str | None


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery in a list: `pieces` are read and not signed for, `received` are signed for."""

    id: int
    note_ref: str
    state: Literal["OPEN", "UNSIGNED", "ENDED"]
    opened_us: int
    opened_by: str
    pieces: int
    received: int


class PurchaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list, its pieces over all lines."""

    id: int
    order_ref: str
    supplier: str
    funding: str
    store_id: int
    store: str
    ordered_on: str | None
    opened_us: int
    opened_by: str
    state: Literal["OPEN", "CLOSED"]
    ordered: int
    received: int
    to_come: int


class PurchaseOut(PurchaseRow, frozen=True, kw_only=True):
    """An order, whole."""

    lines: list[LineRow]
    deliveries: list[DeliveryRow]


class MarkRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tag that was scanned after an item: what reads it, what it says, what it is made of, and where it sits."""

    technology: str
    value: str
    material: str
    place: str


class UnitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A label that was read twice. `id` is the item's, once it `is_signed`; `code` is what a label of ours says.

    `told` is what did not fit and was taken all the same, because of `why`.
    """

    id: int
    line_id: int
    name: str
    serial: str | None
    lot: str | None
    expires_on: str | None
    quantity: int
    code: str
    ways: list[str]
    marks: list[MarkRow]
    told: list[str]
    why: str | None
    at_us: int
    by_person: str
    is_signed: bool


class SignedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Two people took over so many pieces."""

    at_us: int
    quantity: int
    by_person: str
    second_person: str


class NotSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What the supplier lists and nobody has read."""

    serial: str
    line_id: int
    name: str


class DeliveryOut(DeliveryRow, frozen=True, kw_only=True):
    """A delivery, whole. `not_seen` are the first two hundred of `not_seen_count`."""

    purchase: PurchaseRow
    lines: list[LineRow]
    units: list[UnitRow]
    listed: int
    not_seen_count: int
    not_seen: list[NotSeen]
    signed: list[SignedRow]
    ended: str | None


NOT_SEEN_MAX = 200


def people_of(some: Iterable[Purchase]) -> list[int]:
    """Everybody who is named in what is shown of these orders."""
    found: set[int] = set()
    for of in some:
        found.add(of.opened_by)
        for at in of.deliveries:
            found |= {at.opened_by, *(each.by_person for each in at.units)}
            found |= {who for each in at.signed for who in (each.by_person, each.second_person)}
    return sorted(found)


def rows_of(conn: sa.Connection, some: Sequence[Purchase]) -> list[PurchaseRow]:
    """Orders as a list has them."""
    stores = {row["id"]: str(row["name"]) for row in store_reads.stores(conn)}
    people = people_said(conn, sorted({each.opened_by for each in some}))
    return [PurchaseRow(**_values(each, stores, people)) for each in some]


def purchase_out(conn: sa.Connection, of: Purchase) -> PurchaseOut:
    """One order, whole."""
    stores = {row["id"]: str(row["name"]) for row in store_reads.stores(conn)}
    people = people_said(conn, people_of([of]))
    return PurchaseOut(
        **_values(of, stores, people), lines=[line_row(each) for each in of.lines],
        deliveries=[DeliveryRow(**_delivery(each, people)) for each in of.deliveries],
    )  # fmt: skip


def delivery_out(conn: sa.Connection, of: Purchase, at: Delivery) -> DeliveryOut:
    """One delivery, whole."""
    stores = {row["id"]: str(row["name"]) for row in store_reads.stores(conn)}
    people = people_said(conn, people_of([of]))
    lines = {each.id: each for each in of.lines}
    missing = at.not_seen
    return DeliveryOut(
        **_delivery(at, people), purchase=PurchaseRow(**_values(of, stores, people)),
        lines=[line_row(each) for each in of.lines],
        units=[unit_row(lines[each.line_id], each, people) for each in reversed(at.units)], listed=len(at.listed),
        not_seen_count=len(missing),
        not_seen=[
            NotSeen(serial=each.serial, line_id=each.line_id, name=title(lines[each.line_id].kind))
            for each in missing[:NOT_SEEN_MAX]
        ],
        signed=[
            SignedRow(at_us=each.at_us, quantity=each.quantity, by_person=_said(people, each.by_person),
                      second_person=_said(people, each.second_person))
            for each in at.signed
        ],
        ended=None if at.ended is None else str(at.ended.get("reason") or ""),
    )  # fmt: skip


def line_row(line: Line) -> LineRow:
    """A line as screens and clients have it."""
    return LineRow(
        id=line.id, line_no=line.line_no, kind=line.kind, kind_label=label(line.kind, line.quantity), maker=line.maker,
        model=line.model, quantity=line.quantity, by_lot=line.by_lot, pool=line.pool, purpose=line.purpose,
        variant=line.variant, received=line.received, read=line.read, to_come=line.to_come, word=line.word,
        ended=line.ended,
    )  # fmt: skip


def unit_row(line: Line, unit: Unit, people: Mapping[int, str]) -> UnitRow:
    """A unit as screens and clients have it."""
    marks = [MarkRow(**{name: each[name] for name in MarkRow.__struct_fields__}) for each in unit.marks]
    return UnitRow(
        id=unit.id, line_id=unit.line_id, name=unit_name(line, unit), serial=unit.serial, lot=unit.lot,
        expires_on=unit.expires_on, quantity=unit.quantity, code=label_code(unit.id), marks=marks,
        ways=[each["way"] for each in unit.facts.get("readings", ())], told=list(unit.told),
        why=unit.facts.get("why"), at_us=unit.at_us, by_person=_said(people, unit.by_person), is_signed=unit.is_signed,
    )  # fmt: skip


def _delivery(at: Delivery, people: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": at.id, "note_ref": at.note_ref, "state": at.state, "opened_us": at.opened_us,
        "opened_by": _said(people, at.opened_by), "pieces": at.pieces,
        "received": sum(each.quantity for each in at.units if each.is_signed),
    }  # fmt: skip


def _values(of: Purchase, stores: Mapping[int, str], people: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": of.id, "order_ref": of.order_ref, "supplier": of.supplier, "funding": of.funding,
        "store_id": of.store_id, "store": stores.get(of.store_id, f"store {of.store_id}"),
        "ordered_on": of.ordered_on, "opened_us": of.opened_us, "opened_by": _said(people, of.opened_by),
        "state": of.state, "ordered": sum(each.quantity for each in of.lines),
        "received": sum(each.received for each in of.lines), "to_come": of.to_come,
    }  # fmt: skip


def _said(people: Mapping[int, str], person_id: int) -> str:
    return people.get(person_id, "a person whose data was erased")
