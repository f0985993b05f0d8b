"""The training unit's pages: its day, one course day with its class, and a person's training record.

One rule for the editor: reads only; what the pages offer to do is `api.training` and `api.special_populations`.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.context import Ctx
from api.guards import holding, signed_in
from api.pages.frame import PAGE, has_any, html, page_of
from api.pages.person import need_sight_of
from api.pages.render import render
from api.pages.training import NAMES
from api.params import PathId
from api.problems import bad_field, not_found
from api.processing import CONSULTS
from api.special_populations import gates_of
from api.training import WRITER
from api.training_reads import (
    LOOK_BACK_DAYS,
    READERS,
    SPAN_DAYS_MAX,
    in_vain_rows,
    issued_rows,
    minutes_min,
    mismatch_rows,
    results_on,
    review_rows,
)
from api.training_rows import catalogue, known_row, result_row, session_row
from inventory.custody.hatch_names import people_said
from inventory.gate.kind_policy import Policy
from inventory.people import sessions
from inventory.people.as_known import Recorded, compared, records_of
from inventory.people.attended import WHY, hours_said, minutes_asked, minutes_taught, not_current
from inventory.people.calendar import LONDON, local_day
from inventory.people.curricula import in_force
from inventory.people.gates import ReviewDue, reviews_due_of
from inventory.people.people import by_id, root_of
from inventory.people.specialist import Specialist, specialists
from inventory.people.standing import Standing, standings
from inventory.people.training import FAMILIES
from inventory.people.unit_lists import counted
from inventory.schema import words

COURSES = {
    "PPST": "Personal safety (PPST)", "FIRST_AID": "First aid", "JRFT": "Job-related fitness",
    "CED_INITIAL": "CED initial", "CED_REFRESHER": "CED refresher", "CED_CONVERSION": "CED conversion",
    "SBG": "Spit guard", "BWV_USER": "Body-worn video",
}  # fmt: skip
OUTCOMES = (("PASS", "Passed"), ("FAIL", "Failed"), ("PARTIAL", "Attended in part"))
OUTCOMES_SAID = {
    "PASS": ("good", "tick", "Passed"), "FAIL": ("bad", "cross", "Failed"),
    "PARTIAL": ("warn", "clock", "Attended in part"),
}  # fmt: skip
ORIGINS = {"LAW": "law", "N": "national", "M": "the maker's", "L": "local", "D": "our own design"}
OWNERS = {"COP": "College of Policing", "NPCC": "National Police Chiefs' Council", "FORCE": "the force's own"}
GATES_SAID = {"DEMS_ACCOUNT": "Account for camera films"}
TO_COME, TO_WRITE = ("still", "clock", "To come"), ("warn", "warning", "To be written down")
ENDED = {"HELD": ("good", "tick", "Written down"), "CANCELLED": ("still", "cross", "Called off")}
BACK_DAYS, SHOWN_MAX = 14, 60
Moment = Annotated[str, QueryParameter(max_length=16, pattern=r"^(\d{4}-\d\d-\d\dT\d\d:\d\d)?$")]


def state_of(session: sessions.Session, today: date) -> tuple[str, str, str]:
    """Tone, shape and word of a course day."""
    if session.how is not None:
        return ENDED[session.how]
    return TO_WRITE if session.held_on <= today else TO_COME


def models_of(policy: Policy) -> list[tuple[str, str]]:
    """The CED models the policy knows, for a choice."""
    setting = policy.kinds[("CED_HANDLE", "OPERATIONAL")].settings.get("approved_models")
    known = setting.value if setting is not None and isinstance(setting.value, tuple) else ()
    return [(str(each), str(each)) for each in known]


@get("/training", guards=[holding(*READERS)], opt=CONSULTS, **PAGE)
async def training_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """The training unit's day."""
    policy, today = ctx.service.policies.now, local_day(ctx.now_us)
    span = today - timedelta(days=BACK_DAYS), today + timedelta(days=LOOK_BACK_DAYS)
    found = await ctx.read(lambda conn: sessions.sessions_between(conn, *span))
    lists: dict[str, list[Any]] = {
        "in_vain": await in_vain_rows(ctx, LOOK_BACK_DAYS), "mismatches": await mismatch_rows(ctx, SPAN_DAYS_MAX),
        "issued": await issued_rows(ctx, LOOK_BACK_DAYS), "reviews": await review_rows(ctx),
        "results": await results_on(ctx, today),
    }  # fmt: skip
    ids = {row.person_id for rows in lists.values() for row in rows[:SHOWN_MAX]}
    ids |= {each for row in lists["results"] for each in (row.recorded_by, row.second_person) if each}
    people = await ctx.read(lambda conn: people_said(conn, sorted(ids)))
    whole = catalogue(policy)
    states = {each.id: state_of(each, today) for each in found}
    said = {
        **lists, "sessions": sorted(map(session_row, found), key=lambda row: _order(states, row.id, row.held_on)),
        "states": states, "unwritten": sum(1 for each in states.values() if each is TO_WRITE), "people": people,
        "courses": COURSES, "names": NAMES, "names_by_course": {c: NAMES[f] for c, f in FAMILIES.items()},
        "models": models_of(policy), "outcomes": OUTCOMES, "outcomes_said": OUTCOMES_SAID,
        "versions": [(each.name, f"{each.name}, from {each.from_on}") for each in whole.curricula],
        "rules": whole.rules, "curricula": whole.curricula, "origins": ORIGINS, "owners": OWNERS, "hours": hours_said,
        "today": today.isoformat(), "look_back": LOOK_BACK_DAYS, "shown_max": SHOWN_MAX,
        "may_write": has_any(ctx.who, (WRITER,)),
    }  # fmt: skip
    return html(render("training.html", page_of(ctx, request, "Training"), **said))


