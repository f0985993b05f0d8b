"""How orders and deliveries stand: what was ordered, read, signed for, and is still to come. Reads only.

One rule for the editor: nothing of it is stored. A unit counts as received once two people signed for it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from inventory.schema.fast import Fast, among
from inventory.schema.receiving import delivery, delivery_event, purchase, purchase_line, purchase_line_ended
from inventory.stock.kinds import label, title


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order, and how many of it were signed for (`received`) and read but not signed for (`read`)."""

    id: int
    purchase_id: int
    line_no: int
    kind: str
    maker: str
    model: str
    quantity: int
    by_lot: bool
    pool: str
    purpose: str | None
    variant: str | None
    ended: str | None = None
    received: int = 0
    read: int = 0

    @property
    def name(self) -> str:
        """ "AXON T7 TASER handle"."""
        return f"{self.maker} {self.model} {label(self.kind)}"

    @property
    def to_come(self) -> int:
        """How many are still to come."""
        return 0 if self.ended is not None else max(0, self.quantity - self.received)

    @property
    def word(self) -> str:
        """TO_COME, PART, COMPLETE, OVER, or ENDED: the rest of it will not come."""
        if self.received > self.quantity:
            return "OVER"
        if self.received == self.quantity:
            return "COMPLETE"
        if self.ended is not None:
            return "ENDED"
        return "PART" if self.received else "TO_COME"


@dataclass(frozen=True, slots=True)
class Unit:
    """What was read off one label, twice: an item with a serial, or pieces of a lot (`serial` None)."""

    id: int
    line_id: int
    serial: str | None
    quantity: int
    facts: dict[str, Any]
    at_us: int
    by_person: int
    marks: tuple[dict[str, Any], ...] = ()
    is_signed: bool = False

    @property
    def lot(self) -> str | None:
        """The lot on its label."""
        return self.facts.get("lot")

    @property
    def expires_on(self) -> str | None:
        """The date printed on it."""
        return self.facts.get("expires_on")

    @property
    def told(self) -> tuple[str, ...]:
        """What did not fit, and was taken all the same."""
        return tuple(self.facts.get("told", ()))


@dataclass(frozen=True, slots=True)
class Listed:
    """What the supplier's own list says of one item."""

    serial: str
    line_id: int
    lot: str | None
    expires_on: str | None


@dataclass(frozen=True, slots=True)
class Signed:
    """Two people took over `quantity` pieces."""

    at_us: int
    by_person: int
    second_person: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a supplier, as it stands."""

    id: int
    purchase_id: int
    store_id: int
    note_ref: str
    opened_us: int
    opened_by: int
    units: tuple[Unit, ...] = ()
    listed: tuple[Listed, ...] = ()
    signed: tuple[Signed, ...] = ()
    ended: dict[str, Any] | None = None

    @property
    def pending(self) -> tuple[Unit, ...]:
        """What is read and not signed for."""
        return tuple(each for each in self.units if not each.is_signed)

    @property
    def pieces(self) -> int:
        """How many pieces that are."""
        return sum(each.quantity for each in self.pending)

    @property
    def not_seen(self) -> tuple[Listed, ...]:
        """What the supplier lists and nobody has read."""
        seen = {(each.line_id, each.serial) for each in self.units}
        return tuple(each for each in self.listed if (each.line_id, each.serial) not in seen)

    @property
    def state(self) -> str:
        """OPEN, UNSIGNED (something is read and nobody signed for it), or ENDED."""
        return "ENDED" if self.ended is not None else "UNSIGNED" if self.pending else "OPEN"

    def unit(self, unit_id: int) -> Unit | None:
        """A unit by its id, where it was not taken back."""
        return next((each for each in self.units if each.id == unit_id), None)


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order, its lines and its deliveries."""

    id: int
    order_ref: str
    supplier: str
    funding: str
    store_id: int
    ordered_on: str | None
    opened_us: int
    opened_by: int
    lines: tuple[Line, ...] = ()
    deliveries: tuple[Delivery, ...] = ()

    @property
    def to_come(self) -> int:
        """How many pieces are still to come."""
        return sum(each.to_come for each in self.lines)

    @property
    def state(self) -> str:
        """OPEN while anything is to come or a delivery is open; else CLOSED."""
        is_open = self.to_come or any(each.state != "ENDED" for each in self.deliveries)
        return "OPEN" if is_open else "CLOSED"

    def line(self, line_id: int | None) -> Line | None:
        """A line by its id."""
        return next((each for each in self.lines if each.id == line_id), None)

    def delivery(self, delivery_id: int) -> Delivery:
        """A delivery of this order."""
        return next(each for each in self.deliveries if each.id == delivery_id)


