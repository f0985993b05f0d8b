"""Recalls on the screen: the list with its form, and one recall with its chase list and the acts of each line.

One rule for the editor: reads only. What is done about a recall is `api.recalls`, the same acts as for programs.
"""

from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.pages.due import tabs_for
from api.pages.frame import PAGE, has_any, html, page_of
from api.pages.render import render
from api.params import PathId
from api.processing import CONSULTS
from api.recall_rows import recall_page, recall_row
from api.recalls import SEERS, lines_for, seen_recall
from inventory.custody.hatch_names import people_said
from inventory.custody.recalls.acts import SPOC, WATCHES, possible_ends
from inventory.custody.recalls.reading import Line, Recall, page_of_recalls, recalls
from inventory.schema.words import ITEM_KINDS

SHOWN_MAX = 60
STATES = {
    "OPEN": ("bad", "warning", "Open"), "REOPENED": ("bad", "warning", "Something turned up since"),
    "CLOSED": ("good", "tick", "Closed, still held"), "LIFTED": ("still", "check", "Lifted"),
}  # fmt: skip
LINES = {
    "OUT": ("bad", "person", "Out"), "IN_TRANSIT": ("warn", "moved", "On its way"),
    "UNACCOUNTED": ("bad", "warning", "Missing"), "HELD": ("good", "lock", "Held in a store"),
    "AWAITED": ("still", "clock", "Not received yet"), "SENT_BACK": ("good", "moved", "With its maker"),
    "DESTROYED": ("good", "cross", "Destroyed"), "CORRECTED": ("good", "check", "Put right"),
    "NOT_AFFECTED": ("good", "check", "Not one of those"), "LOST": ("still", "warning", "Lost: the loss goes on"),
}  # fmt: skip
"""State of a line -> tone, shape and word."""
ORDER = tuple(LINES)
SOURCES = {"MAKER": "the maker", "NPCC": "the NPCC", "HOME_OFFICE": "the Home Office", "FORCE": "the force"}
ENDS = {
    "CORRECTED": "Put right (its firmware was updated, a part replaced)",
    "NOT_AFFECTED": "Looked at, and not one of those",
    "LOST": "Lost or stolen, as declared in its loss",
}
ACTS = {"CLOSED": "Closed: everything was accounted for", "LIFTED": "Lifted by authority"}


@get("/recalls", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def recalls_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """Every recall, and the form that opens one, for whoever may."""
    found = await ctx.read(lambda conn: page_of_recalls(conn, SHOWN_MAX))
    ctx.about(*(each.opened_by for each in found))
    rows = [recall_row(each) for each in found]
    opens = has_any(ctx.who, SPOC)
    said = {"states": STATES, "lines": LINES, "sources": SOURCES, "kinds": ITEM_KINDS, "tabs": tabs_for(ctx.who)}
    return html(render("recalls.html", page_of(ctx, request, "Recalls"), rows=rows, opens=opens, **said))


@get("/recalls/{recall_id:int}", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def recall_shown(
    recall_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One recall: its chase list, what is outstanding first, and what may be done by whoever looks."""

    def look(conn: sa.Connection) -> tuple[Recall, list[Line], dict[int, list[str]], dict[int, str], dict[int, str]]:
        of = seen_recall(recalls(conn, [recall_id]), recall_id)
        lines = sorted(lines_for(ctx, of), key=lambda line: (ORDER.index(line.state), line.serial))
        people = {line.holder_id for line in lines if line.holder == "PERSON"}
        people |= {each.by_person for each in of.events} | {of.opened_by}
        named = people_said(conn, sorted(each for each in people if each is not None))
        stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
        ends = {line.id: possible_ends(conn, line) for line in lines} if of.lifted is None else {}
        return of, lines, ends, named, stores

    of, lines, ends, named, stores = await ctx.read(look)
    ctx.about(*named)
    whole = recall_page(of, lines, ctx.service.policies.now.chases, ctx.now_us)
    tells = of.lifted is None and has_any(ctx.who, WATCHES)
    said = {
        "one": whole.recall, "whole": whole, "states": STATES, "lines_said": LINES, "sources": SOURCES, "people": named,
        "stores": stores, "ends": ends, "ends_said": ENDS, "tells": tells, "spoc": has_any(ctx.who, SPOC), "acts": ACTS,
        "ended_by": has_any(ctx.who, (*SPOC, "TECHNICIAN", "DUTY_INSPECTOR")),
    }  # fmt: skip
    return html(render("recall.html", page_of(ctx, request, f"Recall {of.id}"), **said))


ROUTES = [recalls_page, recall_shown]
