"""What the training unit looks through, and what a person's training was known to be at any time.

One rule for the editor: reads only, each look with the people it showed; what somebody sees of their own record they
see of nobody else's.
"""

from datetime import date, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.context import Ctx
from api.csv_out import as_csv, utc_said
from api.guards import holding, signed_in
from api.params import PathId
from api.people import SEERS
from api.problems import bad_field, errors, not_found
from api.processing import CONSULTS, NOTHING_PERSONAL, Log
from api.training_rows import (
    Catalogue,
    HoursRow,
    InVainRow,
    IssuedThenRow,
    KnownRow,
    MismatchRow,
    ResultRow,
    ReviewDueRow,
    SessionRow,
    SessionShown,
    catalogue,
    in_vain_row,
    issued_row,
    known_row,
    mismatch_row,
    result_row,
    session_row,
)
from inventory.custody.hatch_names import people_said
from inventory.custody.issued_as_known import issued_on_what_we_knew
from inventory.gate.kind_policy import Policy
from inventory.people import sessions
from inventory.people.as_known import compared, records_of
from inventory.people.calendar import day_end_us, day_start_us, local_day
from inventory.people.gates import reviews_due
from inventory.people.hours import below_minimum
from inventory.people.people import by_id, root_of
from inventory.people.results import BY_TWO
from inventory.people.training import FAMILIES
from inventory.people.unit_lists import counted, in_vain, mismatches, recorded_between

READERS = ("TRAINING_RECORDER", "CED_SPOC", "INSTRUCTOR", "AUDITOR")
"""Who looks through the whole unit's lists."""
LOOK_BACK_DAYS = 90
SPAN_DAYS_MAX = 400
DAY_US = 86_400_000_000

Day = Annotated[date | None, QueryParameter(description="A London day; today where left out")]
Days = Annotated[int, QueryParameter(ge=1, le=SPAN_DAYS_MAX, description="Recorded in so many days up to now")]
Since = Annotated[int | None, QueryParameter(ge=0, le=2**53, description="UTC microseconds; now where left out")]
LIST: dict[str, Any] = {
    "guards": [holding(*READERS)], "opt": CONSULTS, "responses": errors(401, 403, 404, 422), "tags": ["training"],
}  # fmt: skip
FILE: dict[str, Any] = {**LIST, "opt": {"log": Log("DISCLOSURE", "whoever is given the file")}}


def span_of(days: int, now_us: int) -> tuple[int, int]:
    """So many days up to and with now, as a span of time."""
    return day_start_us(local_day(now_us) - timedelta(days=days - 1)), now_us + 1


# ---- courses -------------------------------------------------------------------------------------------


@get("/training/courses", operation_id="list_courses", guards=[signed_in], opt=NOTHING_PERSONAL,
     responses=errors(401, 403), tags=["training"])  # fmt: skip
async def list_courses(ctx: NamedDependency[Ctx]) -> Catalogue:
    """Every curriculum with its owner and days, and how long each qualification lasts from when, with its source."""
    return catalogue(ctx.service.policies.now)


@get("/training/sessions", operation_id="list_course_days", **LIST)
async def list_course_days(
    ctx: NamedDependency[Ctx], from_on: Day = None, to_on: Day = None
) -> list[SessionRow]:
    """Course days from one London day to another, by date: the coming quarter where nothing is said."""
    ctx.need_any(READERS, None)
    begins = from_on or local_day(ctx.now_us)
    ends = to_on or begins + timedelta(days=LOOK_BACK_DAYS)
    if not begins <= ends <= begins + timedelta(days=SPAN_DAYS_MAX):
        raise bad_field("to_on", f"a day up to {SPAN_DAYS_MAX} days after from_on", ends)
    found = await ctx.read(lambda conn: sessions.sessions_between(conn, begins, ends))
    return [session_row(each) for each in found]


@get("/training/sessions/{session_id:int}", operation_id="get_course_day", **LIST)
async def get_course_day(session_id: PathId, ctx: NamedDependency[Ctx]) -> SessionShown:
    """A course day and who has a seat on it."""
    ctx.need_any(READERS, None)
    policy = ctx.service.policies.now

    def look(conn: sa.Connection) -> tuple[sessions.Session, list[int]]:
        return sessions.session_of(conn, session_id), sessions.on_it(conn, [session_id])[session_id]

    session, people = await ctx.read(look)
    ctx.about(*people)
    return SessionShown(session=session_row(session), people=people, minutes_min=minutes_min(policy, session))


def minutes_min(policy: Policy, session: sessions.Session) -> int:
    """The shortest attendance of a course day with which a pass counts, in minutes."""
    return policy.courses[FAMILIES[session.course]].at(session.held_on).minutes_min.get(session.course, 0)


# ---- lists ---------------------------------------------------------------------------------------------


