"""Curricula: what a course teaches, by whose authority and from when; and which version a result was taught by.

One rule for the editor: content that others own is read, never written. Nothing here makes anybody current.

Source: design `domain.md` 4.2 and 6 (B9: content is owned by the College and the NPCC; B16: is what is taught current).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from inventory.people.training import FAMILIES

OWNERS = ("COP", "NPCC", "FORCE")
"""College of Policing, National Police Chiefs' Council, the force itself."""
NATIONAL = ("COP", "NPCC")

DOMAINS: Mapping[str, str] = {**FAMILIES, "BWV_USER": "BWV"}
"""Course -> its domain. ARMED and PUBLIC_ORDER have none here: they are kept apart (`schema.training`, B4)."""


@dataclass(frozen=True, slots=True)
class Curriculum:
    """One version of what a course teaches: in force from `from_on` up to, not including, `to_on` (None: until the
    next version). `minutes` is the contact time its owner asks for at least, None where none is published."""

    name: str
    course: str
    owner: str
    title: str
    from_on: date
    to_on: date | None = None
    minutes: int | None = None
    source: str = ""

    @property
    def is_national(self) -> bool:
        """Whether somebody else than the force owns it."""
        return self.owner in NATIONAL


def in_force(curricula: Iterable[Curriculum], course: str, on: date) -> Curriculum | None:
    """The version of `course` to be taught on the London day `on`: the newest that has begun and not ended."""
    begun = [each for each in curricula if each.course == course and each.from_on <= on]
    live = [each for each in begun if each.to_on is None or on < each.to_on]
    return max(live, key=lambda each: each.from_on, default=None)


def taught_by(curricula: Iterable[Curriculum], said: str | None, course: str, on: date) -> str | None:
    """The name of the version a result was taught by: as it says, else the one in force on its day."""
    if said:
        return said
    found = in_force(curricula, course, on)
    return None if found is None else found.name


UNKNOWN, OTHER_COURSE, NOT_YET, SUPERSEDED = "UNKNOWN", "OTHER_COURSE", "NOT_YET", "SUPERSEDED"
MISMATCHES: Mapping[str, str] = {
    UNKNOWN: "names a version that is in no register",
    OTHER_COURSE: "names a version of another course",
    NOT_YET: "names a version that was not yet in force",
    SUPERSEDED: "names a version that another had taken the place of",
}  # fmt: skip


def mismatch(curricula: Iterable[Curriculum], said: str, course: str, on: date) -> str | None:
    """Why a result should not name this version: a word of `MISMATCHES`; None where it is the one in force."""
    known = {each.name: each for each in curricula}
    named = known.get(said)
    if named is None:
        return UNKNOWN
    if named.course != course:
        return OTHER_COURSE
    if on < named.from_on:
        return NOT_YET
    current = in_force(known.values(), course, on)
    return None if current is not None and current.name == said else SUPERSEDED
