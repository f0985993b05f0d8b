"""What comes due of everybody, or of one store's people; who of them is rostered past it; and courses against seats.

One rule for the editor: reads only, in bulk; what is due is `due.due_of` for each person, here as on their own page.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import add_months, local_day
from inventory.people.due import AUTHORITY, Due, due_of
from inventory.people.roster import AHEAD_US, RosteredDuty, rostered
from inventory.people.standing import standings
from inventory.people.training import FAMILIES, ValidityRule
from inventory.schema.fast import Fast
from inventory.schema.people import carry_authorisation, person, training_result
from inventory.schema.training import training_session, training_session_ended

COURSE_SEATS = 12
"""Seats of one course, for saying how many courses are needed (design `domain.md` 4.3)."""
RENEWS = frozenset(course for course in FAMILIES if course not in ("CED_INITIAL", "CED_CONVERSION"))
"""Courses whose seats renew a qualification: an initial or a conversion course makes new carriers."""
MONTHS_AHEAD = 12

_OTHER = person.alias("other")
_HELD = sa.or_(
    sa.exists(sa.select(training_result.c.id).where(training_result.c.person_id == person.c.id)),
    sa.exists(sa.select(carry_authorisation.c.id).where(carry_authorisation.c.person_id == person.c.id)),
    sa.exists(sa.select(_OTHER.c.id).where(_OTHER.c.same_as == person.c.id)),
)
_PEOPLE = Fast(
    sa.select(person.c.id, person.c.team, person.c.home_store_id, person.c.rank, person.c.given_name,
              person.c.family_name, person.c.ref)
    .where(
        _HELD, person.c.same_as.is_(None),
        sa.or_(person.c.left_on.is_(None), person.c.left_on >= sa.bindparam("today")),
    )
)  # fmt: skip
_SEATS = Fast(
    sa.select(training_session.c.course, training_session.c.model, training_session.c.held_on, training_session.c.seats)
    .select_from(
        training_session.outerjoin(
            training_session_ended, training_session_ended.c.session_id == training_session.c.id
        )
    )
    .where(training_session.c.held_on >= sa.bindparam("today"), training_session_ended.c.session_id.is_(None))
)


@dataclass(frozen=True, slots=True)
class DuePerson:
    """One person, and everything of theirs that runs out some day; `store_id` None: on no store's books."""

    id: int
    ref: str
    name: str
    rank: str
    team: str
    store_id: int | None
    due: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class RosteredPast:
    """Somebody is rostered for a duty that something of theirs does not last for: the first such duty, how many."""

    person: DuePerson
    due: Due
    first: RosteredDuty
    duties: int


@dataclass(frozen=True, slots=True)
class MonthOfCourses:
    """One month of one qualification (and model): whose runs out in it, who is out already, seats, who goes without.

    `runs_out` counts people by the month of their last good day: by then they must have been. `backlog` is counted in
    the first month alone. `waiting` are those for whom all seats so far do not suffice.
    """

    what: str
    model: str
    month: date
    runs_out: int
    backlog: int
    seats: int
    waiting: int

    @property
    def courses(self) -> int:
        """Courses of twelve that the people of this month fill."""
        return -(-(self.runs_out + self.backlog) // COURSE_SEATS)


def people_due(
    conn: sa.Connection, rules: Mapping[str, ValidityRule], now_us: int, store_id: int | None = None
) -> list[DuePerson]:
    """Everybody with something that runs out (None: of all stores and none), by store, team and name."""
    rows = _PEOPLE.rows(conn, {"today": local_day(now_us).isoformat()})
    who = {row[0]: row for row in rows if store_id in (None, row[2])}
    found = []
    for person_id, of in standings(conn, list(who), now_us, rules).items():
        _, team, home, rank, given, family, ref = who[person_id]
        due = due_of(of, now_us)
        if due:
            found.append(DuePerson(person_id, ref, f"{given} {family}", rank or "", team or "", home, tuple(due)))
    return sorted(found, key=lambda each: (each.store_id or 0, each.team, each.name.split()[-1], each.ref))


def rostered_past(
    conn: sa.Connection, people: Iterable[DuePerson], now_us: int, store_id: int | None = None
) -> list[RosteredPast]:
    """Whom of `people` the roster has on, within four weeks, at a moment that something of theirs does not cover."""
    duties: dict[int, list[RosteredDuty]] = defaultdict(list)
    for each in rostered(conn, store_id, now_us, now_us + AHEAD_US):
        duties[each.person_id].append(each)
    return uncovered(people, duties)


def uncovered(
    people: Iterable[DuePerson], duties: Mapping[int, Sequence[RosteredDuty]]
) -> list[RosteredPast]:
    """The same of duties known already; the soonest duty first."""
    found = []
    for person_due in people:
        mine = duties.get(person_due.id, ())
        for due in person_due.due:
            past = sorted({(each.starts_us, each.ends_us): each for each in mine if each.ends_us > due.ends_us}.items())
            if past:
                found.append(RosteredPast(person_due, due, past[0][1], len(past)))
    return sorted(found, key=lambda each: (each.first.starts_us, each.person.ref, each.due.what, each.due.model))


def seats_ahead(conn: sa.Connection, now_us: int) -> Mapping[tuple[str, str, date], int]:
    """(qualification, model or "", first day of the month) -> seats on courses still to be held that renew it."""
    seats: Counter[tuple[str, str, date]] = Counter()
    for course, model, held_on, number in _SEATS.rows(conn, {"today": local_day(now_us).isoformat()}):
        if course in RENEWS:
            seats[FAMILIES[course], model or "", date.fromisoformat(held_on).replace(day=1)] += number
    return seats


def course_months(
    people: Iterable[DuePerson], seats: Mapping[tuple[str, str, date], int], now_us: int, months: int = MONTHS_AHEAD
) -> list[MonthOfCourses]:
    """How many must be taught in each month, from this one on, against the seats there are; by qualification."""
    first = local_day(now_us).replace(day=1)
    wanted: Counter[tuple[str, str, date]] = Counter()
    behind: Counter[tuple[str, str]] = Counter()
    for due in (each for one in people for each in one.due if each.what != AUTHORITY):
        if due.band == 0:
            behind[due.what, due.model] += 1
        else:
            wanted[due.what, due.model, due.last_good_day.replace(day=1)] += 1
    names = sorted({key[:2] for key in wanted} | set(behind) | {key[:2] for key in seats})
    found = []
    for what, model in names:
        waiting = 0
        for step in range(months):
            month = add_months(first, step)
            late = behind[what, model] if step == 0 else 0
            there = seats.get((what, model, month), 0)
            waiting = max(0, waiting + wanted[what, model, month] + late - there)
            found.append(MonthOfCourses(what, model, month, wanted[what, model, month], late, there, waiting))
    return found
