"""The pages of data protection and of packs: what is asked, held, due and erased, and all that was handed out.

One rule for the editor: reads only; what these pages offer to do are acts of the API, the same as for programs.
"""

from datetime import date, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import packs, retention, rights
from api.context import Ctx
from api.guards import holding
from api.pages.frame import PAGE, has_any, html, page_of
from api.pages.render import render
from api.processing import CONSULTS
from inventory.custody.hatch_names import people_said
from inventory.oversight.disclosure import requests as register
from inventory.oversight.disclosure.log_export import PURPOSES
from inventory.people.calendar import local_day
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.stock.kinds import title as kind_title

SEERS = ("RECORDS_MANAGER", "AUDITOR", "LOG_READER")
_ITEMS = Fast(sa.select(item.c.id, item.c.kind, item.c.serial).where(among(item.c.id, "ids")))
STATES = {
    "PROPOSED": ("warn", "clock", "Proposed: nothing is erased"), "REJECTED": ("still", "empty", "Rejected"),
    "UNDER_WAY": ("warn", "moved", "Being erased"), "ERASED": ("good", "tick", "Erased and certified"),
}  # fmt: skip
KINDS = {
    "EVIDENCE": "Evidence", "ASSESSMENT": "Assessment", "PCC": "Commissioner's pack", "ICO": "Processing log",
    "ACCESS": "Own data",
}  # fmt: skip


@get("/data-protection", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def protection_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """Requests, disposals, legal holds and the schedule; the export of the log for those who read it."""
    sees = has_any(ctx.who, rights.SEERS)
    today = local_day(ctx.now_us)

    def look(conn: sa.Connection) -> tuple[Any, Any, dict[int, str], dict[int, str]]:
        asked = [rights.request_row(each, today) for each in register.requests(conn, 200)] if sees else []
        kept = retention.retention_shown(ctx, conn)
        ids = {each.person_id for each in asked} | {each.proposed_by for each in kept.disposals}
        ids |= {each.person_id for each in kept.holds if each.person_id}
        items = _ITEMS.rows(conn, {"ids": sorted({each.item_id for each in kept.holds if each.item_id})})
        named = {number: f"{kind_title(kind)} {serial}" for number, kind, serial in items}
        return asked, kept, people_said(conn, sorted(ids)) if ids else {}, named

    asked, kept, people, items = await ctx.read(look)
    ctx.about(*people)
    said = {
        "requests": asked, "open": [row for row in asked if row.state in ("OPEN", "LATE")], "retention": kept,
        "people": people, "items": items, "sees": sees, "keeps": has_any(ctx.who, rights.KEEPER), "states": STATES,
        "uses": PURPOSES,
        "reads_log": has_any(ctx.who, rights.EXPORTERS),
    }  # fmt: skip
    return html(render("data_protection.html", page_of(ctx, request, "Data protection"), **said))


@get("/packs", guards=[holding(*packs.KEEPERS, *packs.STRATEGISTS)], opt=CONSULTS, **PAGE)
async def packs_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    decision: Annotated[str, QueryParameter(max_length=19, pattern="^[0-9]*$")] = "",
) -> Response[str]:
    """What may be put together by whoever looks, and what was."""
    keeps = has_any(ctx.who, packs.KEEPERS)

    def look(conn: sa.Connection) -> tuple[Any, dict[int, str]]:
        made = register.packs(conn, 200) if keeps else []
        people = sorted({each.by_person for each in made})
        return made, people_said(conn, people) if people else {}

    made, people = await ctx.read(look)
    ctx.about(*people)
    first, last = half_year_before(local_day(ctx.now_us))
    said = {
        "made": made, "people": people, "kinds": KINDS, "keeps": keeps, "decision": decision,
        "discloses": has_any(ctx.who, packs.DISCLOSERS), "plans": has_any(ctx.who, packs.STRATEGISTS),
        "first": first.isoformat(), "last": last.isoformat(),
    }  # fmt: skip
    return html(render("packs.html", page_of(ctx, request, "Packs"), **said))


def half_year_before(today: date) -> tuple[date, date]:
    """The half-year (April to September, October to March) that ended last before `today`."""
    last = date(today.year, 9, 30) if today >= date(today.year, 10, 1) else date(today.year, 3, 31)
    if today < date(today.year, 4, 1):
        last = date(today.year - 1, 9, 30)
    first = date(last.year, 4, 1) if last.month == 9 else date(last.year - 1, 10, 1)
    return first, min(last, today - timedelta(days=1))


ROUTES = [protection_page, packs_page]
