"""Authority to carry over HTTP: who may carry, and granting, suspending, lifting, ending, choosing and limiting.

One rule for the editor: nothing is decided here, and no act is done in somebody's name: it is whoever is signed in who
grants, suspends or lifts, and never their own.
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api import store_reads
from api.asking import Id
from api.authority_rows import SEE_CLASSES, SEERS, CarryingRow, OneAuthority, carrying_row, told, whose
from api.context import Ctx
from api.csv_out import as_csv, utc_said
from api.guards import holding, signed_in
from api.params import PathId, QueryId
from api.problems import Problem, denied, errors, not_found
from api.processing import ALTERS, CONSULTS, Log
from inventory.custody.carrying import stopping
from inventory.custody.carrying.granting import (
    Ending,
    Granting,
    end_authority,
    grant_authority,
    review_authority,
)
from inventory.custody.carrying.lists import Carrier, carriers
from inventory.custody.carrying.refused import CarryingRefused
from inventory.people.authority_state import CarryState
from inventory.people.calendar import local_day
from inventory.people.duty import parse_kinds
from inventory.schema.tx import Tx

Document = Annotated[str, msgspec.Meta(min_length=2, max_length=120)]
State = Literal["LIVE", "DORMANT", "SUSPENDED", "NOT_YET", "OVER", "REVIEW"]


class NewPermission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A permission to carry one model, London days, `to_on` exclusive and a year after `from_on` at most. `granted_by`
    and `grade`: who says so; policy says which grades may. `document`: what it is written down from."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    from_on: date
    to_on: date
    granted_by: Annotated[str, msgspec.Meta(min_length=2, max_length=100)]
    grade: Annotated[str, msgspec.Meta(min_length=2, max_length=60)]
    document: Document
    mode: Literal["OVERT", "COVERT"] = "OVERT"


class Stopping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A permission (left out: every one) is suspended or ended, now. `reason_class` is one of the force's own words and
    all that is written down of why; `document` its reference."""

    reason_class: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    document: Document
    authorisation_id: Id | None = None


