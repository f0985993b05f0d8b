"""The file of specialist training (AFO, PSU), as the units that own it keep it: read in, never worked out.

One rule for the editor: nothing of it counts as personal safety training, and no rule of issue asks it (O43 2.3). The
same reference with other facts is a correction: the old row is retracted and stays readable.
"""

from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.imports import fields
from inventory.people.imports.authority_file import PERSON, UNKNOWN_PERSON
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import ImportRun, carry_out, people_by_ref
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.schema import words
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.training import specialist_result

DOMAIN_NAMES = {"AFO": "ARMED", "firearms": "ARMED", "PSU": "PUBLIC_ORDER", "POPS": "PUBLIC_ORDER"}
COLUMNS = (
    PERSON,
    Column("domain", fields.choice(words.SPECIALIST_DOMAINS, DOMAIN_NAMES), ("policy",), needed=True),
    Column("course", aliases=("qualification",), needed=True, chars_max=60),
    Column("attended_on", fields.day, ("attended", "date"), needed=True),
    Column("last_good_on", fields.day, ("valid to", "expires")),
    Column("source_ref", aliases=("record", "reference"), needed=True, chars_max=120),
    Column("retracted", fields.yes_no, ("withdrawn",)),
)
SOURCE = "SPECIALIST"
_FACTS = ("person_id", "domain", "course", "attended_on", "last_good_on")
_STANDING = Fast(
    sa.select(
        specialist_result.c.source_ref, specialist_result.c.id, *(specialist_result.c[each] for each in _FACTS)
    ).where(
        specialist_result.c.source == SOURCE, specialist_result.c.retracted_us.is_(None),
        among(specialist_result.c.source_ref, "refs", texts=True),
    )
)  # fmt: skip
_RETRACT = Fast(
    sa.update(specialist_result)
    .where(specialist_result.c.id == sa.bindparam("the_id"))
    .values(retracted_us=sa.bindparam("at_us"))
)
_ADD = Inserter(specialist_result)


def import_specialist(run: ImportRun, data: Source) -> ImportReport:
    """Take a file of specialist training. The same file twice changes nothing."""
    table = read(data, COLUMNS)
    return carry_out(run, table, _Specialist(run, table))


class _Specialist:
    def __init__(self, run: ImportRun, table: Table) -> None:
        self.tally = Tally()
        self._run = run
        self._rows: list[dict[str, Any]] = []
        self._gone: list[dict[str, Any]] = []
        self._today = local_day(run.now_us).isoformat()
        self._people = people_by_ref(run.conn, table.rows, "ref")
        refs = sorted({row["source_ref"] for row in table.rows if row["source_ref"]})
        self._known: dict[str, tuple[int, tuple[Any, ...]]] = {
            ref: (number, tuple(facts)) for ref, number, *facts in _STANDING.rows(run.conn, {"refs": refs})
        }
        self._met: set[str] = set()

    def judge(self, row: Row) -> None:
        """A row is a new result, a correction, a retraction, or known already; or it has a problem."""
        person_id, ref = self._people.get(row["ref"]), row["source_ref"]
        if person_id is None:
            self.tally.refuse(row.line, "ref", row["ref"], UNKNOWN_PERSON)
        elif row["attended_on"] > self._today:
            self.tally.refuse(row.line, "attended_on", row["attended_on"], f"a date up to {self._today}")
        elif ref in self._met:
            self.tally.refuse(row.line, "source_ref", ref, "each reference once in a file")
        else:
            self._met.add(ref)
            facts = (person_id, row["domain"], row["course"], row["attended_on"], row["last_good_on"] or None)
            self._take(ref, facts, is_gone=bool(row["retracted"]))

    def _take(self, ref: str, facts: tuple[Any, ...], *, is_gone: bool) -> None:
        number, old = self._known.get(ref, (None, None))
        if (old == facts and not is_gone) or (old is None and is_gone):
            self.tally.unchanged += 1
            return
        if number is not None:
            self.tally.changed += 1
            self._gone.append({"the_id": number, "at_us": self._run.now_us})
        if not is_gone:
            self.tally.new += number is None
            of = {"id": self._run.ids.take(), "source": SOURCE, "source_ref": ref, "recorded_us": self._run.now_us}
            self._rows.append({**of, **dict(zip(_FACTS, facts, strict=True))})

    def write(self) -> None:
        """Write what the rows judged so far amount to: what ends first, because it frees the references."""
        if self._gone:
            _RETRACT.many(self._run.conn, self._gone)
        _ADD.add(self._run.conn, self._rows)
        self._gone, self._rows = [], []
