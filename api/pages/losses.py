"""Losses on the screen: what is late, what is missing and what comes next, and one loss with its clocks and its acts.

One rule for the editor: reads only. What is done about a loss is `api.losses`, the same acts as for programs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.items import ItemRow
from api.loss_rows import LateRow, LossPage, LossRow, NoticeRow, late_rows, loss_row, notice_rows
from api.losses import REPORTERS, SEERS, seen_case
from api.pages.frame import PAGE, html, page_of, stores_of
from api.pages.render import render
from api.params import ID_MAX, PathId
from api.problems import denied
from api.processing import CONSULTS
from inventory.custody.hatch_names import people_said
from inventory.custody.losses.acts import ACTS
from inventory.custody.losses.case import TOLD_SAID, Case
from inventory.custody.losses.late import late_now
from inventory.custody.losses.looking import cases, cases_of_item, cases_opened, open_cases_now, page_of_cases
from inventory.gate.loss_terms import LossTerms

CLOSED_SHOWN = 40
YEAR_US = 365 * 86_400_000_000
MINUTE_US = 60_000_000
STATES = {
    "UNACCOUNTED": ("bad", "warning", "Missing"),
    "LOST": ("bad", "warning", "Lost"),
    "STOLEN": ("bad", "warning", "Stolen"),
    "FOUND": ("warn", "sighted", "Found, no statement yet"),
    "RECOVERED": ("back", "check", "Back, in quarantine"),
    "DISPOSED": ("still", "cross", "Written off as destroyed"),
    "CLOSED": ("good", "tick", "Closed"),
}
"""State -> tone, shape and word."""

STEPS = {
    "OFFICER": ("warn", "clock", "Tell the officer"),
    "SERGEANT": ("warn", "clock", "Tell the sergeant"),
    "INSPECTOR": ("bad", "warning", "Tell the inspector"),
    "LOSS": ("bad", "warning", "Treat as a loss"),
    None: ("still", "clock", "No step yet"),
}  # fmt: skip
EVENTS = {
    "SEARCHED": ("find", "still", "Searched"),
    "DECLARED_LOST": ("warning", "bad", "Declared lost"),
    "DECLARED_STOLEN": ("warning", "bad", "Declared stolen"),
    "NOTIFIED": ("check", "good", "Told"),
    "BREACH_ASSESSED": ("lock", "warn", "Breach of personal data assessed"),
    "RECOVERED": ("returned", "back", "Found, and in quarantine"),
    "DISPOSED": ("cross", "still", "Written off as destroyed, by authority"),
    "CLOSED": ("tick", "good", "Closed"),
}
WAYS = {
    "MOVEMENT": "it passed to whoever had it", "TAG": "its tag was read", "DOCK": "it stood in its dock",
    "CHECK": "somebody checked it",
}  # fmt: skip
FACTS = {
    "crime_ref": "Crime reference", "public_safety": "For the public's safety", "risk": "Risk to people",
    "encryption": "Encryption", "unuploaded_minutes": "Minutes not uploaded", "found_by": "Found by",
    "found_where": "Where", "condition": "Condition", "cartridges": "Cartridges", "authority": "Authority",
    "certificate": "Certificate",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LossesShown:
    """Everything the list shows. `stores` are those this person looks after, by id."""

    late: list[LateRow]
    open: list[LossRow]
    closed: list[LossRow]
    notice: list[NoticeRow]
    stores: dict[int, str]
    people: dict[int, str]


@dataclass(frozen=True, slots=True)
class LossesOfItem:
    """What an item's page shows of losses: the cases that are open, and whether whoever looks may report it missing."""

    cases: list[Case]
    may_report: bool


def losses_of(ctx: Ctx, conn: sa.Connection, found: ItemRow) -> LossesOfItem:
    """The losses of one item, for whoever may see them."""
    reports, sees = stores_of(ctx.who, REPORTERS), stores_of(ctx.who, SEERS)
    of_all = [case for case in cases_of_item(conn, found.item_id) if case.closed_us is None]
    seen = [case for case in of_all if sees is None or case.store_id in sees]
    at = found.holder_id if found.holder == "STORE" else found.home_store_id
    can_go = found.holder in ("STORE", "PERSON", "CARRIER")
    return LossesOfItem(seen, can_go and (reports is None or at in reports))


