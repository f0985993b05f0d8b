"""The file of who holds which mobilisable role: person, role, from, to, measured for protective equipment.

One rule for the editor: a role must be on the list before anybody holds it. A row that says something new about a
person, role and beginning is a new row; what was said before stays.
"""

import sqlalchemy as sa

from inventory.oversight.mobilisation.roles import roles
from inventory.people.calendar import local_day
from inventory.people.imports import fields
from inventory.people.imports.authority_file import PERSON, UNKNOWN_PERSON
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import ImportRun, carry_out, people_by_ref
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.mobilisation import person_role

COLUMNS = (
    PERSON,
    Column("role", aliases=("mobilisable role", "post"), needed=True, chars_max=100),
    Column("from_on", fields.day, ("from", "since"), needed=True),
    Column("to_on", fields.day, ("to", "until")),
    Column("ppe_sized_on", fields.day, ("sized", "ppe sized", "measured")),
    Column("source_ref", aliases=("reference", "document")),
)
_KNOWN = Fast(
    sa.select(
        person_role.c.person_id, person_role.c.role_id, person_role.c.from_on, person_role.c.to_on,
        person_role.c.ppe_sized_on,
    )
    .where(among(person_role.c.person_id, "ids"))
    .order_by(person_role.c.id)
)  # fmt: skip
_ADD = Inserter(person_role)


def import_roles(run: ImportRun, data: Source) -> ImportReport:
    """Take a file of roles held. The same file twice changes nothing."""
    table = read(data, COLUMNS)
    return carry_out(run, table, _Roles(run, table))


class _Roles:
    def __init__(self, run: ImportRun, table: Table) -> None:
        self.tally = Tally()
        self._run = run
        self._rows: list[dict[str, object]] = []
        self._people = people_by_ref(run.conn, table.rows, "ref")
        self._roles = {each.name.casefold(): each.id for each in roles(run.conn, local_day(run.now_us))}
        found = _KNOWN.rows(run.conn, {"ids": list(self._people.values())})
        self._known = {(who, role, from_on): (to_on, sized) for who, role, from_on, to_on, sized in found}

    def judge(self, row: Row) -> None:
        """A row is something new about a role that somebody holds, or on record; or it has a problem."""
        person_id = self._people.get(row["ref"])
        role_id = self._roles.get(row["role"].strip().casefold())
        if person_id is None:
            self.tally.refuse(row.line, "ref", row["ref"], UNKNOWN_PERSON)
            return
        if role_id is None:
            self.tally.refuse(row.line, "role", row["role"], "a role that is on the list of mobilisable roles")
            return
        if row["to_on"] and row["to_on"] <= row["from_on"]:
            self.tally.refuse(row.line, "to_on", row["to_on"], f"a date after {row['from_on']}, or nothing")
            return
        key = (person_id, role_id, row["from_on"])
        says = (row["to_on"] or None, row["ppe_sized_on"] or None)
        if self._known.get(key) == says:
            self.tally.unchanged += 1
            return
        if key in self._known:
            self.tally.changed += 1
        else:
            self.tally.new += 1
        self._known[key] = says
        self._rows.append({
            "id": self._run.ids.take(), "person_id": person_id, "role_id": role_id, "from_on": row["from_on"],
            "to_on": says[0], "ppe_sized_on": says[1], "source_ref": row["source_ref"] or "file",
            "recorded_us": self._run.now_us,
        })  # fmt: skip

    def write(self) -> None:
        """Write the rows judged so far."""
        _ADD.add(self._run.conn, self._rows)
        self._rows.clear()
