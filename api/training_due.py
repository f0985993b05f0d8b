"""What comes due of people, over HTTP: by band and team, who is rostered past it, courses against seats, reminders.

One rule for the editor: reads only, but for a person's own word on their own reminders. The dates are those the gate
judges by, and the list names no reason why anybody may not draw.
"""

from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from api import store_reads
from api.asking import Id
from api.context import Ctx
from api.csv_out import as_csv, utc_said
from api.guards import holding, signed_in
from api.params import QueryId
from api.problems import errors
from api.processing import ALTERS, CONSULTS, Log
from inventory.custody.hatch_names import people_said
from inventory.gate.kind_policy import Policy
from inventory.people.bands import BANDS
from inventory.people.due import Due
from inventory.people.due_reading import (
    DuePerson,
    MonthOfCourses,
    course_months,
    people_due,
    rostered_past,
    seats_ahead,
)
from inventory.people.people import root_of
from inventory.people.reminders import Reminder, reminders_since, seen
from inventory.schema.tx import Tx

SEERS = ("TRAINING_RECORDER", "CED_SPOC", "INSTRUCTOR", "STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "AUDITOR",
         "PLANNER")  # fmt: skip
WIDEST = max(BANDS)
REMINDED_DAYS = 400
Band = Annotated[
    int, QueryParameter(ge=0, le=WIDEST, description="Days left at most: 90, 60, 30, 14, 0 (what has run out)")
]


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something of somebody's that runs out: `what` a qualification or AUTHORITY; `last_good_day` the last day on which
    it counts; `band` 90, 60, 30, 14 or 0 (run out). `rostered_past_us`: the first duty within four weeks that it does
    not last for."""

    person_id: int
    ref: str
    name: str
    rank: str
    team: str
    home_store_id: int | None
    what: str
    model: str
    last_good_day: str
    days: int
    band: int
    rostered_past_us: int | None
    duties_past: int


class MonthRow(msgspec.Struct, frozen=True, kw_only=True):
    """One month of one qualification: whose runs out in it, who is out of date already (in the first month), seats on
    courses to be held, courses of twelve that these fill, and who goes without for all seats so far."""

    what: str
    model: str
    month: str
    runs_out: int
    backlog: int
    courses_needed: int
    seats: int
    waiting: int


class OwnReminders(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Reminders of the person signed in, which they saw; or `known`: they say that they know."""

    reminder_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=50)]
    known: bool = False


class HowMany(msgspec.Struct, frozen=True, kw_only=True):
    """How many were so for the first time."""

    changed: int


def due_rows(
    conn: sa.Connection, policy: Policy, now_us: int, stores: set[int] | None, band: int = WIDEST
) -> list[DueRow]:
    """Everything within `band`, of the people of these stores (None: of everybody), the first to run out first."""
    people = [
        each for each in people_due(conn, policy.courses, now_us) if stores is None or each.store_id in stores
    ]
    past = {
        (each.person.id, each.due.what, each.due.model): (each.first.starts_us, each.duties)
        for each in rostered_past(conn, people, now_us)
    }
    rows = [
        _row(one, due, past.get((one.id, due.what, due.model), (None, 0)))
        for one in people
        for due in one.due
        if due.band is not None and due.band <= band
    ]
    return sorted(rows, key=lambda row: (row.days, row.ref, row.what, row.model))


def _row(one: DuePerson, due: Due, past: tuple[int | None, int]) -> DueRow:
    return DueRow(
        person_id=one.id, ref=one.ref, name=one.name, rank=one.rank, team=one.team, home_store_id=one.store_id,
        what=due.what, model=due.model, last_good_day=due.last_good_day.isoformat(), days=due.days, band=due.band or 0,
        rostered_past_us=past[0], duties_past=past[1],
    )  # fmt: skip


def month_rows(conn: sa.Connection, policy: Policy, now_us: int) -> list[MonthRow]:
    """Courses against seats, for the force, twelve months from this one on."""
    people = people_due(conn, policy.courses, now_us)
    return [_month(each) for each in course_months(people, seats_ahead(conn, now_us), now_us)]


def _month(each: MonthOfCourses) -> MonthRow:
    return MonthRow(
        what=each.what, model=each.model, month=f"{each.month:%Y-%m}", runs_out=each.runs_out, backlog=each.backlog,
        courses_needed=each.courses, seats=each.seats, waiting=each.waiting,
    )  # fmt: skip


