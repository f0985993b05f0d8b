"""Counting the demo force from its files alone: CSV text in, numbers out, by arithmetic of its own.

One rule for the editor: nothing of `inventory` is imported here, so a fault there cannot hide itself.
"""

import calendar
import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

Record = dict[str, str]


def records(text: str) -> list[Record]:
    """The rows of a file by heading."""
    return list(csv.DictReader(io.StringIO(text)))


def day(text: str) -> date:
    """A date of a file."""
    return date.fromisoformat(text)


def year_later(on: date) -> date:
    """The anniversary, 29 February being the 28th in other years."""
    last = calendar.monthrange(on.year + 1, on.month)[1]
    return date(on.year + 1, on.month, min(on.day, last))


@dataclass(frozen=True)
class Files:
    """The rows of all files together, those of the anchor day and of every advance after it."""

    people: list[Record]
    training: list[Record]
    authorisations: list[Record]
    stops: list[Record]
    restrictions: list[Record]
    items: list[Record]

    def after(self, more: Mapping[str, str]) -> "Files":
        """These with the rows of later files added, as imports would."""
        return Files(*(getattr(self, name) + records(more[name]) for name in self.__dataclass_fields__))


def files_of(texts: Mapping[str, str]) -> Files:
    """The rows of one set of files."""
    return Files(*(records(texts[name]) for name in Files.__dataclass_fields__))


def last_good_days(training: Iterable[Record], course: str, on: date) -> dict[str, date]:
    """By person, the last good day of a course that begins with `course`: a fail ends it the day before."""
    results: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for row in training:
        if row["course"].startswith(course) and day(row["attended_on"]) <= on:
            results[row["ref"]].append((day(row["attended_on"]), row["outcome"]))
    found = {}
    for ref, mine in results.items():
        passed = max(when for when, outcome in mine if outcome == "PASS")
        fails = [when for when, outcome in mine if outcome == "FAIL" and when >= passed]
        found[ref] = min([year_later(passed), *fails]) - timedelta(days=1)
    return found


def authorised(files: Files, on: date) -> dict[str, str]:
    """By person, the model they are authorised for on a day, suspensions apart."""
    return {
        row["ref"]: row["model"]
        for row in files.authorisations
        if day(row["from_on"]) <= on < day(row["to_on"])
    }


def suspended(files: Files, on: date) -> set[str]:
    """Who is suspended at noon."""
    last = {row["source_ref"]: row for row in files.stops}
    noon = f"{on.isoformat()} 12:00"
    return {
        row["ref"] for row in last.values() if row["from"] <= noon and (not row["to"] or row["to"] > noon)
    }


def limited(files: Files) -> set[str]:
    """Who is on limited duties by the last word of the files."""
    last = {(row["ref"], row["from_on"]): row for row in files.restrictions}
    return {row["ref"] for row in last.values() if row["lifted"] != "yes"}


@dataclass(frozen=True)
class StoStates:
    """The line "STO states" of design section 5.2."""

    authorised: int
    current: int
    lapsed: int
    due_30: int
    due_60: int
    suspended: int
    limited: int
    both: int
    pass_person_rules: int
    deployable: int


def sto_states(files: Files, on: date) -> StoStates:
    """Count them."""
    carriers = authorised(files, on)
    ced = last_good_days(files.training, "CED", on)
    others = [last_good_days(files.training, course, on) for course in ("PPST", "FIRST_AID", "JRFT")]
    left = {ref: (ced[ref] - on).days for ref in carriers}
    current = {ref for ref, days in left.items() if days >= 0}
    out, slow = suspended(files, on), limited(files)
    fit = {ref for ref in current - out - slow if all(each[ref] >= on for each in others)}
    return StoStates(
        authorised=len(carriers),
        current=len(current),
        lapsed=len(carriers) - len(current),
        due_30=sum(0 <= days <= 30 for days in left.values()),
        due_60=sum(0 <= days <= 60 for days in left.values()),
        suspended=len(out),
        limited=len(slow),
        both=len(out & slow),
        pass_person_rules=len(fit),
        deployable=sum(carriers[ref] != "X2" for ref in fit),
    )


def current_percent(files: Files, course: str, on: date) -> float:
    """Share of those who hold a course at all that are current."""
    found = last_good_days(files.training, course, on)
    return 100 * sum(until >= on for until in found.values()) / len(found)


def expiring(files: Files, on: date, days: int) -> int:
    """Cartridges that expire from tomorrow within so many days."""
    ends = [day(row["expires_on"]) for row in files.items if row["kind"] == "CED_CARTRIDGE"]
    return sum(0 < (end - on).days <= days for end in ends)


def in_date(files: Files, on: date) -> int:
    """Cartridges that have not expired."""
    return sum(day(row["expires_on"]) >= on for row in files.items if row["kind"] == "CED_CARTRIDGE")
