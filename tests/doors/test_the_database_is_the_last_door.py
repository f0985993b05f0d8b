"""Code of ours that goes wrong: even from inside the house, past the gate, the database refuses custody.

Each test is a rogue module: it calls the write path, or speaks SQL, as no module of ours may.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from inventory.custody.issue import Request, issue_kit, record_refusal
from inventory.custody.lots import LotPassage, pass_lots
from inventory.custody.moves import Holder, NotPossible
from inventory.custody.passing import Passage, pass_items
from inventory.custody.receive import Assertion, LotAssertion, assert_held, assert_lots_held
from inventory.gate.decision import Decision, decide
from inventory.gate.facts import Facts
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.oversight import audit, verify
from inventory.schema import migrate
from inventory.schema.custody import custody, decision, decision_item, ledger
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.tx import ClockBehind, Tx
from tests import small_force as force
from tests.doors import people
from tests.doors.seen import custody_of, everything_is_in_order, lots_of
from tests.house.source_tree import TOP

Refused = (sa.exc.DatabaseError, sqlite3.IntegrityError, psycopg.IntegrityError)
HANDLE = force.HANDLES[0]


@pytest.fixture
def engine(make_database: Callable[..., str], peopled: str) -> Iterator[sa.Engine]:
    """The force, this test's own."""
    engine = make_engine(make_database(template=peopled))
    yield engine
    engine.dispose()


@pytest.fixture
def ids(engine: sa.Engine) -> Ids:
    return Ids(writing(engine))


@pytest.fixture(scope="module")
def policy() -> Policy:
    return force.demo_policy()


def judged(tx: Tx, policy: Policy, person_id: int) -> tuple[Facts, Decision]:
    """The gate's real answer to a whole set for this person."""
    facts = gather(tx.conn, [force.ced_ask(person_id)], policy, tx.now_us)[0]
    return facts, decide(facts, policy)


def passage(person_id: int, decision_id: int | None, **changes: Any) -> Passage:
    """A rogue module's passage of the handle to this person."""
    made = Passage(HANDLE, "ISSUED", Holder("PERSON", person_id), by_person=force.ISSUER, decision_id=decision_id,
                   purpose="OPERATIONAL", return_mode="DUTY", planned_return_us=force.SHIFT_ENDS)  # fmt: skip
    return replace(made, **changes)


FOR_GOOD = {"return_mode": "PERSONAL", "planned_return_us": None}
"""Kit that need not come back today, so that no validity has to reach to its return."""


def nothing_passed(engine: sa.Engine) -> None:
    """Fail if anybody but the stores has anything."""
    with engine.connect() as conn:
        rows = conn.execute(sa.select(custody.c.person_id).where(custody.c.person_id.is_not(None))).scalars().all()
        assert rows == []
        everything_is_in_order(conn)


def test_kit_passed_on_without_any_decision_is_refused(engine: sa.Engine, ids: Ids) -> None:
    with pytest.raises(Refused), force.acting(engine, ids) as tx:
        pass_items(tx, [passage(people.LAPSED, None)])
    nothing_passed(engine)


def test_kit_passed_on_by_a_refusal_is_refused(engine: sa.Engine, ids: Ids, policy: Policy) -> None:
    with pytest.raises(Refused), force.acting(engine, ids) as tx:
        facts, made = judged(tx, policy, people.LAPSED)
        denied = record_refusal(tx, Request(force.ced_ask(people.LAPSED)), facts, made)
        pass_items(tx, [passage(people.LAPSED, denied, **FOR_GOOD)])
    nothing_passed(engine)


@pytest.mark.parametrize(
    ("other", "items"),
    [({"person_id": force.MERCER}, [HANDLE]), ({}, [force.HANDLES[1]]), ({"purpose": "TRAINING"}, [HANDLE])],
    ids=["another person", "another item", "another purpose"],
)  # fmt: skip
def test_an_allow_for_something_else_is_no_use(
    engine: sa.Engine, ids: Ids, other: dict[str, Any], items: list[int]
) -> None:
    with pytest.raises(Refused), force.acting(engine, ids) as tx:
        row = {"id": ids.take(), "tx_id": tx.id, "person_id": people.LAPSED, "store_id": force.MEDWAY, "facts": "{}",
               "purpose": "OPERATIONAL", "verdict": "ALLOW", "decided_us": tx.now_us, "policy_hash": "p", "door": "api",
               "valid_until_us": force.SHIFT_ENDS, "refusals": "[]"} | other  # fmt: skip
        tx.conn.execute(sa.insert(decision).values(row))
        tx.conn.execute(sa.insert(decision_item), [{"decision_id": row["id"], "item_id": each} for each in items])
        pass_items(tx, [passage(people.LAPSED, row["id"])])
    nothing_passed(engine)


