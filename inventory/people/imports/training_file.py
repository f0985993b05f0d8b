"""The training recorder's file of results.

One rule for the editor: a result is known by its source and its reference there. The same reference with other
facts is a correction: the old result is retracted and stays readable, the new one is recorded beside it.

A file that comes in with a sound heading, even one without rows, says that the feed is alive (M-05), unless
every row of it is bad. A file without references knows a result by person, course, model and date.
"""

from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.imports import fields
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import ImportRun, Pending, carry_out, people_by_ref
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.people.training import BY_MODEL, FAMILIES
from inventory.schema import words
from inventory.schema.fast import Fast, among
from inventory.schema.people import training_feed, training_result

COURSE_NAMES = {
    "PST": "PPST",
    "personal safety training": "PPST",
    "public and personal safety training": "PPST",
    "OST": "PPST",
    "FALP": "FIRST_AID",
    "first aid": "FIRST_AID",
    "ELS": "FIRST_AID",
    "fitness": "JRFT",
    "TASER initial": "CED_INITIAL",
    "TASER refresher": "CED_REFRESHER",
    "TASER conversion": "CED_CONVERSION",
    "spit guard": "SBG",
    "BWV": "BWV_USER",
    "body worn video": "BWV_USER",
}
OUTCOME_NAMES = {"passed": "PASS", "P": "PASS", "failed": "FAIL", "F": "FAIL", "partly attended": "PARTIAL"}
MINUTES_MAX = 60 * 500

COLUMNS = (
    Column("ref", aliases=("force number", "staff number", "person"), needed=True, chars_max=40),
    Column("course", fields.choice(words.COURSES, COURSE_NAMES), ("course code",), needed=True),
    Column("model", fields.upper, ("ced model", "device"), chars_max=20),
    Column("attended_on", fields.day, ("attended", "date", "course date", "date attended"), needed=True),
    Column("hours", fields.hours, ("duration", "contact hours")),
    Column("minutes", fields.whole(0, MINUTES_MAX)),
    Column("outcome", fields.choice(words.OUTCOMES, OUTCOME_NAMES), ("result",), needed=True),
    Column("assessor", aliases=("instructor", "trainer"), chars_max=100),
    Column("source_ref", aliases=("record", "record id", "reference", "result id"), chars_max=120),
    Column("retracted", fields.yes_no, ("withdrawn",)),
)
_FACTS = ("person_id", "course", "model", "attended_on", "minutes", "outcome", "assessor")

_STANDING = Fast(
    sa.select(
        training_result.c.source_ref, training_result.c.id, *(training_result.c[each] for each in _FACTS)
    ).where(
        training_result.c.source == sa.bindparam("source"),
        training_result.c.retracted_us.is_(None),
        among(training_result.c.source_ref, "refs", texts=True),
    )
)
_RETRACT = Fast(
    sa.update(training_result)
    .where(training_result.c.id == sa.bindparam("the_id"))
    .values(retracted_us=sa.bindparam("at_us"))
)
_BEAT = Fast(
    sa.update(training_feed)
    .where(training_feed.c.source == sa.bindparam("of_source"))
    .values(last_good_us=sa.bindparam("at_us"), detail=sa.bindparam("says"))
)


def import_training(run: ImportRun, data: Source, source: str) -> ImportReport:
    """Take a file of results from `source` (the feed's name). The same file twice changes nothing."""
    table = read(data, COLUMNS)
    report = carry_out(run, table, _TrainingFile(run, table, source))
    is_sound = all(each.line > 1 for each in report.problems)
    if is_sound and (table.rows or not report.problems):
        _note_feed(run, source, report)
    return report


def _note_feed(run: ImportRun, source: str, report: ImportReport) -> None:
    says = f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {len(report.problems)} bad"
    params = {"of_source": source, "at_us": run.now_us, "says": says}
    if not _BEAT.run(run.conn, params):
        row = {"source": source, "last_good_us": run.now_us, "detail": says}
        run.conn.execute(sa.insert(training_feed), row)


