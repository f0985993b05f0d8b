"""The search box: a serial, a tag, a collar or a name, from any page; a scan opens what was scanned.

One rule for the editor: the query and everybody found are in the log line, and a code that names one thing leads
straight to it.
"""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from api.context import Ctx
from api.finding import results
from api.guards import signed_in
from api.pages.frame import PAGE, html, need_staff, page_of
from api.pages.render import render
from api.processing import CONSULTS


@get("/search", guards=[signed_in], opt=CONSULTS, **PAGE)
async def search_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    q: Annotated[str, QueryParameter(max_length=400)] = "",
) -> Response[Any]:
    """Find by any code or by name."""
    need_staff(ctx)
    text = q.strip()
    ctx.query = text
    page = page_of(ctx, request, f"Find {text}" if text else "Find", query=text)
    if not text:
        return html(render("search.html", page, found=None))
    found = await ctx.read(lambda conn: results(conn, text))
    ctx.about(*found.about)
    if found.way is not None:
        return Redirect(found.way, status_code=303)
    return html(render("search.html", page, found=found))


ROUTES = [search_page]
