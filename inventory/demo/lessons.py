"""The course days of the demo force: what the training unit planned, and who has a seat.

One rule for the editor: a seat makes nobody current, and every day belongs to its date, so that two periods, one after
the other, plan what one long one does. Results come by the training recorder's file alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.demo import posts
from inventory.demo.plan import dice
from inventory.demo.standing import CED
from inventory.demo.training import ASSESSORS, Force, Period
from inventory.people.sessions import NewSession, cancel_session, plan_session, take_seats
from inventory.schema.tx import Tx

AHEAD_DAYS, BACK_DAYS = 91, 7
WEEK = (
    (0, "PPST", "", 24, "Maidstone, training centre"), (1, "CED_REFRESHER", "T7", 12, "Maidstone, training centre"),
    (2, "PPST", "", 24, "Canterbury, sports hall"), (2, "FIRST_AID", "", 16, "Medway, classroom 2"),
    (3, "CED_REFRESHER", "T7", 12, "Ashford, range"), (3, "JRFT", "", 30, "Maidstone, training centre"),
    (4, "PPST", "", 24, "Maidstone, training centre"), (4, "CED_CONVERSION", "T10", 8, "Maidstone, training centre"),
)  # fmt: skip
"""What is taught in a week: the weekday (Monday is 0), course, model, seats and place."""
BOOKED_DAYS = 15
"""How far ahead people have their seats already."""
ILL = "The assessor fell ill"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One course day, and the numbers of those who have a seat on it."""

    held_on: date
    course: str
    model: str
    seats: int
    place: str
    assessor: str
    seated: tuple[str, ...]
    called_off: bool


def window(after: date | None, upto: date) -> Period:
    """The days that are planned when the force comes from `after` (None: its first load) up to `upto`."""
    since = upto - timedelta(days=BACK_DAYS + 1) if after is None else after + timedelta(days=AHEAD_DAYS)
    return Period(since, upto + timedelta(days=AHEAD_DAYS))


def lessons(force: Force, period: Period) -> Iterator[Lesson]:
    """The course days of a period, by date."""
    day = period.after + timedelta(days=1)
    while day <= period.upto:
        for number, (weekday, *what) in enumerate(WEEK):
            if weekday == day.weekday():
                yield _lesson(force, day, number, what)
        day += timedelta(days=1)


def _lesson(force: Force, day: date, number: int, what: list[object]) -> Lesson:
    course, model, seats, place = what
    assert isinstance(seats, int)
    rng = dice(force.seed, "lesson", f"{day.isoformat()}/{number}")
    is_soon = day <= force.anchor + timedelta(days=BOOKED_DAYS)
    who = _may_come(force, str(course), str(model))
    seated = tuple(sorted(rng.sample(who, min(len(who), seats - rng.randint(0, 3))))) if is_soon else ()
    called_off = day < force.anchor and number % 5 == 1
    return Lesson(day, str(course), str(model), seats, str(place), rng.choice(ASSESSORS), seated, called_off)


def _may_come(force: Force, course: str, model: str) -> list[str]:
    if course == "CED_CONVERSION":
        return [each.ref for each in force.people if each.model == "T7"]
    if course.startswith(CED):
        return [each.ref for each in force.people if each.model == model]
    return [each.ref for each in force.people if each.trained]


def plan_lessons(tx: Tx, force: Force, planned: list[Lesson], people: dict[str, int]) -> None:
    """Put these course days and their seats on record, as the training unit does."""
    by = people[posts.holder(force, "TRAINING_RECORDER")]
    for each in planned:
        new = NewSession(
            each.course, each.model or None, each.held_on, each.seats, each.place, by, "09:00", each.assessor
        )
        session_id = plan_session(tx.conn, tx.ids, new, tx.now_us)
        if each.seated:
            take_seats(tx.conn, tx.ids, session_id, [people[ref] for ref in each.seated], (by, tx.now_us))
        if each.called_off:
            cancel_session(tx.conn, session_id, ILL, (by, tx.now_us))


def ids_needed(planned: list[Lesson]) -> int:
    """How many ids putting them on record takes."""
    return sum(1 + len(each.seated) for each in planned)
