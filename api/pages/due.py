"""What is chased and what comes due: the pages of lapses in hand, of checks, and of printed dates, and their tabs.

One rule for the editor: reads only; what these pages offer to do are acts of the API, the same as for programs.
"""

from itertools import groupby
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import authority_rows, coming_due, lapses, recalls, store_reads, training_due
from api.coming_due import DAYS_MAX, check_rows, expiring_rows
from api.context import Ctx
from api.guards import holding
from api.lapses import LapseRow, lapse_rows
from api.pages.frame import PAGE, has_any, html, page_of, stores_of
from api.pages.losses import took_said
from api.pages.render import render
from api.problems import denied
from api.processing import CONSULTS
from api.sessions import SignedIn
from inventory.custody.coming_due import BANDS, LATER, REVIEW
from inventory.custody.hatch_names import people_said
from inventory.custody.lapses.acts import DECIDES, TELLS
from inventory.custody.lapses.reading import page_of_lapses

TABS = (
    (lapses.SEERS, "/lapses", "Lapses in hand"),
    (recalls.SEERS, "/recalls", "Recalls"),
    (coming_due.SEERS, "/checks-due", "Checks due"),
    (coming_due.SEERS, "/expiring", "Printed dates"),
    (training_due.SEERS, "/training-due", "Training"),
    (authority_rows.SEERS, "/authorities", "Authority"),
)
"""Who sees each page, where it is, and what it is called."""
OVER_SHOWN = 40
LOOKED_AT = 400
STATES = {
    "UNDECIDED": ("bad", "warning", "Nobody has said what becomes of it"),
    "RETURN_NOW": ("bad", "returned", "Comes back now"),
    "RETAINED": ("warn", "clock", "May be kept for now"),
    "RETAIN_OVER": ("bad", "clock", "Kept for longer than was said"),
    "ENDED": ("good", "tick", "Over"),
}
HOW = {
    "KIT_BACK": "the kit is back", "ELIGIBLE_AGAIN": "may hold it again", "TAKEN_OVER": "a graver one took its place",
}  # fmt: skip
SAID = {"TOLD": "Told", "RETURN_NOW": "Return now", "RETAIN_UNTIL": "Retain until", "ENDED": "Over"}
BANDS_SAID = {
    "OVERDUE": ("bad", "warning", "Overdue"), "NEVER": ("bad", "empty", "None on record"),
    "DUE_3": ("warn", "clock", "Within 3 days"), "DUE_7": ("warn", "clock", "Within 7 days"),
    "DUE_14": ("warn", "clock", "Within 14 days"), "DUE_30": ("warn", "clock", "Within 30 days"),
    "LATER": ("good", "tick", "Later"), "NOT_SET": ("still", "empty", "No interval set by the force"),
}  # fmt: skip
CHECKS_SAID = {
    "FULL_CHECK": ("Full checks of TASER handles", "30"), "DOCKED": ("Dockings of battery packs", "7"),
    REVIEW: ("Reviews of kit for keeps", "30"),
}  # fmt: skip
"""Check -> what its part of the page is called, and how many days ahead it looks."""
ABBREVIATIONS = frozenset({"PPST", "JRFT", "CED", "BWV", "SBG", "DEMS"})
Store = Annotated[str, QueryParameter(max_length=16, pattern="^[0-9]*$", description="Empty: every store")]


def code_said(code: str) -> str:
    """"PPST out of date" of a refusal's public code: what is an abbreviation stays one."""
    words = [word if word in ABBREVIATIONS else word.lower() for word in code.split("_")]
    return " ".join(words)[:1].upper() + " ".join(words)[1:]


def tabs_for(mine: SignedIn) -> list[tuple[str, str]]:
    """The tabs this person may open."""
    return [(href, name) for who, href, name in TABS if has_any(mine, who)]


