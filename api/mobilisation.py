"""Mobilisation over HTTP: operations asked and saved, the roles on the JNCC's list, and PSD's conflicts of interest.

One rule for the editor: nothing is decided here and no kit moves. An answer is worked out afresh each time; who is
named in it stands in the processing log.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api import store_reads
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.later import Later
from api.params import PathId
from api.plan_rows import (
    CSV_COLUMNS,
    AnswerPage,
    ConflictRow,
    OperationAsked,
    ReviewAsked,
    RoleAsked,
    RoleMade,
    RoleRow,
    SavedRow,
    answer_page,
    conflict_row,
    csv_rows,
    role_row,
)
from api.problems import bad_field, errors, not_found
from api.processing import ALTERS, CONSULTS, Log
from inventory.oversight import saved_plans
from inventory.oversight.mobilisation import answer, conflicts, operation, roles
from inventory.oversight.mobilisation.operation import Operation
from inventory.oversight.program import Program
from inventory.people.calendar import local_day
from inventory.people.errors import BadField
from inventory.schema.tx import Tx

PLANS = ("PLANNER",)
SEERS = (*PLANS, "STORE_MANAGER", "DUTY_INSPECTOR")
"""Who may look: what is asked is of the whole force, so a store manager sees what their store would give."""
OPERATION = "OPERATION"
SOLVER = Later("api.solver:solve")
T = TypeVar("T")

READ: dict[str, Any] = {"guards": [holding(*SEERS)], "opt": CONSULTS, "tags": ["planning"]}
ACT: dict[str, Any] = {
    "guards": [holding(*PLANS)], "opt": ALTERS, "tags": ["planning"], "responses": errors(401, 403, 404, 422),
}  # fmt: skip


def solve(program: Program) -> Sequence[int]:
    """The solver, loaded by whoever asks first."""
    found: Sequence[int] = SOLVER()(program)
    return found


class OperationSaved(SavedRow, frozen=True, kw_only=True):
    """An operation that was saved, as it can be asked again."""

    operation: OperationAsked


@post("/operations/answer", operation_id="answer_operation", status_code=200, responses=errors(401, 403, 422), **READ)
async def answer_operation(data: JSONBody[OperationAsked], ctx: NamedDependency[Ctx]) -> AnswerPage:
    """Can it be sent, with business as usual kept? Who, with what, from which store. Nothing is written."""
    return await answered(ctx, named(data.operation))


@get("/operations", operation_id="list_operations", responses=errors(401, 403), **READ)
async def list_operations(ctx: NamedDependency[Ctx]) -> list[OperationSaved]:
    """Operations that were saved, the latest first."""
    found = await ctx.read(lambda conn: saved_plans.saved(conn, OPERATION))
    ctx.about(*(each.made_by for each in found))
    return [_saved(each) for each in found]


@post("/operations", operation_id="save_operation", **ACT)
async def save_operation(data: JSONBody[OperationAsked], ctx: NamedDependency[Ctx]) -> RoleMade:
    """Save an operation's parameters under its name; one of the same name takes the place of an earlier."""
    asked = named(data.operation)

    def act(tx: Tx) -> int:
        return saved_plans.save(tx, OPERATION, asked.name, operation.as_json(asked), ctx.person_id)

    return RoleMade(id=await ctx.write(act))


@get("/operations/{plan_id:int}", operation_id="get_operation", responses=errors(401, 403, 404), **READ)
async def get_operation(plan_id: PathId, ctx: NamedDependency[Ctx]) -> OperationSaved:
    """One operation that was saved."""
    found = await ctx.read(lambda conn: _one(conn, plan_id))
    ctx.about(found.made_by)
    return _saved(found)


@get("/operations/{plan_id:int}/people.csv", operation_id="export_operation", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403, 404),
     tags=["planning"])  # fmt: skip
