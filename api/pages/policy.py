"""Policy on the screen: the register with its clocks, the numbers in force or on a day, and changes by two people.

One rule for the editor: reads only. What is done about policy is `api.policy_changes` and `api.policy_register`, the
same acts as for programs.
"""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.pages.frame import PAGE, has_any, html, page_of
from api.pages.render import render
from api.params import PathId
from api.policy_changes import change_rows
from api.policy_register import SEERS, entries_of, stood_on
from api.policy_rows import ChangeRow, TermRow
from api.problems import not_found
from api.processing import CONSULTS, NOTHING_PERSONAL
from inventory.custody.hatch_names import people_said
from inventory.gate.policy_changes import Term, terms, terms_in
from inventory.oversight.policy.register import OWNER
from inventory.people.calendar import local_day

REVIEWS = {
    "OVERDUE": ("bad", "warning", "Overdue"), "DUE": ("warn", "clock", "Due soon"), "GOOD": ("good", "tick", "In time"),
    "UNKNOWN": ("still", "empty", "No date is known"),
}  # fmt: skip
STATES = {
    "PROPOSED": ("warn", "clock", "Waits for a second owner"),
    "WAITING": ("still", "clock", "Approved, not yet in force"),
    "IN_FORCE": ("good", "tick", "In force"), "SUPERSEDED": ("still", "check", "Superseded"),
    "REJECTED": ("bad", "cross", "Rejected"), "WITHDRAWN": ("still", "cross", "Withdrawn"),
}  # fmt: skip
"""State -> tone, shape and word."""
ORIGINS = {"LAW": "law", "N": "national", "M": "maker", "L": "local", "D": "our design", "": "–"}
RISKS = {"LOW": "low", "MEDIUM": "medium", "HIGH": "high"}
FILES = {
    "authority": "Authority to carry", "bwv_camera": "Body-worn cameras", "ced": "CED on duty",
    "ced_training": "CED in training", "chases": "What is chased", "contingency": "Without the system",
    "devices": "Devices", "losses": "Late and missing kit", "spit_guard": "Spit guards", "stocktake": "Counts",
    "training": "Training", "uses": "After a use",
}  # fmt: skip
Text = Annotated[str, QueryParameter(max_length=200, description="Empty: none")]


def value_said(value: Any) -> str:
    """A number or word of the policy as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "none"
    return "not set" if value is None else str(value)


def key_said(key: str) -> str:
    """ "Full check weeks, T7" of "numbers.full_check_weeks.value.T7"."""
    first, *rest = [part for part in key.split(".") if part not in ("numbers", "value", "rules", "courses")]
    said = ", ".join([first, *rest]).replace("_", " ")
    return said if said[:2].isupper() else said[:1].upper() + said[1:]


def kind_of(value: Any) -> str:
    """How a value is typed in: number, yes, list or text."""
    kinds = ((bool, "yes"), (int, "number"), (list, "list"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "text")


SAID = {
    "reviews": REVIEWS, "states": STATES, "origins": ORIGINS, "files": FILES, "value_said": value_said,
    "key_said": key_said, "risks": RISKS, "kind_of": kind_of,
}  # fmt: skip


@get("/policy", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def policy_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """The register, what is late first; the changes; and the way to the numbers of any day."""
    policy, today = ctx.service.policies.now, local_day(ctx.now_us)
    changes = await change_rows(ctx)
    numbers = terms(policy)
    documents, _ = await ctx.read(lambda conn: entries_of(conn, numbers, today))
    people = await _named(ctx, [*_of(changes), *(row.recorded_by for row in documents)])
    shown = {"documents": documents, "changes": changes, "people": people, "policy": policy, "today": today.isoformat()}
    page = page_of(ctx, request, "Policy")
    return html(render("policy.html", page, owns=has_any(ctx.who, (OWNER,)), **shown, **SAID))


@get("/policy/numbers", guards=[holding(*SEERS)], opt=NOTHING_PERSONAL, **PAGE)
async def policy_numbers(
    ctx: NamedDependency[Ctx], request: Request[Any, Any, Any], on: Text = "", family: Text = "", key: Text = ""
) -> Response[str]:
    """Every number in force now or on a day, with its source and documents; with `family` and `key` the form that
    proposes a change of that one."""
    day = _day(on)
    now = terms(ctx.service.policies.now)
    stood = await ctx.read(lambda conn: stood_on(conn, day, ctx.now_us)) if day else None
    if day and stood is None:
        raise not_found("policy of that day: the service had not begun")
    listed = terms_in(stood.body) if stood else now
    _, rows = await ctx.read(lambda conn: entries_of(conn, listed, local_day(ctx.now_us)))
    chosen = next((each for each in rows if (each.family, each.key) == (family, key)), None)
    by_file = [(name, list(some)) for name, some in groupby(rows, key=lambda row: row.family)]
    shown = {
        "by_file": by_file, "day": day, "stood": stood, "other": _otherwise(rows, now) if stood else {},
        "chosen": chosen, "policy": ctx.service.policies.now, "today": local_day(ctx.now_us).isoformat(),
    }  # fmt: skip
    page = page_of(ctx, request, "The numbers of policy")
    return html(render("policy_numbers.html", page, owns=has_any(ctx.who, (OWNER,)), **shown, **SAID))


@get("/policy/changes/{change_id:int}", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def policy_change_page(
    change_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One change: what it says and said, what it would do or what its approver was shown, and the decision."""
    one = next((each for each in await change_rows(ctx) if each.id == change_id), None)
    if one is None:
        raise not_found("policy change with this id")
    people = await _named(ctx, _of([one]))
    stores = await ctx.read(lambda conn: {str(row["id"]): row["name"] for row in store_reads.stores(conn)})
    preview = None if one.preview is None else msgspec.json.encode(one.preview).decode()
    shown = {"one": one, "people": people, "stores": msgspec.json.encode(stores).decode(), "preview": preview,
             "owns": has_any(ctx.who, (OWNER,)), "mine": one.proposed_by == ctx.person_id}  # fmt: skip
    page = page_of(ctx, request, f"Policy change {one.id}")
    return html(render("policy_change.html", page, **shown, **SAID))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise not_found("day of that name; a day is 2026-11-22") from None


def _otherwise(rows: Iterable[TermRow], now: Iterable[Term]) -> dict[tuple[str, str], Any]:
    """What is otherwise now than on that day, by file and key; None where it is set no longer."""
    today = {(each.family, each.key): each.value for each in now}
    return {(r.family, r.key): today.get((r.family, r.key)) for r in rows if today.get((r.family, r.key)) != r.value}


def _of(changes: Iterable[ChangeRow]) -> list[int | None]:
    return [who for each in changes for who in (each.proposed_by, each.ended_by)]


async def _named(ctx: Ctx, ids: Iterable[int | None]) -> dict[int, str]:
    wanted = sorted({each for each in ids if each is not None})

    def look(conn: sa.Connection) -> dict[int, str]:
        return people_said(conn, wanted)

    ctx.about(*wanted)
    return await ctx.read(look)


ROUTES = [policy_page, policy_numbers, policy_change_page]
