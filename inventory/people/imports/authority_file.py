"""The files of authority: permissions to carry, and what suspends or ends them.

One rule for the editor: a permission on record is never stretched or moved by a file. It is ended by a stop and
granted anew; only the end of an open suspension may be added to what is there.
"""

from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.imports import fields
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import ImportRun, Pending, carry_out, differing, people_by_ref
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.schema.fast import Fast, among
from inventory.schema.people import authority_stop, carry_authorisation

PERSON = Column("ref", aliases=("force number", "staff number", "person"), needed=True, chars_max=40)
UNKNOWN_PERSON = "the number of a person on record"

GRANT_COLUMNS = (
    PERSON,
    Column("model", fields.upper, ("ced model",), needed=True, chars_max=20),
    Column("mode", fields.choice(("OVERT", "COVERT")), ("carriage",)),
    Column("from_on", fields.day, ("from", "effective from", "authorised on"), needed=True),
    Column("to_on", fields.day, ("to", "effective to", "until"), needed=True),
    Column("granted_by", aliases=("authorised by",), needed=True, chars_max=100),
    Column("grade", aliases=("rank of authoriser",), chars_max=60),
    Column("source_ref", aliases=("reference", "authority ref"), chars_max=120),
)
STOP_COLUMNS = (
    PERSON,
    Column("kind", fields.choice(("SUSPENDED", "ENDED"), {"suspension": "SUSPENDED", "end": "ENDED"}), needed=True),
    Column("model", fields.upper, ("ced model",), chars_max=20),
    Column("from", fields.moment, ("from time", "suspended from"), needed=True),
    Column("to", fields.moment, ("to time", "lifted", "suspended to")),
    Column("authority", aliases=("by", "ordered by"), needed=True, chars_max=100),
    Column("reason_class", aliases=("reason class",), chars_max=60),
    Column("source_ref", aliases=("reference", "order ref"), needed=True, chars_max=120),
)  # fmt: skip
_GRANT_FACTS = ("to_on", "granted_by", "grade", "source_ref")
_STOP_FACTS = ("kind", "authorisation_id", "from_us", "authority", "reason_class")

_GRANTED = Fast(
    sa.select(
        carry_authorisation.c.person_id, carry_authorisation.c.model, carry_authorisation.c.mode,
        carry_authorisation.c.from_on, *(carry_authorisation.c[each] for each in _GRANT_FACTS),
        carry_authorisation.c.id,
    ).where(among(carry_authorisation.c.person_id, "ids"))
)  # fmt: skip
_STOPPED = Fast(
    sa.select(
        authority_stop.c.person_id, authority_stop.c.source_ref, authority_stop.c.id, authority_stop.c.to_us,
        *(authority_stop.c[each] for each in _STOP_FACTS),
    ).where(among(authority_stop.c.person_id, "ids"))
)  # fmt: skip
_LIFT = Fast(
    sa.update(authority_stop)
    .where(authority_stop.c.id == sa.bindparam("the_id"))
    .values(to_us=sa.bindparam("at_us"))
)


def import_authorisations(run: ImportRun, data: Source) -> ImportReport:
    """Take a file of permissions to carry. The same file twice changes nothing."""
    table = read(data, GRANT_COLUMNS)
    return carry_out(run, table, _Grants(run, table))


def import_stops(run: ImportRun, data: Source) -> ImportReport:
    """Take a file of suspensions and ends. A suspension sent again with an end is lifted at that end."""
    table = read(data, STOP_COLUMNS)
    return carry_out(run, table, _Stops(run, table))


