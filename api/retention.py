"""Retention: the schedule, legal holds, what a run proposes, its approval by two, the certificate of what was erased.

One rule for the editor: no route erases. What was approved is erased by the service's clock, batch by batch.
"""

import json
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.bundles import as_file
from api.context import Ctx
from api.guards import holding
from api.later import Later
from api.params import PathId
from api.problems import Problem, errors, not_found
from api.processing import ALTERS, CONSULTS, Log
from api.second_person import Second, second_person
from inventory.oversight.disclosure.log_export import person_known
from inventory.oversight.retention import holds, runs
from inventory.oversight.retention.holds import LegalHold, Placing, RetentionRefused
from inventory.schema.fast import Fast
from inventory.schema.stock import item
from inventory.schema.tx import Tx

T = TypeVar("T")
KEEPER = ("RECORDS_MANAGER",)
SEERS = ("RECORDS_MANAGER", "AUDITOR")
RUNS_SHOWN = 100
CERTIFICATE_PDF = Later("api.data_papers:certificate_pdf")
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
READ: dict[str, Any] = {"guards": [holding(*SEERS)], "opt": CONSULTS, "tags": ["oversight"]}
ACT: dict[str, Any] = {
    "guards": [holding(*KEEPER)], "opt": ALTERS, "status_code": 200, "tags": ["oversight"],
    "responses": errors(401, 403, 404, 409, 422),
}  # fmt: skip


class ScheduleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the retention schedule."""

    name: str
    title: str
    rule: str
    trigger: str
    kept_for: str
    origin: str
    source: str


class DisposalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A disposal: what it proposes, its answer, how far it is. `state`: PROPOSED, REJECTED, UNDER_WAY or ERASED."""

    id: int
    title: str
    rule: str
    state: str
    cutoff_us: int
    due: int
    kept: int
    erased: int
    proposed_us: int
    proposed_by: int
    answered_us: int | None
    answered_by: int | None
    second_person: int | None
    certified_us: int | None
    sha256: str | None


class HoldRow(msgspec.Struct, frozen=True, kw_only=True):
    """A legal hold; `released_us` null while it is in force."""

    id: int
    person_id: int | None
    item_id: int | None
    incident: str | None
    reason: str
    reference: str
    minor_until: str | None
    placed_us: int
    placed_by: int
    second_person: int
    released_us: int | None


class RetentionRow(msgspec.Struct, frozen=True, kw_only=True):
    """The schedule, the latest disposals and every legal hold."""

    schedule: list[ScheduleRow]
    disposals: list[DisposalRow]
    holds: list[HoldRow]


