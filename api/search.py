"""Search: one box for a serial, a tag, a collar or a name.

One rule for the editor: what the hatch would make of a code is found first (`exact`), by the same look-up; nothing
is guessed, everything that matches is given.
"""

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.context import Ctx
from api.finding import results
from api.guards import holding
from api.items import ItemRow
from api.people import SEERS, PersonRow, row_of
from api.problems import errors
from api.processing import CONSULTS


class SearchFound(msgspec.Struct, frozen=True, kw_only=True):
    """What the text names exactly (by serial, tag, card or collar), and what begins with it."""

    exact_items: list[ItemRow]
    exact_people: list[PersonRow]
    items: list[ItemRow]
    people: list[PersonRow]


@get("/search", operation_id="search", guards=[holding(*SEERS)], opt=CONSULTS, responses=errors(401, 403),
     tags=["items"])  # fmt: skip
async def search(
    ctx: NamedDependency[Ctx], q: Annotated[str, QueryParameter(min_length=1, max_length=400)]
) -> SearchFound:
    """Items and people by any code, or by the beginning of a serial or name."""
    ctx.query = q
    found = await ctx.read(lambda conn: results(conn, q.strip()))
    ctx.about(*found.about)
    return SearchFound(
        exact_items=found.exact_items,
        exact_people=[row_of(each) for each in found.exact_people],
        items=found.items,
        people=[row_of(each) for each in found.people],
    )


ROUTES = [search]
