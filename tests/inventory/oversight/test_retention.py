"""What is due is proposed, never just deleted; a legal hold keeps it; two approve; what is erased is gone everywhere,
and the ledger still verifies. Eight years pass in these tests, and the small force's people leave."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from inventory.custody.issue import Request, issue_kit
from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.returns import Back, return_kit
from inventory.oversight import processing_log
from inventory.oversight.disclosure.own_data import KEPT
from inventory.oversight.retention import holds, runs
from inventory.oversight.retention.certificate import step
from inventory.oversight.retention.holds import Placing, RetentionRefused
from inventory.oversight.verify import verify
from inventory.people.calendar import day_start_us
from inventory.people.people import by_id, search
from inventory.schema import metadata
from inventory.schema.custody import alarm, decision
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import capability_grant, person, training_result
from inventory.schema.retention_triggers import ERASABLE, OF_A_PERSON
from inventory.schema.service import bridge, reading
from inventory.schema.tx import LogLine, Tx
from inventory.schema.uses import use_declared
from tests import small_force as force
from tests.built_once import built_once

POLICY = force.demo_policy()
LATER = day_start_us(date(2034, 11, 30))
KEEPER, SECOND = force.ISSUER, force.SECOND_ISSUER
CANARY = "Zephyrine-Quill"
CANARIES = (CANARY, "O'Quill \"Zeph\" {x}", "Zéphyrine–Quïll", "100%_quill;--", "erased?quill")
"""What must be nowhere afterwards, whatever it is written in."""
Refused = (sa.exc.DatabaseError, sqlite3.DatabaseError, psycopg.DatabaseError)


def _build(url: str) -> None:
    """Hollis drew a camera and Mercer a TASER, Latham was refused; all came back, and Hollis left."""
    force.build(url)
    engine = make_engine(url)
    ids = Ids(writing(engine))
    with force.acting(engine, ids) as tx:
        asks = (force.camera_ask(force.HOLLIS), force.ced_ask(force.LAPSED, 1), force.ced_ask(force.MERCER, 2))
        issue_kit(tx, [Request(ask) for ask in asks], POLICY)
        processing_log.write(tx, [LogLine("CONSULTATION", "GET /people", "PERSON", KEEPER, (force.HOLLIS,), "r")] * 5)
    with force.acting(engine, ids, force.NOW + force.HOUR) as tx:
        drawn = (force.CAMERAS[0], force.HANDLES[2], force.BATTERIES[2], *force.CARTRIDGES[8:12])
        return_kit(tx, [Back(each, force.MEDWAY, KEEPER) for each in drawn])
        told = Entry(item_chain(force.CAMERAS[0]), "MARKED", item_id=force.CAMERAS[0], taker="PERSON",
                     taker_id=force.HOLLIS, payload={"finder": list(CANARIES)})  # fmt: skip
        append(tx, [told])
        _canaries(tx)
    engine.dispose()


def _canaries(tx: Tx) -> None:
    whose = person.c.id == force.HOLLIS
    named = {"family_name": CANARY, "team": CANARIES[1], "rank": CANARIES[2], "left_on": "2026-11-30"}
    tx.conn.execute(sa.update(person).where(whose).values(named))
    tx.conn.execute(sa.insert(alarm).values(id=tx.ids.take(), kind="K", person_id=force.HOLLIS, raised_us=1,
                                            detail=" ".join(CANARIES)))  # fmt: skip
    tx.conn.execute(sa.insert(capability_grant).values(id=tx.ids.take(), person_id=KEEPER, from_us=1, reason="t",
                                                       capability="RECORDS_MANAGER"))  # fmt: skip
    tx.conn.execute(sa.insert(bridge).values(id=1, name="medway-1", store_id=force.MEDWAY))
    bodies = ('{"type":"tags","tags":[]}', '{"type":"bay","dock":"D"}', '{"type":"card","uid":"1"}')
    for seq, body in enumerate(bodies, start=1):
        tx.conn.execute(sa.insert(reading).values(
            bridge_id=1, boot="b", stream="obs", seq=seq, device="d", observed_us=force.NOW, received_us=force.NOW,
            body=body, outcome="STORED", answer="{}"))  # fmt: skip


class Office:
    """The records manager's office, at a moment."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.ids, self.now_us = engine, Ids(writing(engine)), LATER

    def act(self, run: Callable[[Tx], Any]) -> Any:
        """One act of its own transaction."""
        self.now_us += 1
        with force.acting(self.engine, self.ids, self.now_us) as tx:
            answer = run(tx)
            processing_log.write(tx, tx.lines)
        return answer

    def propose(self, name: str) -> int:
        """What is due by a line of the schedule."""
        return int(self.act(lambda tx: runs.propose(tx, POLICY, name, KEEPER)))

    def erase(self, run_id: int) -> dict[str, Any]:
        """Approve a run, and erase it to its end; its certificate."""
        self.act(lambda tx: runs.approve(tx, run_id, (KEEPER, SECOND), "Due by the schedule"))
        while self.act(lambda tx: step(tx, runs.one(tx.conn, run_id))):
            pass
        with self.engine.connect() as conn:
            found: dict[str, Any] = json.loads(str(runs.one(conn, run_id).certificate))
        return found

    def place(self, **on: Any) -> int:
        """A legal hold."""
        new = Placing("A claim", "C 17", KEEPER, SECOND, **on)
        return int(self.act(lambda tx: holds.place(tx, new)))

    def rows(self, statement: Any) -> list[Any]:
        """What the database says."""
        with self.engine.connect() as conn:
            return list(conn.execute(statement))


