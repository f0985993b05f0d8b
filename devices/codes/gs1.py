"""GS1 element strings: the data of GS1-128, GS1 DataMatrix, GS1 QR, GS1 DataBar and GS1 DotCode.

    01 09506000134352  21 S1 <GS>  17 261231
    |  predefined      |  up to the separator (byte 1D) or the end
    identifier

One rule for the editor: refuse what GS1's own engine refuses. A separator lost on the way (keyboard wedge)
makes `10 B121 S1` parse as batch "B121S1" with no serial, and no parser can see it: an item whose profile
needs a serial must find none here. Dates carry two digits of the year; the caller says which century is near.
"""

import calendar
from collections.abc import Callable, Iterable

from devices.codes.check_digit import has_check_digit
from devices.codes.gs1_table import AI_LENGTH, RULES, Rule
from devices.codes.problem import Problem

GS = "\x1d"
"""The separator: FNC1 inside a symbol arrives as this character."""

Elements = tuple[tuple[str, str], ...]
"""(application identifier, value) in the order of the symbol."""

NEAR_YEAR = 2026
"""Two digits mean the year from 49 before to 50 after this one (General Specifications 7.12)."""

_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parse(text: str) -> Elements | Problem:
    """The elements of an element string (without AIM identifier), or the first thing wrong with it."""
    elements: list[tuple[str, str]] = []
    at, end = 0, len(text)
    while at < end:
        rule = RULES.get(text[at : at + AI_LENGTH.get(text[at : at + 2], 0)])
        if rule is None:
            return _unknown(text[at:])
        at += len(rule.ai)
        stop = at + rule.length if rule.length else text.find(GS, at)
        value = text[at:stop] if stop >= 0 else text[at:]
        problem = check_value(rule, value)
        if problem is not None:
            return problem
        elements.append((rule.ai, value))
        at += len(value)
        if text[at : at + 1] == GS:
            at += 1
    return check_together(tuple(elements))


def check_value(rule: Rule, value: str) -> Problem | None:
    """What is wrong with one value, or None."""
    if rule.pattern.fullmatch(value) is None:
        return _misfit(rule, value)
    for check in rule.checks:
        part = value[check.start : check.end]
        if part:
            problem = _CHECKS[check.name](rule.ai, part)
            if problem is not None:
                return problem
    return None


def check_together(elements: Elements) -> Elements | Problem:
    """`elements` again if they may stand on one label, or what is missing, clashing or said twice."""
    if not elements:
        return Problem("GS1_EMPTY", "The symbol holds no GS1 data.")
    values = dict(elements)
    if len(values) < len(elements):
        for ai, value in elements:
            if values[ai] != value:
                return Problem("GS1_REPEATED", f"AI ({ai}) stands twice with different values.")
    for ai in values:
        problem = _associations(RULES[ai], values)
        if problem is not None:
            return problem
    return elements


def write(elements: Iterable[tuple[str, str]]) -> str:
    """The element string of `elements`, with a separator after each value that needs one and is not last."""
    text, separator = "", ""
    for ai, value in elements:
        text += separator + ai + value
        separator = "" if RULES[ai].length else GS
    return text


def bracketed(elements: Iterable[tuple[str, str]]) -> str:
    """`elements` as printed under a symbol: (01)09506000134352(21)S1."""
    return "".join([f"({ai}){value}" for ai, value in elements])


def iso_date(yymmdd: str, near_year: int = NEAR_YEAR) -> str:
    """A checked YYMMDD as YYYY-MM-DD; day 00 is the last of its month (General Specifications 3.4)."""
    year = near_year - 49 + (int(yymmdd[:2]) - near_year + 49) % 100
    month, day = int(yymmdd[2:4]), int(yymmdd[4:])
    return f"{year:04}-{month:02}-{day or calendar.monthrange(year, month)[1]:02}"


