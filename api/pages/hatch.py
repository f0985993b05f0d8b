"""The hatch's page: the first view of one hatch, and the scripts that keep it true.

One rule for the editor: the page holds no draft and decides nothing; what it shows is `hatch_view.view`, and what
is scanned or touched goes to the service.
"""

import json
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect

from api.context import Ctx
from api.guards import at_kiosk, holding
from api.pages.frame import PAGE, html, page_of
from api.pages.looks import place_named
from api.pages.render import render
from api.params import PathId
from api.problems import not_found
from api.processing import CONSULTS, NOTHING_PERSONAL
from api.readings import people_in
from inventory.custody.hatch_view import view

WATCHERS = ("ISSUER", "STORE_MANAGER")


@get("/hatch", guards=[at_kiosk], opt=NOTHING_PERSONAL, **PAGE)
async def own_hatch(ctx: NamedDependency[Ctx]) -> Redirect:
    """The hatch this kiosk is paired with."""
    return Redirect(f"/hatch/{ctx.who.place_id}", status_code=303)


@get("/hatch/{place_id:int}", guards=[holding(*WATCHERS)], opt=CONSULTS, **PAGE)
async def hatch_page(
    place_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One hatch. Anywhere but at its own kiosk it can be watched and not acted on."""
    policy = ctx.service.policies.now

    def look(conn: sa.Connection) -> dict[str, Any] | None:
        known = place_named(conn, place_id)
        return view(conn, place_id, policy, ctx.now_us) if known and known["activity"] == "HATCH" else None

    shown = await ctx.read(look)
    if shown is None:
        raise not_found("hatch with this number")
    ctx.need_any(WATCHERS, shown["store"]["id"])
    ctx.about(*people_in(shown))
    page = page_of(ctx, request, f"{shown['store']['name']}, {shown['place']['name']}")
    is_here = ctx.who.place_id == place_id
    first = json.dumps({"view": shown, "verdict": None})
    scan = ctx.service.settings.wedge
    return html(render("hatch.html", page, view=shown, first=first, is_here=is_here, scan=scan))


ROUTES = [own_hatch, hatch_page]
