"""The search box: a serial, a tag, a collar or a name, from any page; a scan opens what was scanned.

One rule for the editor: the query and everybody found are in the log line, and a code that names one thing leads
straight to it.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from api import items
from api.context import Ctx
from api.guards import signed_in
from api.pages import looks
from api.pages.frame import PAGE, html, need_staff, page_of
from api.pages.render import render
from api.processing import CONSULTS
from api.readings import presented
from devices.codes.identify import identify
from devices.readings import CodePresented
from inventory.people.people import PersonRecord, by_id, search
from inventory.stock.marks import Found, find

FOUND_MAX = 20
TYPED = ("EPC", "TID", "EM4100", "PRINTED", "ISO14443A", "GIAI", "GRAI")
"""Technologies of cards and tags whose numbers people type here."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found: by exact code, by the beginning of a serial, and by name."""

    exact_items: list[items.ItemRow]
    exact_people: list[PersonRecord]
    items: list[items.ItemRow]
    people: list[PersonRecord]
    stores: dict[int, str]

    @property
    def way(self) -> str | None:
        """The page of the one thing an exact code names; None where it names none or several."""
        if len(self.exact_items) + len(self.exact_people) != 1:
            return None
        if self.exact_items:
            return f"/items/{self.exact_items[0].item_id}"
        return f"/people/{self.exact_people[0].id}"


def results(conn: sa.Connection, text: str) -> Results:
    """Everything `text` may mean."""
    code = presented(identify(CodePresented(text=text)), text, None, None)
    named = find(conn, (*code.lookups, *_typed(text)))
    exact = [one.item for match in named.items if (one := items.one_of(conn, match.item_id))]
    return Results(
        exact_items=exact,
        exact_people=_people(conn, named),
        items=_beginning(conn, text, {row.item_id for row in exact}),
        people=[each for each in search(conn, text, FOUND_MAX) if each.id not in named.people],
        stores={row["id"]: row["name"] for row in looks.stores(conn)},
    )


def _typed(text: str) -> list[tuple[str, str]]:
    """What is printed on a card or tag, or copied from a reader: typed, nothing says of which kind it is."""
    number = "".join(text.replace(":", "").split()).upper()
    return [(technology, number) for technology in TYPED]


def _people(conn: sa.Connection, named: Found) -> list[PersonRecord]:
    return [known for each in named.people if (known := by_id(conn, each))]


def _beginning(conn: sa.Connection, text: str, known: set[int]) -> list[items.ItemRow]:
    begins = text.strip().upper()
    if len(begins) < 3:
        return []
    rows = items.list_of(conn, {"q_from": begins, "q_to": begins + "\U0010ffff"}, 0, FOUND_MAX)
    return [row for row in rows if row.item_id not in known]


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
    holders = [row.holder_id for row in (*found.exact_items, *found.items) if row.holder == "PERSON"]
    ctx.about(*holders, *(each.id for each in (*found.exact_people, *found.people)))
    if found.way is not None:
        return Redirect(found.way, status_code=303)
    return html(render("search.html", page, found=found))


ROUTES = [search_page]
