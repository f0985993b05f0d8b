"""What-ifs over HTTP: more officers, seats, kit, or another number of the policy, worked out over the facts of now.

One rule for the editor: nothing is written but the parameters that somebody saves, and nobody is named.
"""

import json
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import Id
from api.context import Ctx
from api.guards import holding
from api.mobilisation import PLANS, SEERS, named
from api.params import PathId
from api.plan_rows import GroupRow, Name, RoleMade, SavedRow, group_rows
from api.problems import bad_field, errors
from api.processing import ALTERS, CONSULTS
from inventory.gate.kind_policy import Policy
from inventory.gate.policy_changes import Change, in_force, term_of
from inventory.gate.policy_error import PolicyError
from inventory.oversight import saved_plans, what_if
from inventory.oversight.policy.changes import changes_at
from inventory.oversight.what_if import Outcome, Pairs, Scenario, StoreThen

WHAT_IF = "WHAT_IF"
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Model = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
LINES = msgspec.Meta(max_length=20)
READ: dict[str, Any] = {"guards": [holding(*SEERS)], "opt": CONSULTS, "tags": ["planning"]}


class OfficersAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many more officers at a store, trained and authorised for a model."""

    store_id: Id
    model: Model
    people: Count


class DeliveryAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A delivery for a store: handles of a model, packs, cartridges of one type, full magazines."""

    store_id: Id
    model: Model
    handles: Count
    packs: Count = 0
    cartridges: Count = 0
    magazines: Count = 0


class SeatsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many more seats every month for a qualification; `model` for CED."""

    what: Literal[what_if.RENEWED]  # type: ignore[valid-type]
    model: Annotated[str, msgspec.Meta(max_length=40)] = ""
    per_month: Count


class NumberAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another value for a number or word of the policy: its file's stem, its key there, the value as JSON."""

    family: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class WhatIfAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that is laid over the facts."""

    name: Name
    officers: Annotated[tuple[OfficersAsked, ...], LINES] = ()
    deliveries: Annotated[tuple[DeliveryAsked, ...], LINES] = ()
    seats: Annotated[tuple[SeatsAsked, ...], LINES] = ()
    number: NumberAsked | None = None

    def scenario(self) -> Scenario:
        """As the kit store asks it. Raises BadField."""
        return what_if.checked(what_if.from_json(msgspec.json.encode(self).decode()))


class PairsRow(msgspec.Struct, frozen=True, kw_only=True):
    """People who may draw a CED, whole sets, and the most pairs; who is left without kit, and kit without people."""

    people: int
    sets: int
    pairs: int
    without_kit: int
    without_people: int
    short_of: str


class StoreThenRow(msgspec.Struct, frozen=True, kw_only=True):
    """One store before and after."""

    store_id: int
    before: PairsRow
    after: PairsRow


class MonthThenRow(msgspec.Struct, frozen=True, kw_only=True):
    """One month of a qualification: whose runs out, seats, and who waits; `then`: with the seats added."""

    what: str
    model: str
    month: str
    runs_out: int
    seats: int
    seats_then: int
    waiting: int
    waiting_then: int


class OutcomePage(msgspec.Struct, frozen=True, kw_only=True):
    """What it comes to."""

    name: str
    stores: list[StoreThenRow]
    months: list[MonthThenRow]
    groups: list[GroupRow]


class WhatIfSaved(SavedRow, frozen=True, kw_only=True):
    """A what-if that was saved, as it can be asked again."""

    scenario: WhatIfAsked


@post("/what-ifs/outcome", operation_id="work_out_what_if", status_code=200, responses=errors(401, 403, 422), **READ)
async def work_out(data: JSONBody[WhatIfAsked], ctx: NamedDependency[Ctx]) -> OutcomePage:
    """What it would come to. Nothing is written."""
    return outcome_page(await worked_out(ctx, named(data.scenario)))


@get("/what-ifs", operation_id="list_what_ifs", responses=errors(401, 403), **READ)
async def list_what_ifs(ctx: NamedDependency[Ctx]) -> list[WhatIfSaved]:
    """What-ifs that were saved, the latest first."""
    found = await ctx.read(lambda conn: saved_plans.saved(conn, WHAT_IF))
    ctx.about(*(each.made_by for each in found))
    return [_saved(each) for each in found]


@post("/what-ifs", operation_id="save_what_if", guards=[holding(*PLANS)], opt=ALTERS, tags=["planning"],
      responses=errors(401, 403, 422))  # fmt: skip
async def save_what_if(data: JSONBody[WhatIfAsked], ctx: NamedDependency[Ctx]) -> RoleMade:
    """Save a what-if's parameters under its name; one of the same name takes the place of an earlier."""
    asked = named(data.scenario)
    return RoleMade(id=await ctx.write(
        lambda tx: saved_plans.save(tx, WHAT_IF, asked.name, what_if.as_json(asked), ctx.person_id)
    ))  # fmt: skip


