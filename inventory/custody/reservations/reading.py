"""Reservations as they are read: what is kept in a store for whom, how each stands, and what of it is drawn.

One rule for the editor: read only. How a reservation stands is worked out from its times and its end, and never stored.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.reservations import reservation, reservation_ended, reservation_line, reservation_person
from inventory.schema.stock import item
from inventory.stock.kinds import label, title


@dataclass(frozen=True, slots=True)
class Line:
    """An item (with who of the reservation's people has it), or so many of a kind and model (None: any)."""

    item_id: int | None
    kind: str
    model: str | None
    serial: str | None
    quantity: int
    with_person: int | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """One reservation, whole."""

    id: int
    store_id: int
    reason: str
    from_us: int
    to_us: int
    made_us: int
    made_by: int
    ended_us: int | None
    ended_by: int | None
    ended_reason: str | None
    people: tuple[int, ...] = ()
    lines: tuple[Line, ...] = ()

    def state(self, now_us: int) -> str:
        """PLANNED, IN_FORCE, OVER (by its own end) or ENDED (by somebody)."""
        if self.ended_us is not None:
            return "ENDED"
        if self.to_us <= now_us:
            return "OVER"
        return "IN_FORCE" if self.from_us <= now_us else "PLANNED"

    @property
    def named(self) -> list[int]:
        """Everybody who is named in it."""
        return [*self.people, self.made_by, *([self.ended_by] if self.ended_by is not None else [])]


_COLUMNS = (
    *(reservation.c[name] for name in ("id", "store_id", "reason", "from_us", "to_us", "made_us", "made_by")),
    reservation_ended.c.at_us, reservation_ended.c.by_person, reservation_ended.c.reason,
)  # fmt: skip
_JOINED = reservation.outerjoin(reservation_ended, reservation_ended.c.reservation_id == reservation.c.id)


def _statement(*holds: sa.ColumnElement[bool]) -> Fast:
    return Fast(
        sa.select(*_COLUMNS)
        .select_from(_JOINED)
        .where(reservation.c.id < sa.bindparam("before", type_=sa.BigInteger), *holds)
        .order_by(reservation.c.id.desc())
        .limit(sa.bindparam("most"))
    )


_OF_ALL, _OF_STORES = _statement(), _statement(among(reservation.c.store_id, "stores"))
_ONE = Fast(sa.select(*_COLUMNS).select_from(_JOINED).where(reservation.c.id == sa.bindparam("number")))
_LIVE = Fast(
    sa.select(*_COLUMNS)
    .select_from(_JOINED)
    .where(
        reservation.c.store_id == sa.bindparam("store_id"),
        reservation.c.to_us > sa.bindparam("now_us", type_=sa.BigInteger),
        reservation_ended.c.reservation_id.is_(None),
    )
    .order_by(reservation.c.from_us, reservation.c.id)
)
_OF_ITEM = Fast(
    sa.select(*_COLUMNS)
    .select_from(_JOINED.join(reservation_line, reservation_line.c.reservation_id == reservation.c.id))
    .where(
        reservation_line.c.item_id == sa.bindparam("item_id"),
        reservation.c.to_us > sa.bindparam("now_us", type_=sa.BigInteger),
        reservation_ended.c.reservation_id.is_(None),
    )
    .order_by(reservation.c.from_us, reservation.c.id)
)
_PEOPLE = Fast(
    sa.select(reservation_person.c.reservation_id, reservation_person.c.person_id)
    .where(among(reservation_person.c.reservation_id, "ids"))
    .order_by(reservation_person.c.id)
)
_LINES = Fast(
    sa.select(
        reservation_line.c.reservation_id, reservation_line.c.item_id,
        sa.func.coalesce(reservation_line.c.kind, item.c.kind),
        sa.func.coalesce(reservation_line.c.model, item.c.model),
        item.c.serial, reservation_line.c.quantity, custody.c.person_id,
    )
    .select_from(
        reservation_line.outerjoin(item, item.c.id == reservation_line.c.item_id).outerjoin(
            custody, sa.and_(custody.c.item_id == reservation_line.c.item_id, custody.c.closed_entry.is_(None))
        )
    )
    .where(among(reservation_line.c.reservation_id, "ids"))
    .order_by(reservation_line.c.id)
)  # fmt: skip


def line_said(line: Line) -> str:
    """ "TASER handle X00201", or "2 T7 TASER handles"."""
    if line.serial is not None:
        return f"{title(line.kind)} {line.serial}"
    return f"{line.quantity} {f'{line.model} ' if line.model else ''}{label(line.kind, line.quantity)}"


def reservation_of(conn: sa.Connection, number: int) -> Reservation | None:
    """The reservation with this number."""
    found = _whole(conn, _ONE.rows(conn, {"number": number}))
    return found[0] if found else None


def newest(conn: sa.Connection, stores: Iterable[int] | None, before: int, most: int) -> list[Reservation]:
    """The newest reservations of these stores (None: of all) with a number below `before`."""
    asked = {"before": before, "most": most}
    if stores is None:
        return _whole(conn, _OF_ALL.rows(conn, asked))
    return _whole(conn, _OF_STORES.rows(conn, asked | {"stores": sorted(stores)}))


def live_at(conn: sa.Connection, store_id: int, now_us: int) -> list[Reservation]:
    """What is kept in a store, now and later, the first to begin first."""
    return _whole(conn, _LIVE.rows(conn, {"store_id": store_id, "now_us": now_us}))


def live_of_item(conn: sa.Connection, item_id: int, now_us: int) -> list[Reservation]:
    """The reservations of an item itself that are not over."""
    return _whole(conn, _OF_ITEM.rows(conn, {"item_id": item_id, "now_us": now_us}))


def _whole(conn: sa.Connection, rows: Sequence[tuple[object, ...]]) -> list[Reservation]:
    some = [Reservation(*row) for row in rows]  # type: ignore[arg-type]
    if not some:
        return []
    people: dict[int, list[int]] = defaultdict(list)
    lines: dict[int, list[Line]] = defaultdict(list)
    asked = {"ids": [each.id for each in some]}
    for reservation_id, person_id in _PEOPLE.rows(conn, asked):
        people[reservation_id].append(person_id)
    for reservation_id, *line in _LINES.rows(conn, asked):
        lines[reservation_id].append(Line(*line))
    return [replace(each, people=tuple(people[each.id]), lines=tuple(lines[each.id])) for each in some]