@get("/training-due", operation_id="list_training_due", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403), tags=["people"])  # fmt: skip
async def list_training_due(ctx: NamedDependency[Ctx], store_id: QueryId = None, band: Band = 30) -> list[DueRow]:
    """What runs out within so many days, or has, of one store's people or of everybody's; the first first."""
    ctx.need_any(SEERS, store_id)
    policy, only = ctx.service.policies.now, None if store_id is None else {store_id}
    rows = await ctx.read(lambda conn: due_rows(conn, policy, ctx.now_us, only, band))
    ctx.about(*(each.person_id for each in rows))
    return rows


DUE_HEADS = ("store", "team", "rank", "name", "number", "what", "model", "last_good_day", "days_left", "band",
             "rostered_past_first", "duties_past")  # fmt: skip


@get("/training-due.csv", operation_id="export_training_due", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["people"])  # fmt: skip
async def export_training_due(ctx: NamedDependency[Ctx], store_id: QueryId = None, band: Band = 90) -> Response[bytes]:
    """The same as a table for a spreadsheet."""
    ctx.need_any(SEERS, store_id)
    policy, only = ctx.service.policies.now, None if store_id is None else {store_id}

    def look(conn: sa.Connection) -> tuple[list[DueRow], dict[int, str]]:
        stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
        return due_rows(conn, policy, ctx.now_us, only, band), stores

    rows, stores = await ctx.read(look)
    ctx.about(*(each.person_id for each in rows))
    lines = [
        (stores.get(row.home_store_id or 0, ""), row.team, row.rank, row.name, row.ref, row.what, row.model,
         row.last_good_day, row.days, row.band, utc_said(row.rostered_past_us), row.duties_past)
        for row in rows
    ]  # fmt: skip
    return as_csv("training-due.csv", DUE_HEADS, lines)


@get("/course-demand", operation_id="list_course_demand", guards=[holding(*SEERS)], opt=CONSULTS,
     responses=errors(401, 403), tags=["people"])  # fmt: skip
async def list_course_demand(ctx: NamedDependency[Ctx]) -> list[MonthRow]:
    """How many must be taught in each of the next twelve months, against the seats there are. It names nobody."""
    policy = ctx.service.policies.now
    return await ctx.read(lambda conn: month_rows(conn, policy, ctx.now_us))


@get("/reminders.csv", operation_id="export_reminders", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403),
     tags=["people"])  # fmt: skip
async def export_reminders(
    ctx: NamedDependency[Ctx],
    days: Annotated[int, QueryParameter(ge=1, le=REMINDED_DAYS, description="Said so many days ago at most")] = 31,
) -> Response[bytes]:
    """Who was reminded of what, and whether they saw it: for whoever tells people where there is no mail relay."""
    ctx.need_any(SEERS, None)
    since_us = ctx.now_us - days * 86_400_000_000

    def look(conn: sa.Connection) -> tuple[list[Reminder], dict[int, str]]:
        found = reminders_since(conn, since_us)
        return found, people_said(conn, sorted({each.person_id for each in found}))

    found, names = await ctx.read(look)
    ctx.about(*names)
    heads = ("person", "what", "model", "counts_no_more_from", "band_days", "said", "seen", "known", "mailed",
             "mail_problem")  # fmt: skip
    lines = [
        (names.get(of.person_id, ""), of.what, of.model, of.ends_on, of.band, utc_said(of.made_us),
         utc_said(of.seen_us), utc_said(of.acknowledged_us), utc_said(of.mailed_us), of.mail_problem or "")
        for of in found
    ]  # fmt: skip
    return as_csv("reminders.csv", heads, lines)


@post("/me/reminders", operation_id="see_reminders", guards=[signed_in], opt=ALTERS, status_code=200,
      responses=errors(401, 403, 422), tags=["people"])  # fmt: skip
async def see_reminders(data: JSONBody[OwnReminders], ctx: NamedDependency[Ctx]) -> HowMany:
    """The person signed in saw reminders of theirs, or says that they know."""
    ctx.about(ctx.person_id)

    def act(tx: Tx) -> int:
        mine = {ctx.person_id, root_of(tx.conn, ctx.person_id)}
        return seen(tx, mine, data.reminder_ids, acknowledged=data.known)

    return HowMany(changed=await ctx.write(act, (f"p{ctx.person_id}",)))


ROUTES = [list_training_due, export_training_due, list_course_demand, export_reminders, see_reminders]
