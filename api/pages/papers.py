"""The page of a store's paper: the register to print, what lies in its folder, pages to write up and those written up.

One rule for the editor: reads only; the doing is `api.papers`, the same act as for programs.
"""

from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.pages.frame import PAGE, html, page_of
from api.pages.render import render
from api.paper_folders import Kept, kept
from api.papers import PRINTERS, SEERS, SHOWN_MAX, shown_of
from api.params import PathId
from api.problems import not_found
from api.processing import CONSULTS
from inventory.custody.hatch_names import people_said
from inventory.custody.life import shelf_lots

SORTS_SAID = {
    "REGISTER": "Register of an outage", "OPENING_BALANCE": "Opening balance",
    "FOUND_IN_HAND": "Found in somebody's hands",
}  # fmt: skip


@get("/stores/{store_id:int}/paper", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def paper_page(
    store_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """A store's paper: print it, see that it is there, write a page up, and what the gate would have refused."""
    pages = await shown_of(ctx, store_id, SHOWN_MAX)
    terms, folders = ctx.service.policies.now.paper, ctx.service.settings.paper

    def look(conn: sa.Connection) -> tuple[str | None, Kept | None, list[dict[str, Any]]]:
        name = next((str(row["name"]) for row in store_reads.stores(conn) if row["id"] == store_id), None)
        own = next((each for each in kept(conn, folders) if each.store_id == store_id), None)
        return name, own, shelf_lots(conn, store_id)

    name, own, lots = await ctx.read(look)
    if name is None:
        raise not_found("store with this number")
    by = {each for page in pages for each in (page.by_person, page.second_person)}
    by |= {line.person_id for page in pages for line in page.lines}
    people = await ctx.read(lambda conn: people_said(conn, sorted(by))) if by else {}
    said = {
        "pages": pages, "people": people, "store": name, "store_id": store_id, "kept": own, "lots": lots,
        "terms": terms, "sorts": SORTS_SAID, "prints": any(ctx.may(each, store_id) for each in PRINTERS),
        "writes": any(ctx.may(each, store_id) for each in terms.written_by),
    }  # fmt: skip
    return html(render("paper.html", page_of(ctx, request, f"Paper, {name}"), **said))


ROUTES = [paper_page]
