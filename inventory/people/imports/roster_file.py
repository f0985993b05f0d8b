"""The duty system's file of who is rostered where.

One rule for the editor: a file is the whole word of its source about each store and London day that it names: what it
leaves out is withdrawn, and stays readable. A file with bad rows withdraws nothing of anybody whom its good rows do
not name, because it may have meant to.

A duty belongs to the day it starts on. A store and day that no row names are left alone.
"""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import HOUR_US, day_end_us, day_start_us, local_day
from inventory.people.imports import fields
from inventory.people.imports.authority_file import PERSON, UNKNOWN_PERSON
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import (
    ImportRun,
    Pending,
    carry_out,
    open_stores,
    people_by_ref,
    store_expected,
)
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.people.roster import DUTY_MAX_US
from inventory.schema.fast import Fast, among
from inventory.schema.roster import roster

COLUMNS = (
    PERSON,
    Column("store", fields.upper, ("store code", "station", "location"), needed=True, chars_max=20),
    Column("starts", fields.moment, ("start", "from", "on duty"), needed=True),
    Column("ends", fields.moment, ("end", "to", "off duty"), needed=True),
    Column("duty", aliases=("shift", "duty type"), chars_max=60),
    Column("source_ref", aliases=("reference", "duty id"), chars_max=120),
)
AHEAD_MAX_DAYS = 400
_FACTS = ("store_id", "ends_us", "duty", "source_ref")

_ON_RECORD = Fast(
    sa.select(roster.c.id, roster.c.person_id, roster.c.starts_us, *(roster.c[each] for each in _FACTS)).where(
        roster.c.source == sa.bindparam("source"),
        roster.c.withdrawn_us.is_(None),
        among(roster.c.store_id, "stores"),
        roster.c.starts_us >= sa.bindparam("from_us"),
        roster.c.starts_us < sa.bindparam("until_us"),
    )
)
_OF_PEOPLE = Fast(
    sa.select(roster.c.id, roster.c.person_id, roster.c.starts_us, *(roster.c[each] for each in _FACTS)).where(
        roster.c.source == sa.bindparam("source"),
        roster.c.withdrawn_us.is_(None),
        among(roster.c.person_id, "people"),
        roster.c.starts_us >= sa.bindparam("from_us"),
        roster.c.starts_us < sa.bindparam("until_us"),
    )
)
_WITHDRAW = Fast(
    sa.update(roster).where(roster.c.id == sa.bindparam("the_id")).values(withdrawn_us=sa.bindparam("at_us"))
)


def import_roster(run: ImportRun, data: Source, source: str) -> ImportReport:
    """Take a file of duties from `source` (the duty system's name). The same file twice changes nothing."""
    table = read(data, COLUMNS)
    return carry_out(run, table, _RosterFile(run, table, source))


