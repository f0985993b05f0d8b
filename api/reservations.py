"""Reservations: kit kept for people, for a shift or an operation, from when to when.

One rule for the editor: nothing is decided here. What cannot be promised is told whole (409 `not-reserved`), and who is
reserved for is shown to those alone who look after the store.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api.asking import ITEMS_MAX, Id, ItemNamed, items_named
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import PathId, QueryId
from api.problems import Problem, bad_field, denied, errors, not_found
from api.processing import ALTERS, CONSULTS, Log
from inventory.custody.hatch_names import people_said
from inventory.custody.reservations.bars import NotReserved
from inventory.custody.reservations.making import PEOPLE_MAX, Reserving, end_reservation, reserve
from inventory.custody.reservations.reading import Reservation, line_said, newest, reservation_of
from inventory.people.people import by_collar
from inventory.schema.tx import Tx
from inventory.stock.kinds import title

RESERVERS = ("ISSUER", "STORE_MANAGER", "CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR")
"""Who may reserve kit of their stores, and end a reservation."""
SEERS = (*RESERVERS, "AUDITOR", "ADMINISTRATOR")
EXPORT_MAX = 2000

Kind = Literal["CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE", "SBG", "BWV_CAMERA"]
State = Literal["PLANNED", "IN_FORCE", "OVER", "ENDED"]
Moment = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Why = Annotated[str, msgspec.Meta(min_length=3, max_length=400)]


class PersonNamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One person: by id, or by the collar they wear."""

    person_id: Id | None = None
    collar: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None


class KindAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many of a kind; `model` left out for any."""

    kind: Kind
    quantity: Annotated[int, msgspec.Meta(ge=1, le=500)]
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=60)] | None = None


class NewReservation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is kept at a store, for whom, from `from_us` to `to_us` (exclusive), and for which shift or operation."""

    store_id: Id
    people: Annotated[list[PersonNamed], msgspec.Meta(min_length=1, max_length=PEOPLE_MAX)]
    from_us: Moment
    to_us: Moment
    reason: Why
    items: Annotated[list[ItemNamed], msgspec.Meta(max_length=ITEMS_MAX)] = []
    kinds: Annotated[list[KindAsked], msgspec.Meta(max_length=ITEMS_MAX)] = []


class Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why a reservation ends before its time."""

    reason: Why


class LineKept(msgspec.Struct, frozen=True, kw_only=True):
    """An item, or `quantity` of a kind. `drawn`: one of its people has the item."""

    said: str
    item_id: int | None
    kind: str
    model: str | None
    serial: str | None
    quantity: int
    drawn: bool


class ReservationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation as clients, pages and files have it."""

    id: int
    state: State
    store_id: int
    people: list[str]
    lines: list[LineKept]
    from_us: int
    to_us: int
    reason: str
    made_by: str
    made_us: int
    ended_us: int | None
    ended_by: str | None
    ended_reason: str | None


def rows_of(conn: sa.Connection, some: Sequence[Reservation], now_us: int) -> list[ReservationRow]:
    """Reservations as a list has them."""
    names = people_said(conn, people_of(some))
    return [_row(each, names, now_us) for each in some]


def people_of(some: Iterable[Reservation]) -> list[int]:
    """Everybody who is named in what is shown of these."""
    return sorted({person for each in some for person in each.named})


def _row(of: Reservation, names: dict[int, str], now_us: int) -> ReservationRow:
    lines = [
        LineKept(
            said=line_said(each), item_id=each.item_id, kind=each.kind, model=each.model, serial=each.serial,
            quantity=each.quantity, drawn=each.with_person in of.people,
        )
        for each in of.lines
    ]  # fmt: skip
    return ReservationRow(
        id=of.id, state=of.state(now_us), store_id=of.store_id, people=[names.get(each, "") for each in of.people],  # type: ignore[arg-type]
        lines=lines, from_us=of.from_us, to_us=of.to_us, reason=of.reason, made_by=names.get(of.made_by, ""),
        made_us=of.made_us, ended_us=of.ended_us, ended_by=names.get(of.ended_by or 0), ended_reason=of.ended_reason,
    )  # fmt: skip


def stores_seen(ctx: Ctx, store_id: int | None, able: Iterable[str] = SEERS) -> set[int] | None:
    """The stores this person looks after (None: every one), or the one asked for. Raises the 403 problem."""
    held = [each for each in ctx.who.held if each.capability in set(able)]
    mine = None if any(each.store_id is None for each in held) else {each.store_id for each in held if each.store_id}
    if store_id is None:
        return mine
    if mine is not None and store_id not in mine:
        raise denied("You do not look after this store.")
    return {store_id}


