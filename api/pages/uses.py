"""Declared uses of one store: what is still owed, the most urgent first, each with the form that answers it.

One rule for the editor: answering is `api.uses`, the same act as for programs; this page only shows what is asked.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.pages.frame import PAGE, html, page_of, stores_of
from api.pages.render import render
from api.params import ID_MAX
from api.problems import denied, not_found
from api.processing import CONSULTS
from api.uses import DAY_US, DAYS_SHOWN, SEERS
from inventory.custody.hatch_names import people_said
from inventory.custody.uses.points import POINTS
from inventory.custody.uses.reading import Use, stores_owing, uses_of_store

USES_SAID = {
    "DRAWN": "drawn", "AIMED": "aimed", "RED_DOT": "red-dotted", "ARCED": "arced", "DRIVE_STUN": "drive-stun",
    "ANGLED_DRIVE_STUN": "angled drive-stun", "FIRED": "fired", "APPLIED": "applied",
}  # fmt: skip
"""Use -> how a sentence says it."""


@dataclass(frozen=True, slots=True)
class UsesShown:
    """Everything the page shows: uses that still owe something, the others, and the stores that may be chosen."""

    owing: list[Use]
    settled: list[Use]
    stores: list[tuple[int, str]]
    chosen: int
    people: dict[int, str]

    @property
    def where(self) -> str:
        """The store's name."""
        return dict(self.stores)[self.chosen]


def uses_shown(conn: sa.Connection, store_id: int, stores: list[tuple[int, str]], now_us: int) -> UsesShown:
    """What was declared at a store; whoever is named in it is named by name."""
    found = uses_of_store(conn, store_id, now_us - DAYS_SHOWN * DAY_US)
    named = sorted({person for each in found for person in each.people})
    owing = sorted((each for each in found if each.owed), key=lambda each: each.owed[0].due_us)
    settled = [each for each in found if not each.owed]
    return UsesShown(owing, settled, stores, store_id, people_said(conn, named) if named else {})


@get("/uses", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def uses_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    store: Annotated[int | None, QueryParameter(ge=1, le=ID_MAX)] = None,
) -> Response[str]:
    """Declared uses of one store: the one named, or that of theirs with the most urgent point."""
    only = stores_of(ctx.who, SEERS)
    every = await ctx.read(store_reads.stores)
    mine = [(row["id"], row["name"]) for row in every if only is None or row["id"] in only]
    if store is not None and store not in dict(mine):
        raise denied("You do not look after this store.") if only is not None else not_found("store with this number")
    if not mine:
        raise not_found("store that you look after")
    owing = await ctx.read(stores_owing) if store is None else []
    chosen = store or next((each for each in owing if each in dict(mine)), mine[0][0])
    shown = await ctx.read(lambda conn: uses_shown(conn, chosen, mine, ctx.now_us))
    ctx.about(*shown.people)
    terms = ctx.service.policies.now.uses.points
    may = {word: any(ctx.may(each, chosen) for each in terms[word].who) for word in terms}
    page = page_of(ctx, request, "Uses")
    return html(render("uses.html", page, shown=shown, points=POINTS, may=may, terms=terms, said=USES_SAID))


ROUTES = [uses_page]