class _TrainingFile:
    def __init__(self, run: ImportRun, table: Table, source: str) -> None:
        self.tally = Tally()
        self._run = run
        self._source = source
        self._pending = Pending()
        self._today = local_day(run.now_us).isoformat()
        self._people = people_by_ref(run.conn, table.rows, "ref")
        refs = sorted({_reference(row) for row in table.rows})
        found = _STANDING.rows(run.conn, {"source": source, "refs": refs})
        self._known = {
            ref: (result_id, dict(zip(_FACTS, facts, strict=True))) for ref, result_id, *facts in found
        }
        self._line_of: dict[str, int] = {}

    def judge(self, row: Row) -> None:
        """A row is a new result, a correction, a retraction, or known already; or it has a problem."""
        facts = self._facts(row)
        if facts is None:
            return
        ref = _reference(row)
        if ref in self._line_of:
            self._again(row, ref, facts)
            return
        self._line_of[ref] = row.line
        result_id, old = self._known.get(ref, (None, None))
        if row["retracted"]:
            self._retract(result_id, old)
        elif old is None:
            self._record(ref, facts)
            self.tally.new += 1
        elif old == facts:
            self.tally.unchanged += 1
        else:
            self._retract(result_id, old)
            self._record(ref, facts)

    def write(self) -> None:
        """Write the results judged so far."""
        self._pending.write(self._run.conn)

    def _again(self, row: Row, ref: str, facts: dict[str, Any]) -> None:
        """A reference met before in this file: the same facts change nothing, others cannot both be true."""
        if self._known[ref][1] == facts and not row["retracted"]:
            self.tally.unchanged += 1
            return
        expected = f"each result once (line {self._line_of[ref]} says otherwise)"
        self.tally.refuse(row.line, "source_ref", ref, expected)

    def _facts(self, row: Row) -> dict[str, Any] | None:
        before = len(self.tally.problems)
        by_model = FAMILIES[row["course"]] in BY_MODEL
        minutes = row["minutes"] if row["minutes"] is not None else row["hours"]
        faults = (
            (row["ref"] not in self._people, "ref", row["ref"], "the number of a person on record"),
            (by_model and not row["model"], "model", "", f"the CED model of the {row['course']}"),
            (not by_model and row["model"], "model", row["model"], "no model for this course"),
            (
                row["attended_on"] > self._today,
                "attended_on",
                row["attended_on"],
                f"a date up to {self._today}",
            ),
            (minutes is None, "hours", "", "hours, or minutes, of attendance"),
            ((minutes or 0) > MINUTES_MAX, "hours", minutes, f"at most {MINUTES_MAX // 60} hours"),
        )
        for wrong, name, value, expected in faults:
            if wrong:
                self.tally.refuse(row.line, name, value, expected)
        if len(self.tally.problems) > before:
            return None
        facts = {name: row[name] for name in _FACTS}
        return {**facts, "person_id": self._people[row["ref"]], "minutes": minutes}

    def _record(self, ref: str, facts: dict[str, Any]) -> None:
        new_id = self._run.ids.take()
        self._known[ref] = (new_id, facts)
        self.tally.people.add(facts["person_id"])
        row = {"id": new_id, "source": self._source, "source_ref": ref, "recorded_us": self._run.now_us}
        self._pending.add(training_result, {**row, **facts})

    def _retract(self, result_id: int | None, old: dict[str, Any] | None) -> None:
        if old is None:
            self.tally.unchanged += 1
            return
        self.tally.changed += 1
        self.tally.people.add(old["person_id"])
        self._pending.change(_RETRACT, {"the_id": result_id, "at_us": self._run.now_us})


def _reference(row: Row) -> str:
    """The row's own reference, or one made of what it says."""
    if row["source_ref"]:
        return str(row["source_ref"])
    return "/".join((row["ref"], row["course"], row["model"] or "-", row["attended_on"]))
