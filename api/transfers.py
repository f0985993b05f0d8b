"""Transfers: consignments of kit from one store to another, signed by two people at each end.

One rule for the editor: nothing is decided here. Who sends answers for the store it comes from, who receives for the
one where it is; the carrier signs with their own PIN, and what is refused is told whole (409 `not-moved`).
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api.asking import ITEMS_MAX, Id, ItemNamed, LotAsked, items_named
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import PathId, QueryId
from api.problems import Problem, denied, errors, not_found
from api.processing import ALTERS, CONSULTS, Log
from api.second_person import Second, second_person
from api.transfer_rows import Transfer, TransferRow, people_of, rows_of, transfer_of
from inventory.custody.transfers.listing import (
    Listing,
    Opening,
    cancel,
    list_kit,
    open_consignment,
    unlist_kit,
)
from inventory.custody.transfers.reading import Consignment, consignment_of, newest
from inventory.custody.transfers.receiving import Receipt, Scanned, receive, see, unsee
from inventory.custody.transfers.sending import Sending, send
from inventory.custody.transfers.terms import EVERY_SENDER, SENDERS
from inventory.custody.transfers.writing import NotMoved
from inventory.schema.tx import Tx

SEERS = (*EVERY_SENDER, "CED_SPOC", "AUDITOR", "ADMINISTRATOR")
"""Who may look at consignments of their stores."""
EXPORT_MAX = 2000

Reason = Annotated[str, msgspec.Meta(min_length=3, max_length=400)]
Seals = Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=60)]], msgspec.Meta(max_length=40)]
Counted = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Condition = Literal["GOOD", "DAMAGED", "WET", "FAULTY", "MISSING"]


class NewTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A consignment to be opened. `back_on` ("2026-12-01") for a loan alone; `due_us` left out: the usual journey."""

    from_store_id: Id
    to_store_id: Id
    stock: Literal["OPERATIONAL", "TRAINING", "EXHIBIT", "HELD"]
    terms: Literal["FOR_GOOD", "LOAN"]
    reason: Reason
    back_on: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    due_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Items and pieces of lots: all of them or none."""

    items: Annotated[list[ItemNamed], msgspec.Meta(max_length=ITEMS_MAX)] = []
    lots: Annotated[list[LotAsked], msgspec.Meta(max_length=ITEMS_MAX)] = []


class Arrived(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is scanned where a consignment arrives: at `store_id`, in this condition."""

    store_id: Id
    items: Annotated[list[ItemNamed], msgspec.Meta(max_length=ITEMS_MAX)] = []
    lots: Annotated[list[LotAsked], msgspec.Meta(max_length=ITEMS_MAX)] = []
    condition: Condition = "GOOD"


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A consignment is handed to its carrier, who has counted its pieces and signs with their own PIN."""

    counted: Counted
    carrier: Second
    seals: Seals = []


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was scanned at `store_id` is taken over from the carrier, who signs for the same count."""

    store_id: Id
    counted: Counted
    carrier: Second
    seals: Seals = []


class Cancelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why a consignment is not sent."""

    reason: Reason


OPT: dict[str, Any] = {
    "guards": [holding(*EVERY_SENDER)], "opt": ALTERS, "status_code": 200,
    "responses": errors(401, 403, 404, 409, 422), "tags": ["transfers"],
}  # fmt: skip
SIGNS: dict[str, Any] = OPT | {"responses": errors(401, 403, 404, 409, 422, 429)}


def need_side(ctx: Ctx, of: Consignment, store_id: int) -> None:
    """Raise the 403 problem for who may not act for this consignment at this store."""
    ctx.need_any(SENDERS[of.stock], store_id)


async def _act(ctx: Ctx, number: int, side: int | None, run: Callable[[Tx], Any]) -> Transfer:
    """Act for the side of a consignment (None: its sender's), and answer with how it stands then."""

    def guarded(tx: Tx) -> Transfer:
        of = consignment_of(tx.conn, number)
        if of is None:
            raise not_found("consignment with this number")
        need_side(ctx, of, of.from_store_id if side is None else side)
        try:
            run(tx)
        except NotMoved as told:
            raise not_moved(told) from None
        now = consignment_of(tx.conn, number)
        assert now is not None
        ctx.about(*people_of([now]))
        return transfer_of(tx.conn, now)

    return await ctx.write(guarded)


def not_moved(told: NotMoved) -> Problem:
    """What was refused, every reason with what puts it right."""
    refusals = [{"item_id": bar.item_id, "sentence": bar.sentence, "remedy": bar.remedy} for bar in told.bars]
    return Problem(409, "not-moved", str(told), refusals=refusals)


def _lots(asked: list[LotAsked]) -> tuple[tuple[int, int], ...]:
    return tuple({each.lot_id: each.quantity for each in asked}.items())


@get("/transfers", operation_id="list_transfers", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(400, 401, 403), tags=["transfers"])  # fmt: skip
async def list_transfers(
    ctx: NamedDependency[Ctx], store_id: QueryId = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[TransferRow]:
    """Consignments from or to the stores this person looks after, newest first."""
    before = key_of(cursor, int)[0] if cursor else 2**62
    stores = stores_seen(ctx, store_id)

    def look(conn: sa.Connection) -> tuple[list[Consignment], list[TransferRow]]:
        found = newest(conn, stores, before, limit + 1)
        return found, rows_of(conn, found)

    found, rows = await ctx.read(look)
    ctx.about(*people_of(found[:limit]))
    return page_of(rows, limit, [(each.id,) for each in rows])


@get("/transfers/export", operation_id="export_transfers", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["transfers"])  # fmt: skip
async def export_transfers(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    recipient: Annotated[str, QueryParameter(max_length=200, description="Who the file is for")] = "",
) -> Response[bytes]:
    """The newest consignments of the stores this person looks after, as CSV."""
    stores = stores_seen(ctx, store_id)
    ctx.recipient = recipient or None

    def look(conn: sa.Connection) -> tuple[list[Consignment], list[TransferRow]]:
        found = newest(conn, stores, 2**62, EXPORT_MAX)
        return found, rows_of(conn, found)

    found, rows = await ctx.read(look)
    ctx.about(*people_of(found))
    cells = [[_cell(getattr(each, name)) for name in TransferRow.__struct_fields__] for each in rows]
    return as_csv("transfers.csv", TransferRow.__struct_fields__, cells)


def _cell(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def stores_seen(ctx: Ctx, store_id: int | None) -> set[int] | None:
    """The stores whose consignments this person may see (None: every one), or the one asked for."""
    held = [each for each in ctx.who.held if each.capability in SEERS]
    mine = None if any(each.store_id is None for each in held) else {each.store_id for each in held if each.store_id}
    if store_id is None:
        return mine
    if mine is not None and store_id not in mine:
        raise denied("You do not look after this store.")
    return {store_id}


def seen_by(ctx: Ctx, of: Consignment | None) -> Consignment:
    """The consignment, for who may see it. Raises the 404 problem else."""
    mine = stores_seen(ctx, None)
    if of is None or (mine is not None and not mine & {of.from_store_id, of.to_store_id}):
        raise not_found("consignment with this number")
    return of


@get("/transfers/{number:int}", operation_id="get_transfer", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["transfers"])  # fmt: skip
async def get_transfer(number: PathId, ctx: NamedDependency[Ctx]) -> Transfer:
    """One consignment, whole."""
    of = seen_by(ctx, await ctx.read(lambda conn: consignment_of(conn, number)))
    ctx.about(*people_of([of]))
    return await ctx.read(lambda conn: transfer_of(conn, of))


@post("/transfers", operation_id="open_transfer", guards=[holding(*EVERY_SENDER)], opt=ALTERS, status_code=201,
      responses=errors(401, 403, 422), tags=["transfers"])  # fmt: skip
async def open_transfer(data: JSONBody[NewTransfer], ctx: NamedDependency[Ctx]) -> Transfer:
    """Open a consignment with nothing in it yet."""
    ctx.need_any(SENDERS[data.stock], data.from_store_id)
    new = Opening(
        data.from_store_id, data.to_store_id, data.stock, data.terms, data.reason, ctx.person_id, data.back_on,
        data.due_us,
    )  # fmt: skip
    return await ctx.write(lambda tx: transfer_of(tx.conn, open_consignment(tx, new)))


@post("/transfers/{number:int}/lines", operation_id="list_for_transfer", **OPT)
async def list_for_transfer(number: PathId, data: JSONBody[Listed], ctx: NamedDependency[Ctx]) -> Transfer:
    """Put items and pieces of lots on a consignment's list."""
    listing = Listing(number, ctx.person_id, await items_named(ctx, data.items), _lots(data.lots))
    return await _act(ctx, number, None, lambda tx: list_kit(tx, listing))


@post("/transfers/{number:int}/lines/remove", operation_id="unlist_for_transfer", **OPT)
async def unlist_for_transfer(number: PathId, data: JSONBody[Listed], ctx: NamedDependency[Ctx]) -> Transfer:
    """Take items and lots off a consignment's list."""
    listing = Listing(number, ctx.person_id, await items_named(ctx, data.items), _lots(data.lots))
    return await _act(ctx, number, None, lambda tx: unlist_kit(tx, listing))


@post("/transfers/{number:int}/cancel", operation_id="cancel_transfer", **OPT)
async def cancel_transfer(number: PathId, data: JSONBody[Cancelled], ctx: NamedDependency[Ctx]) -> Transfer:
    """End a consignment that was not sent."""
    return await _act(ctx, number, None, lambda tx: cancel(tx, number, ctx.person_id, data.reason))


@post("/transfers/{number:int}/send", operation_id="send_transfer", **SIGNS)
async def send_transfer(number: PathId, data: JSONBody[Sent], ctx: NamedDependency[Ctx]) -> Transfer:
    """Hand a consignment to its carrier: both have counted it, both sign."""
    carrier = await second_person(ctx, data.carrier)
    sending = Sending(number, ctx.person_id, carrier, data.counted, _seals(data.seals))
    return await _act(ctx, number, None, lambda tx: send(tx, sending))


@post("/transfers/{number:int}/seen", operation_id="see_transfer", **OPT)
async def see_transfer(number: PathId, data: JSONBody[Arrived], ctx: NamedDependency[Ctx]) -> Transfer:
    """Note what is there where a consignment arrives; nothing moves before it is signed for."""
    return await _scan(ctx, number, data, see)


@post("/transfers/{number:int}/seen/remove", operation_id="unsee_transfer", **OPT)
async def unsee_transfer(number: PathId, data: JSONBody[Arrived], ctx: NamedDependency[Ctx]) -> Transfer:
    """Take back what was scanned by mistake."""
    return await _scan(ctx, number, data, unsee)


async def _scan(ctx: Ctx, number: int, data: Arrived, act: Callable[[Tx, Scanned], Consignment]) -> Transfer:
    items = tuple((each, data.condition) for each in await items_named(ctx, data.items))
    scanned = Scanned(number, data.store_id, ctx.person_id, items, _lots(data.lots))
    return await _act(ctx, number, data.store_id, lambda tx: act(tx, scanned))


@post("/transfers/{number:int}/receive", operation_id="receive_transfer", **SIGNS)
async def receive_transfer(number: PathId, data: JSONBody[Signed], ctx: NamedDependency[Ctx]) -> Transfer:
    """Take over from the carrier what was scanned; what did not come stays open."""
    carrier = await second_person(ctx, data.carrier)
    receipt = Receipt(number, data.store_id, ctx.person_id, carrier, data.counted, _seals(data.seals))
    return await _act(ctx, number, data.store_id, lambda tx: receive(tx, receipt))


def _seals(seals: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip().upper() for each in seals if each.strip()))


ROUTES = [
    list_transfers, export_transfers, get_transfer, open_transfer, list_for_transfer, unlist_for_transfer,
    cancel_transfer, send_transfer, see_transfer, unsee_transfer, receive_transfer,
]  # fmt: skip
