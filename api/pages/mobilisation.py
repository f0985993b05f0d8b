"""Mobilisation on the screen: an operation is asked by a form and answered at once; saved ones, roles, conflicts.

One rule for the editor: the form is an address, so that an answer can be reloaded and sent to a colleague, who sees
what they may. Reads only: saving, reviewing and opening transfers are the API's acts.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.mobilisation import OPERATION, PLANS, SEERS, answered, named
from api.pages.frame import PAGE, has_any, html, page_of, stores_of
from api.pages.render import render
from api.plan_rows import AnswerPage, role_row
from api.processing import CONSULTS
from inventory.custody.hatch_names import people_said
from inventory.custody.transfers.terms import SENDERS
from inventory.oversight import saved_plans
from inventory.oversight.mobilisation import conflicts, operation, roles
from inventory.oversight.mobilisation.operation import (
    DAYS_MAX,
    KIT,
    LEVELS,
    PSU,
    RANKS,
    TIERS,
    UNITS_MAX,
    Operation,
    Post,
)  # fmt: skip
from inventory.people.calendar import LONDON, local_day
from inventory.people.errors import BadField

KIT_SAID = {"CED_HANDLE": "TASER", "BWV_CAMERA": "Camera", "SBG": "Spit guard"}
TIER_SAID = {"LOCAL": "Local", "REGIONAL": "Regional", "NATIONAL": "National"}
STATES = {
    "IN_DATE": ("good", "tick", "Reviewed"), "DUE": ("warn", "clock", "Review due"),
    "OVERDUE": ("bad", "warning", "Over 13 months"), "REMOVED": ("still", "cross", "Off the list"),
}  # fmt: skip
PEOPLE_SHOWN = 500
Query = Mapping[str, str]


@get("/mobilisation", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def mobilisation_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """An operation and its answer, what was saved, the roles that may be called."""
    query: dict[str, str] = dict(request.query_params.items())
    today = local_day(ctx.now_us)

    def look(conn: sa.Connection) -> dict[str, Any]:
        plans = saved_plans.saved(conn, OPERATION)
        known = roles.roles(conn, today)
        found = conflicts.conflicts(conn, ctx.now_us)
        people = {each.made_by for each in plans} | {each.person_id for each in found}
        return {
            "plans": plans, "roles": [role_row(each, today) for each in known], "conflicts": found,
            "people": people_said(conn, sorted(people)),
            "stores": {row["id"]: row["name"] for row in store_reads.stores(conn)},
            "reopened": named(lambda: saved_plans.one(conn, _number(query["saved"]), OPERATION))
            if query.get("saved") else None,
        }  # fmt: skip

    shown = await ctx.read(look)
    reopened = shown.pop("reopened")
    asked, problem = _asked(ctx, query, operation.from_json(reopened.body) if reopened else None)
    answer = await answered(ctx, asked) if asked and not problem and ("units" in query or reopened) else None
    ctx.about(*shown["people"])
    asked = asked or _first(ctx)
    own = stores_of(ctx.who, SENDERS["OPERATIONAL"])
    page = page_of(ctx, request, "Mobilisation")
    return html(render(
        "mobilisation.html", page, asked=asked, answer=answer, problem=problem, form=_form(asked),
        body=operation.as_json(asked), plans_for=has_any(ctx.who, PLANS), states=STATES, kit_said=KIT_SAID,
        sends=[move.from_id for move in answer.moves if own is None or move.from_id in own] if answer else [],
        shown_most=PEOPLE_SHOWN, by_store=_by_store(answer), saved_id=reopened.id if reopened else None,
        today=today.isoformat(), **shown,
    ))  # fmt: skip


def _first(ctx: Ctx) -> Operation:
    """What the form says before anybody asked: one PSU for three days from six tomorrow morning."""
    day = local_day(ctx.now_us) + timedelta(days=1)
    at = datetime(day.year, day.month, day.day, 6, tzinfo=LONDON)
    return Operation("", int(at.timestamp()) * 1_000_000, 3, 1, posts=PSU)


def _asked(ctx: Ctx, query: Query, reopened: Operation | None) -> tuple[Operation | None, str]:
    """The operation that is asked, and what is wrong with it in words."""
    if reopened is not None:
        return reopened, ""
    if "units" not in query:
        return None, ""
    first = _first(ctx)
    posts = tuple(
        Post(grade.capitalize(), _number(query.get(f"each_{grade}", "0")), grade,
             tuple(kind for kind in KIT if query.get(f"{kind}_{grade}") == "on"))
        for grade in RANKS
    )  # fmt: skip
    asked = Operation(
        name=query.get("name", "").strip(), from_us=_moment(query.get("from", ""), first.from_us),
        days=_number(query.get("days", "1")), units=_number(query["units"]), tier=query.get("tier", TIERS[0]),
        level=query.get("level", ""), posts=tuple(each for each in posts if each.each) or posts[-1:],
        keep_percent=_number(query.get("keep", "60")), rests=query.get("rests") == "on",
        mobilises=query.get("mobilises") == "on",
    )  # fmt: skip
    try:
        return operation.checked(asked), ""
    except BadField as told:
        return asked, f"{FIELDS.get(told.field, told.field)}: {told.expected}."


FIELDS = {"name": "Name", "days": "Days", "units": "Units", "posts": "Posts", "keep_percent": "Kept back",
          "posts.each": "People in a unit", "level": "Level", "tier": "Tier"}  # fmt: skip


def _number(text: str) -> int:
    return int(text) if text.strip().isdigit() and len(text) < 10 else -1


def _moment(text: str, otherwise_us: int) -> int:
    """A local time of the form's field, "2026-11-23T06:00", in London."""
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp()) * 1_000_000
    except ValueError:
        return otherwise_us


def _form(asked: Operation) -> dict[str, Any]:
    """What the form's fields say of an operation: one post a grade."""
    by_grade = {post.grade: post for post in asked.posts}
    local = datetime.fromtimestamp(asked.from_us // 1_000_000, LONDON)
    return {
        "from": f"{local:%Y-%m-%dT%H:%M}", "tiers": TIER_SAID, "levels": LEVELS, "days_max": DAYS_MAX,
        "units_max": UNITS_MAX,
        "grades": [
            (grade, grade.capitalize(), by_grade[grade].each if grade in by_grade else 0,
             by_grade[grade].kit if grade in by_grade else ())
            for grade in RANKS
        ],
        "is_plain": len(by_grade) == len(asked.posts),
    }  # fmt: skip


def _by_store(answer: AnswerPage | None) -> list[dict[str, Any]]:
    """What each store keeps, TASER and cameras side by side; the stores with least to spare first."""
    if answer is None:
        return []
    rows: dict[int, dict[str, Any]] = {}
    for each in answer.kept:
        rows.setdefault(each.store_id, {"store_id": each.store_id})[each.kind] = each
    slack = {store_id: min(one.people - one.wanted for name, one in row.items() if name != "store_id")
             for store_id, row in rows.items()}  # fmt: skip
    return sorted(rows.values(), key=lambda row: (slack[row["store_id"]], row["store_id"]))




ROUTES = [mobilisation_page]
