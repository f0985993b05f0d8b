"""What the training unit writes down: results, taken back ones, course days with their seats, and whole classes.

One rule for the editor: nobody but the training unit writes here (policy O43 4.1.2), nothing by hand goes without a
document and a second person who signs for themselves, and whoever holds kit is looked at in the same commit.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import Id
from api.collars import Collar, person_named
from api.context import Ctx
from api.guards import holding
from api.params import PathId
from api.problems import FieldError, Problem, bad_field, errors
from api.processing import ALTERS, COLLECTS
from api.second_person import Second, second_person
from inventory.custody.lapse import raise_ineligible
from inventory.gate.kind_policy import Policy
from inventory.people import results, sessions
from inventory.people.errors import BadRows
from inventory.schema import words
from inventory.schema.fast import Fast, among
from inventory.schema.people import person, training_result
from inventory.schema.tx import Tx

WRITER = "TRAINING_RECORDER"
CLASS_MAX = 200

Course = Literal[words.COURSES]  # type: ignore[valid-type]
Outcome = Literal[words.OUTCOMES]  # type: ignore[valid-type]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Reason = Annotated[str, msgspec.Meta(min_length=3, max_length=400)]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=results.MINUTES_MAX)]
WallTime = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class ResultByHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A result read off a document: who (`person_id` or `collar`), what, when, how long, and what came of it.

    `model` for a CED course. `curriculum` where the document names a version; else it is the one in force that day.
    """

    course: Course
    attended_on: date
    minutes: Minutes
    outcome: Outcome
    document: Line
    second: Second
    person_id: Id | None = None
    collar: Collar | None = None
    model: Line | None = None
    assessor: Line | None = None
    curriculum: Line | None = None


class TakenBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why a result should not have been recorded, and what shows it. It stays readable."""

    reason: Reason
    document: Line
    second: Second


class CourseDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A course day: its seats, and where and when (`starts`: London wall time, "09:00")."""

    course: Course
    held_on: date
    seats: Annotated[int, msgspec.Meta(ge=1, le=sessions.SEATS_MAX)]
    place: Line
    model: Line | None = None
    starts: WallTime | None = None
    assessor: Line | None = None
    curriculum: Line | None = None


class Seated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is put on a course day: numbers here, or collars. All of them, or none."""

    person_ids: Annotated[list[Id], msgspec.Meta(max_length=CLASS_MAX)] = []
    collars: Annotated[list[Collar], msgspec.Meta(max_length=CLASS_MAX)] = []


class Unseated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is taken off a course day."""

    person_id: Id


class CalledOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why a course day is called off."""

    reason: Reason


class ClassLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one of the class came away with."""

    person_id: Id
    outcome: Outcome
    minutes: Minutes


class WholeClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole class, read off its register: a line for everybody with a seat, and for whoever came without one."""

    rows: Annotated[list[ClassLine], msgspec.Meta(min_length=1, max_length=CLASS_MAX)]
    document: Line
    second: Second


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What was written: the record's number, and who holds kit and may no longer."""

    id: int
    holders_now_ineligible: list[int] = []


class ClassWritten(msgspec.Struct, frozen=True, kw_only=True):
    """What was written of a class: person -> the result's number, and who holds kit and may no longer."""

    results: dict[str, int]
    holders_now_ineligible: list[int]


_HOMES = Fast(sa.select(person.c.id, person.c.home_store_id).where(among(person.c.id, "ids")))
_WHOSE_RESULT = Fast(sa.select(training_result.c.person_id).where(training_result.c.id == sa.bindparam("number")))

ACT: dict[str, Any] = {
    "guards": [holding(WRITER)], "status_code": 200, "tags": ["training"],
    "responses": errors(401, 403, 404, 422, 429),
}  # fmt: skip


async def need_writer(ctx: Ctx, person_ids: Iterable[int]) -> None:
    """Raise the 403 problem unless who is signed in records training at the home store of each of these people."""
    asked = sorted(set(person_ids))
    homes: dict[int, int | None] = dict(await ctx.read(lambda conn: _HOMES.rows(conn, {"ids": asked})))
    for home in sorted({home or 0 for home in homes.values()}):
        ctx.need(WRITER, home or None)
    ctx.about(*homes)


def looked_at(tx: Tx, policy: Policy, people: Sequence[int]) -> list[int]:
    """Who of these holds kit and may no longer, with an alarm raised for each."""
    return raise_ineligible(tx, policy, people) if people else []


def _rows_refused(error: BadRows) -> Problem:
    told = [FieldError(field=each.field, expected=each.expected, got=each.value) for each in error.bad]
    said = "; ".join(f"{each.field}: expected {each.expected}, got {each.value}" for each in error.bad[:5])
    return Problem(422, "bad-input", f"Nothing was written. {said}", errors=told)


async def whose_is(ctx: Ctx, asked: Fast, number: int, field: str, what: str) -> int:
    """The person a record is about. Raises the 404 problem where there is no such record."""
    rows = await ctx.read(lambda conn: asked.rows(conn, {"number": number}))
    if not rows or rows[0][0] is None:
        raise bad_field(field, what, number, 404)
    return int(rows[0][0])


# ---- results -------------------------------------------------------------------------------------------


