"""The files of limited duties, and of the gates that students and specials must have met.

One rule for the editor: a restriction says which kinds are left and when it is reviewed. A file with a column
that could hold a reason is not read for it.
"""

from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.duty import CATEGORIES, kinds_text, parse_kinds
from inventory.people.imports import fields
from inventory.people.imports.authority_file import PERSON, UNKNOWN_PERSON
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import ImportRun, Pending, carry_out, people_by_ref
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.schema.fast import Fast, among
from inventory.schema.people import duty_restriction, person_gate

RESTRICTION_COLUMNS = (
    PERSON,
    Column("category", fields.choice(CATEGORIES), ("duty category",), needed=True),
    Column("kinds_allowed", fields.taken_from(parse_kinds), ("may draw", "kinds")),
    Column("from_on", fields.day, ("from",), needed=True),
    Column("review_on", fields.day, ("review", "review date"), needed=True),
    Column("lifted", fields.yes_no, ("ended",)),
)
GATE_COLUMNS = (
    PERSON,
    Column("gate", fields.choice_text, ("requirement",), needed=True, chars_max=60),
    Column("met_on", fields.day, ("date", "met"), needed=True),
    Column("document", aliases=("reference", "document ref"), needed=True),
)

_IN_FORCE = Fast(
    sa.select(
        duty_restriction.c.person_id, duty_restriction.c.category, duty_restriction.c.from_on,
        duty_restriction.c.id, duty_restriction.c.kinds_allowed, duty_restriction.c.review_on,
        duty_restriction.c.lifted_us,
    )
    .where(among(duty_restriction.c.person_id, "ids"))
    .order_by(duty_restriction.c.recorded_us, duty_restriction.c.id)
)  # fmt: skip
_LIFT = Fast(
    sa.update(duty_restriction)
    .where(duty_restriction.c.id == sa.bindparam("the_id"))
    .values(lifted_us=sa.bindparam("at_us"))
)
_MET = Fast(
    sa.select(person_gate.c.person_id, person_gate.c.gate, person_gate.c.met_on).where(
        among(person_gate.c.person_id, "ids")
    )
)


def import_restrictions(run: ImportRun, data: Source) -> ImportReport:
    """Take a file of limited duties; `lifted` ends one. The same file twice changes nothing."""
    table = read(data, RESTRICTION_COLUMNS)
    return carry_out(run, table, _Restrictions(run, table))


def import_gates(run: ImportRun, data: Source) -> ImportReport:
    """Take a file of gates met (approvals, hours). The same file twice changes nothing."""
    table = read(data, GATE_COLUMNS)
    return carry_out(run, table, _Gates(run, table))


class _Restrictions:
    def __init__(self, run: ImportRun, table: Table) -> None:
        self.tally = Tally()
        self._run = run
        self._pending = Pending()
        self._people = people_by_ref(run.conn, table.rows, "ref")
        found = _IN_FORCE.rows(run.conn, {"ids": list(self._people.values())})
        self._known = {
            (person_id, category, from_on): {
                "id": row_id,
                "says": (kinds, review),
                "lifted": lifted is not None,
            }
            for person_id, category, from_on, row_id, kinds, review, lifted in found
        }
        self._line_of: dict[tuple[int, str, str], int] = {}

    def judge(self, row: Row) -> None:
        """A row is a new restriction, a change or the end of one, or on record; or it has a problem."""
        person_id = self._people.get(row["ref"])
        if person_id is None:
            self.tally.refuse(row.line, "ref", row["ref"], UNKNOWN_PERSON)
            return
        if row["review_on"] < row["from_on"]:
            self.tally.refuse(row.line, "review_on", row["review_on"], f"a date not before {row['from_on']}")
            return
        key = (person_id, row["category"], row["from_on"])
        says = (kinds_text(row["kinds_allowed"] or ()), row["review_on"])
        if self._line_of.setdefault(key, row.line) != row.line:
            expected = f"each restriction once (also on line {self._line_of[key]})"
            self.tally.refuse(row.line, "from_on", row["from_on"], expected)
            return
        old = self._known.get(key)
        if row["lifted"]:
            self._lift(person_id, old)
        elif old is None:
            self._begin(key, says)
            self.tally.new += 1
        elif old["lifted"]:
            expected = "a new restriction from a later date: this one was lifted"
            self.tally.refuse(row.line, "from_on", row["from_on"], expected)
        elif old["says"] == says:
            self.tally.unchanged += 1
        else:
            self._lift(person_id, old)
            self._begin(key, says)

    def _begin(self, key: tuple[int, str, str], says: tuple[str, str]) -> None:
        row_id = self._run.ids.take()
        self._known[key] = {"id": row_id, "says": says, "lifted": False}
        self.tally.people.add(key[0])
        of = {"person_id": key[0], "category": key[1], "from_on": key[2], "recorded_us": self._run.now_us}
        self._pending.add(
            duty_restriction, {"id": row_id, "kinds_allowed": says[0], "review_on": says[1], **of}
        )

    def _lift(self, person_id: int, old: dict[str, Any] | None) -> None:
        if old is None or old["lifted"]:
            self.tally.unchanged += 1
            return
        old["lifted"] = True
        self.tally.changed += 1
        self.tally.people.add(person_id)
        self._pending.change(_LIFT, {"the_id": old["id"], "at_us": self._run.now_us})

    def write(self) -> None:
        """Write the restrictions judged so far."""
        self._pending.write(self._run.conn)


class _Gates:
    def __init__(self, run: ImportRun, table: Table) -> None:
        self.tally = Tally()
        self._run = run
        self._pending = Pending()
        self._today = local_day(run.now_us).isoformat()
        self._people = people_by_ref(run.conn, table.rows, "ref")
        found = _MET.rows(run.conn, {"ids": list(self._people.values())})
        self._known = {tuple(row) for row in found}

    def judge(self, row: Row) -> None:
        """A row is a gate met for the first time on that day, or on record; or it has a problem."""
        person_id = self._people.get(row["ref"])
        if person_id is None:
            self.tally.refuse(row.line, "ref", row["ref"], UNKNOWN_PERSON)
            return
        if row["met_on"] > self._today:
            self.tally.refuse(row.line, "met_on", row["met_on"], f"a date up to {self._today}")
            return
        key = (person_id, row["gate"], row["met_on"])
        if key in self._known:
            self.tally.unchanged += 1
            return
        self._known.add(key)
        self.tally.new += 1
        self.tally.people.add(person_id)
        of = {"person_id": person_id, "gate": row["gate"], "met_on": row["met_on"]}
        more = {"document": row["document"], "recorded_us": self._run.now_us}
        self._pending.add(person_gate, {"id": self._run.ids.take(), **of, **more})

    def write(self) -> None:
        """Write the gates judged so far."""
        self._pending.write(self._run.conn)