def _order(states: dict[int, tuple[str, str, str]], number: int, held_on: str) -> tuple[int, str, int]:
    """Those still to be written down first, then those to come, then what is done."""
    rank = {TO_WRITE: 0, TO_COME: 1}.get(states[number], 2)
    return rank, held_on, number


@get("/training/sessions/{session_id:int}", guards=[holding(*READERS)], opt=CONSULTS, **PAGE)
async def session_page(
    session_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """A course day and its class."""
    ctx.need_any(READERS, None)
    policy, today = ctx.service.policies.now, local_day(ctx.now_us)

    def look(conn: sa.Connection) -> tuple[sessions.Session, list[int], list[Recorded], dict[int, str]]:
        session = sessions.session_of(conn, session_id)
        seated = sessions.on_it(conn, [session_id])[session_id]
        results = sessions.class_of(conn, session_id) if session.how else []
        shown = {*seated, *(each.person_id for each in results)}
        return session, seated, results, people_said(conn, sorted(shown))

    session, seated, results, people = await ctx.read(look)
    ctx.about(*people)
    current = in_force(policy.curricula, session.course, session.held_on)
    tone, shape, says = state_of(session, today)
    said = {
        "session": session_row(session), "seated": sorted(seated, key=lambda each: people.get(each, "")),
        "results": [result_row(each, policy) for each in results], "people": people, "course": COURSES[session.course],
        "tone": tone, "shape": shape, "says": says, "outcomes": OUTCOMES, "outcomes_said": OUTCOMES_SAID,
        "minutes_min": minutes_min(policy, session), "is_due": session.held_on <= today,
        "curriculum": session.curriculum or (current.name if current else None),
        "may_write": has_any(ctx.who, (WRITER,)),
    }  # fmt: skip
    return html(render("training_session.html", page_of(ctx, request, says), **said))


@dataclass(frozen=True, slots=True)
class RecordShown:
    """What was read of one person for the page of their training record."""

    records: list[Recorded]
    standing: Standing
    specialist: list[Specialist]
    reviews: list[ReviewDue]
    people: dict[int, str]


@get("/people/{person_id:int}/training", guards=[signed_in], opt=CONSULTS, **PAGE)
async def record_page(
    person_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any], at: Moment = "", known: Moment = ""
) -> Response[str]:
    """A person's training: every result with both its times, and what was known at any moment."""
    ctx.about(person_id)
    person = await ctx.read(lambda conn: by_id(conn, root_of(conn, person_id)))
    if person is None:
        raise not_found("person with this number")
    need_sight_of(ctx, person.id, person.home_store_id)
    ctx.about(person.id)
    policy, now_us, whose = ctx.service.policies.now, ctx.now_us, person.id
    at_us = _moment("at", at) if at else now_us
    known_us = _moment("known", known) if known else min(at_us, now_us)

    def look(conn: sa.Connection) -> RecordShown:
        records = records_of(conn, [whose])[whose]
        standing = standings(conn, [whose], now_us, policy.courses)[whose]
        named = {each for one in records for each in (one.recorded_by, one.second_person) if each}
        reviews = reviews_due_of(conn, standing.records) if standing.kind == "STUDENT" else []
        more = specialists(conn, standing.records), reviews, people_said(conn, sorted(named))
        return RecordShown(records, standing, *more)

    seen = await ctx.read(look)
    counts, today = counted(seen.records, policy.courses), local_day(now_us)
    live = [each.result for each in seen.records if each.retracted_us is None]
    rows = compared(seen.records, policy.courses, at_us, known_us, now_us)
    said = {
        "person": person, "results": [result_row(each, policy, counts.get(each.id)) for each in reversed(seen.records)],
        "not_current": not_current(live, policy.courses, today), "taught": minutes_taught(live, today),
        "least": {name: minutes_asked(rule, today) for name, rule in policy.courses.items()},
        "known": [known_row(each) for each in rows], "at_us": at_us, "known_us": known_us, "at_said": at,
        "known_said": known, "specialist": seen.specialist, "reviews": seen.reviews, "people": seen.people,
        "attested": seen.standing.attested,
        "gates": [(each, GATES_SAID.get(each, each.replace("_", " ").capitalize())) for each in gates_of(policy)],
        "models": models_of(policy), "courses": COURSES, "names": NAMES, "outcomes_said": OUTCOMES_SAID, "why": WHY,
        "hours": hours_said, "today": today.isoformat(), "is_own": ctx.person_id == person.id,
        "may_write": ctx.may(WRITER, person.home_store_id), "may_look": has_any(ctx.who, READERS),
    }  # fmt: skip
    return html(render("training_record.html", page_of(ctx, request, f"Training of {person.name}"), **said))


def _moment(field: str, text: str) -> int:
    """A London wall time as a form gives it, in UTC microseconds. Raises the 422 problem."""
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp()) * 1_000_000
    except (ValueError, OverflowError):
        raise bad_field(field, 'a day and a time, "2026-11-22T07:00"', text) from None


assert set(COURSES) == set(words.COURSES), "every course has a name"

ROUTES = [training_page, session_page, record_page]