class Documented(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the act goes by."""

    document: Document


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the person chooses to carry. Whoever chooses no longer takes a new permission to carry again."""

    opted_in: bool


class NewRestriction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limited duties: only `kinds_allowed` may be drawn, from `from_on` (today, if left out); looked at again on
    `review_on` at the latest. There is no field for a reason, and none is taken."""

    category: Literal["RECUPERATIVE", "ADJUSTED", "MANAGEMENT"]
    kinds_allowed: Annotated[list[Annotated[str, msgspec.Meta(max_length=20)]], msgspec.Meta(max_length=6)]
    review_on: date
    document: Document
    from_on: date | None = None


class ActDone(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was written down, and the person's authority as it stands now."""

    id: int
    authority: OneAuthority


class CarrierRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is or was permitted to carry. `review_by`: their role moved, and it is to be looked at by then."""

    person_id: int
    ref: str
    name: str
    rank: str | None
    collar: str | None
    team: str
    home_store_id: int | None
    opted_in: bool
    carrying: list[CarryingRow]
    review: str | None
    review_by: str | None


def carrier_rows(conn: sa.Connection, ctx: Ctx, stores: set[int] | None, state: str | None) -> list[CarrierRow]:
    """Carriers of these stores (None: of all and of none), in that state where one is asked for."""
    policy = ctx.service.policies.now
    found = [
        each for each in carriers(conn, policy, ctx.now_us) if stores is None or each.standing.home_store_id in stores
    ]
    return [_row(each, policy.authority.review_us) for each in found if state is None or _is_in(each, state)]


def _is_in(each: Carrier, state: str) -> bool:
    if state == "REVIEW":
        return each.review is not None
    return any(one.state is CarryState(state) for one in each.states)


def _row(of: Carrier, review_us: int) -> CarrierRow:
    standing, move = of.standing, of.review
    return CarrierRow(
        person_id=standing.person_id, ref=standing.ref, name=standing.name, rank=standing.rank, collar=standing.collar,
        team=of.team, home_store_id=standing.home_store_id, opted_in=standing.opted_in,
        carrying=[carrying_row(each, own=False) for each in of.states], review=move.what if move else None,
        review_by=local_day(move.at_us + review_us).isoformat() if move else None,
    )  # fmt: skip


@get("/authorities", operation_id="list_authorities", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403), tags=["authority"])  # fmt: skip
async def list_authorities(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    those: Annotated[State | None, QueryParameter(name="state", description="Only those; REVIEW: a role moved")] = None,
) -> list[CarrierRow]:
    """Who is or was permitted to carry, of one store or of all, by name, and what it amounts to now."""
    ctx.need_any(SEERS, store_id)
    only = None if store_id is None else {store_id}
    rows = await ctx.read(lambda conn: carrier_rows(conn, ctx, only, those))
    ctx.about(*(each.person_id for each in rows))
    return rows


HEADS = ("number", "rank", "name", "collar", "team", "store", "model", "mode", "state", "says", "from", "to",
         "carries_until", "review_by")  # fmt: skip


@get("/authorities.csv", operation_id="export_authorities", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["authority"])  # fmt: skip
async def export_authorities(
    ctx: NamedDependency[Ctx],
    store_id: QueryId = None,
    those: Annotated[State | None, QueryParameter(name="state", description="Only those")] = None,
) -> Response[bytes]:
    """The same as a table for a spreadsheet, a line for each person and model."""
    ctx.need_any(SEERS, store_id)
    only = None if store_id is None else {store_id}

    def look(conn: sa.Connection) -> tuple[list[CarrierRow], dict[int, str]]:
        stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
        return carrier_rows(conn, ctx, only, those), stores

    rows, stores = await ctx.read(look)
    ctx.about(*(each.person_id for each in rows))
    lines = [
        (row.ref, row.rank, row.name, row.collar, row.team, stores.get(row.home_store_id or 0, ""), one.model,
         one.mode, one.state, one.says, utc_said(one.from_us), utc_said(one.to_us), utc_said(one.until_us),
         row.review_by)
        for row in rows for one in row.carrying
    ]  # fmt: skip
    return as_csv("authorities.csv", HEADS, lines)


@get("/people/{person_id:int}/authority", operation_id="get_authority", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["authority"])  # fmt: skip
async def get_authority(person_id: PathId, ctx: NamedDependency[Ctx]) -> OneAuthority:
    """One person's authority and how it came to be. Their own (without stops), or by somebody with a capability."""
    ctx.about(person_id)
    policy, now_us = ctx.service.policies.now, ctx.now_us
    found = await ctx.read(lambda conn: whose(conn, person_id, policy, now_us))
    if found is None:
        raise not_found("person with this id")
    ctx.about(found.record.id, *(each.by_person for each in found.events))
    own = ctx.person_id == found.record.id
    if not own:
        ctx.need_any(SEERS, found.record.home_store_id)
    return told(found, own=own, classes=_sees_classes(ctx, found.record.home_store_id))


def _sees_classes(ctx: Ctx, store_id: int | None) -> bool:
    return any(ctx.may(each, store_id) for each in SEE_CLASSES)


# ---- acts ------------------------------------------------------------------------------------------

ACT: dict[str, Any] = {
    "guards": [signed_in], "opt": ALTERS, "status_code": 200, "responses": errors(401, 403, 404, 409, 422),
    "tags": ["authority"],
}  # fmt: skip


async def _act(ctx: Ctx, person_id: int | None, run: Callable[[Tx], tuple[int, int]]) -> ActDone:
    """Do it and tell how the person's authority stands then. `run` gives the id of what it wrote, and the person's."""
    if person_id is not None:
        ctx.about(person_id)

    def act(tx: Tx) -> ActDone:
        try:
            made, about = run(tx)
        except CarryingRefused as refused:
            if refused.people:
                raise denied(str(refused)) from None
            bars = [{"sentence": each} for each in refused.bars]
            raise Problem(409, "not-possible", str(refused), refusals=bars) from None
        except LookupError:
            raise not_found("person, suspension or restriction with this id") from None
        found = whose(tx.conn, about, ctx.service.policies.now, tx.now_us)
        assert found is not None, "an act was written about them"
        ctx.about(found.record.id)
        own = ctx.person_id == found.record.id
        return ActDone(
            id=made, authority=told(found, own=own, classes=_sees_classes(ctx, found.record.home_store_id))
        )

    return await ctx.write(act, None if person_id is None else (f"p{person_id}",))


@post("/people/{person_id:int}/authorisations", operation_id="grant_authority", **ACT)
async def grant(person_id: PathId, data: JSONBody[NewPermission], ctx: NamedDependency[Ctx]) -> ActDone:
    """Write down a permission to carry. It begins today or later, and lasts a year at most."""
    policy = ctx.service.policies.now
    asked = Granting(person_id, data.model, data.mode, data.from_on, data.to_on, data.granted_by, data.grade,
                     data.document, ctx.person_id)  # fmt: skip
    return await _act(ctx, person_id, lambda tx: (grant_authority(tx, asked, policy), person_id))


@post("/people/{person_id:int}/authority/suspend", operation_id="suspend_authority", **ACT)
async def suspend(person_id: PathId, data: JSONBody[Stopping], ctx: NamedDependency[Ctx]) -> ActDone:
    """Suspend at once. Whatever the person holds comes back now; nobody may let them keep it."""
    policy = ctx.service.policies.now
    asked = stopping.Suspending(person_id, ctx.person_id, data.reason_class, data.document, data.authorisation_id)
    return await _act(ctx, person_id, lambda tx: (stopping.suspend(tx, asked, policy), person_id))


@post("/suspensions/{stop_id:int}/lift", operation_id="lift_suspension", **ACT)
async def lift(stop_id: PathId, data: JSONBody[Documented], ctx: NamedDependency[Ctx]) -> ActDone:
    """Lift a suspension: somebody else than who suspended, who stands higher."""
    policy = ctx.service.policies.now
    return await _act(
        ctx, None, lambda tx: (stop_id, stopping.lift(tx, stop_id, ctx.person_id, data.document, policy))
    )


@post("/people/{person_id:int}/authority/end", operation_id="end_authority", **ACT)
async def end(person_id: PathId, data: JSONBody[Stopping], ctx: NamedDependency[Ctx]) -> ActDone:
    """End a permission, or all. Carrying again takes a new one, from a later day."""
    policy = ctx.service.policies.now
    asked = Ending(person_id, ctx.person_id, data.reason_class, data.document, data.authorisation_id)
    return await _act(ctx, person_id, lambda tx: (end_authority(tx, asked, policy), person_id))


@post("/people/{person_id:int}/authority/review", operation_id="review_authority", **ACT)
async def review(person_id: PathId, data: JSONBody[Documented], ctx: NamedDependency[Ctx]) -> ActDone:
    """Their role moved, somebody looked at it, and the permission stands."""
    policy = ctx.service.policies.now
    return await _act(
        ctx, person_id, lambda tx: (review_authority(tx, person_id, ctx.person_id, data.document, policy), person_id)
    )


@post("/people/{person_id:int}/choice", operation_id="choose_to_carry", **ACT)
async def choose(person_id: PathId, data: JSONBody[Choice], ctx: NamedDependency[Ctx]) -> ActDone:
    """Carrying is voluntary: the person chooses to, or no longer; themself, or by whoever grants."""
    policy = ctx.service.policies.now

    def act(tx: Tx) -> tuple[int, int]:
        stopping.choose(tx, person_id, ctx.person_id, data.opted_in, policy)
        return person_id, person_id

    return await _act(ctx, person_id, act)


@post("/people/{person_id:int}/restrictions", operation_id="restrict_duties", **ACT)
async def restrict(person_id: PathId, data: JSONBody[NewRestriction], ctx: NamedDependency[Ctx]) -> ActDone:
    """Write limited duties down, with the day by which they are looked at again."""
    policy = ctx.service.policies.now
    asked = stopping.Restricting(
        person_id, ctx.person_id, data.category, parse_kinds(",".join(data.kinds_allowed)),
        data.from_on or local_day(ctx.now_us), data.review_on, data.document,
    )  # fmt: skip
    return await _act(ctx, person_id, lambda tx: (stopping.restrict_duties(tx, asked, policy), person_id))


@post("/restrictions/{restriction_id:int}/lift", operation_id="lift_restriction", **ACT)
async def unrestrict(restriction_id: PathId, data: JSONBody[Documented], ctx: NamedDependency[Ctx]) -> ActDone:
    """Lift limited duties now."""
    policy = ctx.service.policies.now

    def act(tx: Tx) -> tuple[int, int]:
        return restriction_id, stopping.lift_duties(tx, restriction_id, ctx.person_id, data.document, policy)

    return await _act(ctx, None, act)


ROUTES = [
    list_authorities, export_authorities, get_authority, grant, suspend, lift, end, review, choose, restrict,
    unrestrict,
]  # fmt: skip

