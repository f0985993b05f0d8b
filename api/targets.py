"""Strategic assessments and their targets of availability: the history, a new one by two people, a file of targets.

One rule for the editor: an assessment is written down whole, by two, and never edited. A file is looked over first and
writes nothing; what was found in it comes back with the assessment.
"""

import asyncio
from datetime import date
from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, RawBody

from api import store_reads
from api.availability import SEERS
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.imports import BadRow, TakesFile, opened
from api.params import PathId
from api.problems import bad_field, errors, not_found
from api.processing import ALTERS, CONSULTS, NOTHING_PERSONAL
from api.second_person import Second, second_person
from inventory.oversight import targets
from inventory.oversight.targets import Assessment, NewAssessment, Target
from inventory.schema.tx import Tx

WRITERS = ("CED_SPOC", "PLANNER", "POLICY_OWNER")
"""Who writes an assessment down, for every store."""
SHOWN_MAX = 500
FILE_MAX = 1 << 20
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class TargetRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`pieces` of a kind to be carried on a shift of a store. `shift` empty: on every one; `role` empty: by everybody,
    else by that team."""

    store_id: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    kind: Annotated[str, msgspec.Meta(max_length=20)]
    pieces: Annotated[int, msgspec.Meta(ge=0, le=targets.PIECES_MAX)]
    shift: Annotated[str, msgspec.Meta(max_length=60)] = ""
    role: Annotated[str, msgspec.Meta(max_length=60)] = ""


class AssessmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One assessment. In force from `from_on` up to `until_on` (not included; null: until another is)."""

    id: int
    title: str
    reference: str
    assessed_on: str
    approved_by: str
    from_on: str
    until_on: str | None
    review_on: str
    recorded_us: int
    recorded_by: int
    second_person: int


class NewAssessmentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An assessment, its targets, and who signs as the second person. `review_on`: six months on, if left out."""

    title: Said
    reference: Said
    assessed_on: Day
    approved_by: Said
    from_on: Day
    targets: Annotated[list[TargetRow], msgspec.Meta(min_length=1, max_length=targets.TARGETS_MAX)]
    second: Second
    review_on: Day | None = None


class TargetsRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a file of targets says, and the rows that cannot be taken."""

    rows: list[TargetRow]
    bad: list[BadRow]


def assessment_row(each: Assessment) -> AssessmentRow:
    """An assessment as an answer."""
    return AssessmentRow(
        id=each.id, title=each.title, reference=each.reference, assessed_on=each.assessed_on.isoformat(),
        approved_by=each.approved_by, from_on=each.from_on.isoformat(),
        until_on=each.until_on.isoformat() if each.until_on else None, review_on=each.review_on.isoformat(),
        recorded_us=each.recorded_us, recorded_by=each.recorded_by, second_person=each.second_person,
    )  # fmt: skip


def _day(field: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise bad_field(field, "a date as 2026-11-22", value) from error


@get("/assessments", operation_id="list_assessments", guards=[holding(*SEERS, *WRITERS)], opt=CONSULTS,
     responses=errors(401, 403), tags=["oversight"])  # fmt: skip
async def list_assessments(ctx: NamedDependency[Ctx]) -> list[AssessmentRow]:
    """Every strategic assessment on record, the newest first."""
    found = await ctx.read(targets.assessments)
    ctx.about(*(each.recorded_by for each in found), *(each.second_person for each in found))
    return [assessment_row(each) for each in reversed(found)]


@get("/assessments/{number:int}/targets", operation_id="list_targets", guards=[holding(*SEERS, *WRITERS)],
     opt=NOTHING_PERSONAL, responses=errors(401, 403, 404), tags=["oversight"])  # fmt: skip
async def list_targets(number: PathId, ctx: NamedDependency[Ctx]) -> list[TargetRow]:
    """The targets that one assessment set."""
    return [target_row(each) for each in await _targets(ctx, number)]


@get("/assessments/{number:int}/targets.csv", operation_id="export_targets", guards=[holding(*SEERS, *WRITERS)],
     opt=NOTHING_PERSONAL, responses=errors(401, 403, 404), tags=["oversight"])  # fmt: skip
async def export_targets(number: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The same as a file, with the headings that a file of targets is taken in by."""
    found = await _targets(ctx, number)
    codes = {row["id"]: row["code"] for row in await ctx.read(store_reads.stores)}
    heads = tuple(each.name for each in targets.COLUMNS)
    lines = [(codes.get(each.store_id, each.store_id), each.shift, each.kind, each.role, each.pieces) for each in found]
    return as_csv("targets.csv", heads, lines)


async def _targets(ctx: Ctx, number: int) -> list[Target]:
    def look(conn: sa.Connection) -> list[Target] | None:
        known = {each.id for each in targets.assessments(conn)}
        return targets.targets_of(conn, number) if number in known else None

    found = await ctx.read(look)
    if found is None:
        raise not_found("assessment with this number")
    return found


def target_row(each: Target) -> TargetRow:
    """A target as an answer."""
    return TargetRow(store_id=each.store_id, shift=each.shift, kind=each.kind, role=each.role, pieces=each.pieces)


@post("/assessments/read", operation_id="read_targets", guards=[holding(*WRITERS)], opt=NOTHING_PERSONAL,
      status_code=200, request_max_body_size=FILE_MAX, responses=errors(401, 403, 413, 422), tags=["oversight"],
      operation_class=TakesFile)  # fmt: skip
async def read_targets(body: RawBody, ctx: NamedDependency[Ctx]) -> TargetsRead:
    """Look a file of targets over (CSV or a workbook; the request's body). Nothing is written."""
    if not body.strip():
        raise bad_field("body", "a CSV file or an XLSX workbook with headings")
    rows, bad = await ctx.read(lambda conn: targets.read_targets(conn, opened(body, "")))
    return TargetsRead(
        rows=[target_row(each) for each in rows],
        bad=[
            BadRow(sheet=each.sheet or None, line=each.line, field=each.field, value=each.value, expected=each.expected)
            for each in bad[:SHOWN_MAX]
        ],
    )  # fmt: skip


@post("/assessments", operation_id="record_assessment", guards=[holding(*WRITERS)], opt=ALTERS, status_code=201,
      responses=errors(401, 403, 422, 429), tags=["oversight"])  # fmt: skip
async def record_assessment(data: JSONBody[NewAssessmentBody], ctx: NamedDependency[Ctx]) -> AssessmentRow:
    """Write an assessment down with its targets. It takes the place of the one before from its day on."""
    ctx.need_any(WRITERS, None)
    second = await second_person(ctx, data.second)
    new = NewAssessment(
        title=data.title, reference=data.reference, assessed_on=_day("assessed_on", data.assessed_on),
        approved_by=data.approved_by, from_on=_day("from_on", data.from_on),
        targets=tuple(Target(each.store_id, each.shift, each.kind, each.role, each.pieces) for each in data.targets),
        review_on=None if data.review_on is None else _day("review_on", data.review_on),
    )  # fmt: skip
    by = ctx.person_id
    ctx.about(by, second)

    def act(tx: Tx) -> int:
        made = targets.record(tx, new, by, second)
        tx.record([ctx.line()])
        return made

    write = ctx.service.database.write
    number = await asyncio.to_thread(write, act, None, ids=len(new.targets) + 1)
    ctx.logged = True
    ctx.service.glance.forget()
    found = await ctx.service.read(targets.assessments)
    return assessment_row(next(each for each in found if each.id == number))


ROUTES = [list_assessments, list_targets, export_targets, read_targets, record_assessment]