@pytest.fixture
def office(make_database: Callable[..., str]) -> Iterator[Office]:
    engine = make_engine(make_database(template=built_once(make_database, _build)))
    yield Office(engine)
    engine.dispose()


def everything(engine: sa.Engine) -> str:
    """Every word that stands anywhere in the database."""
    with engine.connect() as conn:
        return "\n".join(str(row) for table in metadata.sorted_tables for row in conn.execute(sa.select(table)))


def test_what_is_due_is_proposed_and_stays_until_two_approve_it(office: Office) -> None:
    before = office.rows(sa.select(decision).order_by(decision.c.id))
    run_id = office.propose("other_draws")
    assert office.rows(sa.select(decision).order_by(decision.c.id)) == before
    with pytest.raises(RetentionRefused, match="two people"):
        office.act(lambda tx: runs.approve(tx, run_id, (KEEPER, KEEPER), "Due"))
    with pytest.raises(RetentionRefused, match="waiting"):
        office.propose("other_draws")
    with pytest.raises(Refused, match="not approved"):
        office.act(lambda tx: step(tx, runs.one(tx.conn, run_id)))
    office.act(lambda tx: runs.reject(tx, run_id, KEEPER, "Ask the DPO first"))
    assert office.rows(sa.select(decision).order_by(decision.c.id)) == before


def test_a_person_is_erased_everywhere_but_as_a_number_and_the_ledger_still_verifies(office: Office) -> None:
    with pytest.raises(RetentionRefused, match="nothing is due"):
        office.propose("people")  # a decision about Hollis is still kept
    draws = office.erase(office.propose("other_draws"))
    assert draws["rows_erased"]["decision"] == 1
    assert CANARY in everything(office.engine)
    made = office.erase(office.propose("people"))
    assert made["erased_ids"] == [force.HOLLIS]
    assert {"training_result", "binding", "ledger_payload", "alarm", "person"} <= {
        name for name, rows in made["rows_erased"].items() if rows
    }
    left = everything(office.engine)
    spelt = {form for each in CANARIES for form in (each, repr(each)[1:-1], json.dumps(each)[1:-1])}
    assert {each for each in spelt if each in left} == set()
    assert {each for each in spelt if each in json.dumps(made, ensure_ascii=False) + json.dumps(draws)} == set()
    assert f"'{force.card(force.HOLLIS)}'" not in left
    with office.engine.connect() as conn:
        assert by_id(conn, force.HOLLIS) is None
        assert search(conn, "Erased") == search(conn, f"person {force.HOLLIS}") == []
        report = verify(conn)
        assert report.findings == []
    erasures = office.rows(sa.select(processing_log.processing_log).where(
        processing_log.processing_log.c.operation == "ERASURE"))  # fmt: skip
    assert len(erasures) == 2