@get("/lapses", guards=[holding(*lapses.SEERS)], opt=CONSULTS, **PAGE)
async def lapses_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """Who holds kit and may no longer, in the stores this person looks after; and what was over lately."""
    only = stores_of(ctx.who, lapses.SEERS)
    terms, now_us = ctx.service.policies.now.chases, ctx.now_us

    def look(conn: sa.Connection) -> tuple[list[LapseRow], dict[int, str], dict[int, str]]:
        found = [one for one in page_of_lapses(conn, LOOKED_AT) if only is None or one.store_id in only]
        rows = lapse_rows(conn, found, terms, now_us)
        people = {row.person_id for row in rows} | {e.by_person for row in rows for e in row.events if e.by_person}
        stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
        return rows, people_said(conn, sorted(people)) if people else {}, stores

    rows, people, stores = await ctx.read(look)
    ctx.about(*people, *(one.person_id for row in rows for one in row.supervisors))
    still = sorted((row for row in rows if row.state != "ENDED"), key=lambda row: (not row.overdue, row.due_us or 0))
    over = [row for row in rows if row.state == "ENDED"][:OVER_SHOWN]
    decides, tells = stores_of(ctx.who, DECIDES), stores_of(ctx.who, TELLS)
    said = {
        "still": still, "over": over, "people": people, "stores": stores, "states": STATES, "how": HOW, "said": SAID,
        "took": took_said, "say_code": code_said, "decides": decides, "tells": tells,
        "tabs": tabs_for(ctx.who), "me": ctx.person_id,
    }  # fmt: skip
    return html(render("lapses.html", page_of(ctx, request, "Lapses in hand"), **said))


def _chosen(ctx: Ctx, store: int | None) -> set[int] | None:
    """The stores that are shown: the one named, or all that whoever looks may see."""
    only = stores_of(ctx.who, coming_due.SEERS)
    if store is None:
        return only
    if only is not None and store not in only:
        raise denied("You do not look after this store.")
    return {store}


@get("/checks-due", guards=[holding(*coming_due.SEERS)], opt=CONSULTS, **PAGE)
async def checks_page(
    ctx: NamedDependency[Ctx], request: Request[Any, Any, Any], store: Store = ""
) -> Response[str]:
    """Full checks and dockings by band, the most pressing first."""
    chosen = int(store) if store else None
    only, policy, now_us = _chosen(ctx, chosen), ctx.service.policies.now, ctx.now_us

    def look(conn: sa.Connection) -> tuple[Any, dict[int, str], dict[int, str]]:
        rows = [row for row in check_rows(conn, policy, now_us, None) if only is None or row.store_id in only]
        shown = [row for row in rows if row.band != LATER]
        people = people_said(conn, sorted({row.person_id for row in shown if row.person_id}))
        return rows, people, {row["id"]: row["name"] for row in store_reads.stores(conn)}

    rows, people, stores = await ctx.read(look)
    ctx.about(*people)
    by_check = {
        check: {band: [row for row in rows if (row.check, row.band) == (check, band)] for band in BANDS}
        for check in CHECKS_SAID
    }
    said = {
        "by_check": by_check, "bands": BANDS_SAID, "checks": CHECKS_SAID, "people": people, "stores": stores,
        "chosen": chosen, "tabs": tabs_for(ctx.who), "choices": _choices(ctx, stores),
    }  # fmt: skip
    return html(render("checks_due.html", page_of(ctx, request, "Checks due"), **said))


@get("/expiring", guards=[holding(*coming_due.SEERS)], opt=CONSULTS, **PAGE)
async def expiring_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    store: Store = "",
    days: Annotated[str, QueryParameter(max_length=4, pattern="^[0-9]*$")] = "",
) -> Response[str]:
    """What has passed its printed date or will soon, by store, the first to expire first."""
    chosen = int(store) if store else None
    only = _chosen(ctx, chosen)
    ahead = min(int(days), DAYS_MAX) if days else ctx.service.policies.now.chases.expiry_days

    def look(conn: sa.Connection) -> tuple[Any, dict[int, str], dict[int, str]]:
        found = expiring_rows(conn, ahead, ctx.now_us, None)
        rows = [row for row in found if only is None or row.store_id in only]
        people = people_said(conn, sorted({row.person_id for row in rows if row.person_id}))
        return rows, people, {row["id"]: row["name"] for row in store_reads.stores(conn)}

    rows, people, stores = await ctx.read(look)
    ctx.about(*people)
    ordered = sorted(rows, key=lambda row: (stores.get(row.store_id or 0, "~"), row.expires_on, row.serial))
    groups = [(where, list(some)) for where, some in groupby(ordered, key=lambda row: row.store_id)]
    said = {
        "groups": groups, "people": people, "stores": stores, "days": ahead, "chosen": chosen, "rows": rows,
        "tabs": tabs_for(ctx.who), "choices": _choices(ctx, stores),
    }  # fmt: skip
    return html(render("expiring.html", page_of(ctx, request, "Printed dates"), **said))


def _choices(ctx: Ctx, stores: dict[int, str]) -> list[tuple[int, str]]:
    only = stores_of(ctx.who, coming_due.SEERS)
    return [(store_id, name) for store_id, name in stores.items() if only is None or store_id in only]


ROUTES = [lapses_page, checks_page, expiring_page]
