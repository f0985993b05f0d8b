"""A store's spit guards: lots, who carries pieces and what becomes of them, each month against the reports of force.

One rule for the editor: acting is `api.uses` and `api.spit_guards`, the same as for programs; this page only shows.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.context import Ctx
from api.guards import holding
from api.pages.frame import PAGE, html, page_of
from api.pages.render import render
from api.params import PathId
from api.processing import CONSULTS
from api.spit_guards import COUNTERS, store_of
from api.uses import DECLARERS, SEERS
from inventory.custody.hatch_names import people_said
from inventory.custody.uses.guard_reading import Carried, LotShown, Month, carried, lots_of, months
from inventory.people.calendar import local_day
from inventory.schema.words import GUARD_REASONS

REASONS_SAID = {
    "USED": "Used", "DAMAGED": "Damaged", "EXPIRED": "Past its date", "CONTAMINATED": "Contaminated", "LOST": "Lost",
    "OPENED": "Packing opened",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GuardsShown:
    """Everything the page shows."""

    store: dict[str, Any]
    lots: list[LotShown]
    carried: list[Carried]
    months: list[Month]
    people: dict[int, str]

    @property
    def pieces(self) -> int:
        """How many pieces people carry."""
        return sum(each.quantity for each in self.carried)


def guards_shown(conn: sa.Connection, store_id: int, now_us: int) -> GuardsShown:
    """What the page of a store's spit guards shows. Raises the 404 problem."""
    store, held = store_of(conn, store_id), carried(conn, store_id)
    named = sorted({each.person_id for each in held})
    people = people_said(conn, named) if named else {}
    return GuardsShown(store, lots_of(conn, store_id), held, months(conn, [store_id], now_us), people)


@get("/stores/{store_id:int}/guards", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def guards_page(
    store_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """The spit guards of one store."""
    ctx.need_any(SEERS, store_id)
    now_us = ctx.now_us
    shown = await ctx.read(lambda conn: guards_shown(conn, store_id, now_us))
    ctx.about(*shown.people)
    may = {
        "declares": any(ctx.may(each, store_id) for each in DECLARERS),
        "counts": any(ctx.may(each, store_id) for each in COUNTERS),
    }
    today = local_day(now_us)
    page = page_of(ctx, request, f"Spit guards, {shown.store['name']}")
    said = {"reasons": GUARD_REASONS, "said": REASONS_SAID, "today": today, "this_month": today.isoformat()[:7]}
    return html(render("spit_guards.html", page, shown=shown, **may, **said))


ROUTES = [guards_page]
