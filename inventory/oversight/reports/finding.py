"""A report answered: what was found, with the names of what it is about, who asked when, and the hash of the data.

One rule for the editor: every door shows this one thing. `digest` is over the columns and rows as JSON and nothing
else, so that a file, a screen and a program can be seen to say the same.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from inventory.custody.hatch_names import people_said
from inventory.oversight.reports.report import Answer, As, Asked, Cell, Report
from inventory.schema.fast import Fast, among
from inventory.schema.people import store
from inventory.schema.stock import item
from inventory.stock.kinds import title

_ITEMS = Fast(sa.select(item.c.id, item.c.kind, item.c.serial).where(among(item.c.id, "ids")))
_STORES = Fast(sa.select(store.c.id, store.c.name).where(among(store.c.id, "ids")))


@dataclass(frozen=True, slots=True)
class Names:
    """What items, people and stores are called, by id."""

    items: Mapping[int, str] = field(default_factory=dict)
    people: Mapping[int, str] = field(default_factory=dict)
    stores: Mapping[int, str] = field(default_factory=dict)

    def of(self, kind: As | str, value: Cell) -> str:
        """What an id of this kind is called; the id itself where it is not known."""
        book = {"item": self.items, "person": self.people, "store": self.stores}.get(kind, {})
        return book.get(value, str(value)) if isinstance(value, int) else str(value)


@dataclass(frozen=True, slots=True)
class Found:
    """One answered report. `given` are the parameters it was asked with, `policy` the version in force."""

    report: Report
    given: Mapping[str, Cell]
    answer: Answer
    names: Names
    made_us: int
    policy: str
    digest: str

    @property
    def people(self) -> frozenset[int]:
        """Whom the answer is about: as the report says, and whoever stands in a column."""
        return self.answer.people | frozenset(_ids(self.report, self.answer, self.given, "person"))


def find(conn: sa.Connection, report: Report, asked: Asked) -> Found:
    """Ask the report and name what it tells of. Raises ValueError for a row that is not as wide as its columns."""
    answer = report.ask(conn, asked)
    width = len(report.columns)
    if any(len(row) != width for row in answer.rows):
        raise ValueError(f"{report.name}: a row that is not as wide as the columns")
    names = names_of(conn, report, answer, asked.given)
    return Found(
        report, asked.given, answer, names, asked.now_us, asked.policy.version, digest_of(report, answer.rows)
    )


def digest_of(report: Report, rows: Sequence[Sequence[Cell]]) -> str:
    """SHA-256, in hex, of {"columns": [keys], "rows": [[cells]]} as JSON without blanks, UTF-8."""
    said = {"columns": [each.key for each in report.columns], "rows": rows}
    return sha256(json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def names_of(conn: sa.Connection, report: Report, answer: Answer, given: Mapping[str, Cell]) -> Names:
    """What everything is called that the answer and its parameters tell of."""
    items, people, stores = (
        sorted(_ids(report, answer, given, kind)) for kind in ("item", "person", "store")
    )
    return Names(
        {row[0]: f"{title(row[1])} {row[2]}" for row in _ITEMS.rows(conn, {"ids": items})} if items else {},
        people_said(conn, people) if people else {},
        dict(_STORES.rows(conn, {"ids": stores})) if stores else {},
    )


def _ids(report: Report, answer: Answer, given: Mapping[str, Cell], kind: str) -> set[int]:
    places = [n for n, column in enumerate(report.columns) if column.kind == kind]
    found = {row[n] for row in answer.rows for n in places}
    found |= {given.get(each.key) for each in report.parameters if each.kind == kind}
    return {each for each in found if isinstance(each, int)}


# ---- kept for later ----------------------------------------------------------------------------------------


def kept(found: Found) -> str:
    """What was found as JSON text, to be read again by `from_kept`."""
    answer, names = found.answer, found.names
    return json.dumps(
        {
            "rows": answer.rows, "notes": answer.notes, "people": sorted(answer.people), "totals": dict(answer.totals),
            "names": {"items": _pairs(names.items), "people": _pairs(names.people), "stores": _pairs(names.stores)},
            "made_us": found.made_us,
        },
        separators=(",", ":"), ensure_ascii=False,
    )  # fmt: skip


def from_kept(report: Report, given: Mapping[str, Cell], policy: str, text: str) -> Found:
    """What `kept` wrote, as it was found."""
    read: dict[str, Any] = json.loads(text)
    names = Names(**{name: dict(map(tuple, pairs)) for name, pairs in read["names"].items()})
    rows = [tuple(row) for row in read["rows"]]
    answer = Answer(rows, tuple(read["notes"]), frozenset(read["people"]), read["totals"])
    return Found(report, given, answer, names, read["made_us"], policy, digest_of(report, rows))


def _pairs(book: Mapping[int, str]) -> Iterable[tuple[int, str]]:
    return list(book.items())
