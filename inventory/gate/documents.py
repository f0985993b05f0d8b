"""The documents that policy numbers cite: whose they are, when they were last looked at, and when they must be again.

One rule for the editor: a date that nobody stated is None, and is said to be unknown; nothing here makes one up.

Source: design `domain.md` 6, rows B14, B17, B20 (fields), 5.3 Q24 (the clock), 10 (what the marks stand for).
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from inventory.people.calendar import add_months

SEED = Path(__file__).parent / "register" / "documents.toml"
AHEAD_DAYS = 60
"""How long before its date a review is said to be due (design issue 5 line 10)."""
WHEN = re.compile(r"^(\d{4})-(\d{2})(?:-(\d{2}))?$")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the register. `reviewed_on` and `next_review_on` are "2026-02-28", or "2026-02" where no day was
    stated; `risk` LOW, MEDIUM or HIGH; `cited_as` the marks by which sources name it, beside its reference."""

    reference: str
    title: str
    owner: str
    contact: str | None = None
    risk: str | None = None
    version: str | None = None
    reviewed_on: str | None = None
    next_review_on: str | None = None
    link: str | None = None
    eia_ref: str | None = None
    cited_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """Where a document stands with its review. `state` OVERDUE, DUE (within `AHEAD_DAYS`), GOOD or UNKNOWN; `days` till
    its last good day (negative: since), `months` whole calendar months that it is over."""

    state: str
    due_on: date | None = None
    days: int | None = None
    months: int = 0


@cache
def shipped() -> Mapping[str, Document]:
    """The documents that come with the program, by reference."""
    tables = tomllib.loads(SEED.read_text("utf-8"))
    return {name: Document(name, **(table | _marks(table))) for name, table in tables.items()}


def _marks(table: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    marks = table.get("cited_as", ())
    assert isinstance(marks, list | tuple), "cited_as is a list of marks"
    return {"cited_as": tuple(str(each) for each in marks)}


def cited(source: str, known: Mapping[str, Document]) -> tuple[str, ...]:
    """The references of the documents that the text of a source names, in the order of the register."""
    return tuple(
        reference
        for reference, document in known.items()
        if any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", source) for name in (reference, *document.cited_as))
    )


def last_good_day(said: str | None) -> date | None:
    """The last day on which a review is in time: that day, or the last of the month. None where none is stated.

    Raises ValueError for a text that is neither.
    """
    if said is None:
        return None
    match = WHEN.match(said)
    if match is None:
        raise ValueError("expected a day as 2026-02-28, or a month as 2026-02")
    year, month, day = match.groups()
    if day is not None:
        return date(int(year), int(month), int(day))
    return add_months(date(int(year), int(month), 1), 1) - timedelta(days=1)


def review_of(document: Document, today: date) -> Review:
    """Where the document stands on a London day."""
    due_on = last_good_day(document.next_review_on)
    if due_on is None:
        return Review("UNKNOWN")
    days = (due_on - today).days
    if days >= 0:
        return Review("DUE" if days <= AHEAD_DAYS else "GOOD", due_on, days)
    return Review("OVERDUE", due_on, days, (today.year - due_on.year) * 12 + today.month - due_on.month)
