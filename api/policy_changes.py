"""Changes of policy over HTTP: tried out, proposed by one who owns policy, approved or rejected by another, withdrawn.

One rule for the editor: nothing is judged here. A change is refused by the checks of a policy file, with their
sentence, and what a preview shows of people has passed `oversight.small_numbers`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.context import Ctx
from api.guards import holding
from api.params import PathId
from api.policy_register import SEERS
from api.policy_rows import (
    ChangeDecided,
    ChangeProposed,
    ChangeRow,
    ChangeTried,
    ChangeWithdrawn,
    PreviewRow,
    change_row,
    preview_row,
)
from api.problems import Problem, bad_field, errors, not_found
from api.processing import ALTERS, COMBINES, CONSULTS
from api.second_person import proven_person
from inventory.gate.policy_changes import Change
from inventory.gate.policy_error import PolicyError
from inventory.oversight.policy import acts
from inventory.oversight.policy.acts import ChangeRefused, Deciding, Proposing
from inventory.oversight.policy.changes import Proposal, proposals, states
from inventory.oversight.policy.register import OWNER
from inventory.oversight.what_if_policy import preview
from inventory.people.calendar import local_day
from inventory.schema.tx import Tx

T = TypeVar("T")
READ: dict[str, Any] = {"guards": [holding(*SEERS)], "opt": CONSULTS, "tags": ["policy"]}
ACT: dict[str, Any] = {
    "guards": [holding(OWNER)], "opt": ALTERS, "status_code": 200, "tags": ["policy"],
    "responses": errors(401, 403, 404, 409, 422, 429),
}  # fmt: skip


@get("/policy/changes", operation_id="list_policy_changes", responses=errors(401, 403), **READ)
async def list_policy_changes(ctx: NamedDependency[Ctx]) -> list[ChangeRow]:
    """Every change that was ever proposed, the newest first, and how it stands."""
    return await change_rows(ctx)


async def change_rows(ctx: Ctx) -> list[ChangeRow]:
    """Every change, newest first; who proposed and decided goes to the processing log."""
    found = await ctx.read(proposals)
    ctx.about(*(each.proposed_by for each in found), *(each.ended_by for each in found))
    stand = states(found, ctx.now_us)
    return [change_row(each, stand[each.id]) for each in reversed(found)]


@get("/policy/changes/{change_id:int}", operation_id="get_policy_change", responses=errors(401, 403, 404), **READ)
async def get_policy_change(change_id: PathId, ctx: NamedDependency[Ctx]) -> ChangeRow:
    """One change."""
    return await _row(ctx, change_id)


async def _row(ctx: Ctx, change_id: int) -> ChangeRow:
    row = next((each for each in await change_rows(ctx) if each.id == change_id), None)
    if row is None:
        raise not_found("policy change with this id")
    return row


@post("/policy/changes", operation_id="propose_policy_change", **ACT)
async def propose_policy_change(data: JSONBody[ChangeProposed], ctx: NamedDependency[Ctx]) -> ChangeRow:
    """Propose a change of one number or word. It changes nothing before a second owner of policy approves it."""
    trial = ctx.service.policies.trial
    asked = Proposing(**msgspec.structs.asdict(data), by_person=ctx.person_id)
    made = await ctx.write(lambda tx: _told(lambda: acts.propose(tx, asked, trial)))
    return await _row(ctx, made)


@post("/policy/changes/try", operation_id="try_policy_change", guards=[holding(OWNER)], opt=COMBINES, status_code=200,
      responses=errors(401, 403, 409, 422), tags=["policy"])  # fmt: skip
async def try_policy_change(data: JSONBody[ChangeTried], ctx: NamedDependency[Ctx]) -> list[PreviewRow]:
    """Who would newly be refused or allowed, by group, and which kit, if this were in force now. Nothing is written."""
    ctx.query = f"{data.family}.{data.key}"
    return await previewed(ctx, Change(0, data.family, data.key, data.value, ""))


@get("/policy/changes/{change_id:int}/preview", operation_id="preview_policy_change", guards=[holding(*SEERS)],
     opt=COMBINES, responses=errors(401, 403, 404, 409, 422), tags=["policy"])  # fmt: skip
async def preview_policy_change(change_id: PathId, ctx: NamedDependency[Ctx]) -> list[PreviewRow]:
    """As `try`, of a change that is proposed."""
    ctx.query = f"policy change {change_id}"
    return await previewed(ctx, (await proposed(ctx, change_id)).change)


async def proposed(ctx: Ctx, change_id: int) -> Proposal:
    """A change that waits for a decision. Raises the 404 and 409 problems."""
    found = next((each for each in await ctx.read(proposals) if each.id == change_id), None)
    if found is None:
        raise not_found("policy change with this id")
    if found.outcome is not None:
        raise Problem(409, "not-possible", "It was decided already; what its approver was shown stands with it.")
    return found


async def previewed(ctx: Ctx, change: Change) -> list[PreviewRow]:
    """What the change would do now, over the whole force, small numbers withheld."""
    policies, now_us = ctx.service.policies, ctx.now_us

    def look(conn: sa.Connection) -> list[PreviewRow]:
        base, then = _told(lambda: acts.judged(conn, change, local_day(now_us), now_us, policies.trial))
        return [preview_row(each) for each in preview(conn, base, then, now_us)]

    return await ctx.read(look)


@post("/policy/changes/{change_id:int}/approve", operation_id="approve_policy_change", **ACT)
async def approve_policy_change(
    change_id: PathId, data: JSONBody[ChangeDecided], ctx: NamedDependency[Ctx]
) -> ChangeRow:
    """A second owner of policy approves, by their own PIN, having been shown what it does; that is kept with it."""
    by = await proven_person(ctx, data.proof)
    shown = await previewed(ctx, (await proposed(ctx, change_id)).change)
    deciding = Deciding(change_id, by, data.detail, [msgspec.to_builtins(each) for each in shown])
    trial = ctx.service.policies.trial
    return await _do(ctx, change_id, lambda tx: acts.approve(tx, deciding, trial))


@post("/policy/changes/{change_id:int}/reject", operation_id="reject_policy_change", **ACT)
async def reject_policy_change(
    change_id: PathId, data: JSONBody[ChangeDecided], ctx: NamedDependency[Ctx]
) -> ChangeRow:
    """A second owner of policy says no, by their own PIN."""
    by = await proven_person(ctx, data.proof)
    return await _do(ctx, change_id, lambda tx: acts.reject(tx, Deciding(change_id, by, data.detail)))


@post("/policy/changes/{change_id:int}/withdraw", operation_id="withdraw_policy_change", **ACT)
async def withdraw_policy_change(
    change_id: PathId, data: JSONBody[ChangeWithdrawn], ctx: NamedDependency[Ctx]
) -> ChangeRow:
    """Whoever proposed it takes it back, before it is decided."""
    mine = Deciding(change_id, ctx.person_id, data.detail)
    return await _do(ctx, change_id, lambda tx: acts.withdraw(tx, mine))


async def _do(ctx: Ctx, change_id: int, run: Callable[[Tx], object]) -> ChangeRow:
    await ctx.write(lambda tx: _told(lambda: run(tx)), (f"policy{change_id}",))
    return await _row(ctx, change_id)


def _told(run: Callable[[], T]) -> T:
    """What `run` gives; the problem for what it refuses."""
    try:
        return run()
    except LookupError:
        raise not_found("policy change with this id") from None
    except ChangeRefused as told:
        raise Problem(409, "not-possible", str(told)) from None
    except PolicyError as told:
        raise bad_field("value", told.expected) from None
    except ValueError as told:
        name, _, expected = str(told).partition(": ")
        raise bad_field(name, expected) from None


ROUTES = [
    list_policy_changes, get_policy_change, propose_policy_change, try_policy_change, preview_policy_change,
    approve_policy_change, reject_policy_change, withdraw_policy_change,
]  # fmt: skip
