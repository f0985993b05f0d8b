"""Consignments on the screen: the list, one of them with the scan boxes of its two sides, and its manifest for paper.

One rule for the editor: every act is `api.transfers`, the same as for programs; a page draws what is asked of whom.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.pages.frame import PAGE, html, page_of, stores_of
from api.pages.render import render
from api.params import PathId
from api.processing import CONSULTS, Log
from api.store_reads import Rows
from api.transfer_rows import STATES, Transfer, people_of, rows_of, transfer_of
from api.transfers import SEERS, seen_by, stores_seen
from inventory.custody.transfers.reading import Consignment, consignment_of, newest
from inventory.custody.transfers.terms import EVERY_SENDER, SENDERS, STOCK_SAID
from inventory.schema.fast import Fast
from inventory.schema.stock import lot, lot_balance
from inventory.stock.kinds import title

SHOWN = 100
CARRIED = {"log": Log("DISCLOSURE", "whoever carries the consignment")}
CONDITIONS = {
    "GOOD": "Good", "DAMAGED": "Damaged", "WET": "Wet or dropped", "FAULTY": "Faulty", "MISSING": "Not in its magazine",
}  # fmt: skip
LINE_WORDS = {
    "LISTED": ("still", "empty", "Listed"),
    "NOT_SENT": ("still", "minus", "Not sent"),
    "ON_ITS_WAY": ("back", "moved", "With the carrier"),
    "ARRIVED": ("good", "tick", "Arrived"),
    "UNACCOUNTED": ("bad", "warning", "Unaccounted for"),
}
"""A line's word -> tone, shape and words."""
_LOTS_HERE = Fast(
    sa.select(lot.c.id, lot.c.kind, lot.c.lot_no, lot_balance.c.quantity)
    .select_from(lot.join(lot_balance, lot_balance.c.lot_id == lot.c.id))
    .where(
        lot_balance.c.holder == sa.literal_column("'STORE'"), lot_balance.c.holder_id == sa.bindparam("store_id"),
        lot_balance.c.quantity > 0,
    )
    .order_by(lot.c.lot_no)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sides:
    """What the reader may do with a consignment now: list and send it, and receive it at these stores (id, name)."""

    sends: bool
    receives: tuple[tuple[int, str], ...]


def sides_of(ctx: Ctx, of: Consignment, shown: Transfer) -> Sides:
    """The sides of a consignment that this person acts for, as it stands."""
    may = stores_of(ctx.who, SENDERS[of.stock])
    mine = [each for each in (of.to_store_id, of.from_store_id) if may is None or each in may]
    names = {shown.to_store_id: shown.to_store, shown.from_store_id: shown.from_store}
    arrives = of.state in ("ON_ITS_WAY", "SHORT", "UNSIGNED")
    return Sides(
        sends=of.state == "DRAFT" and of.from_store_id in mine,
        receives=tuple((each, names[each]) for each in mine) if arrives else (),
    )


def lots_here(conn: sa.Connection, store_id: int) -> Rows:
    """The lots of which a store has pieces."""
    return [
        {"lot_id": row[0], "name": f"{title(row[1])} lot {row[2]}", "quantity": row[3]}
        for row in _LOTS_HERE.rows(conn, {"store_id": store_id})
    ]


@get("/transfers", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def transfers_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """Consignments of the stores this person looks after, newest first, and a new one."""
    stores, mine = stores_seen(ctx, None), stores_of(ctx.who, EVERY_SENDER)
    found = await ctx.read(lambda conn: newest(conn, stores, 2**62, SHOWN))
    rows, every = await ctx.read(lambda conn: (rows_of(conn, found), store_reads.stores(conn)))
    ctx.about(*people_of(found))
    own = [each for each in every if mine is None or each["id"] in mine]
    page = page_of(ctx, request, "Transfers")
    return html(render("transfers.html", page, rows=rows, states=STATES, stock=STOCK_SAID, own=own, every=every))


@get("/transfers/{number:int}", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def transfer_page(
    number: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One consignment, and what is to be done with it."""
    of, shown = await _seen(ctx, number)
    sides = sides_of(ctx, of, shown)
    lots = await ctx.read(lambda conn: lots_here(conn, of.from_store_id)) if sides.sends else []
    return html(
        render(
            "transfer.html", page_of(ctx, request, f"Consignment {number}"), one=shown, states=STATES,
            stock=STOCK_SAID, sides=sides, lots=lots, words=LINE_WORDS, conditions=CONDITIONS,
        )
    )  # fmt: skip


@get("/transfers/{number:int}/manifest", guards=[holding(*SEERS)], opt=CARRIED, **PAGE)
async def manifest_page(
    number: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """What goes with a consignment on paper: every serial, and room for the signatures."""
    _, shown = await _seen(ctx, number)
    page = page_of(ctx, request, f"Manifest of consignment {number}")
    return html(render("manifest.html", page, one=shown, stock=STOCK_SAID, states=STATES, words=LINE_WORDS))


async def _seen(ctx: Ctx, number: int) -> tuple[Consignment, Transfer]:
    of = seen_by(ctx, await ctx.read(lambda conn: consignment_of(conn, number)))
    ctx.about(*people_of([of]))
    return of, await ctx.read(lambda conn: transfer_of(conn, of))


ROUTES = [transfers_page, transfer_page, manifest_page]