def took_said(took_us: int | None) -> str:
    """'20 min', '3 h 20 min', '4 days 2 h'; 'never seen' where nothing is known."""
    if took_us is None:
        return "never seen"
    minutes = took_us // MINUTE_US
    hours, days = minutes // 60, minutes // 1440
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60} min"
    return f"{days} days {hours % 24} h"


def losses_shown(conn: sa.Connection, terms: LossTerms, only: set[int] | None, now_us: int) -> LossesShown:
    """What is late and what is missing in the stores `only` (None: all), and what was closed lately."""
    stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
    mine = [case for case in open_cases_now(conn) if only is None or case.store_id in only]
    lately = page_of_cases(conn, CLOSED_SHOWN * 4)
    closed = [case for case in lately if case.closed_us and (only is None or case.store_id in only)][:CLOSED_SHOWN]
    late = [each for each in late_now(conn, terms, now_us) if only is None or each.store_id in only]
    timed = [case for case in cases_opened(conn, now_us - YEAR_US) if only is None or case.store_id in only]
    rows = late_rows(conn, late, now_us)
    mine.sort(key=lambda case: (not case.is_missing, -case.opened_us))
    return LossesShown(
        late=rows, open=[loss_row(each, terms, now_us) for each in mine],
        closed=[loss_row(each, terms, now_us) for each in closed], notice=notice_rows(timed), stores=stores,
        people=people_said(conn, sorted({row.person_id for row in rows})),
    )  # fmt: skip


@get("/losses", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def losses_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    store: Annotated[int | None, QueryParameter(ge=1, le=ID_MAX)] = None,
) -> Response[str]:
    """What is late and what is missing, of one store or of all that this person looks after."""
    only = stores_of(ctx.who, SEERS)
    if store is not None:
        if only is not None and store not in only:
            raise denied("You do not look after this store.")
        only = {store}
    terms = ctx.service.policies.now.losses
    shown = await ctx.read(lambda conn: losses_shown(conn, terms, only, ctx.now_us))
    ctx.about(*shown.people, *(one.person_id for row in shown.late for one in row.supervisors))
    page = page_of(ctx, request, "Losses")
    reports = stores_of(ctx.who, REPORTERS)
    said = {"states": STATES, "steps": STEPS, "took": took_said, "reports": reports, "chosen": store}
    return html(render("losses.html", page, shown=shown, **said))


@get("/losses/{case_id:int}", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def loss_page(
    case_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One loss: its clocks, what was written down, and the acts that are possible for whoever looks."""
    terms, now_us = ctx.service.policies.now.losses, ctx.now_us

    def look(conn: sa.Connection) -> tuple[Case | None, dict[int, str], dict[int, str]]:
        case = cases(conn, [case_id]).get(case_id)
        stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
        return case, people_said(conn, _people(case) if case else []), stores

    found, people, stores = await ctx.read(look)
    case = seen_case(ctx, found)
    whole = LossPage.of(case, terms, now_us)
    may = [act for act in whole.possible if any(ctx.may(each, case.store_id) for each in ACTS[act].who)]
    others = [ACTS[act].title for act in whole.possible if act not in may]
    page = page_of(ctx, request, f"Loss {case.id}")
    said = {
        "one": whole.loss, "whole": whole, "may": may, "others": others, "people": people, "stores": stores,
        "is_breach": terms.is_breach(case.kind), "states": STATES, "events": EVENTS, "ways": WAYS, "facts_said": FACTS,
        "told_said": TOLD_SAID, "took": took_said, "acts": ACTS,
    }  # fmt: skip
    return html(render("loss.html", page, **said))


def _people(case: Case) -> list[int]:
    named: Iterable[int | None] = (
        case.person_id, case.opened_by, *(e.by_person for e in case.events), *(e.second_person for e in case.events),
    )  # fmt: skip
    return sorted({each for each in named if each is not None})


ROUTES = [losses_page, loss_page]