@get("/training/results", operation_id="list_results_by_hand", **LIST)
async def list_results(ctx: NamedDependency[Ctx], on: Day = None) -> list[ResultRow]:
    """What two people wrote down on a London day, the newest first; taken back ones too."""
    return await results_on(ctx, on)


async def results_on(ctx: Ctx, on: date | None) -> list[ResultRow]:
    """The results written down by hand on a day."""
    ctx.need_any(READERS, None)
    day, policy = on or local_day(ctx.now_us), ctx.service.policies.now
    span = day_start_us(day), day_end_us(day)
    found = await ctx.read(lambda conn: recorded_between(conn, *span, BY_TWO))
    ctx.about(*(each.person_id for each in found), *(each.recorded_by for each in found))
    return [result_row(each, policy) for each in found]


async def in_vain_rows(ctx: Ctx, days: int) -> list[InVainRow]:
    """Who attended something recorded lately and is not current in it."""
    ctx.need_any(READERS, None)
    rules, span, today = ctx.service.policies.now.courses, span_of(days, ctx.now_us), local_day(ctx.now_us)
    found = await ctx.read(lambda conn: in_vain(conn, rules, span, today))
    ctx.about(*(each.person_id for each in found))
    return [in_vain_row(each) for each in found]


async def mismatch_rows(ctx: Ctx, days: int) -> list[MismatchRow]:
    """Results recorded lately that were taught by another version than the one in force."""
    ctx.need_any(READERS, None)
    known, span = ctx.service.policies.now.curricula, span_of(days, ctx.now_us)
    found = await ctx.read(lambda conn: mismatches(conn, known, *span))
    ctx.about(*(each.recorded.person_id for each in found))
    return [mismatch_row(each) for each in found]


async def issued_rows(ctx: Ctx, days: int) -> list[IssuedThenRow]:
    """Issues of a CED that a correction of the last days speaks against."""
    ctx.need_any(READERS, None)
    policy, since = ctx.service.policies.now, span_of(days, ctx.now_us)[0]
    found = await ctx.read(lambda conn: issued_on_what_we_knew(conn, policy, since, ctx.now_us))
    ctx.about(*(each.person_id for each in found))
    return [issued_row(each) for each in found]


async def review_rows(ctx: Ctx) -> list[ReviewDueRow]:
    """Uses by students that are still to be gone through with them."""
    ctx.need_any(READERS, None)
    found = await ctx.read(reviews_due)
    ctx.about(*(each.person_id for each in found))
    return [ReviewDueRow(**{n: getattr(each, n) for n in ReviewDueRow.__struct_fields__}) for each in found]


async def hours_rows(ctx: Ctx) -> list[HoursRow]:
    """Who was taught in the last twelve months, and less than is asked."""
    ctx.need_any(READERS, None)
    rules, today = ctx.service.policies.now.courses, local_day(ctx.now_us)
    found = await ctx.read(lambda conn: below_minimum(conn, rules, today))
    ctx.about(*(each.person_id for each in found))
    return [HoursRow(**{n: getattr(each, n) for n in HoursRow.__struct_fields__}) for each in found]


@get("/training/hours", operation_id="list_hours_below_minimum", **LIST)
async def list_hours(ctx: NamedDependency[Ctx]) -> list[HoursRow]:
    """Who was taught less in the last twelve months than is asked, by qualification; who lacks most first."""
    return await hours_rows(ctx)


