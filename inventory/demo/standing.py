"""What the demo force is trained, authorised and fit for, on the anchor day and on any day after it.

One rule for the editor: on the anchor day the counts are exactly those of `plan`; later they are those of a
force that goes on living, and stay near them.

Suspensions and limited duties come in slots: each slot always holds exactly one person, a different one after
each end, so their numbers never change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.demo import plan
from inventory.demo.cycles import LONG_RUN_LAPSED, Cycle, current_cycle, lapsed_cycle
from inventory.demo.plan import dice
from inventory.demo.roster import Member

CED = "CED"
COURSES = ("PPST", "FIRST_AID", "JRFT")
FAILED_REFRESHERS = 6
CED_LAPSED_AND_PPST = 8
SLOT_PEOPLE = 10
STUDENT_DAYS_LEFT_MIN = 80
"""A student's only CED course was the initial one, well within the year."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the places that somebody is always in. `suspends` and `limits` say what it does to them."""

    name: str
    suspends: bool
    limits: bool
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Episode:
    """One person's time in a slot, from the morning of `start` to the morning of `end`."""

    slot: Slot
    number: int
    ref: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Standing:
    """Cycles by (ref, course), and the slots."""

    cycles: dict[tuple[str, str], Cycle]
    slots: tuple[Slot, ...]


def build(seed: int, anchor: date, people: Sequence[Member]) -> Standing:
    """The standing of everybody on the anchor day."""
    stos = [each for each in people if each.model]
    lapsed = _lapsed_stos(seed, stos)
    slots = _slots(seed, [each for each in stos if each not in lapsed])
    cycles = _ced_cycles(seed, anchor, stos, (lapsed, {ref for slot in slots for ref in slot.people}))
    also_ppst = {each.ref for each in list(lapsed)[::2][:CED_LAPSED_AND_PPST]}
    for course in COURSES:
        extra = also_ppst if course == "PPST" else set()
        cycles |= _course_cycles(seed, anchor, [each for each in people if each.trained], (course, extra))
    return Standing(cycles, slots)


# ---- CED -------------------------------------------------------------------------------------------


def _lapsed_stos(seed: int, stos: Sequence[Member]) -> dict[Member, None]:
    """Who is lapsed on the anchor day: six of Medway first, so that the shift there always has some."""
    may = [each for each in stos if each.kind != "STUDENT"]
    rng = dice(seed, "lapsed")
    x2 = rng.sample([each for each in may if each.model == "X2"], plan.STOS_LAPSED_X2)
    medway = rng.sample([each for each in may if each.model == "T7" and each.store == plan.MEDWAY], 6)
    rest = [each for each in may if each.model != "X2" and each.store != plan.MEDWAY]
    others = rng.sample(rest, plan.STOS_LAPSED - len(x2) - len(medway))
    return dict.fromkeys(medway + others + x2)


def _slots(seed: int, stos: Sequence[Member]) -> tuple[Slot, ...]:
    """Nine suspended, 41 limited, three of them both; every third slot is Medway's."""
    both, suspended, limited = (
        plan.STOS_SUSPENDED_AND_LIMITED,
        plan.STOS_SUSPENDED - plan.STOS_SUSPENDED_AND_LIMITED,
        plan.STOS_LIMITED - plan.STOS_SUSPENDED_AND_LIMITED,
    )
    does = [(True, True)] * both + [(True, False)] * suspended + [(False, True)] * limited
    may = [each for each in stos if each.model == "T7" and each.kind == "REGULAR"]
    rng = dice(seed, "slots")
    medway = [each.ref for each in may if each.store == plan.MEDWAY]
    others = [each.ref for each in may if each.store != plan.MEDWAY]
    rng.shuffle(medway)
    rng.shuffle(others)
    slots = []
    for number, (suspends, limits) in enumerate(does):
        pool = medway if number in (both, both + suspended) else others
        slots.append(Slot(f"S{number:02}", suspends, limits, tuple(pool[:SLOT_PEOPLE])))
        del pool[:SLOT_PEOPLE]
    return tuple(slots)


def episodes(seed: int, anchor: date, slot: Slot, upto: date) -> Iterator[Episode]:
    """Who is in the slot, one after the other, from before the anchor day to those begun by `upto`."""
    rng = dice(seed, "slot", slot.name)
    start, number = anchor - timedelta(days=rng.randint(2, 50)), 0
    while start <= upto:
        end = max(start, anchor) + timedelta(days=rng.randint(15, 120))
        yield Episode(slot, number, slot.people[number % len(slot.people)], start, end)
        start, number = end, number + 1


def _ced_cycles(
    seed: int, anchor: date, stos: Sequence[Member], apart: tuple[dict[Member, None], set[str]]
) -> dict[tuple[str, str], Cycle]:
    lapsed, in_slots = apart
    cycles = {}
    for number, each in enumerate(lapsed):
        failed = number % (plan.STOS_LAPSED // FAILED_REFRESHERS) == 3
        cycles[each.ref, CED] = lapsed_cycle(seed, each.ref, CED, anchor, failed)
    current = [each for each in stos if each not in lapsed]
    dice(seed, "due").shuffle(current)
    current.sort(key=lambda each: each.kind == "STUDENT")
    late = _late(seed, CED, [each.ref for each in current if each.kind != "STUDENT" and each.ref not in in_slots],
                 (plan.STOS_LAPSED, len(stos)))  # fmt: skip
    for place, each in enumerate(current):
        left = _days_left(seed, each, place)
        cycles[each.ref, CED] = current_cycle(seed, (each.ref, CED), anchor, left, each.ref in late)
    return cycles


def _days_left(seed: int, member: Member, place: int) -> int:
    """Days until the CED course runs out; the bands of 30 and 60 days hold exactly those of the plan."""
    rng = dice(seed, "days left", member.ref)
    if place < plan.STOS_DUE_30:
        return rng.randint(1, 29)
    if place < plan.STOS_DUE_60:
        return rng.randint(32, 59)
    return rng.randint(STUDENT_DAYS_LEFT_MIN if member.kind == "STUDENT" else 62, 358)


def _late(seed: int, course: str, current: Sequence[str], count: tuple[int, int]) -> set[str]:
    """Those of the current people who renew late: enough that in the long run as many are lapsed as now."""
    lapsed, population = count
    late = min(round(lapsed / LONG_RUN_LAPSED), population) - lapsed
    return set(dice(seed, "late", course).sample(list(current), min(late, len(current))))


# ---- PPST, first aid, JRFT -------------------------------------------------------------------------


def _course_cycles(
    seed: int, anchor: date, people: Sequence[Member], asked: tuple[str, set[str]]
) -> dict[tuple[str, str], Cycle]:
    """One course for everybody trained. Nobody who carries a CED lets it lapse, but for those in `asked`."""
    course, also = asked
    rng = dice(seed, course)
    lapsed_count = len(people) - -(-len(people) * plan.CURRENT_PERCENT[course] // 100)
    others = [each.ref for each in people if not each.model]
    lapsed = also | set(rng.sample(others, lapsed_count - len(also)))
    late = _late(seed, course, [ref for ref in others if ref not in lapsed], (lapsed_count, len(others)))
    cycles = {}
    for each in people:
        if each.ref in lapsed:
            cycles[each.ref, course] = lapsed_cycle(seed, each.ref, course, anchor, failed=False)
        else:
            left = rng.randint(1, 358)
            cycles[each.ref, course] = current_cycle(seed, (each.ref, course), anchor, left, each.ref in late)
    return cycles