def test_a_missing_payload_that_no_erasure_names_is_found(office: Office) -> None:
    office.erase(office.propose("other_draws"))
    office.erase(office.propose("people"))
    on = " ON ledger" if office.engine.dialect.name == "postgresql" else ""
    with writing(office.engine).begin() as conn:
        conn.exec_driver_sql(f"DROP TRIGGER ledger_no_update{on}")
        conn.exec_driver_sql("UPDATE ledger SET reason = '{}' WHERE kind = 'ERASED'")
    with office.engine.connect() as conn:
        assert {each.kind for each in verify(conn).findings} == {"EDITED", "PAYLOAD_MISSING"}


def test_a_legal_hold_keeps_what_is_due_also_after_the_approval(office: Office) -> None:
    hold_id = office.place(item_id=force.CAMERAS[0])
    with pytest.raises(RetentionRefused, match="1 are kept by a legal hold"):
        office.propose("other_draws")
    office.act(lambda tx: holds.release(tx, hold_id, (KEEPER, SECOND), "Settled"))
    with pytest.raises(RetentionRefused, match="released before"):
        office.act(lambda tx: holds.release(tx, hold_id, (KEEPER, SECOND), "Settled"))
    with pytest.raises(RetentionRefused, match="nothing is due"):
        office.propose("other_draws")  # it is linked to a claim now: seven years from the release
    office.now_us = LATER + 8 * 366 * 24 * force.HOUR
    run_id = office.propose("draws_used")
    office.place(person_id=force.HOLLIS)
    made = office.erase(run_id)
    assert (made["erased_ids"], len(made["held_back_ids"])) == ([], 1)
    assert office.rows(sa.select(decision.c.id).where(decision.c.facts == "{}")) == []


def test_a_childs_time_runs_from_the_eighteenth_birthday(office: Office) -> None:
    draw = office.rows(sa.select(decision.c.id).where(decision.c.person_id == force.MERCER))[0][0]
    values = {"item_id": force.HANDLES[2], "store_id": force.MEDWAY, "person_id": force.MERCER, "decision_id": draw,
              "uses": "FIRED", "sort": "OPERATIONAL", "used_us": force.NOW, "at_us": force.NOW,
              "by_person": KEEPER, "incident_ref": "CAD 9"}  # fmt: skip

    def declared(tx: Tx) -> None:
        (entry,) = append(tx, [Entry(item_chain(force.HANDLES[2]), "USED", item_id=force.HANDLES[2])])
        tx.conn.execute(sa.insert(use_declared).values(id=tx.ids.take(), tx_id=tx.id, entry_id=entry, **values))

    office.act(declared)
    with pytest.raises(RetentionRefused, match="nothing is due"):
        office.propose("draws_used")  # a discharge waits for its hold
    hold_id = office.place(incident="CAD 9", minor_until=date(2038, 5, 1))
    office.act(lambda tx: holds.release(tx, hold_id, (KEEPER, SECOND), "Settled"))
    for day, is_due in ((date(2045, 5, 1), False), (date(2045, 5, 2), True)):
        office.now_us = day_start_us(day)
        if is_due:
            assert office.erase(office.propose("draws_used"))["erased_ids"] == [draw]
        else:
            with pytest.raises(RetentionRefused, match="nothing is due"):
                office.propose("draws_used")


