"""Kit from suppliers on the screen: orders, one order with its deliveries, a delivery being unpacked, labels, codes.

One rule for the editor: every act is `api.purchases`, `api.deliveries` or `api.marks`, the same as for programs; a page
draws what is asked of whom.
"""

from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.marks import MARKERS, codes_of
from api.marks import SEERS as SEES_CODES
from api.pages.frame import PAGE, html, page_of, stores_of
from api.pages.render import render
from api.params import PathId
from api.problems import not_found
from api.processing import CONSULTS
from api.purchases import seen_by, stores_seen
from api.receiving_rows import (
    DELIVERY_WORDS,
    LINE_WORDS,
    PURCHASE_WORDS,
    TOLD_SAID,
    delivery_out,
    people_of,
    purchase_out,
    rows_of,
)
from inventory.custody.marking import MATERIALS, PLACES
from inventory.custody.receiving.ordering import BY_LOT_KINDS
from inventory.custody.receiving.reading import newest, purchase_of, purchase_of_delivery
from inventory.custody.receiving.terms import ORDERERS, SEERS, UNPACKERS
from inventory.people.credentials import END_REASONS
from inventory.schema import words
from inventory.schema.fast import Fast
from inventory.schema.stock import item
from inventory.stock.kinds import LABELS, title

SHOWN = 100
SAID = {"lines": LINE_WORDS, "deliveries": DELIVERY_WORDS, "purchases": PURCHASE_WORDS, "told": TOLD_SAID}
TAG = {"materials": MATERIALS, "places": PLACES}
KINDS = {kind: title(kind) for kind in LABELS}
SHEETS = {
    "L7160": "L7160: 21, 63.5 × 38.1 mm", "L7163": "L7163: 14, 99.1 × 38.1 mm", "L7651": "L7651: 65, 38.1 × 21.2 mm",
    "L4731": "L4731: 189, 25.4 × 10 mm",
}  # fmt: skip
_ITEM = Fast(sa.select(item.c.kind, item.c.serial, item.c.home_store_id).where(item.c.id == sa.bindparam("item_id")))


@get("/receiving", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def orders_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """Orders for the stores this person looks after, newest first, and a new one."""
    stores, mine = stores_seen(ctx, None), stores_of(ctx.who, ORDERERS)
    found = await ctx.read(lambda conn: newest(conn, stores, 2**62, SHOWN))
    rows, every = await ctx.read(lambda conn: (rows_of(conn, found), store_reads.stores(conn)))
    ctx.about(*(each.opened_by for each in found))
    own = [each for each in every if mine is None or each["id"] in mine]
    form = {"kinds": KINDS, "by_lot": BY_LOT_KINDS, "purposes": words.CARTRIDGE_PURPOSES, "pools": words.POOLS}
    page = page_of(ctx, request, "Receiving")
    return html(render("receiving.html", page, rows=rows, said=SAID, own=own, form=form))


@get("/receiving/{number:int}", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def order_page(number: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """One order: its lines, what has come of each, and its deliveries."""
    of = seen_by(ctx, await ctx.read(lambda conn: purchase_of(conn, number)))
    ctx.about(*people_of([of]))
    shown = await ctx.read(lambda conn: purchase_out(conn, of))
    may = {"order": _here(ctx, ORDERERS, of.store_id), "unpack": _here(ctx, UNPACKERS, of.store_id)}
    return html(render("order.html", page_of(ctx, request, f"Order {of.order_ref}"), one=shown, said=SAID, may=may))


@get("/receiving/deliveries/{number:int}", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def delivery_page(number: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """A delivery being unpacked: scan, scan again, tag, next."""
    of = seen_by(ctx, await ctx.read(lambda conn: purchase_of_delivery(conn, number)))
    ctx.about(*people_of([of]))
    shown = await ctx.read(lambda conn: delivery_out(conn, of, of.delivery(number)))
    may = _here(ctx, UNPACKERS, of.store_id) and shown.state != "ENDED"
    page = page_of(ctx, request, f"Delivery {shown.note_ref}")
    benches = await ctx.read(lambda conn: _benches(conn, of.store_id)) if may else []
    return html(render("delivery.html", page, one=shown, said=SAID, tag=TAG, may=may, sheets=SHEETS, benches=benches))


def _benches(conn: sa.Connection, store_id: int) -> store_reads.Rows:
    """Where deliveries are unpacked in a store: a bridge's scanner may stand there."""
    return [each for each in store_reads.places(conn, store_id) if each["activity"] == "RECEIVING"]


@get("/items/{item_id:int}/codes", guards=[holding(*SEES_CODES)], opt=CONSULTS, **PAGE)
async def codes_page(item_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """The codes that stand for an item, a new one, and its label to print."""
    found = await ctx.read(lambda conn: codes_of(conn, item_id))
    if found is None:
        raise not_found("item with this number")
    kind, serial, store_id = await ctx.read(lambda conn: _ITEM.rows(conn, {"item_id": item_id})[0])
    named = f"{title(kind)} {serial}"
    may = _here(ctx, MARKERS, store_id)
    page = page_of(ctx, request, f"Codes of {named}")
    return html(
        render("codes.html", page, one=found, named=named, tag=TAG, may=may, sheets=SHEETS, reasons=END_REASONS)
    )


def _here(ctx: Ctx, who: tuple[str, ...], store_id: int) -> bool:
    stores = stores_of(ctx.who, who)
    return stores is None or store_id in stores


ROUTES = [orders_page, order_page, delivery_page, codes_page]
