"""A supervisor answers for what a SOFT rule refuses: for one person's duty, never their own, never a HARD rule."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.custody.issue import Issued, Request, issue_kit
from inventory.custody.overrides import Answered, Giving, OverrideRefused, give, needed, revoke
from inventory.gate.ask import Ask
from inventory.gate.rules import BY_CODE
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.custody import custody, decision, ledger
from inventory.schema.ids import Ids
from inventory.schema.overrides import decision_override, override
from inventory.schema.people import capability_grant, person
from inventory.schema.stock import bay
from tests.small_force import (
    CAMERAS,
    DOVER,
    GUARDS,
    HANDLES,
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    SHIFT_ENDS,
    acting,
    camera_ask,
    ced_ask,
    demo_policy,
)

POLICY = demo_policy()
SERGEANT, INSPECTOR, TWIN = MERCER, 108, 109
LOW = Answered("CAMERA_CHARGE_LOW", CAMERAS[0])


@pytest.fixture
def medway(engine: sa.Engine, ids: Ids) -> sa.Engine:
    """The small force, its first camera half empty; a sergeant of Medway, an inspector, PC Hollis's other record."""
    with acting(engine, ids, NOW - HOUR) as tx:
        tx.conn.execute(sa.update(bay).where(bay.c.item_id == CAMERAS[0]).values(charge_percent=50))
        for number, linked in ((INSPECTOR, None), (TWIN, HOLLIS)):
            row = {"id": number, "ref": str(number), "kind": "REGULAR", "family_name": "Rowe", "given_name": "Anna"}
            tx.conn.execute(sa.insert(person), row | {"frontline": 1, "same_as": linked, "recorded_us": 1})
        for who, word in ((SERGEANT, "SUPERVISOR"), (INSPECTOR, "DUTY_INSPECTOR"), (TWIN, "SUPERVISOR"),
                          (HOLLIS, "SUPERVISOR"), (ISSUER, "SUPERVISOR"), (LAPSED, "SUPERVISOR")):  # fmt: skip
            row = {"id": tx.ids.take(), "person_id": who, "capability": word, "store_id": MEDWAY, "from_us": 1}
            tx.conn.execute(sa.insert(capability_grant), row | {"reason": "Posted"})
    return engine


def giving(*rules: Answered, **changes: Any) -> Giving:
    """The sergeant answers for PC Hollis's duty."""
    values: dict[str, Any] = {
        "person_id": HOLLIS, "store_id": MEDWAY, "purpose": "OPERATIONAL", "rules": rules or (LOW,),
        "by_person": SERGEANT, "reason": "No other camera is charged", "until_us": SHIFT_ENDS,
    }  # fmt: skip
    return Giving(**(values | changes))


def given_by(engine: sa.Engine, ids: Ids, wanted: Giving, now_us: int = NOW) -> list[int]:
    with acting(engine, ids, now_us) as tx:
        return give(tx, wanted)


def issued(engine: sa.Engine, ids: Ids, ask: Ask, now_us: int = NOW + 1) -> Issued:
    with acting(engine, ids, now_us) as tx:
        return issue_kit(tx, [Request(ask)], POLICY)[0]