def _associations(rule: Rule, values: dict[str, str]) -> Problem | None:
    if rule.needs and rule.alone.isdisjoint(values) and not _satisfied(rule, values):
        groups = " or ".join("+".join(group) for group in rule.needs)
        return Problem("GS1_NEEDS", f"AI ({rule.ai}) needs {groups} on the same label.")
    for word in rule.never_beside:
        for other in values:
            if other != rule.ai and _matches(other, word):
                return Problem("GS1_CLASH", f"AI ({rule.ai}) must not stand beside AI ({other}).")
    return None


def _satisfied(rule: Rule, values: dict[str, str]) -> bool:
    return any(all(any(_matches(ai, word) for ai in values) for word in group) for group in rule.needs)


def _matches(ai: str, word: str) -> bool:
    return ai.startswith(word[:-1]) if word.endswith("*") else ai == word


def _unknown(rest: str) -> Problem:
    hint = ": the brackets are for people and are not part of the symbol" if rest[0] == "(" else ""
    return Problem("GS1_UNKNOWN_AI", f"No application identifier begins {rest[:4]!a}{hint}.")


def _misfit(rule: Rule, value: str) -> Problem:
    """Why a value does not fit its form, most telling reason first."""
    if len(value) > rule.characters_max:
        most = f"it holds at most {rule.characters_max} characters"
        return Problem("GS1_TOO_LONG", f"AI ({rule.ai}) is too long: {most}, not {len(value)}.")
    digits_only = "N" in rule.form and not set(rule.form) & set("XYZ")
    for character in value:
        if not ("0" <= character <= "9") and (
            digits_only or RULES["10"].pattern.fullmatch(character) is None
        ):
            return Problem("GS1_CHARACTER", f"AI ({rule.ai}) may not hold the character {character!a}.")
    if rule.pattern.fullmatch(value + "0" * (rule.characters_max - len(value))) is not None:
        return Problem("GS1_TOO_SHORT", f"AI ({rule.ai}) is too short: its form is {rule.form}.")
    return Problem("GS1_FORM", f"AI ({rule.ai}) does not have its form, {rule.form}.")


def _check_digit(ai: str, digits: str) -> Problem | None:
    if has_check_digit(digits):
        return None
    return Problem("GS1_CHECK_DIGIT", f"AI ({ai}): the check digit is incorrect.")


def _check_prefix(ai: str, key: str) -> Problem | None:
    if len(key) >= 4 and key[:4].isdigit():
        return None
    return Problem("GS1_PREFIX", f"AI ({ai}) must begin with a GS1 company prefix of at least four digits.")


def _check_day0(ai: str, yymmdd: str) -> Problem | None:
    month, day = int(yymmdd[2:4]), int(yymmdd[4:])
    if not 1 <= month <= 12:
        return Problem("GS1_DATE", f"AI ({ai}): {yymmdd} holds no such month.")
    if day > _DAYS[month] or (month == 2 and day == 29 and int(yymmdd[:2]) % 4):
        return Problem("GS1_DATE", f"AI ({ai}): {yymmdd} holds an illegal day of the month.")
    return None


def _check_day(ai: str, yymmdd: str) -> Problem | None:
    if yymmdd[4:] == "00":
        return Problem("GS1_DATE", f"AI ({ai}): {yymmdd} must name the day.")
    return _check_day0(ai, yymmdd)


def _check_time(ai: str, hhmm: str) -> Problem | None:
    if hhmm[:2] <= "23" and hhmm[2:] <= "59":
        return None
    return Problem("GS1_TIME", f"AI ({ai}): {hhmm} is no time of day.")


def _check_zero(ai: str, digit: str) -> Problem | None:
    return None if digit == "0" else Problem("GS1_FORM", f"AI ({ai}) begins with 0.")


def _check_part(ai: str, part: str) -> Problem | None:
    if "00" < part[:2] <= part[2:]:
        return None
    return Problem("GS1_PART", f"AI ({ai}): {part[:2]} of {part[2:]} pieces is impossible.")


_CHECKS: dict[str, Callable[[str, str], Problem | None]] = {
    "digit": _check_digit,
    "prefix": _check_prefix,
    "day0": _check_day0,
    "day": _check_day,
    "time": _check_time,
    "zero": _check_zero,
    "part": _check_part,
}