def test_an_allow_of_this_morning_is_no_use_in_the_afternoon(engine: sa.Engine, ids: Ids, policy: Policy) -> None:
    with force.acting(engine, ids) as tx:
        allowed = issue_kit(tx, [Request(force.ced_ask(force.HOLLIS))], policy)[0]
        assert allowed.allowed
    with force.acting(engine, ids, force.NOW + force.HOUR) as tx:
        pass_items(tx, [Passage(each, "RETURNED", Holder("STORE", force.MEDWAY)) for each in allowed.item_ids])
    with pytest.raises(Refused), force.acting(engine, ids, force.NOW + 2 * force.HOUR) as tx:
        pass_items(tx, [passage(force.HOLLIS, allowed.decision_id)])
    with engine.connect() as conn:
        is_out = (custody.c.person_id.is_not(None), custody.c.closed_us.is_(None))
        assert conn.execute(sa.select(custody.c.id).where(*is_out)).all() == []
        everything_is_in_order(conn)


class LooksAway(Tx):
    """A transaction that does not mind being before what it follows."""

    def follows(self, at_us: int) -> None:
        """Say nothing."""


def test_an_allow_of_this_morning_cannot_be_used_by_pretending_it_is_still_this_morning(
    engine: sa.Engine, ids: Ids, policy: Policy
) -> None:
    with force.acting(engine, ids) as tx:
        allowed = issue_kit(tx, [Request(force.ced_ask(force.HOLLIS))], policy)[0]
        then = tx.id
    with force.acting(engine, ids, force.NOW + force.HOUR) as tx:
        pass_items(tx, [Passage(each, "RETURNED", Holder("STORE", force.MEDWAY)) for each in allowed.item_ids])
    with pytest.raises(ClockBehind), writing(engine).begin() as conn:
        pass_items(Tx(conn, ids, then, force.NOW), [passage(force.HOLLIS, allowed.decision_id)])
    with pytest.raises(Refused, match="sealed"), writing(engine).begin() as conn:
        pass_items(LooksAway(conn, ids, then, force.NOW), [passage(force.HOLLIS, allowed.decision_id)])


def test_somebody_who_may_not_issue_gets_no_allow_for_anybody(
    engine: sa.Engine, ids: Ids, policy: Policy
) -> None:
    with force.acting(engine, ids) as tx:
        for issuer_id in (people.NOTHING, people.OF_DOVER, people.STAFF_WITH["ADMINISTRATOR"]):
            made = issue_kit(tx, [Request(force.ced_ask(force.HOLLIS, by_person_id=issuer_id))], policy)[0]
            assert [r.code for r in made.decision.refusals if r.stops] == ["ISSUER_NOT_ENTITLED"]
    nothing_passed(engine)


def test_a_verdict_written_over_after_the_gate_spoke_is_refused(
    engine: sa.Engine, ids: Ids, policy: Policy
) -> None:
    with pytest.raises(Refused), force.acting(engine, ids) as tx:
        facts, made = judged(tx, policy, people.LAPSED)
        denied = record_refusal(tx, Request(force.ced_ask(people.LAPSED)), facts, made)
        tx.conn.execute(sa.update(decision).where(decision.c.id == denied).values(verdict="ALLOW"))
        pass_items(tx, [passage(people.LAPSED, denied, **FOR_GOOD)])
    nothing_passed(engine)


@pytest.mark.parametrize("way", [
    {"kind": "HANDED_OVER"}, {"kind": "RETURNED"}, {"kind": "RECEIVED"}, {"kind": "FOUND"}, {"kind": "TRANSFERRED"},
], ids=lambda way: str(way["kind"]))  # fmt: skip
def test_no_other_word_gets_kit_from_a_store_to_a_person(engine: sa.Engine, ids: Ids, way: dict[str, Any]) -> None:
    with pytest.raises(NotPossible), force.acting(engine, ids) as tx:
        pass_items(tx, [passage(people.LAPSED, None, **way)])
    nothing_passed(engine)


