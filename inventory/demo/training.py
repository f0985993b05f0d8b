"""The rows that say what the demo force is trained, authorised and fit for: what ordinary imports take.

One rule for the editor: every row belongs to a day, and a period gives the rows of its days. Two periods, one
after the other, leave the force as one long one does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.demo.cycles import Cycle, passes
from inventory.demo.plan import dice
from inventory.demo.records import GateRow, GrantRow, RestrictionRow, StopRow, TrainingRow
from inventory.demo.roster import Member
from inventory.demo.standing import CED, COURSES, Episode, Standing, episodes
from inventory.people.calendar import add_months

HOURS = {
    "PPST": 12,
    "FIRST_AID": 6,
    "JRFT": 1,
    "BWV_USER": 1,
    "CED_INITIAL": 18,
    "CED_REFRESHER": 6,
    "CED_CONVERSION": 12,
}
ASSESSORS = ("Staff Safety Training Unit 1", "Staff Safety Training Unit 2", "Staff Safety Training Unit 3")
AUTHORISED_MONTHS = 12
STUDENT_GATES = (
    "STUDENT_SUPERVISOR_APPROVAL",
    "STUDENT_SUPERINTENDENT_ENDORSEMENT",
    "STUDENT_INDEPENDENT_PATROL",
    "STUDENT_CONFLICT_HANDLING",
)
SPECIAL_GATE = "SPECIAL_DUTY_HOURS"
CAMERA_GATE = "DEMS_ACCOUNT"
WITHOUT_CAMERA_COURSE = 12
CATEGORIES = ("RECUPERATIVE", "ADJUSTED", "MANAGEMENT")
KINDS_LEFT = ("BWV_CAMERA", "BWV_CAMERA,SBG", "")
LONG_AGO = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Force:
    """What all rows are made from: the people, and their standing on the anchor day."""

    seed: int
    anchor: date
    people: tuple[Member, ...]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Period:
    """The days after `after` up to and including `upto`; all days up to `upto` where `after` is LONG_AGO."""

    after: date
    upto: date

    def __contains__(self, day: date) -> bool:
        return self.after < day <= self.upto


# ---- results ---------------------------------------------------------------------------------------


def training(force: Force, period: Period, store: str | None = None) -> Iterator[TrainingRow]:
    """The training recorder's results of the period, person by person; of one store's people where it is named."""
    people = [each for each in force.people if store in (None, each.store)]
    for member in people:
        for course in COURSES:
            cycle = force.standing.cycles.get((member.ref, course))
            if cycle:
                yield from _renewed(force, member, cycle, period)
        cycle = force.standing.cycles.get((member.ref, CED))
        if cycle:
            yield from _ced(force, member, cycle, period)
    yield from _camera_courses(force, period, people)


def earliest(force: Force, member: Member) -> date | None:
    """The day of the first result on a person's record; None where there is none."""
    days = [each.attended_on for each in _before(force, member)]
    days += [_camera_day(force, member)] if member.store or member.frontline else []
    days += [
        _year_before(member, force.standing.cycles[member.ref, course])
        for course in COURSES
        if member.trained
    ]
    days += [cycle.last_pass for course in (*COURSES, CED)
             if (cycle := force.standing.cycles.get((member.ref, course)))]  # fmt: skip
    return min(days, default=None)


def _row(member: Member, course: str, model: str, day: date, outcome: str = "PASS") -> TrainingRow:
    assessor = ASSESSORS[(member.number + day.toordinal()) % len(ASSESSORS)]
    reference = f"{member.ref}-{course}-{model or 'ALL'}-{day:%Y%m%d}"
    return TrainingRow(member.ref, course, model, day, HOURS[course], outcome, assessor, reference)


def _renewed(force: Force, member: Member, cycle: Cycle, period: Period) -> Iterator[TrainingRow]:
    last_year = _year_before(member, cycle)
    if last_year != cycle.last_pass and last_year in period:
        yield _row(member, cycle.course, "", last_year)
    for day in passes(force.seed, cycle, period.upto):
        if day in period:
            yield _row(member, cycle.course, "", day)


def _year_before(member: Member, cycle: Cycle) -> date:
    """The pass before the last one, where it is on record: for every second person, students apart."""
    if member.number % 2 or member.kind == "STUDENT":
        return cycle.last_pass
    return add_months(cycle.last_pass, -12) + timedelta(days=member.number % 5)


def _ced(force: Force, member: Member, cycle: Cycle, period: Period) -> Iterator[TrainingRow]:
    for row in _before(force, member):
        if row.attended_on in period:
            yield row
    if cycle.failed_on and cycle.failed_on in period:
        yield _row(member, "CED_REFRESHER", member.model, cycle.failed_on, "FAIL")
    for number, day in enumerate(passes(force.seed, cycle, period.upto)):
        if day in period:
            first = _opening_course(member) if member.kind == "STUDENT" or member.model == "T10" else ""
            course = first if number == 0 and first else "CED_REFRESHER"
            yield _row(member, course, member.model, day)