def in_order(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        assert audit(conn) == []
        assert verify(conn).findings == []


# ---- what an override does ---------------------------------------------------------------------------


def test_a_half_empty_camera_goes_out_on_a_sergeants_word_and_everything_says_so(medway: sa.Engine, ids: Ids) -> None:
    assert not issued(medway, ids, camera_ask(HOLLIS)).allowed
    (number,) = given_by(medway, ids, giving())
    done = issued(medway, ids, camera_ask(HOLLIS))
    assert done.allowed
    (refusal,) = [each for each in done.decision.refusals if each.code == "CAMERA_CHARGE_LOW"]
    assert (refusal.weight, refusal.overridden, refusal.override_id) == ("SOFT", True, number)
    with medway.connect() as conn:
        row = conn.execute(sa.select(override)).mappings().one()
        assert (row["by_person"], row["capability"], row["until_us"]) == (SERGEANT, "SUPERVISOR", SHIFT_ENDS)
        relied = conn.execute(sa.select(decision_override)).all()
        assert [tuple(each) for each in relied] == [(done.decision_id, number)]
        known = sa.select(decision.c.facts).where(decision.c.id == done.decision_id)
        facts = json.loads(conn.execute(known).scalar_one())
        assert facts["overrides"] == [[number, "CAMERA_CHARGE_LOW", CAMERAS[0], SERGEANT, "SUPERVISOR", SHIFT_ENDS]]
        entries = conn.execute(
            sa.select(ledger.c.kind, ledger.c.chain, ledger.c.taker_id, ledger.c.by_person, ledger.c.reason)
            .where(ledger.c.kind.in_(("OVERRIDDEN", "ISSUED"))).order_by(ledger.c.id)
        ).all()  # fmt: skip
    assert [tuple(each) for each in entries] == [
        ("OVERRIDDEN", "store:1", HOLLIS, SERGEANT, "CAMERA_CHARGE_LOW"),
        ("ISSUED", f"item:{CAMERAS[0]}", HOLLIS, ISSUER, f"override {number}"),
    ]
    in_order(medway)


def test_it_serves_for_the_whole_duty_and_not_a_moment_longer(medway: sa.Engine, ids: Ids) -> None:
    guard = ced_ask(LAPSED, item_ids=(GUARDS[0],))
    given_by(medway, ids, giving(Answered("PPST_OUT_OF_DATE"), person_id=LAPSED))
    assert not issued(medway, ids, replace(guard, planned_return_us=SHIFT_ENDS + 1)).allowed
    assert not issued(medway, ids, replace(guard, planned_return_us=SHIFT_ENDS + HOUR), SHIFT_ENDS).allowed
    assert issued(medway, ids, guard, SHIFT_ENDS - 1).allowed


@pytest.mark.parametrize(
    ("why", "wanted", "changes"),
    [
        ("for somebody else", giving(person_id=LAPSED), {}),
        ("at another store", giving(store_id=DOVER, by_person=INSPECTOR), {}),
        ("for training", giving(purpose="TRAINING"), {}),
        ("for another item", giving(Answered("CAMERA_CHARGE_LOW", CAMERAS[1])), {}),
        ("of another rule", giving(Answered("STORAGE_LOW", CAMERAS[0])), {}),
        ("by who issues", giving(by_person=ISSUER), {}),
        ("for a shorter duty", giving(until_us=SHIFT_ENDS - 1), {}),
        ("for a duty without an end", giving(), {"planned_return_us": None}),
    ],
)  # fmt: skip
def test_an_override_helps_nothing_when_it_is(
    medway: sa.Engine, ids: Ids, why: str, wanted: Giving, changes: dict[str, Any]
) -> None:
    with acting(medway, ids, NOW - HOUR) as tx:
        row = {"id": tx.ids.take(), "person_id": INSPECTOR, "capability": "SUPERVISOR", "store_id": DOVER}
        tx.conn.execute(sa.insert(capability_grant), row | {"from_us": 1, "reason": "Posted"})
    given_by(medway, ids, wanted)
    done = issued(medway, ids, camera_ask(HOLLIS, **changes))
    assert not done.allowed
    assert [each.overridden for each in done.decision.refusals] == [False] * len(done.decision.refusals)
    in_order(medway)


def test_a_revoked_override_helps_no_more_and_both_are_in_the_ledger(medway: sa.Engine, ids: Ids) -> None:
    (number,) = given_by(medway, ids, giving())
    with acting(medway, ids, NOW + 1) as tx:
        revoke(tx, number, INSPECTOR, "A charged one has come in")
    assert not issued(medway, ids, camera_ask(HOLLIS), NOW + 2).allowed
    with pytest.raises(LookupError, match="not in force"), acting(medway, ids, NOW + 3) as tx:
        revoke(tx, number, INSPECTOR, "Twice")
    with medway.connect() as conn:
        kinds = conn.execute(sa.select(ledger.c.kind).where(ledger.c.chain == "store:1").order_by(ledger.c.seq))
        assert list(kinds.scalars()) == ["OVERRIDDEN", "REVOKED", "REFUSED"]
    in_order(medway)


def test_what_went_out_before_the_revocation_stays_valid(medway: sa.Engine, ids: Ids) -> None:
    (number,) = given_by(medway, ids, giving())
    assert issued(medway, ids, camera_ask(HOLLIS)).allowed
    with acting(medway, ids, NOW + 2) as tx:
        revoke(tx, number, SERGEANT, "Not needed any more")
    in_order(medway)


def test_a_spit_guard_that_goes_out_on_an_override_comes_back_after_the_duty(medway: sa.Engine, ids: Ids) -> None:
    guard = ced_ask(LAPSED, item_ids=(GUARDS[0],))
    assert not issued(medway, ids, guard).allowed
    given_by(medway, ids, giving(Answered("PPST_OUT_OF_DATE"), person_id=LAPSED))
    assert issued(medway, ids, guard).allowed
    assert issued(medway, ids, ced_ask(HOLLIS, item_ids=(GUARDS[1],))).allowed
    with medway.connect() as conn:
        rows = conn.execute(
            sa.select(custody.c.person_id, custody.c.return_mode, custody.c.planned_return_us, custody.c.review_on)
            .where(custody.c.person_id.is_not(None)).order_by(custody.c.person_id)
        ).all()  # fmt: skip
    assert tuple(rows[1]) == (LAPSED, "DUTY", SHIFT_ENDS, None)
    assert rows[0].return_mode == "PERSONAL", "and without one it stays with the officer"
    in_order(medway)


def test_no_override_gets_a_ced_to_somebody_whose_training_ran_out(medway: sa.Engine, ids: Ids) -> None:
    given_by(medway, ids, giving(Answered("PPST_OUT_OF_DATE"), person_id=LAPSED, by_person=INSPECTOR))
    done = issued(medway, ids, ced_ask(LAPSED))
    assert not done.allowed
    assert {each.code for each in done.decision.refusals if each.stops} == {"PPST_OUT_OF_DATE"}
    in_order(medway)


OFFICERS = st.sampled_from([HOLLIS, MERCER, LAPSED, INSPECTOR, TWIN, ISSUER, SECOND_ISSUER])
GIVINGS = st.builds(
    giving, st.builds(Answered, st.sampled_from(sorted(BY_CODE)), st.sampled_from([None, HANDLES[0], CAMERAS[0]])),
    person_id=OFFICERS, by_person=OFFICERS, store_id=st.sampled_from([MEDWAY, DOVER]),
    until_us=st.sampled_from([NOW + 1, SHIFT_ENDS, NOW + 12 * HOUR, NOW + 13 * HOUR]),
)  # fmt: skip


@given(st.lists(GIVINGS | st.integers(0, 20), min_size=1, max_size=12))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_sequence_of_overrides_and_revocations_gets_a_ced_out_against_a_hard_rule(
    medway: sa.Engine, ids: Ids, steps: list[Giving | int]
) -> None:
    numbers: list[int] = []
    for step in steps:
        with suppress(OverrideRefused, LookupError), acting(medway, ids, NOW) as tx:
            if isinstance(step, Giving):
                numbers += give(tx, step)
            elif step < len(numbers):
                revoke(tx, numbers[step], INSPECTOR, "Again")
    done = issued(medway, ids, ced_ask(LAPSED))
    assert not done.allowed
    assert [each.code for each in done.decision.refusals if each.weight == "HARD"] == ["PPST_OUT_OF_DATE"]


# ---- who may give one, why and for how long ------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "wanted", "field"),
    [
        ("by themselves", giving(by_person=HOLLIS), "by_person"),
        ("by themselves under another record", giving(by_person=TWIN), "by_person"),
        ("for the giver's other record", giving(person_id=TWIN, by_person=HOLLIS), "by_person"),
        ("by somebody who is no supervisor", giving(by_person=SECOND_ISSUER), "by_person"),
        ("at a store where they are none", giving(store_id=DOVER), "by_person"),
        ("without a reason", giving(reason="  x "), "reason"),
        ("without a rule", Giving(HOLLIS, MEDWAY, "OPERATIONAL", (), SERGEANT, "Because", SHIFT_ENDS), "rules"),
        ("for more than twelve hours", giving(until_us=NOW + 12 * HOUR + 1), "until_us"),
        ("for what is over", giving(until_us=NOW), "until_us"),
    ],
)  # fmt: skip
def test_an_override_is_not_given(medway: sa.Engine, ids: Ids, why: str, wanted: Giving, field: str) -> None:
    with pytest.raises(OverrideRefused) as told:
        given_by(medway, ids, wanted)
    assert told.value.field == field
    with medway.connect() as conn:
        assert conn.execute(sa.select(override.c.id)).all() == []