@get("/what-ifs/{plan_id:int}", operation_id="get_what_if", responses=errors(401, 403, 404), **READ)
async def get_what_if(plan_id: PathId, ctx: NamedDependency[Ctx]) -> WhatIfSaved:
    """One what-if that was saved."""
    found = await ctx.read(lambda conn: named(lambda: saved_plans.one(conn, plan_id, WHAT_IF)))
    ctx.about(found.made_by)
    return _saved(found)


async def worked_out(ctx: Ctx, asked: Scenario) -> Outcome:
    """The outcome by the facts of now. Raises the problem of a number that no policy may have."""
    policy = ctx.service.policies.now

    def look(conn: sa.Connection) -> Outcome:
        return named(lambda: what_if.outcome(conn, asked, policy, _then(ctx, conn, asked), ctx.now_us))

    return await ctx.read(look)


def _then(ctx: Ctx, conn: sa.Connection, asked: Scenario) -> Policy | None:
    """The policy with the scenario's number, checked as a file is; None without one."""
    number = asked.number
    if number is None:
        return None
    try:
        value = json.loads(number.value)
    except ValueError:
        raise bad_field("number.value", 'JSON: 30, true, "HARD", ["T7"]') from None
    if term_of(ctx.service.policies.now, number.family, number.key) is None:
        raise bad_field("number.key", "a number or word that the policy files set")
    change = Change(0, number.family, number.key, value, "what-if")
    try:
        return ctx.service.policies.trial(in_force([*changes_at(conn, ctx.now_us), change]))
    except PolicyError as problem:
        raise bad_field("number.value", str(problem)) from None


def outcome_page(of: Outcome) -> OutcomePage:
    """An outcome as clients have it."""
    return OutcomePage(
        name=of.scenario.name,
        stores=[_store(each) for each in of.stores],
        months=[
            MonthThenRow(
                what=each.what, model=each.model, month=each.month.isoformat(), runs_out=each.runs_out,
                seats=each.seats, seats_then=each.seats_then, waiting=each.waiting, waiting_then=each.waiting_then,
            )
            for each in of.months
        ],
        groups=group_rows(of.groups),
    )  # fmt: skip


def _store(each: StoreThen) -> StoreThenRow:
    return StoreThenRow(store_id=each.store_id, before=_pairs(each.before), after=_pairs(each.after))


def _pairs(each: Pairs) -> PairsRow:
    return PairsRow(
        people=each.people, sets=each.sets, pairs=each.pairs, without_kit=each.without_kit,
        without_people=each.without_people, short_of=each.short_of,
    )  # fmt: skip


def _saved(each: saved_plans.SavedPlan) -> WhatIfSaved:
    scenario = msgspec.json.decode(each.body, type=WhatIfAsked)
    return WhatIfSaved(id=each.id, name=each.name, made_us=each.made_us, made_by=each.made_by, scenario=scenario)


ROUTES = [work_out, list_what_ifs, save_what_if, get_what_if]