def test_kit_handed_from_person_to_person_needs_a_decision_too(
    engine: sa.Engine, ids: Ids, policy: Policy
) -> None:
    with force.acting(engine, ids) as tx:
        issue_kit(tx, [Request(force.ced_ask(force.HOLLIS))], policy)
    with pytest.raises(Refused), force.acting(engine, ids, force.NOW + force.HOUR) as tx:
        pass_items(tx, [passage(people.LAPSED, None, kind="HANDED_OVER")])
    with engine.connect() as conn:
        assert custody_of(conn, people.INELIGIBLE) == []


def test_pieces_of_a_lot_passed_on_without_a_decision_are_refused(engine: sa.Engine, ids: Ids) -> None:
    with pytest.raises(Refused), force.acting(engine, ids) as tx:
        pass_lots(tx, [LotPassage(force.GUARD_LOT, 1, "ISSUED", Holder("STORE", force.MEDWAY),
                                  Holder("PERSON", people.LAPSED), force.ISSUER)])  # fmt: skip
    with engine.connect() as conn:
        assert lots_of(conn, people.INELIGIBLE) == []


# ---- what had already happened ---------------------------------------------------------------------------


def asserted(**changes: Any) -> Assertion:
    """The lapsed officer is said to hold the handle already."""
    made = Assertion(HANDLE, people.LAPSED, force.MEDWAY, force.ISSUER, force.SECOND_ISSUER, "Register, page 4")
    return replace(made, **changes)


def test_what_had_already_happened_is_written_down_as_that_with_the_real_refusal(
    engine: sa.Engine, ids: Ids, policy: Policy
) -> None:
    with force.acting(engine, ids) as tx:
        assert_held(tx, [asserted()], policy)
    with engine.connect() as conn:
        assert custody_of(conn, [people.LAPSED]) == [(people.LAPSED, HANDLE, "ASSERTED")]
        verdicts = sa.select(decision.c.verdict, decision.c.door).where(decision.c.person_id == people.LAPSED)
        assert [tuple(row) for row in conn.execute(verdicts)] == [("DENY", "assertion")]
        everything_is_in_order(conn)


@pytest.mark.parametrize("lack", [{"asserted_second": force.ISSUER}, {"document": ""}, {"document": "  "}], ids=str)
def test_nothing_is_asserted_by_one_person_or_without_a_document(
    engine: sa.Engine, ids: Ids, policy: Policy, lack: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=next(iter(lack))), force.acting(engine, ids) as tx:
        assert_held(tx, [asserted(**lack)], policy)
    lot = LotAssertion(force.GUARD_LOT, 1, people.LAPSED, force.MEDWAY, force.ISSUER, force.SECOND_ISSUER, "Register")
    with pytest.raises(ValueError, match=next(iter(lack))), force.acting(engine, ids) as tx:
        assert_lots_held(tx, [replace(lot, **lack)], policy)
    nothing_passed(engine)


@pytest.mark.parametrize(
    "lack", [{"second_person": None}, {"second_person": force.ISSUER}, {"document": None}, {"document": ""}], ids=str
)
def test_the_database_asks_for_two_people_and_a_document_by_itself(
    engine: sa.Engine, ids: Ids, lack: dict[str, Any]
) -> None:
    whole = {"kind": "ASSERTED", "second_person": force.SECOND_ISSUER, "document": "Register, page 4"}
    with pytest.raises(Refused), force.acting(engine, ids) as tx:
        pass_items(tx, [passage(people.LAPSED, None, **(whole | lack))])
    lot = LotPassage(force.GUARD_LOT, 1, "ASSERTED", None, Holder("PERSON", people.LAPSED), force.ISSUER,
                     reason="Register", second_person=force.SECOND_ISSUER)  # fmt: skip
    of_lot = {"reason": lack["document"]} if "document" in lack else lack
    with pytest.raises(Refused), force.acting(engine, ids) as tx:
        pass_lots(tx, [replace(lot, **of_lot)])
    nothing_passed(engine)