class ByTwo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An act of two people, with the reason."""

    reason: Words
    second: Second


class HoldAsked(ByTwo, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A hold on a person (collar or number), an item (serial) or an incident: one of them. `minor_until`: the 18th
    birthday of the youngest who may claim, where they are under age."""

    reference: Words
    person: Annotated[str, msgspec.Meta(max_length=60)] = ""
    serial: Annotated[str, msgspec.Meta(max_length=60)] = ""
    incident: Annotated[str, msgspec.Meta(max_length=60)] = ""
    minor_until: date | None = None


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An act with its reason."""

    reason: Words


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """The number of what was made."""

    id: int


_SERIALS = Fast(sa.select(item.c.id).where(item.c.serial == sa.bindparam("serial")).limit(2))


@get("/retention", operation_id="get_retention", responses=errors(401, 403), **READ)
async def get_retention(ctx: NamedDependency[Ctx]) -> RetentionRow:
    """The retention schedule, the latest disposals and every legal hold."""
    found = await ctx.read(lambda conn: retention_shown(ctx, conn))
    ctx.about(*(each.person_id for each in found.holds), *(each.placed_by for each in found.holds))
    return found


def retention_shown(ctx: Ctx, conn: sa.Connection) -> RetentionRow:
    """What the list and the page show."""
    terms = ctx.service.policies.now.retention
    schedule = [
        ScheduleRow(name=each.name, title=each.title, rule=each.rule, trigger=each.trigger, kept_for=each.said(),
                    origin=each.origin, source=each.source)
        for each in terms.lines.values()
    ]  # fmt: skip
    disposals = [run_row(conn, each) for each in runs.latest(conn, RUNS_SHOWN)]
    return RetentionRow(schedule=schedule, disposals=disposals, holds=[hold_row(e) for e in holds.every_hold(conn)])


def run_row(conn: sa.Connection, of: runs.Run) -> DisposalRow:
    """A disposal as clients have it."""
    erased = sum(sum(counts.values()) for _, _, counts, _ in runs.batches(conn, of.id))
    return DisposalRow(
        id=of.id, title=of.schedule["title"], rule=of.rule, state=of.state, cutoff_us=of.cutoff_us, due=of.due,
        kept=of.kept, erased=erased, proposed_us=of.proposed_us, proposed_by=of.proposed_by,
        answered_us=of.answered_us, answered_by=of.answered_by, second_person=of.second_person,
        certified_us=of.certified_us, sha256=of.sha256,
    )  # fmt: skip


def hold_row(of: LegalHold) -> HoldRow:
    """A legal hold as clients have it."""
    return HoldRow(**{name: getattr(of, name) for name in HoldRow.__struct_fields__})


@post("/retention/{name:str}/propose", operation_id="propose_disposal", **ACT)
async def propose(
    name: FromPath[str], ctx: NamedDependency[Ctx]
) -> Numbered:
    """Propose what is due by a line of the schedule. Nothing is erased by it."""
    policy = ctx.service.policies.now
    return await _write(ctx, lambda tx: Numbered(id=runs.propose(tx, policy, name, ctx.person_id)))


@post("/disposals/{run_id:int}/approve", operation_id="approve_disposal", **ACT)
async def approve(run_id: PathId, data: JSONBody[ByTwo], ctx: NamedDependency[Ctx]) -> DisposalRow:
    """Approve a disposal, by two people. The service erases it from now on, and certifies it."""
    second = await second_person(ctx, data.second)

    def act(tx: Tx) -> DisposalRow:
        runs.approve(tx, run_id, (ctx.person_id, second), data.reason)
        return run_row(tx.conn, runs.one(tx.conn, run_id))

    return await _write(ctx, act)


@post("/disposals/{run_id:int}/reject", operation_id="reject_disposal", **ACT)
async def reject(run_id: PathId, data: JSONBody[Why], ctx: NamedDependency[Ctx]) -> DisposalRow:
    """Reject a disposal: nothing of it is erased."""

    def act(tx: Tx) -> DisposalRow:
        runs.reject(tx, run_id, ctx.person_id, data.reason)
        return run_row(tx.conn, runs.one(tx.conn, run_id))

    return await _write(ctx, act)


@get("/disposals/{run_id:int}/certificate", operation_id="get_disposal_certificate", responses=errors(401, 403, 404),
     guards=[holding(*SEERS)], opt={"log": Log("DISCLOSURE", "whoever keeps the certificate")},
     tags=["oversight"])  # fmt: skip
async def certificate(run_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The certificate of a disposal that is done, on paper."""
    try:
        run = await ctx.read(lambda conn: runs.one(conn, run_id))
    except LookupError:
        raise not_found("disposal with this number") from None
    if run.certificate is None:
        raise not_found("certificate: this disposal is not done")
    ctx.query = f"disposal {run_id}, sha256 {run.sha256}"
    paper = CERTIFICATE_PDF()(json.loads(run.certificate), run.sha256, "Kit store")
    return as_file(f"certificate-of-disposal-{run_id}.pdf", "application/pdf", paper)


@post("/legal-holds", operation_id="place_legal_hold", **ACT)
async def place_hold(data: JSONBody[HoldAsked], ctx: NamedDependency[Ctx]) -> Numbered:
    """Place a legal hold, by two people: what it touches is kept until it is released."""
    second = await second_person(ctx, data.second)

    def act(tx: Tx) -> Numbered:
        person_id = person_known(tx.conn, data.person).id if data.person else None
        ctx.about(person_id)
        new = Placing(
            data.reason, data.reference, ctx.person_id, second, person_id=person_id,
            item_id=_item(tx.conn, data.serial) if data.serial else None, incident=data.incident or None,
            minor_until=data.minor_until,
        )  # fmt: skip
        return Numbered(id=holds.place(tx, new))

    return await _write(ctx, act)


def _item(conn: sa.Connection, serial: str) -> int:
    found = _SERIALS.rows(conn, {"serial": serial.strip().upper()})
    if len(found) != 1:
        raise LookupError(f"{serial}: expected the serial of one item")
    return int(found[0][0])


@post("/legal-holds/{hold_id:int}/release", operation_id="release_legal_hold", **ACT)
async def release_hold(
    hold_id: PathId, data: JSONBody[ByTwo], ctx: NamedDependency[Ctx]
) -> Numbered:
    """Release a legal hold, by two people: the years count from now."""
    second = await second_person(ctx, data.second)

    def act(tx: Tx) -> Numbered:
        holds.release(tx, hold_id, (ctx.person_id, second), data.reason)
        return Numbered(id=hold_id)

    return await _write(ctx, act)


async def _write(ctx: Ctx, act: Callable[[Tx], T]) -> T:
    """The act of a records manager of the whole force; the problem for what it refuses."""
    ctx.need("RECORDS_MANAGER", None)

    def told(tx: Tx) -> T:
        try:
            return act(tx)
        except LookupError as problem:
            raise not_found(str(problem)) from None
        except RetentionRefused as problem:
            raise Problem(409, "not-possible", str(problem), refusals=[{"sentence": str(problem)}]) from None

    return await ctx.write(told)


ROUTES = [get_retention, propose, approve, reject, certificate, place_hold, release_hold]
