"""Orders: what is to come from a supplier, and how much of it has come.

One rule for the editor: nothing is decided here. Who writes an order down answers for the store it comes to; what is
refused is told whole (409 `not-received`).
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api.asking import Id
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import PathId, QueryId
from api.problems import Problem, denied, errors, not_found
from api.processing import ALTERS, CONSULTS, Log
from api.receiving_rows import (
    DeliveryOut,
    PurchaseOut,
    PurchaseRow,
    delivery_out,
    people_of,
    purchase_out,
    rows_of,
)
from inventory.custody.receiving.ordering import NewLine, NewPurchase, end_line, open_delivery, open_purchase
from inventory.custody.receiving.reading import Purchase, newest, purchase_of
from inventory.custody.receiving.terms import LINES_MAX, ORDERERS, SEERS, UNPACKERS
from inventory.custody.receiving.writing import NotReceived
from inventory.schema import words
from inventory.schema.tx import Tx

EXPORT_MAX = 1000
EXPORTED = (
    "order_ref", "supplier", "funding", "store", "ordered_on", "line_no", "kind", "maker", "model", "pool", "purpose",
    "variant", "ordered", "received", "read", "to_come", "word", "ended",
)  # fmt: skip

Said = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Reason = Annotated[str, msgspec.Meta(min_length=3, max_length=400)]


class LineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line of an order. `by_lot`: without serials, counted by lot. `purpose`: cartridges, and they need it."""

    kind: Literal[words.ITEM_KINDS]  # type: ignore[valid-type]
    maker: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    by_lot: bool = False
    pool: Literal[words.POOLS] = "OPERATIONAL"  # type: ignore[valid-type]
    purpose: Literal[words.CARTRIDGE_PURPOSES] | None = None  # type: ignore[valid-type]
    variant: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class PurchaseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An order to be written down: the force's own number, the supplier, what pays for it, where it comes to."""

    order_ref: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    supplier: Said
    funding: Said
    store_id: Id
    lines: Annotated[list[LineBody], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    ordered_on: Day | None = None


class LineEnded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why the rest of a line will not come."""

    reason: Reason


class DeliveryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something of an order has come: the number on its delivery note, which is the supplier's consignment."""

    note_ref: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


def not_received(told: NotReceived) -> Problem:
    """What was refused, every reason with what puts it right."""
    refusals = [
        {"word": bar.word, "sentence": bar.sentence, "remedy": bar.remedy, "item_id": bar.item_id}
        for bar in told.bars
    ]
    return Problem(409, "not-received", str(told), refusals=refusals)


def stores_seen(ctx: Ctx, store_id: int | None, who: Iterable[str] = SEERS) -> set[int] | None:
    """The stores whose orders this person may see (None: every one), or the one asked for."""
    wanted = frozenset(who)
    held = [each for each in ctx.who.held if each.capability in wanted]
    mine = (
        None
        if any(each.store_id is None for each in held)
        else {each.store_id for each in held if each.store_id}
    )
    if store_id is None:
        return mine
    if mine is not None and store_id not in mine:
        raise denied("You do not look after this store.")
    return {store_id}


def seen_by(ctx: Ctx, of: Purchase | None) -> Purchase:
    """The order, for who may see it. Raises the 404 problem else."""
    mine = stores_seen(ctx, None)
    if of is None or (mine is not None and of.store_id not in mine):
        raise not_found("order with this number")
    return of


@get("/purchases", operation_id="list_purchases", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(400, 401, 403), tags=["receiving"])  # fmt: skip
async def list_purchases(
    ctx: NamedDependency[Ctx], store_id: QueryId = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[PurchaseRow]:
    """Orders for the stores this person looks after, newest first."""
    before = key_of(cursor, int)[0] if cursor else 2**62
    stores = stores_seen(ctx, store_id)

    def look(conn: sa.Connection) -> list[PurchaseRow]:
        found = newest(conn, stores, before, limit + 1)
        ctx.about(*(each.opened_by for each in found[:limit]))
        return rows_of(conn, found)

    rows = await ctx.read(look)
    return page_of(rows, limit, [(each.id,) for each in rows])


@get("/purchases/export", operation_id="export_purchases", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["receiving"])  # fmt: skip
async def export_purchases(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    recipient: Annotated[str, QueryParameter(max_length=200, description="Who the file is for")] = "",
) -> Response[bytes]:
    """The lines of the newest orders for the stores this person looks after, as CSV: ordered, received, to come."""
    stores = stores_seen(ctx, store_id)
    ctx.recipient = recipient or None

    def look(conn: sa.Connection) -> list[PurchaseOut]:
        return [purchase_out(conn, each) for each in newest(conn, stores, 2**62, EXPORT_MAX)]

    found = await ctx.read(look)
    rows = [
        [
            of.order_ref, of.supplier, of.funding, of.store, of.ordered_on, line.line_no, line.kind, line.maker,
            line.model, line.pool, line.purpose, line.variant, line.quantity, line.received, line.read, line.to_come,
            line.word, line.ended,
        ]
        for of in found
        for line in of.lines
    ]  # fmt: skip
    return as_csv("orders.csv", EXPORTED, [["" if cell is None else cell for cell in row] for row in rows])


@get("/purchases/{number:int}", operation_id="get_purchase", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["receiving"])  # fmt: skip
async def get_purchase(number: PathId, ctx: NamedDependency[Ctx]) -> PurchaseOut:
    """One order, its lines and its deliveries."""
    of = seen_by(ctx, await ctx.read(lambda conn: purchase_of(conn, number)))
    ctx.about(*people_of([of]))
    return await ctx.read(lambda conn: purchase_out(conn, of))


@post("/purchases", operation_id="open_purchase", guards=[holding(*ORDERERS)], opt=ALTERS, status_code=201,
      responses=errors(401, 403, 422), tags=["receiving"])  # fmt: skip
async def write_purchase(data: JSONBody[PurchaseBody], ctx: NamedDependency[Ctx]) -> PurchaseOut:
    """Write an order down."""
    ctx.need_any(ORDERERS, data.store_id)
    lines = tuple(NewLine(**msgspec.structs.asdict(each)) for each in data.lines)
    new = NewPurchase(
        data.order_ref, data.supplier, data.funding, data.store_id, ctx.person_id, lines, data.ordered_on
    )
    return await ctx.write(lambda tx: purchase_out(tx.conn, open_purchase(tx, new)))


@post("/purchases/{number:int}/lines/{line_id:int}/end", operation_id="end_purchase_line", guards=[holding(*ORDERERS)],
      opt=ALTERS, status_code=200, responses=errors(401, 403, 404, 409, 422), tags=["receiving"])  # fmt: skip
async def end_purchase_line(
    number: PathId, line_id: PathId, data: JSONBody[LineEnded], ctx: NamedDependency[Ctx]
) -> PurchaseOut:
    """Write down that the rest of a line will not come."""

    def run(tx: Tx) -> PurchaseOut:
        _need(ctx, tx, number, ORDERERS)
        return purchase_out(tx.conn, end_line(tx, number, line_id, ctx.person_id, data.reason))

    return await ctx.write(lambda tx: refusing(run, tx))


@post("/purchases/{number:int}/deliveries", operation_id="open_delivery", guards=[holding(*UNPACKERS)], opt=ALTERS,
      status_code=201, responses=errors(401, 403, 404, 409, 422), tags=["receiving"])  # fmt: skip
async def write_delivery(
    number: PathId, data: JSONBody[DeliveryBody], ctx: NamedDependency[Ctx]
) -> DeliveryOut:
    """Write down that something of an order has come."""

    def run(tx: Tx) -> DeliveryOut:
        _need(ctx, tx, number, UNPACKERS)
        delivery_id = open_delivery(tx, number, data.note_ref, ctx.person_id)
        of = purchase_of(tx.conn, number)
        assert of is not None, "it was there a moment ago"
        ctx.about(*people_of([of]))
        return delivery_out(tx.conn, of, of.delivery(delivery_id))

    return await ctx.write(lambda tx: refusing(run, tx))


def _need(ctx: Ctx, tx: Tx, number: int, who: Iterable[str]) -> None:
    of = purchase_of(tx.conn, number)
    if of is None:
        raise not_found("order with this number")
    ctx.need_any(who, of.store_id)


def refusing(run: Any, tx: Tx) -> Any:
    """Run an act of receiving; what it refuses is the 409 problem."""
    try:
        return run(tx)
    except NotReceived as told:
        raise not_received(told) from None


ROUTES = [list_purchases, export_purchases, get_purchase, write_purchase, end_purchase_line, write_delivery]