_PURCHASE = ("id", "order_ref", "supplier", "funding", "store_id", "ordered_on", "opened_us", "opened_by")
_LINE = (
    "id",
    "purchase_id",
    "line_no",
    "kind",
    "maker",
    "model",
    "quantity",
    "by_lot",
    "pool",
    "purpose",
    "variant",
)
_DELIVERY = ("id", "purchase_id", "store_id", "note_ref", "opened_us", "opened_by")
_EVENT = ("id", "delivery_id", "act", "at_us", "by_person", "second_person", "line_id", "unit_id", "serial", "quantity",
          "facts")  # fmt: skip
_SOME = Fast(sa.select(*(purchase.c[name] for name in _PURCHASE)).where(among(purchase.c.id, "ids")))
_LINES = Fast(
    sa.select(*(purchase_line.c[name] for name in _LINE), purchase_line_ended.c.reason)
    .select_from(
        purchase_line.outerjoin(purchase_line_ended, purchase_line_ended.c.line_id == purchase_line.c.id)
    )
    .where(among(purchase_line.c.purchase_id, "ids"))
    .order_by(purchase_line.c.purchase_id, purchase_line.c.line_no)
)
_DELIVERIES = Fast(
    sa.select(*(delivery.c[name] for name in _DELIVERY))
    .where(among(delivery.c.purchase_id, "ids"))
    .order_by(delivery.c.opened_us, delivery.c.id)
)
_EVENTS = Fast(
    sa.select(*(delivery_event.c[name] for name in _EVENT))
    .where(among(delivery_event.c.delivery_id, "ids"))
    .order_by(delivery_event.c.at_us, delivery_event.c.id)
)
_OF_DELIVERY = Fast(sa.select(delivery.c.purchase_id).where(delivery.c.id == sa.bindparam("delivery_id")))
_NEWEST = Fast(
    sa.select(purchase.c.id)
    .where(purchase.c.id < sa.bindparam("before"))
    .order_by(purchase.c.id.desc())
    .limit(sa.bindparam("most"))
)
_NEWEST_OF = Fast(
    sa.select(purchase.c.id)
    .where(purchase.c.id < sa.bindparam("before"), among(purchase.c.store_id, "stores"))
    .order_by(purchase.c.id.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(slots=True)
class _Acts:
    """What the acts of one delivery amount to."""

    units: dict[int, Unit] = field(default_factory=dict)
    marks: dict[int, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    listed: list[Listed] = field(default_factory=list)
    signed: list[Signed] = field(default_factory=list)
    signed_units: set[int] = field(default_factory=set)
    ended: dict[str, Any] | None = None


def purchases_of(conn: sa.Connection, purchase_ids: Sequence[int]) -> list[Purchase]:
    """These orders with all that is known of them, in this order; unknown ones are left out."""
    if not purchase_ids:
        return []
    ids = {"ids": sorted(set(purchase_ids))}
    rows = {row[0]: row for row in _SOME.rows(conn, ids)}
    deliveries = _deliveries(conn, _DELIVERIES.rows(conn, ids))
    received: Counter[int] = Counter()
    read: Counter[int] = Counter()
    for unit in (unit for each in deliveries for unit in each.units):
        (received if unit.is_signed else read)[unit.line_id] += unit.quantity
    lines: dict[int, list[Line]] = defaultdict(list)
    for row in _LINES.rows(conn, ids):
        told = dict(zip((*_LINE, "ended"), row, strict=True)) | {"by_lot": bool(row[7])}
        lines[row[1]].append(Line(**told, received=received[row[0]], read=read[row[0]]))
    return [
        Purchase(
            **dict(zip(_PURCHASE, rows[each], strict=True)),
            lines=tuple(lines[each]),
            deliveries=tuple(of for of in deliveries if of.purchase_id == each),
        )
        for each in purchase_ids
        if each in rows
    ]


def purchase_of(conn: sa.Connection, purchase_id: int) -> Purchase | None:
    """One order; None where it is not known."""
    return next(iter(purchases_of(conn, [purchase_id])), None)


def purchase_of_delivery(conn: sa.Connection, delivery_id: int) -> Purchase | None:
    """The order that a delivery is of; None where the delivery is not known."""
    rows = _OF_DELIVERY.rows(conn, {"delivery_id": delivery_id})
    return purchase_of(conn, rows[0][0]) if rows else None


def newest(conn: sa.Connection, stores: Iterable[int] | None, before: int, most: int) -> list[Purchase]:
    """Orders for these stores (None: every one), newest first, with ids below `before`."""
    asked: dict[str, Any] = {"before": before, "most": most}
    rows = (
        _NEWEST.rows(conn, asked)
        if stores is None
        else _NEWEST_OF.rows(conn, asked | {"stores": sorted(stores)})
    )
    return purchases_of(conn, [row[0] for row in rows])


def _deliveries(conn: sa.Connection, rows: Sequence[Sequence[Any]]) -> list[Delivery]:
    acts: dict[int, _Acts] = defaultdict(_Acts)
    for row in _EVENTS.rows(conn, {"ids": [each[0] for each in rows]}) if rows else []:
        told = dict(zip(_EVENT, row, strict=True))
        _ACTS[told["act"]](acts[told["delivery_id"]], told, json.loads(told["facts"]))
    return [_made(row, acts[row[0]]) for row in rows]


def _made(row: Sequence[Any], acts: _Acts) -> Delivery:
    units = tuple(
        replace(each, marks=tuple(acts.marks[each.id]), is_signed=each.id in acts.signed_units)
        for each in acts.units.values()
    )
    told = dict(zip(_DELIVERY, row, strict=True))
    return Delivery(
        **told, units=units, listed=tuple(acts.listed), signed=tuple(acts.signed), ended=acts.ended
    )


def _listed(acts: _Acts, told: dict[str, Any], facts: dict[str, Any]) -> None:
    acts.listed.append(Listed(told["serial"], told["line_id"], facts.get("lot"), facts.get("expires_on")))


def _read(acts: _Acts, told: dict[str, Any], facts: dict[str, Any]) -> None:
    unit_id = told["unit_id"]
    acts.units[unit_id] = Unit(
        unit_id, told["line_id"], told["serial"], told["quantity"], facts, told["at_us"], told["by_person"]
    )


def _marked(acts: _Acts, told: dict[str, Any], facts: dict[str, Any]) -> None:
    acts.marks[told["unit_id"]].append(facts)


def _taken_back(acts: _Acts, told: dict[str, Any], _facts: dict[str, Any]) -> None:
    acts.units.pop(told["unit_id"], None)


def _signed(acts: _Acts, told: dict[str, Any], facts: dict[str, Any]) -> None:
    acts.signed_units.update(facts["units"])
    acts.signed.append(Signed(told["at_us"], told["by_person"], told["second_person"], told["quantity"]))


def _ended(acts: _Acts, told: dict[str, Any], facts: dict[str, Any]) -> None:
    acts.ended = facts | {"at_us": told["at_us"], "by_person": told["by_person"]}


_ACTS = {
    "LISTED": _listed, "READ": _read, "MARKED": _marked, "TAKEN_BACK": _taken_back, "SIGNED": _signed, "ENDED": _ended,
}  # fmt: skip


def unit_name(line: Line, unit: Unit) -> str:
    """ "TASER handle X00201", or "Spit guard lot L77"."""
    return f"{title(line.kind)} {unit.serial}" if unit.serial else f"{title(line.kind)} lot {unit.lot}"