def test_a_taser_that_exists_keeps_its_draws_and_readings_and_log_go_by_their_time(office: Office) -> None:
    with pytest.raises(RetentionRefused, match="nothing is due"):
        office.propose("draws")
    assert office.erase(office.propose("readings"))["rows_erased"] == {"reading": 1}
    assert office.erase(office.propose("telemetry"))["rows_erased"] == {"reading": 1}
    assert [row[0] for row in office.rows(sa.select(reading.c.seq))] == [3], "a card at the hatch is no raw tag read"
    hold_id = office.place(person_id=force.MERCER)
    with pytest.raises(RetentionRefused, match="legal hold"):
        office.propose("log")
    office.act(lambda tx: holds.release(tx, hold_id, (KEEPER, SECOND), "Settled"))
    assert office.erase(office.propose("log"))["rows_erased"] == {"processing_log": 5}
    with office.engine.connect() as conn:
        assert verify(conn).findings == []
    log = processing_log.processing_log
    on = " ON processing_log" if office.engine.dialect.name == "postgresql" else ""
    with writing(office.engine).begin() as conn:
        conn.exec_driver_sql(f"DROP TRIGGER processing_log_no_delete{on}")
        conn.execute(sa.delete(log).where(log.c.seq == sa.select(sa.func.min(log.c.seq)).scalar_subquery()))
    with office.engine.connect() as conn:
        assert {each.kind for each in verify(conn).findings} == {"DELETED"}


def test_nothing_personal_is_erased_without_an_approved_batch_of_that_very_transaction(office: Office) -> None:
    run_id = office.propose("other_draws")
    office.erase(run_id)
    before = everything(office.engine)
    attacks = [sa.delete(metadata.tables[name]) for name in ERASABLE]
    attacks += [
        sa.update(decision).values(facts="{}", refusals="[]"),
        sa.update(person).where(person.c.id == force.HOLLIS).values(disposed_us=1),
        sa.update(person).where(person.c.id == force.HOLLIS).values(ref="erased-101"),
        sa.delete(person),
    ]
    there = [each for each in attacks if each.is_update or office.rows(sa.select(each.table).limit(1))]
    assert len(there) >= 11
    for attack in there:
        says = "approved disposal|append-only|nobody is deleted"
        with pytest.raises(Refused, match=says), writing(office.engine).begin() as conn:
            conn.execute(attack)
    with pytest.raises(Refused, match="run is over"):
        office.act(lambda tx: _again(tx, run_id))
    assert everything(office.engine) == before


def _again(tx: Tx, run_id: int) -> None:
    """A batch of a run that is over, to erase one more."""
    (entry,) = append(tx, [Entry("retention:1", "ERASED", by_person=KEEPER)])
    (line, _, _) = runs.lines_after(tx.conn, run_id, 0, 1)[0]
    tx.conn.execute(sa.insert(metadata.tables["disposal_batch"]).values(
        id=tx.ids.take(), tx_id=tx.id, run_id=run_id, line_from=line, line_upto=line, erased="{}", at_us=tx.now_us,
        entry_id=entry))  # fmt: skip


def test_every_row_about_a_person_is_erased_with_them_or_kept_for_a_reason() -> None:
    about = {
        table.name for table in metadata.sorted_tables for column in table.columns
        if column.name == "person_id" and any(key.column.table.name == "person" for key in column.foreign_keys)
    }  # fmt: skip
    assert about - set(OF_A_PERSON) - set(KEPT) == set()
    assert set(KEPT) <= about | {"loss_case"}


def test_an_approved_batch_covers_its_own_lines_alone(office: Office) -> None:
    office.erase(office.propose("other_draws"))
    run_id = office.propose("people")
    office.act(lambda tx: runs.approve(tx, run_id, (KEEPER, SECOND), "Due"))

    def more(tx: Tx) -> None:
        step(tx, runs.one(tx.conn, run_id))
        tx.conn.execute(sa.delete(training_result).where(training_result.c.person_id == force.MERCER))

    with pytest.raises(Refused, match="approved disposal"):
        office.act(more)
    assert office.rows(sa.select(person.c.disposed_us).where(person.c.id == force.HOLLIS)) == [(None,)]
