"""Checks the file of late and missing kit before anything is made of it: ladders, who is told, and by when.

One rule for the editor: as in `policy_check`, each check names its key and says what was expected; what the law sets
may be shortened, never lengthened.
"""

from typing import Any

from inventory.gate.facts import SECTION_5_KINDS
from inventory.gate.loss_terms import AFTERS, TELLS
from inventory.gate.policy_check import Source, check_origin, is_whole
from inventory.gate.rule import EVERY_KIND
from inventory.schema.words import LOSS_TOLD

ICO_MINUTES_MAX = 72 * 60
"""The Commissioner is told of a personal data breach within 72 hours of becoming aware of it (DPA 2018 s.67)."""
LADDER_KEYS = ("kinds", "origin", "source", "steps")
STEP_KEYS = ("after_minutes", "tell", "remedy")
TOLD_KEYS = (
    "kinds", "after", "within_minutes", "warn_minutes", "breach", "unless_no_risk", "origin", "source",
)  # fmt: skip


def check_losses(source: Source) -> None:
    """Check the file of late and missing kit. Raises PolicyError."""
    for name in source.data:
        known = ("title", "version", "overdue", "told", "expiry")
        source.need(name in known, name, f"no such key; one of {', '.join(known)}")
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    for part in ("overdue", "told", "expiry"):
        source.need(isinstance(source.data.get(part), dict), part, "a table")
    seen: set[str] = set()
    for name, table in source.data["overdue"].items():
        seen |= _check_ladder(source, f"overdue.{name}", table, seen)
    lacking = sorted(SECTION_5_KINDS - seen)
    source.need(not lacking, "overdue", f"a ladder for {', '.join(lacking)}, which is section 5 kit")
    for to, table in source.data["told"].items():
        _check_told(source, f"told.{to}", to, table)
    days = source.data["expiry"].get("days")
    source.need(is_whole(days) and days >= 1, "expiry.days", "a number of days, 1 or more")
    check_origin(source, "expiry", source.data["expiry"])


def _check_table(source: Source, key: str, table: Any, keys: tuple[str, ...]) -> None:
    source.need(isinstance(table, dict), key, f"a table with {', '.join(keys)}")
    for part in table:
        source.need(part in keys, f"{key}.{part}", f"one of {', '.join(keys)}")
    kinds = table.get("kinds")
    good = isinstance(kinds, list) and bool(kinds) and all(each in EVERY_KIND for each in kinds)
    source.need(good and len(set(kinds)) == len(kinds), f"{key}.kinds", f"a list of {', '.join(sorted(EVERY_KIND))}")
    check_origin(source, key, table)


def _check_ladder(source: Source, key: str, table: Any, seen: set[str]) -> set[str]:
    _check_table(source, key, table, LADDER_KEYS)
    kinds = set(table["kinds"])
    source.need(not kinds & seen, f"{key}.kinds", "kinds that no other ladder has")
    steps = table.get("steps")
    source.need(isinstance(steps, list) and bool(steps), f"{key}.steps", "a list of steps")
    before, told = -1, []
    for row in steps:
        good = isinstance(row, dict) and set(row) == set(STEP_KEYS)
        source.need(good, f"{key}.steps", f"each step with {', '.join(STEP_KEYS)}")
        minutes = row["after_minutes"]
        is_later = is_whole(minutes) and minutes > before
        source.need(is_later, f"{key}.steps", "whole minutes from 0, each step after the one before it")
        source.need(row["tell"] in TELLS and row["tell"] not in told, f"{key}.steps", f"each once: {', '.join(TELLS)}")
        is_said = isinstance(row["remedy"], str) and bool(row["remedy"].strip())
        source.need(is_said, f"{key}.steps", "a remedy: what they do about it")
        before = minutes
        told.append(row["tell"])
    ends = not kinds & SECTION_5_KINDS or told[-1] == "LOSS"
    source.need(ends, f"{key}.steps", "a last step LOSS: section 5 kit that stays away is treated as lost")
    return kinds


def _check_told(source: Source, key: str, to: str, table: Any) -> None:
    source.need(to in LOSS_TOLD, key, f"one of {', '.join(LOSS_TOLD)}")
    _check_table(source, key, table, TOLD_KEYS)
    source.need(table.get("after") in AFTERS, f"{key}.after", f"one of {', '.join(AFTERS)}")
    within, warn = table.get("within_minutes"), table.get("warn_minutes", 0)
    source.need(is_whole(within) and within >= 1, f"{key}.within_minutes", "whole minutes, 1 or more")
    source.need(is_whole(warn) and 0 <= warn < within, f"{key}.warn_minutes", "fewer minutes than within_minutes")
    for name in ("breach", "unless_no_risk"):
        source.need(isinstance(table.get(name, False), bool), f"{key}.{name}", "true or false")
    if to == "ICO":
        in_time = within <= ICO_MINUTES_MAX and table["after"] == "REPORTED"
        says = f"{ICO_MINUTES_MAX} or less from when it was reported; never lengthened"
        source.need(in_time, f"{key}.within_minutes", says)