async def export_operation(plan_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """Who would go with what, by the facts of now, as a table for a spreadsheet."""
    found = await ctx.read(lambda conn: _one(conn, plan_id))
    page = await answered(ctx, operation.from_json(found.body))
    stores = {row["id"]: row["name"] for row in await ctx.read(store_reads.stores)}
    return as_csv(f"operation-{plan_id}.csv", CSV_COLUMNS, csv_rows(page, stores))


@get("/mobilisable-roles", operation_id="list_mobilisable_roles", responses=errors(401, 403), **READ)
async def list_roles(ctx: NamedDependency[Ctx]) -> list[RoleRow]:
    """The roles that may be called to the front line, with the clock of their review."""
    today = local_day(ctx.now_us)
    return [role_row(each, today) for each in await ctx.read(lambda conn: roles.roles(conn, today))]


@post("/mobilisable-roles", operation_id="add_mobilisable_role", **ACT)
async def add_role(data: JSONBody[RoleAsked], ctx: NamedDependency[Ctx]) -> RoleMade:
    """Put a role on the list, by the minute of the JNCC that says so."""
    review = named(data.review)
    return RoleMade(id=await ctx.write(
        lambda tx: named(lambda: roles.add_role(tx, data.name, data.detail, review, ctx.person_id))
    ))  # fmt: skip


@post("/mobilisable-roles/{role_id:int}/reviews", operation_id="review_mobilisable_role", **ACT)
async def review_role(role_id: PathId, data: JSONBody[ReviewAsked], ctx: NamedDependency[Ctx]) -> RoleRow:
    """Write down what the JNCC's yearly review said of a role."""
    review, today = named(data.review), local_day(ctx.now_us)

    def act(tx: Tx) -> RoleRow:
        named(lambda: roles.review_role(tx, role_id, review, ctx.person_id))
        return next(role_row(each, today) for each in roles.roles(tx.conn, today) if each.id == role_id)

    return await ctx.write(act)


@get("/mobilisation/conflicts", operation_id="list_mobilisation_conflicts", responses=errors(401, 403), **READ)
async def list_conflicts(ctx: NamedDependency[Ctx]) -> list[ConflictRow]:
    """People of PSD who look into a loss at a store, with what they drew there since."""
    found = await ctx.read(lambda conn: conflicts.conflicts(conn, ctx.now_us))
    ctx.about(*(each.person_id for each in found))
    return [conflict_row(each) for each in found]


async def answered(ctx: Ctx, asked: Operation) -> AnswerPage:
    """The answer, with whoever is named in it in this request's line."""
    policy = ctx.service.policies.now
    found = await ctx.read(lambda conn: answer.answer(conn, asked, policy, solve, ctx.now_us))
    page = await asyncio.to_thread(answer_page, found, stores_seen(ctx))
    ctx.about(*(each.person_id for each in page.sent))
    ctx.query = f"{asked.name}: {asked.units} units, {asked.days} days"
    return page


def stores_seen(ctx: Ctx) -> set[int | None] | None:
    """The stores whose people whoever asks may see named; None is everybody."""
    if any(each.capability in PLANS for each in ctx.who.held):
        return None
    stores = {each.store_id for each in ctx.who.held if each.capability in SEERS}
    return None if None in stores else stores


def named(run: Callable[[], T]) -> T:
    """What `run` gives; a problem naming the field for what it refuses."""
    try:
        return run()
    except BadField as told:
        raise bad_field(told.field, told.expected) from None
    except LookupError:
        raise not_found("one with this id") from None
    except ValueError:
        raise bad_field("reviewed_on", "a day of the calendar, 2026-11-22") from None


def _one(conn: sa.Connection, plan_id: int) -> saved_plans.SavedPlan:
    return named(lambda: saved_plans.one(conn, plan_id, OPERATION))


def _saved(each: saved_plans.SavedPlan) -> OperationSaved:
    asked = operation.from_json(each.body)
    kept = {name: getattr(asked, name) for name in OperationAsked.__struct_fields__}
    body = msgspec.convert({**kept, "posts": [_post(one) for one in asked.posts]}, OperationAsked)
    return OperationSaved(id=each.id, name=each.name, made_us=each.made_us, made_by=each.made_by, operation=body)


def _post(one: operation.Post) -> dict[str, Any]:
    return {"name": one.name, "each": one.each, "grade": one.grade, "kit": list(one.kit)}


ROUTES = [
    answer_operation, list_operations, save_operation, get_operation, export_operation, list_roles, add_role,
    review_role, list_conflicts,
]  # fmt: skip
