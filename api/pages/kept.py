"""What a store keeps for whom, with a form that reserves; and what was handed over there from officer to officer.

One rule for the editor: every act is `api.reservations` or the hatch's; a page draws what is, and asks nothing else.
"""

from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.handovers import SEERS as SEES_HANDOVERS
from api.handovers import people_of as people_handing
from api.handovers import rows_of as handover_rows
from api.pages.frame import PAGE, html, page_of, stores_of
from api.pages.render import render
from api.params import PathId
from api.problems import not_found
from api.processing import CONSULTS
from api.reservations import KINDS_SAID, RESERVERS, SEERS, people_of, rows_of, stores_seen
from inventory.custody.handovers.reading import newest as newest_handovers
from inventory.custody.reservations.reading import live_of_item, newest
from inventory.schema.fast import Fast
from inventory.schema.stock import item

SHOWN = 200
STATES = {
    "PLANNED": ("still", "clock", "Planned"),
    "IN_FORCE": ("good", "lock", "Kept now"),
    "OVER": ("still", "minus", "Over"),
    "ENDED": ("still", "cross", "Ended early"),
}
"""State of a reservation -> tone, shape and words."""
PROOFS = {"PIN": "own PIN", "FACE": "face checked"}
_MODELS = Fast(
    sa.select(item.c.kind, item.c.model)
    .where(item.c.home_store_id == sa.bindparam("store_id"), item.c.pool == sa.literal_column("'OPERATIONAL'"))
    .distinct()
    .order_by(item.c.kind, item.c.model)
)


async def _store(ctx: Ctx, store_id: int) -> dict[str, Any]:
    every = await ctx.read(store_reads.stores)
    found = next((row for row in every if row["id"] == store_id), None)
    if found is None:
        raise not_found("store with this number")
    return found


@get("/stores/{store_id:int}/reservations", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def reservations_page(
    store_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """What is kept in a store, and a form that reserves, for whoever may."""
    store, stores, now_us = await _store(ctx, store_id), stores_seen(ctx, store_id), ctx.now_us
    found = await ctx.read(lambda conn: newest(conn, stores, 2**62, SHOWN))
    rows, models = await ctx.read(
        lambda conn: (rows_of(conn, found, now_us), _MODELS.rows(conn, {"store_id": store_id}))
    )
    ctx.about(*people_of(found))
    live = sorted((row for row in rows if row.state in ("IN_FORCE", "PLANNED")), key=lambda row: row.from_us)
    mine = stores_of(ctx.who, RESERVERS)
    offered = [(kind, model) for kind, model in models if kind in KINDS_SAID]
    return html(
        render(
            "reservations.html", page_of(ctx, request, f"Reservations at {store['name']}"), store=store, live=live,
            past=[row for row in rows if row.state in ("OVER", "ENDED")], states=STATES, kinds=KINDS_SAID,
            models=offered, may=mine is None or store_id in mine,
        )
    )  # fmt: skip


@get("/stores/{store_id:int}/handovers", guards=[holding(*SEES_HANDOVERS)], opt=CONSULTS, **PAGE)
async def handovers_page(
    store_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """What was handed over at a store from officer to officer, newest first."""
    store, stores = await _store(ctx, store_id), stores_seen(ctx, store_id, SEES_HANDOVERS)
    found = await ctx.read(lambda conn: newest_handovers(conn, stores, 2**62, SHOWN))
    rows = await ctx.read(lambda conn: handover_rows(conn, found))
    ctx.about(*people_handing(found))
    page = page_of(ctx, request, f"Hand-overs at {store['name']}")
    return html(render("handovers.html", page, store=store, rows=rows, proofs=PROOFS))


def kept_times(conn: sa.Connection, item_id: int, now_us: int) -> list[tuple[int, int, int]]:
    """When an item is reserved, as (from, to, store): nobody is named, since whoever is signed in may look."""
    return [(each.from_us, each.to_us, each.store_id) for each in live_of_item(conn, item_id, now_us)]


ROUTES = [reservations_page, handovers_page]