class _Grants:
    def __init__(self, run: ImportRun, table: Table) -> None:
        self.tally = Tally()
        self._run = run
        self._pending = Pending()
        self._people = people_by_ref(run.conn, table.rows, "ref")
        found = _GRANTED.rows(run.conn, {"ids": list(self._people.values())})
        self._known = {tuple(row[:4]): dict(zip(_GRANT_FACTS, row[4:8], strict=True)) for row in found}

    def judge(self, row: Row) -> None:
        """A row is a new permission or one on record; one that says otherwise is a problem."""
        person_id = self._people.get(row["ref"])
        if person_id is None:
            self.tally.refuse(row.line, "ref", row["ref"], UNKNOWN_PERSON)
            return
        if row["to_on"] <= row["from_on"]:
            self.tally.refuse(row.line, "to_on", row["to_on"], f"a date after {row['from_on']}")
            return
        key = (person_id, row["model"], row["mode"] or "OVERT", row["from_on"])
        facts = {**{name: row[name] or "" for name in _GRANT_FACTS}}
        facts["source_ref"] = facts["source_ref"] or f"{row['ref']}/{'/'.join(key[1:])}"
        old = self._known.get(key)
        if old is None:
            self._known[key] = facts
            self.tally.new += 1
            self.tally.people.add(person_id)
            self._pending.add(carry_authorisation, self._row(key, facts))
        else:
            self._compare(row, old, facts)

    def _compare(self, row: Row, old: dict[str, Any], facts: dict[str, Any]) -> None:
        for name, (recorded, given) in differing(old, facts, _GRANT_FACTS).items():
            expected = f"{recorded!r}, as on record; to change a permission, end it and grant a new one"
            self.tally.refuse(row.line, name, given, expected)
            return
        self.tally.unchanged += 1

    def _row(self, key: tuple[int, str, str, str], facts: dict[str, Any]) -> dict[str, Any]:
        person_id, model, mode, from_on = key
        of = {"person_id": person_id, "model": model, "mode": mode, "from_on": from_on}
        return {"id": self._run.ids.take(), "recorded_us": self._run.now_us, **of, **facts}

    def write(self) -> None:
        """Write the permissions judged so far."""
        self._pending.write(self._run.conn)


class _Stops:
    def __init__(self, run: ImportRun, table: Table) -> None:
        self.tally = Tally()
        self._run = run
        self._pending = Pending()
        self._people = people_by_ref(run.conn, table.rows, "ref")
        ids = {"ids": list(self._people.values())}
        self._granted = _GRANTED.rows(run.conn, ids)
        self._known = {
            (person_id, ref): {"id": stop_id, "to_us": to_us, **dict(zip(_STOP_FACTS, facts, strict=True))}
            for person_id, ref, stop_id, to_us, *facts in _STOPPED.rows(run.conn, ids)
        }

    def judge(self, row: Row) -> None:
        """A row is a new stop, the end of an open suspension, or on record; or it has a problem."""
        facts = self._facts(row)
        if facts is None:
            return
        key = (facts["person_id"], facts["source_ref"])
        old = self._known.get(key)
        if old is None:
            new = {"id": self._run.ids.take(), "recorded_us": self._run.now_us, **facts}
            self._known[key] = new
            self._pending.add(authority_stop, new)
            self.tally.new += 1
            self.tally.people.add(facts["person_id"])
        else:
            self._compare(row, old, facts)

    def _compare(self, row: Row, old: dict[str, Any], facts: dict[str, Any]) -> None:
        for name, (recorded, given) in differing(old, facts, _STOP_FACTS).items():
            expected = f"{recorded!r}, as on record under this reference"
            self.tally.refuse(row.line, name, given, expected)
            return
        if facts["to_us"] in (None, old["to_us"]):
            self.tally.unchanged += 1
        elif old["to_us"] is not None:
            self.tally.refuse(row.line, "to", facts["to_us"], "the end that is on record")
        else:
            old["to_us"] = facts["to_us"]
            self._pending.change(_LIFT, {"the_id": old["id"], "at_us": facts["to_us"]})
            self.tally.changed += 1
            self.tally.people.add(facts["person_id"])

    def _facts(self, row: Row) -> dict[str, Any] | None:
        person_id = self._people.get(row["ref"])
        authorisation_id = self._authorisation(person_id, row)
        ended_with_end = row["kind"] == "ENDED" and row["to"] is not None
        faults = (
            (person_id is None, "ref", row["ref"], UNKNOWN_PERSON),
            (ended_with_end, "to", row["to"], "nothing: an end has no end; grant a new permission"),
            (row["to"] is not None and row["to"] <= row["from"], "to", row["to"], "a time after `from`"),
            (row["model"] and not authorisation_id, "model", row["model"], "a model authorised at that time"),
        )
        for wrong, name, value, expected in faults:
            if wrong:
                self.tally.refuse(row.line, name, value, expected)
                return None
        return {
            "person_id": person_id, "authorisation_id": authorisation_id, "kind": row["kind"],
            "from_us": row["from"], "to_us": row["to"], "authority": row["authority"],
            "reason_class": row["reason_class"] or "", "source_ref": row["source_ref"],
        }  # fmt: skip

    def _authorisation(self, person_id: int | None, row: Row) -> int | None:
        """The permission for the row's model that is in force when the stop begins."""
        if not row["model"]:
            return None
        on = local_day(row["from"]).isoformat()
        for owner, model, _, from_on, to_on, *_, authorisation_id in self._granted:
            if owner == person_id and model == row["model"] and from_on <= on < to_on:
                return int(authorisation_id)
        return None

    def write(self) -> None:
        """Write the stops judged so far."""
        self._pending.write(self._run.conn)
