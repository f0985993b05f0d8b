"""Who attended and is not current for all that, and why; and how many hours each of them was taught.

One rule for the editor: the reasons are those the currency itself is worked out by (`people.training`); nothing here
counts that does not count there.

Source: design `domain.md` 6 (A9: hours against the minimum; B12: attendance is not a pass).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.people.calendar import add_months
from inventory.people.training import (
    BY_MODEL,
    FAMILIES,
    OPENS,
    Currency,
    Result,
    ValidityRule,
    currency,
    is_long_enough,
)

COUNTS, TOO_SHORT, FAILED, PARTLY, NOT_OPEN, OLD = "COUNTS", "TOO_SHORT", "FAILED", "PARTLY", "NOT_OPEN", "OLD"
WHY: Mapping[str, str] = {
    COUNTS: "counts",
    TOO_SHORT: "attended for fewer hours than a pass needs",
    FAILED: "did not pass",
    PARTLY: "attended in part",
    NOT_OPEN: "a refresher without an initial or conversion course",
    OLD: "has run out since",
}


@dataclass(frozen=True, slots=True)
class Attended:
    """The last attendance of one qualification, and why it leaves them not current."""

    qualification: str
    model: str | None
    result: Result
    why: str
    minutes_min: int
    last_good_day: date | None

    @property
    def sentence(self) -> str:
        """Why, with the hours where they are what lacks."""
        if self.why != TOO_SHORT:
            return WHY[self.why]
        return f"attended for {hours_said(self.result.minutes)} of {hours_said(self.minutes_min)}"


def hours_said(minutes: int) -> str:
    """Minutes as people say them: "8 h", "1 h 30 min", "45 min"."""
    hours, rest = divmod(minutes, 60)
    said = [f"{hours} h"] if hours else []
    return " ".join([*said, f"{rest} min"] if rest or not hours else said)


def outcome_of(result: Result, rule: ValidityRule, before: Iterable[Result]) -> str:
    """What one result does by itself, after those `before` it: a word of `WHY`, COUNTS where it renews."""
    if result.outcome == "FAIL":
        return FAILED
    if result.outcome == "PARTIAL":
        return PARTLY
    if not is_long_enough(result, rule):
        return TOO_SHORT
    opens = OPENS.get(FAMILIES[result.course])
    is_open = opens is None or result.course in opens or currency(before, rule, result.attended_on) is not None
    return COUNTS if is_open else NOT_OPEN


def not_current(
    results: Sequence[Result], rules: Mapping[str, ValidityRule], on: date
) -> list[Attended]:
    """Per qualification somebody attended and is not current in on the day `on`: their last attendance, and why."""
    groups: dict[tuple[str, str | None], list[Result]] = {}
    for each in results:
        family = FAMILIES[each.course]
        if family in rules and not each.retracted and each.attended_on <= on:
            groups.setdefault((family, each.model if family in BY_MODEL else None), []).append(each)
    found = []
    for (family, model), some in sorted(groups.items(), key=lambda pair: (pair[0][0], pair[0][1] or "")):
        held = currency(some, rules[family], on)
        if held is None or (held.last_good_day is not None and held.last_good_day < on):
            found.append(_attended(family, model, some, rules[family], held))
    return found


def _attended(
    family: str, model: str | None, some: Sequence[Result], rule: ValidityRule, held: Currency | None
) -> Attended:
    last = max(some, key=lambda each: (each.attended_on, each.outcome == "FAIL"))
    earlier = [each for each in some if each is not last]
    why = outcome_of(last, rule, earlier)
    if why == COUNTS:
        why = OLD
    least = rule.at(last.attended_on).minutes_min.get(last.course, 0)
    return Attended(family, model, last, why, least, held.last_good_day if held else None)


def minutes_taught(results: Iterable[Result], on: date, months: int = 12) -> dict[str, int]:
    """Minutes attended per qualification in the `months` up to and with the day `on`, whatever came of it."""
    since = add_months(on, -months) + timedelta(days=1)
    totals: dict[str, int] = {}
    for each in results:
        if not each.retracted and since <= each.attended_on <= on:
            family = FAMILIES[each.course]
            totals[family] = totals.get(family, 0) + each.minutes
    return totals


def minutes_asked(rule: ValidityRule, on: date) -> int:
    """The minutes a year that keeping a qualification asks: the least of its courses that have a minimum."""
    return min(rule.at(on).minutes_min.values(), default=0)