async def _people(ctx: Ctx, named: Sequence[PersonNamed]) -> tuple[int, ...]:
    def find(conn: sa.Connection) -> list[int | None]:
        found: list[int | None] = []
        for each in named:
            known = by_collar(conn, each.collar.strip().upper()) if each.collar else None
            found.append(each.person_id if each.collar is None else known.id if known else None)
        return found

    people = await ctx.read(find)
    for n, each in enumerate(people):
        if each is None:
            raise bad_field(f"people[{n}]", "person_id, or the collar that somebody wears", named[n].collar)
    return tuple(dict.fromkeys(each for each in people if each is not None))


@get("/reservations", operation_id="list_reservations", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(400, 401, 403), tags=["reservations"])  # fmt: skip
async def list_reservations(
    ctx: NamedDependency[Ctx], store_id: QueryId = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[ReservationRow]:
    """Reservations of the stores this person looks after, newest first."""
    before = key_of(cursor, int)[0] if cursor else 2**62
    stores, now_us = stores_seen(ctx, store_id), ctx.now_us

    def look(conn: sa.Connection) -> tuple[list[Reservation], list[ReservationRow]]:
        found = newest(conn, stores, before, limit + 1)
        return found, rows_of(conn, found, now_us)

    found, rows = await ctx.read(look)
    ctx.about(*people_of(found[:limit]))
    return page_of(rows, limit, [(each.id,) for each in rows])


@get("/reservations.csv", operation_id="export_reservations", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["reservations"])  # fmt: skip
async def export_reservations(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    recipient: Annotated[str, QueryParameter(max_length=200, description="Who the file is for")] = "",
) -> Response[bytes]:
    """The newest reservations of the stores this person looks after, as CSV."""
    stores, now_us = stores_seen(ctx, store_id), ctx.now_us
    ctx.recipient = recipient or None

    def look(conn: sa.Connection) -> tuple[list[Reservation], list[ReservationRow]]:
        found = newest(conn, stores, 2**62, EXPORT_MAX)
        return found, rows_of(conn, found, now_us)

    found, rows = await ctx.read(look)
    ctx.about(*people_of(found))
    return as_csv("reservations.csv", ReservationRow.__struct_fields__, [_cells(each) for each in rows])


def _cells(row: ReservationRow) -> list[object]:
    values: dict[str, Any] = {name: getattr(row, name) for name in row.__struct_fields__}
    values |= {"people": ", ".join(row.people), "lines": ", ".join(each.said for each in row.lines)}
    return ["" if each is None else each for each in values.values()]


@post("/reservations", operation_id="make_reservation", guards=[holding(*RESERVERS)], opt=ALTERS, status_code=201,
      responses=errors(401, 403, 409, 422), tags=["reservations"])  # fmt: skip
async def make_reservation(data: JSONBody[NewReservation], ctx: NamedDependency[Ctx]) -> ReservationRow:
    """Keep kit for people: all of it, or 409 with every reason why not."""
    ctx.need_any(RESERVERS, data.store_id)
    people = await _people(ctx, data.people)
    ctx.about(*people)
    new = Reserving(
        data.store_id, people, data.from_us, data.to_us, data.reason, ctx.person_id,
        await items_named(ctx, data.items), tuple((each.kind, each.model, each.quantity) for each in data.kinds),
    )  # fmt: skip

    def act(tx: Tx) -> ReservationRow:
        try:
            number = reserve(tx, new)
        except NotReserved as told:
            raise not_reserved(told) from None
        return _again(tx.conn, number, tx.now_us)

    return await ctx.write(act)


@post("/reservations/{number:int}/end", operation_id="end_reservation", guards=[holding(*RESERVERS)], opt=ALTERS,
      status_code=200, responses=errors(401, 403, 404, 409, 422), tags=["reservations"])  # fmt: skip
async def end_before_its_time(
    number: PathId, data: JSONBody[Ending], ctx: NamedDependency[Ctx]
) -> ReservationRow:
    """End a reservation: what it kept is free again."""
    by = ctx.person_id

    def act(tx: Tx) -> ReservationRow:
        of = reservation_of(tx.conn, number)
        if of is None:
            raise not_found("reservation with this number")
        ctx.need_any(RESERVERS, of.store_id)
        try:
            end_reservation(tx, number, by, data.reason)
        except NotReserved as told:
            raise not_reserved(told) from None
        ctx.about(*of.named)
        return _again(tx.conn, number, tx.now_us)

    return await ctx.write(act)


def _again(conn: sa.Connection, number: int, now_us: int) -> ReservationRow:
    of = reservation_of(conn, number)
    assert of is not None, "it was just written"
    return rows_of(conn, [of], now_us)[0]


def not_reserved(told: NotReserved) -> Problem:
    """What cannot be promised, every reason with what is possible instead."""
    refusals = [{"item_id": bar.item_id, "sentence": bar.sentence, "remedy": bar.remedy} for bar in told.bars]
    return Problem(409, "not-reserved", str(told), refusals=refusals)


BY_NUMBER = ("CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE", "BWV_CAMERA")
KINDS_SAID = {kind: title(kind) for kind in BY_NUMBER}
"""What a form offers by number."""

ROUTES = [list_reservations, export_reservations, make_reservation, end_before_its_time]
