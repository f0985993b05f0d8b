"""What-if on the screen: a form, what it would come to, and two saved ones side by side.

One rule for the editor: the form is an address and reads only; numbers before and after come of the same code
(`oversight.what_if`), and nobody is named.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.mobilisation import PLANS, SEERS, named
from api.pages.frame import PAGE, has_any, html, page_of
from api.pages.render import render
from api.problems import Problem
from api.processing import CONSULTS
from api.what_ifs import WHAT_IF, OutcomePage, outcome_page, worked_out
from inventory.custody.hatch_names import people_said
from inventory.gate.policy_changes import Term, terms
from inventory.oversight import saved_plans, what_if
from inventory.oversight.what_if import RENEWED, Delivery, Number, Officers, Scenario, Seats
from inventory.oversight.whole_force import offered
from inventory.people.errors import BadField

Query = Mapping[str, str]
SAYS = {"PPST": "PPST", "FIRST_AID": "First aid", "JRFT": "Fitness test", "CED": "CED", "SBG": "Spit guard",
        "BWV_USER": "Body-worn video"}  # fmt: skip
SHORT = {"": "", "HANDLES": "handles", "PACKS": "packs", "LOADS": "cartridges or magazines", "PEOPLE": "people"}
GROUPS_SHOWN = 60
MEASURES = (
    ("people", "People who may draw", 1), ("sets", "Whole sets", 1), ("pairs", "Pairs that could go out", 1),
    ("without_kit", "Trained, and no kit", -1), ("without_people", "Kit, and nobody trained", -1),
)  # fmt: skip
"""What is compared of a store: its name in `PairsRow`, in words, and whether more is better."""
CED = "CED_HANDLE"


@get("/what-if", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def what_if_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """A what-if and what it would come to; with `saved` and `beside`, two of them side by side."""
    query: dict[str, str] = dict(request.query_params.items())

    def look(conn: sa.Connection) -> dict[str, Any]:
        plans = saved_plans.saved(conn, WHAT_IF)
        wanted = [_number(query[key]) for key in ("saved", "beside") if query.get(key)]
        return {
            "plans": plans, "people": people_said(conn, sorted({each.made_by for each in plans})),
            "stores": {row["id"]: row["name"] for row in store_reads.stores(conn)},
            "models": sorted({model for some in offered(conn).values() for kind, model in some if kind == CED}),
            "reopened": named(lambda: [saved_plans.one(conn, each, WHAT_IF) for each in wanted]),
        }  # fmt: skip

    shown = await ctx.read(look)
    scenarios = [what_if.from_json(each.body) for each in shown.pop("reopened")] or _asked(query)
    ctx.about(*shown["people"])
    answers, problem = [], ""
    for each in scenarios:
        try:
            answers.append(await _answer(ctx, each))
        except (BadField, Problem) as told:
            problem = str(told)
    first = scenarios[0] if scenarios else Scenario("")
    page = page_of(ctx, request, "What if")
    return html(render(
        "what_if.html", page, asked=first, answers=answers, problem=problem, plans_for=has_any(ctx.who, PLANS),
        body=what_if.as_json(first), renewed=RENEWED, says=SAYS, short=SHORT, terms=_terms(ctx), query=query,
        groups_shown=GROUPS_SHOWN, measures=MEASURES, **shown,
    ))  # fmt: skip


async def _answer(ctx: Ctx, asked: Scenario) -> tuple[OutcomePage, dict[str, Any]]:
    """What one comes to, with the month from which nobody waits, before and after."""
    of = await worked_out(ctx, what_if.checked(asked))
    by_what = {(row.what, row.model): [one for one in of.months if (one.what, one.model) == (row.what, row.model)]
               for row in of.months}  # fmt: skip
    clear = {
        f"{what} {model}".strip(): [what_if.clear_by(rows, then=then) for then in (False, True)]
        for (what, model), rows in by_what.items()
    }
    return outcome_page(of), clear


def _asked(query: Query) -> list[Scenario]:
    """The scenario that the form's fields say; none where it was not asked."""
    if "name" not in query:
        return []
    asked = Scenario(query["name"].strip() or "Unnamed")
    if query.get("officers"):
        more = Officers(_number(query.get("at", "")), query.get("officers_model", ""), _number(query["officers"]))
        asked = replace(asked, officers=(more,))
    if query.get("handles"):
        kit = (_number(query.get(each) or "0") for each in ("handles", "packs", "cartridges", "magazines"))
        to = _number(query.get("to", ""))
        asked = replace(asked, deliveries=(Delivery(to, query.get("model", ""), *kit),))
    if query.get("seats"):
        what = query.get("what", "")
        model = query.get("seats_model", "") if what == "CED" else ""
        asked = replace(asked, seats=(Seats(what, model, _number(query["seats"])),))
    if query.get("value"):
        family, _, key = query.get("term", "").partition(" ")
        asked = replace(asked, number=Number(family, key, query["value"].strip()))
    return [asked]


def _number(text: str) -> int:
    return int(text) if text.strip().isdigit() and len(text) < 10 else -1


def _terms(ctx: Ctx) -> list[Term]:
    """The numbers that another value may be tried for: those that rules of issue read."""
    kinds = {each.family for each in ctx.service.policies.now.kinds.values()}
    return [each for each in terms(ctx.service.policies.now) if each.family in kinds or each.key.startswith("courses")]


ROUTES = [what_if_page]