@get("/training/hours.csv", operation_id="export_hours_below_minimum", **FILE)
async def export_hours(ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The same list for a spreadsheet."""
    rows = await hours_rows(ctx)
    names = await _names(ctx, {row.person_id for row in rows})
    heads = ("person", "qualification", "minutes_in_twelve_months", "minutes_asked")
    return as_csv("hours-below-minimum.csv", heads, [
        (names.get(row.person_id, ""), row.qualification, row.minutes, row.asked) for row in rows])  # fmt: skip


@get("/training/not-current", operation_id="list_attended_in_vain", **LIST)
async def list_in_vain(ctx: NamedDependency[Ctx], days: Days = LOOK_BACK_DAYS) -> list[InVainRow]:
    """Who attended and is not current for all that, and why: failed, in part, too short, a refresher of nothing."""
    return await in_vain_rows(ctx, days)


@get("/training/mismatches", operation_id="list_curriculum_mismatches", **LIST)
async def list_mismatches(ctx: NamedDependency[Ctx], days: Days = SPAN_DAYS_MAX) -> list[MismatchRow]:
    """Results that name another version of the curriculum than the one in force on their day."""
    return await mismatch_rows(ctx, days)


@get("/training/issued-then", operation_id="list_issued_on_what_we_knew", **LIST)
async def list_issued_then(ctx: NamedDependency[Ctx], days: Days = LOOK_BACK_DAYS) -> list[IssuedThenRow]:
    """Issues of a CED whose holder turns out, by a correction of the last days, not to have been in date."""
    return await issued_rows(ctx, days)


@get("/training/reviews-due", operation_id="list_reviews_due", **LIST)
async def list_reviews_due(ctx: NamedDependency[Ctx]) -> list[ReviewDueRow]:
    """Uses of a CED by student officers that no supervisor has gone through with them yet."""
    return await review_rows(ctx)


async def _names(ctx: Ctx, ids: set[int]) -> dict[int, str]:
    return await ctx.read(lambda conn: people_said(conn, sorted(ids))) if ids else {}


@get("/training/not-current.csv", operation_id="export_attended_in_vain", **FILE)
async def export_in_vain(ctx: NamedDependency[Ctx], days: Days = LOOK_BACK_DAYS) -> Response[bytes]:
    """The same list for a spreadsheet."""
    rows = await in_vain_rows(ctx, days)
    names = await _names(ctx, {row.person_id for row in rows})
    heads = ("person", "qualification", "model", "attended_on", "minutes", "minutes_min", "outcome", "why")
    return as_csv("attended-not-current.csv", heads, [
        (names.get(row.person_id, ""), row.qualification, row.model or "", row.attended_on, row.minutes,
         row.minutes_min, row.outcome, row.says) for row in rows])  # fmt: skip


@get("/training/mismatches.csv", operation_id="export_curriculum_mismatches", **FILE)
async def export_mismatches(ctx: NamedDependency[Ctx], days: Days = SPAN_DAYS_MAX) -> Response[bytes]:
    """The same list for a spreadsheet."""
    rows = await mismatch_rows(ctx, days)
    names = await _names(ctx, {row.person_id for row in rows})
    heads = ("result", "person", "course", "attended_on", "taught_by", "in_force", "why")
    return as_csv("curriculum-mismatches.csv", heads, [
        (row.result_id, names.get(row.person_id, ""), row.course, row.attended_on, row.said, row.current or "",
         row.says) for row in rows])  # fmt: skip


@get("/training/issued-then.csv", operation_id="export_issued_on_what_we_knew", **FILE)
async def export_issued_then(ctx: NamedDependency[Ctx], days: Days = LOOK_BACK_DAYS) -> Response[bytes]:
    """The same list for a spreadsheet."""
    rows = await issued_rows(ctx, days)
    names = await _names(ctx, {row.person_id for row in rows})
    heads = ("person", "model", "serial", "issued", "returned", "decision", "not_in_date_in")
    return as_csv("issued-on-what-we-knew-then.csv", heads, [
        (names.get(row.person_id, ""), row.model, row.serial, utc_said(row.issued_us), utc_said(row.returned_us),
         row.decision_id or "", ", ".join(row.lacking)) for row in rows])  # fmt: skip


# ---- one person ----------------------------------------------------------------------------------------


@get("/people/{person_id:int}/training", operation_id="get_training_record", guards=[signed_in], opt=CONSULTS,
     responses=errors(401, 403, 404), tags=["training"])  # fmt: skip
async def training_record(person_id: PathId, ctx: NamedDependency[Ctx]) -> list[ResultRow]:
    """Every result of a person, the newest first, with both its times; taken back ones too."""
    whose = await seen_person(ctx, person_id)
    policy = ctx.service.policies.now
    records = await ctx.read(lambda conn: records_of(conn, [whose])[whose])
    said = counted(records, policy.courses)
    return [result_row(each, policy, said.get(each.id)) for each in reversed(records)]


@get("/people/{person_id:int}/training/as-known", operation_id="get_training_as_known", guards=[signed_in],
     opt=CONSULTS, responses=errors(401, 403, 404), tags=["training"])  # fmt: skip
async def training_as_known(
    person_id: PathId, ctx: NamedDependency[Ctx], at_us: Since = None, known_us: Since = None
) -> list[KnownRow]:
    """Was this person in date at `at_us`, as it was known at `known_us`, and as it is known now."""
    whose = await seen_person(ctx, person_id)
    rules, now_us = ctx.service.policies.now.courses, ctx.now_us
    at = now_us if at_us is None else at_us
    known = at if known_us is None else known_us
    records = await ctx.read(lambda conn: records_of(conn, [whose])[whose])
    return [known_row(each) for each in compared(records, rules, at, known, now_us)]


async def seen_person(ctx: Ctx, person_id: int) -> int:
    """The record that counts of a person whom who is signed in may look at. Raises the 404 or 403 problem."""
    ctx.about(person_id)
    found = await ctx.read(lambda conn: by_id(conn, root_of(conn, person_id)))
    if found is None:
        raise not_found("person with this id")
    ctx.about(found.id)
    if ctx.person_id != found.id:
        ctx.need_any(SEERS, found.home_store_id)
    return found.id


ROUTES = [
    list_courses, list_course_days, get_course_day, list_results, list_in_vain, list_mismatches, list_issued_then,
    list_reviews_due, export_in_vain, export_mismatches, export_issued_then, list_hours, export_hours, training_record,
    training_as_known,
]  # fmt: skip
