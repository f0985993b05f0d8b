"""A file that changes who may draw is looked over first: who would newly be refused and allowed, by the gate's own
rules; and it is taken in as it was looked over, or not at all."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.feed_batches import take as take_batch
from inventory.custody.file_previews import (
    FileToTake,
    Moved,
    NeedsSecond,
    Outcome,
    Preview,
    Signed,
    Taken,
    body_of,
    keep_preview,
    look_over,
    preview_of,
    take_in,
)
from inventory.custody.issue import Request, issue_kit
from inventory.custody.lapses.reading import open_lapses
from inventory.gate.import_terms import ImportTerms
from inventory.gate.kind_policy import Policy
from inventory.oversight.feed_checks import CHECKS
from inventory.people.errors import BadField
from inventory.people.imports.feed import Batch, Feed, OutOfTurn, answered_before
from inventory.people.imports.mapped import FileMapping, as_sheet, checked, from_json, guessed, to_json
from inventory.people.imports.roster_file import import_roster
from inventory.people.imports.run import ImportRun
from inventory.people.imports.training_file import import_training
from inventory.people.imports.vendor.grid import Reading, read_grid
from inventory.people.imports.vendor.vendor_file import hashed
from inventory.schema.custody import alarm
from inventory.schema.feeds import feed as feed_table
from inventory.schema.feeds import file_mapping, file_taken
from inventory.schema.ids import Ids
from inventory.schema.people import person, training_feed, training_result
from inventory.schema.tx import Tx
from tests.small_force import (
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MERCER,
    NOW,
    SECOND_ISSUER,
    TODAY,
    acting,
    ced_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
YESTERDAY = TODAY - timedelta(days=1)
LATER = TODAY + timedelta(days=10)
UK = f"{YESTERDAY:%d/%m/%Y}"
FILE = (
    "Staff No;Event;Weapon;Held on;Mark;Record\n"
    f"{HOLLIS};Taser annual;T7;{UK};Not competent;a1\n"
    f"{LAPSED};Officer safety;;{UK};Competent;a2\n"
    f"{MERCER};Officer safety;;{TODAY - timedelta(days=360):%d/%m/%Y};Competent;{MERCER}-PPST\n"
    f"{MERCER};Officer safety;;31/02/2026;Competent;a4\n"
    f"99999;Officer safety;;{UK};Competent;a5\n"
).encode()
PRINT = hashed(FILE)
MAPPING = FileMapping(
    "training",
    "Learning system, weekly",
    (("Staff No", "ref"), ("Event", "course"), ("Weapon", "model"), ("Held on", "attended_on"), ("Mark", "outcome"),
     ("Record", "source_ref")),
    (("hours", "12"),),
    (("course", "Taser annual", "CED_REFRESHER"), ("course", "Officer safety", "PPST"),
     ("outcome", "Competent", "PASS"), ("outcome", "Not competent", "FAIL")),
    "DMY",
    "Europe/London",
)  # fmt: skip


class Unit:
    """The training unit: each act in a transaction of its own."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids, self.now_us, self.policy = engine, ids, NOW, POLICY

    def act(self, run: Callable[[Tx], Any]) -> Any:
        self.now_us += 1
        with acting(self.engine, self.ids, self.now_us) as tx:
            return run(tx)

    def file(self) -> FileToTake:
        grid = read_grid(FILE, Reading())
        return FileToTake(partial(import_training, source="test"), as_sheet(grid, checked(MAPPING)), grid.problems)

    def look(self) -> Preview:
        """Look the file over and keep that."""

        def run(tx: Tx) -> int:
            row = {"id": tx.ids.take(), "kind": "training", "name": "m", "headings": "h", "body": to_json(MAPPING)}
            tx.conn.execute(sa.insert(file_mapping), row | {"made_us": tx.now_us})
            found: Outcome = look_over(tx, self.policy, self.file())
            seen = Preview(0, "training", "test", row["id"], "week.csv", PRINT, len(FILE), "", 0, ISSUER, found)
            return keep_preview(tx, seen, base64.b64encode(FILE).decode())

        preview_id = self.act(run)
        with self.engine.connect() as conn:
            found = preview_of(conn, preview_id)
        assert found is not None
        return found

    def take(self, seen: Preview, second: int | None = None, sha256: str = PRINT) -> Taken:
        signed = Signed(sha256, ISSUER, second)
        taken: Taken = self.act(lambda tx: take_in(tx, self.policy, seen, self.file(), signed))
        return taken

    def results(self) -> list[Any]:
        with self.engine.connect() as conn:
            return list(conn.execute(sa.select(training_result).order_by(training_result.c.id)).all())