def test_twelve_hours_are_taken_and_an_inspector_is_more_than_a_sergeant(medway: sa.Engine, ids: Ids) -> None:
    given_by(medway, ids, giving(until_us=NOW + 12 * HOUR, by_person=INSPECTOR))
    assert issued(medway, ids, camera_ask(HOLLIS)).allowed


def test_a_capability_that_has_ended_gives_nothing_and_undoes_nothing(medway: sa.Engine, ids: Ids) -> None:
    given_by(medway, ids, giving())
    with acting(medway, ids, NOW + 1) as tx:
        mine = capability_grant.c.person_id == SERGEANT
        tx.conn.execute(sa.update(capability_grant).where(mine).values(to_us=NOW + 1))
    with pytest.raises(OverrideRefused):
        given_by(medway, ids, giving(), NOW + 1)
    assert issued(medway, ids, camera_ask(HOLLIS), NOW + 2).allowed
    in_order(medway)


def test_what_the_policy_lets_be_overridden_and_by_whom() -> None:
    answers = {
        "CAMERA_CHARGE_LOW": "SUPERVISOR", "STORE_CLOSED": "SUPERVISOR", "PAST_USEFUL_LIFE": "SUPERVISOR",
        "PPST_OUT_OF_DATE": "SUPERVISOR", "CED_OUT_OF_DATE": "", "DEFECTIVE": "", "UPLOAD_NOT_COMPLETE": "",
        "ISSUES_TO_SELF": "", "COUNTERSIGN_MISSING": "", "NO_SUCH_RULE": "", "AWAY_FROM_HOME": "",
    }  # fmt: skip
    assert {code: needed(POLICY, code, "OPERATIONAL") for code in answers} == answers