class _RosterFile:
    """Judges every duty of a file against those on record of its stores, days and people."""

    def __init__(self, run: ImportRun, table: Table, source: str) -> None:
        self.tally = Tally()
        self._run = run
        self._source = source
        self._pending = Pending()
        self._left = len(table.rows)
        self._people = people_by_ref(run.conn, table.rows, "ref")
        self._stores = open_stores(run.conn)
        self._known = self._on_record(table)
        self._standing: set[int] = set()
        self._named: set[tuple[int, str]] = set()
        self._covered: set[tuple[int, str]] = set()
        self._spans: dict[int, list[tuple[int, Row]]] = defaultdict(list)

    def _on_record(self, table: Table) -> dict[tuple[int, int], tuple[int, tuple[Any, ...]]]:
        """(person, start) -> its row: of this source, on the days of the file, at its stores or of its people."""
        days = {local_day(each["starts"]) for each in table.rows}
        if not days:
            return {}
        between = {"source": self._source, "from_us": day_start_us(min(days)), "until_us": day_end_us(max(days))}
        stores = {self._stores[each["store"]] for each in table.rows if each["store"] in self._stores}
        rows = _ON_RECORD.rows(self._run.conn, {**between, "stores": sorted(stores)})
        rows += _OF_PEOPLE.rows(self._run.conn, {**between, "people": sorted(self._people.values())})
        return {(person, starts): (row_id, tuple(facts)) for row_id, person, starts, *facts in rows}

    def judge(self, row: Row) -> None:
        """A row is a new duty, one on record, or one that is otherwise now; or it has a problem."""
        self._left -= 1
        if self._is_bad(row):
            return
        person_id, store_id, starts = self._people[row["ref"]], self._stores[row["store"]], row["starts"]
        on = local_day(starts).isoformat()
        self._covered.add((store_id, on))
        self._named.add((person_id, on))
        self._spans[person_id].append((starts, row))
        facts = (store_id, row["ends"], row["duty"], row["source_ref"])
        old_id, old = self._known.get((person_id, starts), (None, None))
        if old == facts and old_id is not None:
            self._standing.add(old_id)
            self.tally.unchanged += 1
            return
        self.tally.changed += old_id is not None
        self.tally.new += old_id is None
        if old_id is not None:
            self._withdraw(old_id)
        self._record((person_id, starts), facts)

    def write(self) -> None:
        """Write the duties judged so far; with the last of them, withdraw what the file left out."""
        if not self._left:
            self._withdraw_the_rest()
        self._pending.write(self._run.conn)

    def _is_bad(self, row: Row) -> bool:
        person_id = self._people.get(row["ref"])
        starts, ends = row["starts"], row["ends"]
        last = self._run.now_us + AHEAD_MAX_DAYS * 24 * HOUR_US
        also = self._also_on(person_id, row)
        faults = (
            (person_id is None, "ref", row["ref"], UNKNOWN_PERSON),
            (row["store"] not in self._stores, "store", row["store"], store_expected(self._stores)),
            (ends <= starts, "ends", "not after it starts", "a time after the duty starts"),
            (ends - starts > DUTY_MAX_US, "ends", f"{(ends - starts) // HOUR_US} hours", "a duty of 24 hours at most"),
            (starts > last, "starts", local_day(starts), f"a day within {AHEAD_MAX_DAYS} days"),
            (also > 0, "starts", row["ref"], f"each person in one place at a time (line {also} says otherwise)"),
        )
        for wrong, name, value, expected in faults:
            if wrong:
                self.tally.refuse(row.line, name, value, expected)
        return any(fault[0] for fault in faults)

    def _also_on(self, person_id: int | None, row: Row) -> int:
        """The line of another duty of theirs at that time; 0 where there is none, or where it says just the same."""
        starts, ends = row["starts"], row["ends"]
        for begun, other in self._spans[person_id or 0]:
            if begun < ends and starts < other["ends"] and other.values != row.values:
                return other.line
        return 0

    def _record(self, key: tuple[int, int], facts: tuple[Any, ...]) -> None:
        new_id = self._run.ids.take()
        self._known[key] = (new_id, facts)
        self._standing.add(new_id)
        of = {"id": new_id, "person_id": key[0], "starts_us": key[1], "source": self._source}
        self._pending.add(roster, {**of, **dict(zip(_FACTS, facts, strict=True)), "recorded_us": self._run.now_us})

    def _withdraw(self, row_id: int) -> None:
        self._pending.change(_WITHDRAW, {"the_id": row_id, "at_us": self._run.now_us})

    def _withdraw_the_rest(self) -> None:
        """What stands on a store and day of the file and is not in it; after a bad row only of people named."""
        for (person_id, starts), (row_id, facts) in self._known.items():
            on = local_day(starts).isoformat()
            gone = row_id not in self._standing and (facts[0], on) in self._covered
            moved = row_id not in self._standing and (person_id, on) in self._named
            if moved or (gone and not self.tally.problems):
                self._withdraw(row_id)
                self.tally.changed += 1