@pytest.fixture
def unit(engine: sa.Engine, ids: Ids) -> Unit:
    unit = Unit(engine, ids)
    duties = "ref,store,starts,ends\n" + "".join(
        f"{each},ME,{LATER} 07:00,{LATER} 16:00\n" for each in (HOLLIS, MERCER, LAPSED)
    )
    unit.act(lambda tx: import_roster(ImportRun(tx.conn, tx.ids, tx.now_us), duties.encode(), "D"))
    return unit


def told(seen: Preview) -> set[tuple[int, str, str, str, str]]:
    return {(each.person_id, each.kind, each.model, each.at, each.word) for each in seen.outcome.effects}


def test_a_look_says_who_would_newly_be_refused_and_allowed_now_and_at_their_next_duty_and_writes_nothing(
    unit: Unit,
) -> None:
    before = unit.results()
    seen = unit.look()
    assert (seen.outcome.new, seen.outcome.changed, seen.outcome.unchanged) == (2, 1, 0)
    assert [(each.line, each.field) for each in seen.outcome.problems] == [(5, "attended_on"), (6, "ref")]
    both = {("NOW",), ("DUTY",)}
    assert told(seen) == {
        *((HOLLIS, "CED_HANDLE", "T7", *at, "REFUSED") for at in both),
        *((LAPSED, "CED_HANDLE", "T7", *at, "ALLOWED") for at in both),
        *((LAPSED, "SBG", "", *at, "ALLOWED") for at in both),
        # In date today, and no longer on the duty in ten days.
        (MERCER, "CED_HANDLE", "T7", "DUTY", "REFUSED"), (MERCER, "SBG", "", "DUTY", "REFUSED"),
    }  # fmt: skip
    assert all(each.sentences for each in seen.outcome.effects)
    assert unit.results() == before
    with unit.engine.connect() as conn:
        assert base64.b64decode(body_of(conn, seen.sha256)) == FILE
        feed = conn.execute(sa.select(training_feed.c.last_good_us)).scalars().all()
    assert feed == [NOW - HOUR]  # a look is no word of the training unit


def test_a_file_is_taken_in_as_it_was_looked_over_and_acts_on_holders_in_the_same_commit(unit: Unit) -> None:
    unit.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY))
    seen = unit.look()
    taken = unit.take(seen)
    assert (taken.report.new, taken.report.changed) == (2, 1)
    assert taken.ineligible == (HOLLIS,)
    with unit.engine.connect() as conn:
        assert [each.person_id for each in open_lapses(conn)] == [HOLLIS]
        assert conn.execute(sa.select(file_taken.c.preview_id, file_taken.c.ineligible)).all() == [(seen.id, 1)]
        assert [fault for check in CHECKS for fault in check(conn)] == []
    assert told(unit.look()) == set()  # looked over again, it changes nothing
    with pytest.raises(BadField, match="not taken in yet"):
        unit.take(seen)


def _passed_elsewhere(tx: Tx) -> None:
    row = {"id": tx.ids.take(), "person_id": LAPSED, "course": "PPST", "attended_on": str(YESTERDAY), "minutes": 720,
           "outcome": "PASS", "source": "academy", "source_ref": "z", "recorded_us": tx.now_us}  # fmt: skip
    tx.conn.execute(sa.insert(training_result), row)


def _left(tx: Tx) -> None:
    tx.conn.execute(sa.update(person).where(person.c.id == HOLLIS).values(left_on=str(YESTERDAY)))


def test_nothing_is_taken_in_where_what_was_looked_over_is_no_longer_so(unit: Unit) -> None:
    happenings: list[tuple[Callable[[Tx], None], str]] = [
        (_passed_elsewhere, f"no longer changes for 1: {LAPSED}"), (_left, f"no longer changes for 1: {HOLLIS}"),
    ]  # fmt: skip
    for happens, says in happenings:
        seen = unit.look()
        unit.act(happens)
        before = unit.results()
        with pytest.raises(Moved, match=says):
            unit.take(seen)
        assert unit.results() == before


