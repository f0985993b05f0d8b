"""What is true of one person of the demo force on one day, from the rows the force is made of.

One rule for the editor: this repeats no rule of the gate. It picks people of whom a fact is certain, and leaves
out everybody of whom it is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from inventory.demo.roster import Member
from inventory.demo.standing import CED, COURSES, episodes
from inventory.demo.training import (
    LONG_AGO,
    Force,
    Period,
    restrictions,
    training,
)
from inventory.people.training import Result, ValidityRule, currency

YEAR = ValidityRule(12)
ALL_KINDS = "BWV_CAMERA,SBG"


@dataclass(frozen=True, slots=True)
class Person:
    """One person on the day. `good` are the qualifications in date through the day after it."""

    member: Member
    good: frozenset[str]
    suspended: bool
    limited: bool
    in_a_slot: bool
    kinds_left: str
    has_camera_course: bool

    def is_a(self, what: str) -> bool:
        """Whether this is somebody of the sort that a script asks for by name."""
        return _SORTS[what](self)

    @property
    def unhindered(self) -> bool:
        """Nothing is known that could stop a camera, and nothing will change today."""
        return not self.in_a_slot and self.has_camera_course


def people_of(force: Force, store: str, day: date) -> list[Person]:
    """Everybody on a store's books, in the order of their numbers."""
    there = [each for each in force.people if each.store == store]
    refs = {each.ref for each in there}
    results: dict[tuple[str, str], list[Result]] = {}
    has_course = set()
    for row in training(force, Period(LONG_AGO, day), store):
        if row.course == "BWV_USER":
            has_course.add(row.ref)
        course = CED if row.course.startswith("CED") else row.course
        model = row.model or None
        results.setdefault((row.ref, course), []).append(
            Result(row.course, model, row.attended_on, row.hours * 60, row.outcome)
        )
    in_slots = {ref for slot in force.standing.slots for ref in slot.people}
    suspended, limited = _in_slots(force, day)
    return [
        Person(
            member=each,
            good=_good(results, each, day),
            suspended=each.ref in suspended,
            limited=each.ref in limited,
            in_a_slot=each.ref in in_slots & refs,
            kinds_left=limited.get(each.ref, ALL_KINDS),
            has_camera_course=each.ref in has_course,
        )
        for each in there
    ]


def _good(results: dict[tuple[str, str], list[Result]], member: Member, day: date) -> frozenset[str]:
    good = set()
    for course in (*COURSES, CED):
        mine = [each for each in results.get((member.ref, course), []) if each.model in (None, member.model)]
        found = currency(mine, YEAR, day)
        if found and found.last_good_day and found.last_good_day > day:
            good.add(course)
        elif found and found.last_good_day == day:
            good.add(f"{course} TODAY")
    return frozenset(good)


def _in_slots(force: Force, day: date) -> tuple[set[str], dict[str, str]]:
    """Who is suspended in the morning of the day, and who is limited with which kinds left."""
    suspended = set()
    for slot in force.standing.slots:
        if slot.suspends:
            suspended |= {
                each.ref
                for each in episodes(force.seed, force.anchor, slot, day)
                if each.start < day <= each.end
            }
    rows = restrictions(force, Period(LONG_AGO, day))
    return suspended, {row.ref: row.kinds_allowed for row in rows if row.lifted == "no" and row.from_on < day}


def _is_carrier(person: Person, model: str) -> bool:
    return person.member.model == model and person.unhindered and {CED, *COURSES} <= person.good


def _lapsed(person: Person, *courses: str) -> bool:
    """Carries a T7 and has exactly these qualifications out of date, since yesterday or longer."""
    every = {CED, *COURSES}
    certain = not any(each.endswith("TODAY") for each in person.good)
    is_one = person.member.model == "T7" and person.unhindered
    return is_one and certain and every - person.good == set(courses)


_SORTS: dict[str, Callable[[Person], bool]] = {
    "CED AND PPST LAPSED": lambda each: _lapsed(each, CED, "PPST"),
    "CED LAPSED": lambda each: _lapsed(each, CED),
    "SUSPENDED": lambda each: each.suspended and not each.limited and each.has_camera_course,
    "LIMITED": lambda each: each.limited and not each.suspended and each.has_camera_course,
    "X2 ONLY": lambda each: _is_carrier(each, "X2"),
    "PPST LAPSED": lambda each: (
        not each.member.model
        and each.unhindered
        and each.member.kind in ("REGULAR", "STUDENT", "SPECIAL")
        and not {"PPST", "PPST TODAY"} & each.good
    ),
    "SHORT OF SPIT GUARDS": lambda each: each.unhindered and "PPST" in each.good,
    "CAMERA OF OWN": lambda each: each.unhindered,
    "CAMERA": lambda each: each.unhindered,
    "PASSER-BY": lambda each: each.unhindered and each.member.rank == "PC",  # a sergeant's card signs for others
    "T7": lambda each: _is_carrier(each, "T7"),
    "T10": lambda each: _is_carrier(each, "T10"),
}
"""What a script may ask for -> whether a person is that."""