def _opening_course(member: Member) -> str:
    return "CED_CONVERSION" if member.model == "T10" else "CED_INITIAL"


def _before(force: Force, member: Member) -> list[TrainingRow]:
    """What a carrier of a CED did before the last pass: the initial course, for a T10 on a T7."""
    cycle = force.standing.cycles.get((member.ref, CED))
    if cycle is None or member.kind == "STUDENT":
        return []
    rng = dice(force.seed, "initial", member.ref)
    model = "T7" if member.model == "T10" else member.model
    day = add_months(cycle.last_pass, -rng.randint(10, 12)) - timedelta(days=rng.randint(0, 400))
    return [_row(member, "CED_INITIAL", model, day)]


def _camera_courses(force: Force, period: Period, people: Iterable[Member]) -> Iterator[TrainingRow]:
    """Everybody on a store's books or on the front line, but for a dozen newcomers."""
    may = [each for each in force.people if (each.store or each.frontline) and not each.model]
    left_out = set(dice(force.seed, "newcomers").sample([each.ref for each in may], WITHOUT_CAMERA_COURSE))
    for each in people:
        if (each.store or each.frontline) and each.ref not in left_out and _camera_day(force, each) in period:
            yield _row(each, "BWV_USER", "", _camera_day(force, each))


def _camera_day(force: Force, member: Member) -> date:
    days = 60 if member.kind == "STUDENT" else 900
    return force.anchor - timedelta(days=dice(force.seed, "camera", member.ref).randint(5, days))


# ---- authority -------------------------------------------------------------------------------------


def grants(force: Force, period: Period) -> Iterator[GrantRow]:
    """Permissions to carry: a year each, the next beginning where the last ends."""
    for member in force.people:
        cycle = force.standing.cycles.get((member.ref, CED))
        if cycle is None:
            continue
        start = _opened(force, member, cycle) + timedelta(days=1)
        while start <= period.upto:
            end = add_months(start, AUTHORISED_MONTHS)
            if start in period:
                yield GrantRow(
                    member.ref, member.model, "OVERT", start, end, "Supt (Operations)", "Superintendent",
                    f"AUTH-{member.ref}-{start:%Y%m%d}",
                )  # fmt: skip
            start = end


def _opened(force: Force, member: Member, cycle: Cycle) -> date:
    """The day of the course that first qualified them for their model."""
    if member.kind == "STUDENT" or member.model == "T10":
        return cycle.last_pass
    return _before(force, member)[0].attended_on


def stops(force: Force, period: Period) -> Iterator[StopRow]:
    """Suspensions as they begin, and again with their end when they are lifted."""
    for each in _episodes(force, period):
        if each.slot.suspends:
            start = f"{each.start.isoformat()} 09:00"
            row = (each.ref, "SUSPENDED", start)
            more = ("Professional Standards", "CLASS A", f"PSD-{each.slot.name}-{each.number:03}")
            if each.start in period and each.end not in period:
                yield StopRow(*row, "", *more)
            elif each.end in period:
                yield StopRow(*row, f"{each.end.isoformat()} 09:00", *more)


def restrictions(force: Force, period: Period) -> Iterator[RestrictionRow]:
    """Limited duties as they begin, and again as lifted when they end. What began and ended inside is left out."""
    for each in _episodes(force, period):
        if not each.slot.limits or (each.start in period and each.end in period):
            continue
        number = sum(map(ord, each.slot.name)) + each.number
        category, kinds = CATEGORIES[number % 3], KINDS_LEFT[number % len(KINDS_LEFT)]
        lifted = "yes" if each.end in period else "no"
        if each.start in period or each.end in period:
            yield RestrictionRow(each.ref, category, kinds, each.start, each.end, lifted)


def _episodes(force: Force, period: Period) -> Iterator[Episode]:
    for slot in force.standing.slots:
        yield from episodes(force.seed, force.anchor, slot, period.upto)


def gates(force: Force, period: Period) -> Iterator[GateRow]:
    """What students, specials and camera carriers had to meet; all of it before the anchor day."""
    for member in force.people:
        names: tuple[str, ...] = (CAMERA_GATE,) if member.store or member.frontline else ()
        if member.model:
            names += STUDENT_GATES if member.kind == "STUDENT" else ()
            names += (SPECIAL_GATE,) if member.kind == "SPECIAL" else ()
        day = (earliest(force, member) or force.anchor) - timedelta(days=1)
        if day in period:
            for gate in names:
                yield GateRow(member.ref, gate, day, f"DOC-{member.ref}-{gate}")


def joined_on(force: Force, member: Member) -> date:
    """The day a person joined: before anything on their record; specials who carry a CED two years before."""
    first = earliest(force, member) or force.anchor
    rng = dice(force.seed, "joined", member.ref)
    if member.kind == "STUDENT":
        return first - timedelta(days=rng.randint(5, 60))
    return first - timedelta(days=rng.randint(800, 8_000))
