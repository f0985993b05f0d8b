"""How every import goes: read, then judge and write a thousand rows at a time, then report.

One rule for the editor: the caller's transaction is the only one; nothing here begins, commits or asks the
time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa

from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.sheet import Source, lines_of
from inventory.people.imports.table import Row, Table
from inventory.schema.authority import role_move
from inventory.schema.custody import custody, ledger
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.guards import force_count
from inventory.schema.ids import Ids
from inventory.schema.people import (
    authority_stop,
    binding,
    carry_authorisation,
    duty_restriction,
    opt_in,
    person,
    person_gate,
    store,
    training_feed,
    training_result,
)
from inventory.schema.roster import roster
from inventory.schema.stock import inspection, item, lot, lot_balance

CHUNK_ROWS = 1000
IDS_A_ROW = 16
"""More ids than any row of any file needs: its record, collar, cards or marks, choice, lot, and how its role moved."""

Progress = Callable[[int, int], None]
"""Told (rows done, rows in all) as the work goes on."""

_IN_ORDER = (
    person, role_move, roster, lot, item, binding, opt_in, training_result, carry_authorisation, authority_stop,
    duty_restriction, person_gate, inspection, training_feed, force_count,
)  # fmt: skip
WRITTEN = (*_IN_ORDER, custody, ledger, lot_balance)
"""The tables that imports fill, with those in which kit is received."""

_INSERTERS = {table.name: Inserter(table) for table in _IN_ORDER}


@dataclass(frozen=True, slots=True)
class ImportRun:
    """What every import is given: the open write transaction, ids, the time, and who wants to see progress.

    Reserve `ids_needed(data)` ids before the transaction begins, so that a roll-back cannot give ids back.
    """

    conn: sa.Connection
    ids: Ids
    now_us: int
    progress: Progress | None = None


def ids_needed(data: Source) -> int:
    """An upper bound of the ids that importing `data` takes."""
    return (lines_of(data) + 1) * IDS_A_ROW


class Importer(Protocol):
    """One kind of file: judges a row (noting problems and what to write) and says what is to be written."""

    tally: Tally

    def judge(self, row: Row) -> None:
        """Decide what a row means, against the record and the rows before it."""

    def write(self) -> None:
        """Write what the rows judged since the last call amount to."""


def carry_out(run: ImportRun, table: Table, importer: Importer) -> ImportReport:
    """Judge and write all rows of `table`, chunk by chunk."""
    importer.tally.problems.extend(table.problems)
    total = len(table.rows)
    for start in range(0, total, CHUNK_ROWS):
        chunk = table.rows[start : start + CHUNK_ROWS]
        for row in chunk:
            importer.judge(row)
        importer.write()
        if run.progress:
            run.progress(start + len(chunk), total)
    return importer.tally.report(table.ignored, table.sheet, table.other_sheets)


@dataclass(slots=True)
class Pending:
    """Rows waiting to be written: changes first, because they free what new rows need; then new rows."""

    changes: list[tuple[Fast, Mapping[str, Any]]] = field(default_factory=list)
    rows: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def add(self, table: sa.Table, row: Mapping[str, Any]) -> None:
        """A new row of `table`."""
        self.rows.setdefault(table.name, []).append(row)

    def change(self, statement: Fast, params: Mapping[str, Any]) -> None:
        """A change to a row on record."""
        self.changes.append((statement, params))

    def write(self, conn: sa.Connection) -> None:
        """Write everything and forget it."""
        by_statement: dict[int, tuple[Fast, list[Mapping[str, Any]]]] = {}
        for statement, params in self.changes:
            by_statement.setdefault(id(statement), (statement, []))[1].append(params)
        for statement, many in by_statement.values():
            statement.many(conn, many)
        for table in _IN_ORDER:
            _INSERTERS[table.name].add(conn, self.rows.get(table.name, []))
        self.changes.clear()
        self.rows.clear()


_PEOPLE = Fast(sa.select(person.c.ref, person.c.id).where(among(person.c.ref, "refs", texts=True)))
_STORES = Fast(sa.select(store.c.code, store.c.id).where(store.c.closed_us.is_(None)))


def people_by_ref(conn: sa.Connection, rows: Iterable[Row], *columns: str) -> dict[str, int]:
    """The ids of the people that any of `columns` names."""
    refs = sorted({row[column] for row in rows for column in columns if row[column]})
    return dict(_PEOPLE.rows(conn, {"refs": refs}))


def open_stores(conn: sa.Connection) -> dict[str, int]:
    """The ids of the stores that are open, by code."""
    return dict(_STORES.rows(conn))


def store_expected(stores: Mapping[str, int]) -> str:
    """What to say where a store's code is not known."""
    return f"the code of an open store: {', '.join(sorted(stores)) or 'none is open'}"


def differing(
    old: Mapping[str, Any], new: Mapping[str, Any], names: Sequence[str]
) -> dict[str, tuple[Any, Any]]:
    """The fields among `names` that `new` has and that differ: name -> (on record, in the file)."""
    return {name: (old[name], new[name]) for name in names if name in new and old[name] != new[name]}