def test_another_file_an_old_look_and_many_refused_by_one_person_alone_are_not_taken_in(unit: Unit) -> None:
    seen = unit.look()
    with pytest.raises(BadField, match="fingerprint"):
        unit.take(seen, sha256="0" * 64)
    unit.policy = _with_most(1)
    with pytest.raises(NeedsSecond, match="2 people would newly be refused; more than 1"):
        unit.take(seen)
    unit.now_us += unit.policy.imports.holds_us
    with pytest.raises(BadField, match="look it over again"):
        unit.take(seen)
    assert unit.take(unit.look(), SECOND_ISSUER).report.new == 2


def _with_most(people: int) -> Policy:
    return replace(POLICY, imports=ImportTerms(newly_refused_max=people))


def test_a_mapping_is_kept_whole_and_one_that_cannot_be_used_is_told() -> None:
    tidy = checked(MAPPING)
    assert from_json(to_json(tidy)) == tidy
    likely = guessed("training", ["Force Number", "Course code", "Mood"])
    assert likely == {"force number": "ref", "course code": "course"}
    wrong: dict[str, Any] = {
        "columns": {"columns": MAPPING.columns[1:]},
        "columns.held on": {"columns": (*MAPPING.columns[:3], ("Held on", "attendance"))},
        "columns.staff no": {"fixed": (("ref", "1"),)},
        "times": {"times": "YMD"},
        "zone": {"zone": "Mars"},
        "words": {"words": (("course", "Taser annual", ""),)},
        "kind": {"kind": "people"},
        "name": {"name": ""},
    }
    for where, change in wrong.items():
        with pytest.raises(BadField) as told_so:
            checked(replace(MAPPING, **change))
        assert told_so.value.field == where
    other = read_grid(b"Who;Event\n1;2\n", Reading())
    assert as_sheet(other, tidy).trouble is not None


BREAKS = {
    "batches_of_feeds_have_no_gap": "INSERT INTO feed_batch (id, feed_id, seq, sha256, upto_us, at_us, new, changed,"
    " unchanged, refused, body, answer) VALUES (1, 1, 2, 'x', 1, 1, 0, 0, 0, 0, '{}', '{}')",
    "kept_files_are_as_they_came": "INSERT INTO kept_file (sha256, body, kept_us) VALUES ('x', '', 1)",
    "files_were_looked_over_before_they_were_taken_in": "INSERT INTO file_taken (preview_id, at_us, by_person, new,"
    " changed, unchanged, refused, ineligible) SELECT id, 1, by_person, 0, 0, 0, 0, 0 FROM file_preview",
}


def test_what_is_not_all_there_is_said_by_its_name(unit: Unit) -> None:
    unit.look()
    with unit.engine.begin() as conn:
        conn.exec_driver_sql("INSERT INTO feed (id, source, made_us) VALUES (1, 'ACADEMY', 1)")
        for check in CHECKS:
            assert check(conn) == []
            conn.exec_driver_sql(BREAKS[check.__name__])
            assert len(check(conn)) == 1, check.__name__


def test_a_feeds_batch_that_refuses_many_is_taken_at_once_and_told_and_acts_on_holders(unit: Unit) -> None:
    unit.policy = _with_most(0)
    unit.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY))
    unit.act(lambda tx: tx.conn.execute(sa.insert(feed_table), {"id": 1, "source": "test", "made_us": 1}))
    feed = Feed(1, "test")
    row = {"ref": str(MERCER), "course": "PPST", "attended_on": str(YESTERDAY), "minutes": "720", "outcome": "PASS",
           "source_ref": f"{MERCER}-PPST"}  # fmt: skip
    batch = Batch(1, unit.now_us, (row,), (f"{HOLLIS}-PPST", "nobody's"), "h", "{}")

    def send(tx: Tx) -> tuple[Any, list[int]]:
        assert answered_before(tx.conn, feed, batch) is None
        return take_batch(tx, unit.policy, feed, batch, lambda _report: "{}")

    report, ineligible = unit.act(send)
    assert (report.new, report.changed, ineligible) == (0, 2, [HOLLIS])
    assert [(each.line, each.value) for each in report.problems] == [(3, "nobody's")]
    with unit.engine.connect() as conn:
        assert answered_before(conn, feed, batch) == "{}"
        assert "MANY_NEWLY_REFUSED" in conn.execute(sa.select(alarm.c.kind)).scalars().all()
        fresh = conn.execute(sa.select(training_feed.c.last_good_us).where(training_feed.c.source == "test")).scalar()
        assert fresh == batch.upto_us
        with pytest.raises(OutOfTurn, match="next batch is number 2"):
            answered_before(conn, feed, replace(batch, seq=4))
