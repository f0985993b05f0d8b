"""Currency: from results and a rule to the moment a qualification ends. Pure arithmetic.

One rule for the editor: when in doubt it has ended. A fail ends it from the start of its own day, a partial
or too short course never extends it, and nothing here reads a clock or a table.

Source: design `domain.md` sections 4.1 and 4.3.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from inventory.people.calendar import add_months, day_start_us

FAMILIES: Mapping[str, str] = {
    "PPST": "PPST",
    "FIRST_AID": "FIRST_AID",
    "JRFT": "JRFT",
    "CED_INITIAL": "CED",
    "CED_REFRESHER": "CED",
    "CED_CONVERSION": "CED",
    "SBG": "SBG",
    "BWV_USER": "BWV_USER",
}
"""Course -> the qualification it gives or keeps. A rule and a currency belong to a qualification."""

BY_MODEL = frozenset({"CED"})
"""Qualifications held for one exact model (O-02)."""

OPENS: Mapping[str, frozenset[str]] = {"CED": frozenset({"CED_INITIAL", "CED_CONVERSION"})}
"""Courses that open a qualification; a refresher only renews one already open (O-02)."""


class Boundary(StrEnum):
    """Whether the anniversary itself is still a good day."""

    EXCLUSIVE = "EXCLUSIVE"
    INCLUSIVE = "INCLUSIVE"


class Ending(StrEnum):
    """What ends a currency."""

    TIME = "TIME"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class ValidityRule:
    """How long a pass lasts: `months` calendar months (None: for ever) plus `grace_months`.

    `minutes_min` names, by course, the shortest attendance that makes a pass count; a shorter one neither
    renews nor ends. `from_on` is the London day it is in force from (None: always was), `changes` what follows it, by
    date. A result keeps the rule of its own day; only a change `for_all` also takes in, from its day on, what was
    passed before. `origin` and `source` say where it comes from. Raises ValueError for a negative number.
    """

    months: int | None
    boundary: Boundary = Boundary.EXCLUSIVE
    grace_months: int = 0
    minutes_min: Mapping[str, int] = field(default_factory=dict)
    from_on: date | None = None
    for_all: bool = False
    origin: str = ""
    source: str = ""
    changes: tuple["ValidityRule", ...] = ()

    def __post_init__(self) -> None:
        if (self.months is not None and self.months < 1) or self.grace_months < 0:
            raise ValueError("months must be at least 1 and grace_months at least 0")

    def last_good_day(self, attended_on: date) -> date | None:
        """The last London day a pass on `attended_on` covers by this rule alone; None where time never ends it."""
        if self.months is None:
            return None
        anniversary = add_months(attended_on, self.months + self.grace_months)
        return anniversary if self.boundary is Boundary.INCLUSIVE else anniversary - timedelta(days=1)

    def at(self, attended_on: date, on: date | None = None) -> "ValidityRule":
        """The rule for a pass on `attended_on`, as it stands on the day `on` (by default its own day)."""
        asked = attended_on if on is None else on
        found = self
        for each in self.changes:
            if each.from_on is not None and each.from_on <= (asked if each.for_all else attended_on):
                found = each
        return found

    def lasts(self, attended_on: date, on: date) -> date | None:
        """The last good day of a pass on `attended_on`, seen from the day `on`; None where time never ends it.

        A change for all that is still to come counts already: what it cuts short is never said to last longer.
        """
        last = self.at(attended_on, on).last_good_day(attended_on)
        for each in self.changes:
            if each.from_on is None or not each.for_all or each.from_on <= max(on, attended_on):
                continue
            if last is not None and last < each.from_on:
                break
            by_then = each.last_good_day(attended_on)
            last = by_then if by_then is None else max(by_then, each.from_on - timedelta(days=1))
        return last


@dataclass(frozen=True, slots=True)
class Result:
    """One training result as recorded. `outcome` is PASS, FAIL or PARTIAL; `minutes` the attendance."""

    course: str
    model: str | None
    attended_on: date
    minutes: int
    outcome: str
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Currency:
    """What a person's passes amount to.

    `valid_until_us` is exclusive, UTC microseconds; None means no end. `last_good_day` is the London day
    before it. `ended_by` says what ends it, or ended it: time, or a failed course.
    """

    last_pass_on: date
    last_good_day: date | None
    valid_until_us: int | None
    ended_by: Ending

    def covers(self, until_us: int) -> bool:
        """Whether it lasts up to `until_us` (exclusive): a duty may end at the very moment it does."""
        return self.valid_until_us is None or until_us <= self.valid_until_us


def currency(results: Iterable[Result], rule: ValidityRule, on: date) -> Currency | None:
    """The currency on the London day `on` of one qualification (for one model); None where never passed.

    `results` are those of one person and one qualification, in any order. Retracted and future ones do not
    count. The latest pass counts from its own date, so an early refresher restarts the time. A fail ends
    validity from the start of its day until a later pass; on one and the same day the fail wins.
    """
    known = sorted(
        (each for each in results if not each.retracted and each.attended_on <= on),
        key=lambda each: each.attended_on,
    )
    passed = _last_pass(known, rule)
    if passed is None:
        return None
    failed = min(
        (each.attended_on for each in known if each.outcome == "FAIL" and each.attended_on >= passed),
        default=None,
    )
    return _until(passed, rule.lasts(passed, on), failed)


def is_long_enough(result: Result, rule: ValidityRule) -> bool:
    """Whether it lasted as long as the rule of its own day asks (design `domain.md` 6, A9: 8 hours are no PPST)."""
    return result.minutes >= rule.at(result.attended_on).minutes_min.get(result.course, 0)


def _last_pass(known: list[Result], rule: ValidityRule) -> date | None:
    """The date of the last pass that counts; a refresher counts only once the qualification is open."""
    passed = None
    for each in known:
        opens = OPENS.get(FAMILIES[each.course])
        is_pass = each.outcome == "PASS" and is_long_enough(each, rule)
        if is_pass and (passed is not None or opens is None or each.course in opens):
            passed = each.attended_on
    return passed


def _until(passed: date, last_good: date | None, failed: date | None) -> Currency:
    if failed is not None and (last_good is None or failed <= last_good):
        return Currency(passed, failed - timedelta(days=1), day_start_us(failed), Ending.FAIL)
    if last_good is None:
        return Currency(passed, None, None, Ending.TIME)
    return Currency(passed, last_good, day_start_us(last_good + timedelta(days=1)), Ending.TIME)


def currencies(
    results: Iterable[Result], rules: Mapping[str, ValidityRule], on: date
) -> dict[tuple[str, str | None], Currency]:
    """Every currency of one person, by (qualification, model); the model is None where none is needed.

    A qualification without a rule in `rules` is left out, which the gate reads as not trained.
    """
    groups: dict[tuple[str, str | None], list[Result]] = {}
    for each in results:
        family = FAMILIES[each.course]
        model = each.model if family in BY_MODEL else None
        groups.setdefault((family, model), []).append(each)
    found = {key: currency(group, rules[key[0]], on) for key, group in groups.items() if key[0] in rules}
    return {key: value for key, value in found.items() if value is not None}
