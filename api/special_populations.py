"""What students, specials and visiting officers need beside training, as the training unit writes it down.

One rule for the editor: each has its document; a donor force's word takes two and ends with the operation, and a review
is signed by the supervisor who held it.
"""

from datetime import date
from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.context import Ctx
from api.params import PathId
from api.problems import bad_field, denied
from api.processing import ALTERS
from api.second_person import Second, second_person
from api.training import ACT, Line, Written, looked_at, need_writer, whose_is
from inventory.gate.kind_policy import Policy
from inventory.people import gates
from inventory.people.capabilities import may
from inventory.schema.fast import Fast
from inventory.schema.training import visitor_attestation
from inventory.schema.tx import Tx
from inventory.schema.uses import use_declared

REVIEWER = "SUPERVISOR"
Moment = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class GateSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A gate of the policy that somebody met, with its document."""

    gate: Line
    met_on: date
    document: Line


class WordOfDonor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A donor force's word on its officer: for one model and one operation, up to its end."""

    donor_force: Line
    attested_by: Line
    model: Line
    operation: Line
    until_us: Moment
    document: Line
    second: Second
    from_us: Moment | None = None


class Reviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """That a supervisor went through a use with the student: `second` is that supervisor, with their own PIN."""

    reviewed_on: date
    document: Line
    second: Second


_WHOSE_USE = Fast(
    sa.select(use_declared.c.person_id, use_declared.c.store_id).where(use_declared.c.id == sa.bindparam("number"))
)
_WHOSE_WORD = Fast(
    sa.select(visitor_attestation.c.person_id).where(visitor_attestation.c.id == sa.bindparam("number"))
)


def gates_of(policy: Policy) -> list[str]:
    """Every gate that some rule of the policy asks for."""
    asked = (
        word
        for kind in policy.kinds.values()
        for name, setting in kind.settings.items()
        if name.endswith("_gates")
        for word in (setting.value if isinstance(setting.value, tuple) else ())
    )
    return sorted({*map(str, asked), "DEMS_ACCOUNT"})


@post("/people/{person_id:int}/gates", operation_id="meet_gate", opt=ALTERS, **ACT)
async def meet_gate(person_id: PathId, data: JSONBody[GateSaid], ctx: NamedDependency[Ctx]) -> Written:
    """Write down that a student or a special met a gate, with its document."""
    await need_writer(ctx, [person_id])
    known = gates_of(ctx.service.policies.now)
    met = gates.GateMet(person_id, data.gate, data.met_on, data.document, ctx.person_id)
    return await ctx.write(
        lambda tx: Written(id=gates.meet_gate(tx.conn, tx.ids, met, known, tx.now_us)), [f"p{person_id}"]
    )


@post("/people/{person_id:int}/attestations", operation_id="attest_visitor", opt=ALTERS, **ACT)
async def attest_visitor(person_id: PathId, data: JSONBody[WordOfDonor], ctx: NamedDependency[Ctx]) -> Written:
    """Write down a donor force's word on a visiting officer. It ends with the operation."""
    await need_writer(ctx, [person_id])
    second = await second_person(ctx, data.second)
    begins = ctx.now_us if data.from_us is None else data.from_us
    word = gates.Attestation(
        person_id, data.donor_force, data.attested_by, data.model, data.operation, begins, data.until_us,
        data.document, ctx.person_id, second,
    )  # fmt: skip
    return await ctx.write(
        lambda tx: Written(id=gates.attest(tx.conn, tx.ids, word, tx.now_us)), [f"p{person_id}"]
    )


@post("/attestations/{attestation_id:int}/withdrawal", operation_id="withdraw_attestation", opt=ALTERS, **ACT)
async def withdraw_attestation(attestation_id: PathId, ctx: NamedDependency[Ctx]) -> Written:
    """End a donor force's word now: it is taken back, or the operation is over. Whoever holds kit by it is raised."""
    whose = await whose_is(ctx, _WHOSE_WORD, attestation_id, "attestation_id", "a donor force's word on record")
    await need_writer(ctx, [whose])
    policy = ctx.service.policies.now

    def run(tx: Tx) -> Written:
        person_id = gates.withdraw_attestation(tx.conn, attestation_id, tx.now_us)
        return Written(id=attestation_id, holders_now_ineligible=looked_at(tx, policy, [person_id]))

    return await ctx.write(run, [f"p{whose}"])


@post("/uses/{use_id:int}/review", operation_id="review_use", opt=ALTERS, **ACT)
async def review_use(use_id: PathId, data: JSONBody[Reviewed], ctx: NamedDependency[Ctx]) -> Written:
    """Write down that a supervisor went through a use of a CED with the student, signed by that supervisor."""
    rows = await ctx.read(lambda conn: _WHOSE_USE.rows(conn, {"number": use_id}))
    if not rows or rows[0][0] is None:
        raise bad_field("use_id", "a declared use by somebody", use_id, 404)
    whose, store_id = rows[0]
    await need_writer(ctx, [whose])
    second = await second_person(ctx, data.second)
    review = gates.UseReview(use_id, data.reviewed_on, second, data.document, ctx.person_id)

    def run(tx: Tx) -> Written:
        if not may(tx.conn, second, REVIEWER, store_id, tx.now_us):
            raise denied(f"The second person needs the capability {REVIEWER} at the store the kit was drawn from.")
        gates.review_use(tx.conn, review, tx.now_us)
        return Written(id=use_id)

    return await ctx.write(run, [f"use{use_id}", f"p{whose}"])


ROUTES = [meet_gate, attest_visitor, withdraw_attestation, review_use]