@post("/training/results", operation_id="record_training_result", opt=COLLECTS, **ACT)
async def record_result(data: JSONBody[ResultByHand], ctx: NamedDependency[Ctx]) -> Written:
    """Write down one result from its document. A fail ends a currency from that day; attendance is no pass."""
    person_id = await person_named(ctx, data.person_id, data.collar, "collar")
    if person_id is None:
        raise bad_field("person_id", "the number of a person on record, or a collar")
    await need_writer(ctx, [person_id])
    second, policy = await second_person(ctx, data.second), ctx.service.policies.now
    new = results.ManualResult(
        person_id, data.course, data.model.strip().upper() if data.model else None, data.attended_on, data.minutes,
        data.outcome, data.document.strip(), ctx.person_id, second, data.assessor, data.curriculum,
    )  # fmt: skip

    def run(tx: Tx) -> Written:
        number = results.record_by_hand(tx.conn, tx.ids, new, tx.now_us, policy.curricula)
        return Written(id=number, holders_now_ineligible=looked_at(tx, policy, [person_id]))

    return await ctx.write(run, [f"p{person_id}"])


@post("/training/results/{result_id:int}/retraction", operation_id="retract_training_result", opt=ALTERS, **ACT)
async def retract_result(result_id: PathId, data: JSONBody[TakenBack], ctx: NamedDependency[Ctx]) -> Written:
    """Take back a result that should not have been recorded. What was known before stays readable."""
    whose = await whose_is(ctx, _WHOSE_RESULT, result_id, "result_id", "a result on record")
    await need_writer(ctx, [whose])
    second, policy = await second_person(ctx, data.second), ctx.service.policies.now
    back = results.Retraction(result_id, data.reason, data.document, ctx.person_id, second)

    def run(tx: Tx) -> Written:
        person_id = results.retract_by_two(tx.conn, back, tx.now_us)
        return Written(id=result_id, holders_now_ineligible=looked_at(tx, policy, [person_id]))

    return await ctx.write(run, [f"p{whose}"])


# ---- course days ---------------------------------------------------------------------------------------


@post("/training/sessions", operation_id="plan_course_day", opt=ALTERS, **ACT)
async def plan_course_day(data: JSONBody[CourseDay], ctx: NamedDependency[Ctx]) -> Written:
    """Put a course day on record, with its seats. It is the whole force's, so the capability is for every store."""
    ctx.need(WRITER, None)
    new = sessions.NewSession(
        data.course, data.model.strip().upper() if data.model else None, data.held_on, data.seats, data.place,
        ctx.person_id, data.starts, data.assessor, data.curriculum,
    )  # fmt: skip
    known = ctx.service.policies.now.curricula
    return await ctx.write(lambda tx: Written(id=sessions.plan_session(tx.conn, tx.ids, new, tx.now_us, known)))


@post("/training/sessions/{session_id:int}/seats", operation_id="take_seats", opt=ALTERS, **ACT)
async def take_seats(session_id: PathId, data: JSONBody[Seated], ctx: NamedDependency[Ctx]) -> Written:
    """Put people on a course day: all of them, or none and each who cannot is named."""
    named = [await person_named(ctx, None, each, f"collars.{n}") for n, each in enumerate(data.collars)]
    people = [*data.person_ids, *(each for each in named if each is not None)]
    if not people:
        raise bad_field("person_ids", "at least one person, or collar")
    await need_writer(ctx, people)

    def run(tx: Tx) -> Written:
        try:
            sessions.take_seats(tx.conn, tx.ids, session_id, people, (ctx.person_id, tx.now_us))
        except BadRows as error:
            raise _rows_refused(error) from None
        return Written(id=session_id)

    return await ctx.write(run, [f"session{session_id}"])


@post("/training/sessions/{session_id:int}/seats/release", operation_id="release_seat", opt=ALTERS, **ACT)
async def release_seat(session_id: PathId, data: JSONBody[Unseated], ctx: NamedDependency[Ctx]) -> Written:
    """Take somebody off a course day."""
    await need_writer(ctx, [data.person_id])

    def run(tx: Tx) -> Written:
        sessions.release_seat(tx.conn, session_id, data.person_id, tx.now_us)
        return Written(id=session_id)

    return await ctx.write(run, [f"session{session_id}"])


@post("/training/sessions/{session_id:int}/cancellation", operation_id="cancel_course_day", opt=ALTERS, **ACT)
async def cancel_course_day(session_id: PathId, data: JSONBody[CalledOff], ctx: NamedDependency[Ctx]) -> Written:
    """Call a course day off."""
    ctx.need(WRITER, None)

    def run(tx: Tx) -> Written:
        sessions.cancel_session(tx.conn, session_id, data.reason, (ctx.person_id, tx.now_us))
        return Written(id=session_id)

    return await ctx.write(run, [f"session{session_id}"])


@post("/training/sessions/{session_id:int}/results", operation_id="write_class", opt=COLLECTS, **ACT)
async def write_class(session_id: PathId, data: JSONBody[WholeClass], ctx: NamedDependency[Ctx]) -> ClassWritten:
    """Write a whole class down in one act. A row that cannot be taken is named, and then nothing is written."""
    await need_writer(ctx, [each.person_id for each in data.rows])
    second, policy = await second_person(ctx, data.second), ctx.service.policies.now
    rows = [sessions.ClassRow(each.person_id, each.outcome, each.minutes) for each in data.rows]
    held = sessions.ClassHeld(session_id, rows, data.document, ctx.person_id, second)

    def run(tx: Tx) -> ClassWritten:
        try:
            done = sessions.write_class(tx.conn, tx.ids, held, tx.now_us, policy.curricula)
        except BadRows as error:
            raise _rows_refused(error) from None
        said = {str(person_id): number for person_id, number in done.items()}
        return ClassWritten(results=said, holders_now_ineligible=looked_at(tx, policy, sorted(done)))

    return await ctx.write(run, [f"session{session_id}", *(f"p{each.person_id}" for each in rows)])


ROUTES = [
    record_result, retract_result, plan_course_day, take_seats, release_seat, cancel_course_day, write_class,
]  # fmt: skip
