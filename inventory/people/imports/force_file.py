"""The file of how often force of a sort was reported: a number for each store and month, from the force's own return.

One rule for the editor: numbers alone are taken. A column for a person or for what happened is not read.
"""

from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.imports import fields
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import ImportRun, Pending, carry_out, open_stores, store_expected
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.schema.fast import Fast
from inventory.schema.guards import force_count

NUMBER_MAX = 100_000


def month(value: str) -> str:
    """A month, "2026-11" or "11/2026"."""
    first, _, second = value.partition("/")
    text = f"{second}-{first.zfill(2)}" if second else value
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise fields.Unfit("a month as 2026-11 or 11/2026") from error
    return found.isoformat()[:7]


COLUMNS = (
    Column("store", fields.upper, ("store code",), needed=True, chars_max=20),
    Column("month", month, ("period",), needed=True),
    Column("number", fields.whole(0, NUMBER_MAX), ("count", "reports", "spit guards applied"), needed=True),
    Column("source", aliases=("return", "reference"), needed=True, chars_max=120),
)
_LAST = Fast(
    sa.select(force_count.c.store_id, force_count.c.month, force_count.c.number, force_count.c.source).order_by(
        force_count.c.recorded_us, force_count.c.id
    )
)


def import_force_counts(run: ImportRun, data: Source) -> ImportReport:
    """Take a file of months' numbers. The same file twice changes nothing; another number for a month replaces it."""
    table = read(data, COLUMNS)
    return carry_out(run, table, _ForceCounts(run, table))


class _ForceCounts:
    def __init__(self, run: ImportRun, _table: Table) -> None:
        self.tally = Tally()
        self._run = run
        self._pending = Pending()
        self._stores = open_stores(run.conn)
        self._this_month = local_day(run.now_us).isoformat()[:7]
        self._known = {(row[0], row[1]): (row[2], row[3]) for row in _LAST.rows(run.conn)}
        self._line_of: dict[tuple[int, str], int] = {}

    def judge(self, row: Row) -> None:
        """A row is a month's first number, another one, or on record; or it has a problem."""
        store_id = self._stores.get(row["store"])
        if store_id is None:
            self.tally.refuse(row.line, "store", row["store"], store_expected(self._stores))
            return
        if row["month"] > self._this_month:
            self.tally.refuse(row.line, "month", row["month"], f"a month up to {self._this_month}")
            return
        key, says = (store_id, row["month"]), (row["number"], row["source"])
        if self._line_of.setdefault(key, row.line) != row.line:
            expected = f"each store and month once (also on line {self._line_of[key]})"
            self.tally.refuse(row.line, "month", row["month"], expected)
            return
        old = self._known.get(key)
        if old == says:
            self.tally.unchanged += 1
            return
        self.tally.new += old is None
        self.tally.changed += old is not None
        made = {
            "id": self._run.ids.take(), "store_id": store_id, "month": row["month"], "number": row["number"],
            "source": row["source"], "recorded_us": self._run.now_us,
        }  # fmt: skip
        self._pending.add(force_count, made)

    def write(self) -> None:
        """Write the numbers judged so far."""
        self._pending.write(self._run.conn)
