"""The training recorder's file of results.

One rule for the editor: a result is known by its source and its reference there. The same reference with other
facts is a correction: the old result is retracted and stays readable, the new one is recorded beside it.

A file that comes in with a sound heading, even one without rows, says that the feed is alive (M-05), unless
every row of it is bad. A file without references knows a result by person, course, model and date.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.errors import BadField
from inventory.people.imports import fields
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import ImportRun, Pending, carry_out, people_by_ref
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.people.results import BY_TWO
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
    Column("curriculum", aliases=("curriculum version", "version", "syllabus"), chars_max=60),
    Column("source_ref", aliases=("record", "record id", "reference", "result id"), chars_max=120),
    Column("retracted", fields.yes_no, ("withdrawn",)),
)
_FACTS = ("person_id", "course", "model", "attended_on", "minutes", "outcome", "assessor", "curriculum")

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
_EVER = Fast(
    sa.select(training_result.c.source_ref).where(
        training_result.c.source == sa.bindparam("source"), among(training_result.c.source_ref, "refs", texts=True)
    )
)
_IS_FED = Fast(sa.select(training_feed.c.source).where(training_feed.c.source == sa.bindparam("of_source")))
_BEAT = Fast(
    sa.update(training_feed)
    .where(
        training_feed.c.source == sa.bindparam("of_source"),
        training_feed.c.last_good_us <= sa.bindparam("at_us", type_=sa.BigInteger),
    )
    .values(last_good_us=sa.bindparam("at_us"), detail=sa.bindparam("says"))
)


def import_training(run: ImportRun, data: Source, source: str) -> ImportReport:
    """Take a file of results from `source` (the feed's name). The same file twice changes nothing.

    Raises BadField for a source that two people vouch for: no file comes under their names.
    """
    if source in BY_TWO:
        raise BadField("source", source, f"the name of a feed or a file; {' and '.join(BY_TWO)} take two people")
    report, rows = take_results(run, data, source)
    is_sound = all(each.line > 1 for each in report.problems)
    if is_sound and (rows or not report.problems):
        note_feed(run, source, run.now_us, report)
    return report


def take_results(run: ImportRun, data: Source, source: str) -> tuple[ImportReport, int]:
    """Take the results of a file, and say nothing of its feed; the report, and how many of its rows could be read."""
    table = read(data, COLUMNS)
    return carry_out(run, table, _TrainingFile(run, table, source)), len(table.rows)


def take_back(run: ImportRun, source: str, refs: Sequence[str], line: int, tally: Tally) -> None:
    """Retract results of a source by its references, the first on `line`; an unknown one is a problem of its line."""
    standing = {row[0]: row[1:3] for row in _STANDING.rows(run.conn, {"source": source, "refs": sorted(set(refs))})}
    gone = {row[0] for row in _EVER.rows(run.conn, {"source": source, "refs": sorted(set(refs))})}
    for at, ref in enumerate(refs, line):
        result_id, person_id = standing.pop(ref, (None, None))
        if result_id is not None:
            _RETRACT.run(run.conn, {"the_id": result_id, "at_us": run.now_us})
            tally.changed += 1
            tally.people.add(person_id)
        elif ref in gone:
            tally.unchanged += 1
        else:
            tally.refuse(at, "retractions", ref, "the reference of a result of this source")


def note_feed(run: ImportRun, source: str, at_us: int, report: ImportReport) -> None:
    """Note that a source's word is complete up to `at_us`; an earlier one than is on record changes nothing."""
    says = f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, {len(report.problems)} bad"
    params = {"of_source": source, "at_us": at_us, "says": says}
    if _BEAT.run(run.conn, params) or _IS_FED.rows(run.conn, {"of_source": source}):
        return
    run.conn.execute(sa.insert(training_feed), {"source": source, "last_good_us": at_us, "detail": says})


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
