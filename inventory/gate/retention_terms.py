"""How long what is kept: the retention schedule as the force set it, each line with its trigger and where it is from.

One rule for the editor: what is erased, and how, is `oversight.retention`; here stands only how long.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from inventory.gate.policy_check import Source, check_origin, is_whole, one_of

RETENTION = "retention"
RULES = (
    "DRAWS_OF_CEDS", "DRAWS_USED", "OTHER_DRAWS", "REFUSALS", "PEOPLE", "LOG", "READINGS", "TELEMETRY", "BY_HAND",
)  # fmt: skip
TRIGGERS = (
    "LATER_OF_KIT_DESTROYED_AND_ISSUE_CLOSED", "HOLD_RELEASED_OR_18TH_BIRTHDAY", "ISSUE_CLOSED", "DECIDED", "LEFT",
    "ENTRY", "READ", "CLOSED",
)  # fmt: skip
SPANS = ("years", "months", "days")
LAST_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the schedule: `span` of `unit` (years, months, days) after `trigger`."""

    name: str
    title: str
    rule: str
    trigger: str
    unit: str
    span: int
    origin: str
    source: str

    def cutoff(self, today: date) -> date:
        """What was triggered before this date is due on `today`: the same day of the month, or its last."""
        if self.unit == "days":
            return date.fromordinal(today.toordinal() - self.span)
        months = today.year * 12 + today.month - 1 - self.span * (12 if self.unit == "years" else 1)
        year, month = divmod(months, 12)
        leap = month == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return date(year, month + 1, min(today.day, LAST_DAYS[month] + leap))

    def said(self) -> str:
        """ "7 years"."""
        return f"{self.span} {self.unit if self.span != 1 else self.unit[:-1]}"


@dataclass(frozen=True, slots=True)
class RetentionTerms:
    """The whole schedule by name; empty where the force has none: then nothing is ever due."""

    lines: Mapping[str, Kept] = field(default_factory=dict)

    def of_rule(self, rule: str) -> Kept | None:
        """The line that a rule carries out."""
        return next((each for each in self.lines.values() if each.rule == rule), None)


def retention_terms(data: Mapping[str, Any]) -> RetentionTerms:
    """What a checked file says."""
    lines = {}
    for name, of in data[RETENTION].items():
        unit = next(each for each in SPANS if each in of)
        lines[name] = Kept(
            name, of["title"], of["rule"], of["trigger"], unit, of[unit], of["origin"], of["source"]
        )
    return RetentionTerms(lines)


def check_retention(source: Source) -> None:
    """Check the retention schedule. Raises PolicyError."""
    for name in source.data:
        known = ("title", "version", RETENTION)
        source.need(name in known, name, f"no such key; one of {', '.join(known)}")
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    lines = source.data[RETENTION]
    source.need(isinstance(lines, dict) and bool(lines), RETENTION, "a table for each kind of record")
    for name, of in lines.items():
        key = f"{RETENTION}.{name}"
        source.need(isinstance(of, dict), key, "a table")
        spans = [each for each in SPANS if each in of]
        source.need(len(spans) == 1, key, f"one of {', '.join(SPANS)}")
        wanted = {"title", "rule", "trigger", "origin", "source", spans[0]}
        source.need(set(of) == wanted, key, f"{', '.join(sorted(wanted))}")
        source.need(is_whole(of[spans[0]]) and of[spans[0]] >= 1, f"{key}.{spans[0]}", "a whole number, 1 or more")
        source.need(of["rule"] in RULES, f"{key}.rule", one_of(RULES))
        source.need(of["trigger"] in TRIGGERS, f"{key}.trigger", one_of(TRIGGERS))
        check_origin(source, key, of)
    rules = [of["rule"] for of in lines.values() if of["rule"] != "BY_HAND"]
    source.need(len(set(rules)) == len(rules), RETENTION, "one line for each rule")