# ---- seen afterwards -----------------------------------------------------------------------------------


def _tamper(engine: sa.Engine, *statements: str) -> None:
    """Plain SQL by somebody who owns the database: the guards are dropped first."""
    with engine.connect() as conn, conn.begin():
        for table in ("override", "decision_override", "decision"):
            on = f" ON {table}" if engine.dialect.name == "postgresql" else ""
            for what in ("update", "delete"):
                conn.exec_driver_sql(f"DROP TRIGGER {table}_no_{what}{on}")
        for statement in statements:
            conn.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("deed", "sentence"),
    [
        (f"UPDATE override SET person_id = {LAPSED}", "somebody else"),
        (f"UPDATE override SET store_id = {DOVER}", "another store"),
        ("UPDATE override SET purpose = 'TRAINING'", "another purpose"),
        ("UPDATE override SET code = 'STORAGE_LOW'", "another rule"),
        (f"UPDATE override SET item_id = {CAMERAS[1]}", "another item"),
        (f"UPDATE override SET until_us = {NOW + 1}", "not in force"),
        (f"UPDATE override SET until_us = {SHIFT_ENDS - 1}", "ends before the duty"),
        (f"UPDATE override SET by_person = {ISSUER}", "the issuer gave it"),
        (f"UPDATE override SET by_person = {TWIN}", "given by the person it is for"),
        (f"UPDATE override SET by_person = {SECOND_ISSUER}", "was no SUPERVISOR"),
        ("UPDATE override SET reason = 'All is well'", "no entry OVERRIDDEN"),
        ("DELETE FROM decision_override", "differ"),
        ("UPDATE decision SET refusals = replace(refusals, 'SOFT', 'HARD')", "nobody overrides a HARD rule"),
        ("UPDATE decision SET refusals = '[]'", "differ"),
    ],
)  # fmt: skip
def test_the_audit_names_an_override_that_was_not_so(
    medway: sa.Engine, ids: Ids, deed: str, sentence: str
) -> None:
    given_by(medway, ids, giving())
    assert issued(medway, ids, camera_ask(HOLLIS)).allowed
    in_order(medway)
    _tamper(medway, deed)
    with medway.connect() as conn:
        told = [each.sentence for each in audit(conn) if each.check.startswith("overrides_")]
    assert any(sentence in each for each in told), told