# ---- promises made hollow --------------------------------------------------------------------------------


def hollow(conn: sa.Connection) -> None:
    """Leave `custody_needs_allow` in place by its name, and have it refuse nothing."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION custody_needs_allow_fn() RETURNS trigger LANGUAGE plpgsql"
            " AS $body$ BEGIN RETURN NEW; END $body$"
        )
        return
    conn.exec_driver_sql("DROP TRIGGER custody_needs_allow")
    conn.exec_driver_sql("CREATE TRIGGER custody_needs_allow BEFORE INSERT ON custody WHEN 0 BEGIN SELECT 1; END")


def test_a_promise_made_hollow_is_named_by_the_audit_and_made_good_at_the_next_start(engine: sa.Engine) -> None:
    with writing(engine).begin() as conn:
        hollow(conn)
    with engine.connect() as conn:
        assert [(fault.check, fault.about) for fault in audit.audit(conn)] == [
            ("promises_are_in_force", "custody_needs_allow")
        ]
    assert migrate.upgrade(engine)
    with engine.connect() as conn:
        assert audit.audit(conn) == []


# ---- a database that came in from outside ----------------------------------------------------------------


@pytest.fixture
def file(make_sqlite_database: Callable[..., str]) -> Iterator[sa.Engine]:
    """A force whose database is a file that somebody had in their hands."""
    url = make_sqlite_database()
    force.build(url)
    people.add_to(url)
    engine = make_engine(url)
    yield engine
    engine.dispose()


def test_custody_planted_in_a_copied_file_is_named_by_the_audit(file: sa.Engine) -> None:
    with writing(file).begin() as conn:
        for (name,) in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            conn.exec_driver_sql(f"DROP TRIGGER {name}")
        held = conn.execute(sa.select(custody).where(custody.c.item_id == HANDLE)).mappings().one()
        planted = dict(held) | {"id": 999_001, "person_id": people.LAPSED, "holder": "PERSON",
                                "holder_id": people.LAPSED, "basis": "ISSUED", "decision_id": 999_002,
                                "return_mode": "PERSONAL", "purpose": "OPERATIONAL"}  # fmt: skip
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        conn.execute(sa.update(custody).where(custody.c.id == held["id"]).values(
            closed_entry=held["opened_entry"], closed_us=held["opened_us"]))  # fmt: skip
        conn.execute(sa.insert(decision).values(
            id=999_002, tx_id=held["tx_id"], person_id=people.LAPSED, store_id=force.MEDWAY, purpose="OPERATIONAL",
            verdict="DENY", decided_us=held["opened_us"], valid_until_us=held["opened_us"], policy_hash="p", door="x",
            refusals="[]", facts="{}"))  # fmt: skip
        conn.execute(sa.insert(custody).values(planted))
    with file.connect() as conn:
        told = {fault.check for fault in audit.audit(conn)}
    assert {"promises_are_in_force", "issued_only_by_allow", "custody_is_the_last_movement"} <= told


def test_an_entry_planted_with_its_custody_is_named_by_the_verifier(file: sa.Engine) -> None:
    with writing(file).begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER ledger_no_update")
        conn.execute(sa.update(ledger).where(ledger.c.item_id == HANDLE).values(taker="PERSON", taker_id=people.LAPSED))
    with file.connect() as conn:
        assert {finding.kind for finding in verify.verify(conn).findings} == {"EDITED"}


# ---- a Python that was told to skip asserts --------------------------------------------------------------

WITHOUT_ASSERTS = """
import sys
from inventory.custody.issue import Request, issue_kit
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests import small_force as force
engine = make_engine(sys.argv[1])
with force.acting(engine, Ids(writing(engine))) as tx:
    made = issue_kit(tx, [Request(force.ced_ask(int(who))) for who in sys.argv[2:]], force.demo_policy())
print(sum(each.allowed for each in made))
"""


def test_no_guard_is_an_assert_that_optimised_python_leaves_out(engine: sa.Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    who = [str(each) for each in people.INELIGIBLE if each != people.OWN_ISSUER]
    command = [sys.executable, "-OO", "-c", WITHOUT_ASSERTS, url, *who]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr
    with engine.connect() as conn:
        assert custody_of(conn, people.INELIGIBLE) == []
        everything_is_in_order(conn)
