"""What a cell may hold: each parser takes a cell's text, trimmed and not empty, and gives the value.

One rule for the editor: a parser that cannot take a text raises `Unfit` with what was expected, in words that
the person who made the file understands. It never repairs a value silently.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache

from inventory.people.calendar import LONDON, SECOND_US
from inventory.people.errors import BadField

Parser = Callable[[str], object]

YEARS = (1950, 2100)
_UK_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_HOURS = re.compile(r"(\d{1,3})(?:\.(\d{1,2})|:([0-5]\d))?")
_YES = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}


class Unfit(ValueError):
    """A cell's text that cannot be taken; `expected` says what could."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(expected)


def text(value: str) -> str:
    """Any text without control characters."""
    if not value.isprintable():
        raise Unfit("text without control characters")
    return value


def upper(value: str) -> str:
    """Text in upper case: serials, codes, models."""
    return text(value).upper()


@lru_cache(maxsize=8192)
def day(value: str) -> str:
    """A date, "2026-11-22" or "22/11/2026", as ISO text."""
    expected = "a date as 2026-11-22 or 22/11/2026"
    british = _UK_DAY.fullmatch(value)
    try:
        if british:
            found = date(int(british[3]), int(british[2]), int(british[1]))
        else:
            found = date.fromisoformat(value.removesuffix(" 00:00:00"))
    except ValueError as error:
        raise Unfit(expected) from error
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise Unfit(f"{expected}, between {YEARS[0]} and {YEARS[1]}")
    return found.isoformat()


@lru_cache(maxsize=8192)
def moment(value: str) -> int:
    """A time, "2026-11-22 05:50" in London or with an offset of its own, as UTC microseconds."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise Unfit("a time as 2026-11-22 05:50 (London) or 2026-11-22T05:50:00Z") from error
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise Unfit(f"a time between {YEARS[0]} and {YEARS[1]}")
    aware = found if found.tzinfo else found.replace(tzinfo=LONDON)
    return int(aware.timestamp()) * SECOND_US


def yes_no(value: str) -> bool:
    """yes or no, in any of the usual spellings."""
    found = _YES.get(value.lower())
    if found is None:
        raise Unfit("yes or no")
    return found


def hours(value: str) -> int:
    """Hours as "12", "12.5" or "12:30", in minutes."""
    found = _HOURS.fullmatch(value)
    if not found:
        raise Unfit("hours as 12, 12.5 or 12:30")
    part = int(found[3]) if found[3] else round(float(f"0.{found[2] or 0}") * 60)
    return int(found[1]) * 60 + part


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`."""

    def parse(value: str) -> int:
        # Not int() alone: it takes "1_000", "+1" and digits of other scripts.
        if not (value.isascii() and value.isdigit() and len(value) <= 12 and low <= int(value) <= high):
            raise Unfit(f"a whole number from {low} to {high}")
        return int(value)

    return parse


def choice(allowed: tuple[str, ...], also: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """One of `allowed`, or a name in `also` for one of them; case, spaces and hyphens do not matter."""
    known = {each: each for each in allowed} | {_plain(name): word for name, word in (also or {}).items()}

    def parse(value: str) -> str:
        found = known.get(_plain(value))
        if found is None:
            raise Unfit(f"one of {', '.join(allowed)}")
        return found

    return parse


def choice_text(value: str) -> str:
    """A word of the policy, in upper case with underscores; which words it knows is for the policy to say."""
    return _plain(text(value))


def _plain(value: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", value.upper()).strip("_")


def pairs(value: str) -> tuple[tuple[str, str], ...]:
    """Credentials or marks, "EM4100:3C00CE754C; GIAI:9521141BWV1": (technology, value) pairs."""
    found = []
    for each in value.split(";"):
        technology, colon, code = each.partition(":")
        if each.strip():
            if not (colon and technology.strip().isalnum() and code.strip()):
                raise Unfit("technology:value, several separated by semicolons")
            found.append((technology.strip().upper(), code.strip()))
    return tuple(found)


def taken_from(parse: Callable[[str], object]) -> Parser:
    """A parser of another module that raises BadField, as one of this."""

    def wrapped(value: str) -> object:
        try:
            return parse(value)
        except BadField as error:
            raise Unfit(error.expected) from error

    return wrapped
