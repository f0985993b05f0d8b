"""Issue and return through the one door, on both databases."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from inventory.custody.holds import Placing, lift_hold, place_holds
from inventory.custody.issue import Request, issue_kit
from inventory.custody.life import holdings, item_life, open_holds, who_had
from inventory.custody.receive import Assertion, assert_held
from inventory.custody.reconcile import raise_short, still_out
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.schema.custody import alarm, custody, decision, decision_item, ledger
from inventory.schema.ids import Ids
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    CARTRIDGES,
    DOVER,
    GUARD_LOT,
    HANDLES,
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    PCSO,
    SECOND_ISSUER,
    SHIFT_ENDS,
    acting,
    camera_ask,
    ced_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()


def _codes(engine: sa.Engine) -> list[str]:
    with engine.connect() as conn:
        found = conn.execute(
            sa.select(decision.c.refusals).order_by(decision.c.id.desc()).limit(1)
        ).scalar_one()
    return [reason["code"] for reason in json.loads(found)]


def test_a_trained_officer_draws_a_whole_set_in_one_decision(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        done = issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)[0]
    assert done.allowed, done.decision.refusals
    with engine.connect() as conn:
        held = holdings(conn, HOLLIS)
        assert len(held) == 6
        assert {row["planned_return_us"] for row in held} == {SHIFT_ENDS}
        assert len(conn.execute(sa.select(decision_item)).all()) == 6
        facts = json.loads(conn.execute(sa.select(decision.c.facts)).scalar_one())
        assert facts, "the proof of currency is stored with the issue"
        assert audit(conn) == []


def test_an_officer_out_of_date_is_refused_and_the_refusal_is_kept(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        done = issue_kit(tx, [Request(ced_ask(LAPSED))], POLICY)[0]
    assert not done.allowed
    assert done.item_ids == ()
    with engine.connect() as conn:
        assert holdings(conn, LAPSED) == []
        entry = conn.execute(sa.select(ledger).where(ledger.c.kind == "REFUSED")).mappings().one()
        assert entry["chain"] == f"store:{MEDWAY}"
        assert "PPST_OUT_OF_DATE" in entry["reason"].split(",")
        assert audit(conn) == []
    assert "PPST_OUT_OF_DATE" in _codes(engine)


def test_a_pcso_draws_a_camera_and_no_ced(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        camera, ced = issue_kit(tx, [Request(camera_ask(PCSO))], POLICY) + issue_kit(
            tx, [Request(ced_ask(PCSO))], POLICY
        )
    assert camera.allowed, camera.decision.refusals
    assert "NOT_A_CONSTABLE" in {reason.code for reason in ced.decision.refusals}


def test_nobody_issues_to_themselves(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        done = issue_kit(tx, [Request(ced_ask(SECOND_ISSUER, by_person_id=SECOND_ISSUER))], POLICY)[0]
    assert "ISSUES_TO_SELF" in {reason.code for reason in done.decision.refusals}


def test_one_door_answers_many_asks_at_once_each_by_itself(engine: sa.Engine, ids: Ids) -> None:
    asks = [ced_ask(HOLLIS, 0), ced_ask(LAPSED, 1), camera_ask(PCSO), ced_ask(MERCER, 2)]
    with acting(engine, ids) as tx:
        done = issue_kit(tx, [Request(ask) for ask in asks], POLICY)
    assert [each.allowed for each in done] == [True, False, True, True]
    with engine.connect() as conn:
        assert audit(conn) == []


def test_kit_that_somebody_holds_is_not_issued_again(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        issue_kit(tx, [Request(camera_ask(HOLLIS))], POLICY)
    with acting(engine, ids, NOW + 1) as tx:
        done = issue_kit(tx, [Request(camera_ask(MERCER))], POLICY)[0]
    assert next(reason.code for reason in done.decision.refusals if reason.stops) == "HELD_BY_ANOTHER"


def test_returned_kit_is_back_at_once_and_short_kit_stays_open(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        done = issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)[0]
    with acting(engine, ids, NOW + HOUR) as tx:
        backs = return_kit(tx, [Back(item, MEDWAY, ISSUER) for item in done.item_ids[:-1]])
        short = raise_short(tx, MEDWAY, [done.decision_id])
    assert {back.word for back in backs} == {"RETURNED"}
    assert {back.from_person for back in backs} == {HOLLIS}
    assert [each.item_id for each in short] == [done.item_ids[-1]]
    with engine.connect() as conn:
        assert len(still_out(conn, [done.decision_id])) == 1
        assert len(holdings(conn, HOLLIS)) == 1
        assert [row.kind for row in conn.execute(sa.select(alarm))] == ["RETURN_SHORT"]
        assert audit(conn) == []


def test_a_return_is_never_blocked(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        issue_kit(tx, [Request(camera_ask(HOLLIS))], POLICY)
    with acting(
        engine, ids, NOW + 30 * 24 * HOUR
    ) as tx:  # overdue, at another store, by nobody in particular
        back = return_kit(tx, [Back(CAMERAS[0], DOVER)])[0]
    assert back.word == "RETURNED"
    with engine.connect() as conn:
        found = who_had(conn, CAMERAS[0], NOW + 40 * 24 * HOUR)
    assert found is not None
    assert found["store"]["code"] == "DO"


def test_kit_returned_wet_is_held_and_not_issued_until_the_hold_is_lifted(
    engine: sa.Engine, ids: Ids
) -> None:
    with acting(engine, ids) as tx:
        issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)
    with acting(engine, ids, NOW + HOUR) as tx:
        items = ced_ask(HOLLIS).item_ids
        return_kit(
            tx, [Back(item, MEDWAY, ISSUER, "WET" if item == HANDLES[0] else "GOOD") for item in items]
        )
    with acting(engine, ids, NOW + 2 * HOUR) as tx:
        done = issue_kit(tx, [Request(ced_ask(MERCER, charges=((BATTERIES[0], 90),)))], POLICY)[0]
    assert "WET_OR_DROPPED" in {reason.code for reason in done.decision.refusals}
    with engine.connect() as conn:
        hold_id = open_holds(conn, HANDLES[0])[0]["id"]
    with acting(engine, ids, NOW + 3 * HOUR) as tx:
        lift_hold(tx, hold_id, ISSUER, "Dry, three tests passed")
    with acting(engine, ids, NOW + 4 * HOUR) as tx:
        done = issue_kit(tx, [Request(ced_ask(MERCER, charges=((BATTERIES[0], 90),)))], POLICY)[0]
    assert done.allowed, done.decision.refusals


def test_an_evidential_hold_is_lifted_only_by_its_authority(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        hold_id = place_holds(tx, [Placing("EVIDENTIAL", "Seized", item_id=HANDLES[0], authority="PSD")])[0]
    with pytest.raises(ValueError, match="PSD"), acting(engine, ids) as tx:
        lift_hold(tx, hold_id, ISSUER, "please")
    with acting(engine, ids) as tx:
        lift_hold(tx, hold_id, ISSUER, "Released, ref 12", authority="PSD")
    with engine.connect() as conn:
        assert open_holds(conn, HANDLES[0]) == []


def test_kit_already_with_somebody_is_asserted_by_two_people_with_a_document(
    engine: sa.Engine, ids: Ids
) -> None:
    fact = Assertion(
        CAMERAS[1], LAPSED, MEDWAY, ISSUER, SECOND_ISSUER, "Paper register p. 12", review_on="2027-01-01"
    )
    for bad in (replace(fact, asserted_second=ISSUER), replace(fact, document=" ")):
        with pytest.raises(ValueError, match=r"second|document"), acting(engine, ids) as tx:
            assert_held(tx, [bad], POLICY)
    with acting(engine, ids) as tx:
        assert_held(tx, [fact, replace(fact, item_id=HANDLES[0])], POLICY)
    with engine.connect() as conn:
        assert {row["basis"] for row in holdings(conn, LAPSED)} == {"ASSERTED"}
        raised = conn.execute(sa.select(alarm.c.kind, alarm.c.item_id)).all()
        assert ("ASSERTED_INELIGIBLE", HANDLES[0]) in [tuple(row) for row in raised]
        assert audit(conn) == []


def test_guards_of_a_lot_go_by_quantity_and_never_below_nought(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        done = issue_kit(
            tx, [Request(camera_ask(HOLLIS, item_id=CAMERAS[0], lots=((GUARD_LOT, 2),)))], POLICY
        )[0]
    assert done.allowed, done.decision.refusals
    with engine.connect() as conn:
        assert [row["since_us"] for row in holdings(conn, HOLLIS) if row.get("lot_id")] == [NOW], "since it was drawn"
    with acting(engine, ids) as tx:
        many = issue_kit(tx, [Request(ced_ask(MERCER, item_ids=(), lots=((GUARD_LOT, 99),)))], POLICY)[0]
    assert not many.allowed
    with engine.connect() as conn:
        assert [row["quantity"] for row in holdings(conn, HOLLIS) if row.get("lot_id") == GUARD_LOT] == [2]
        assert audit(conn) == []


def test_an_items_life_names_everybody_and_who_had_it_at_a_moment(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        issue_kit(tx, [Request(camera_ask(HOLLIS))], POLICY)
    with acting(engine, ids, NOW + 9 * HOUR) as tx:
        return_kit(tx, [Back(CAMERAS[0], MEDWAY, ISSUER)])
    with engine.connect() as conn:
        life = item_life(conn, CAMERAS[0])
        during = who_had(conn, CAMERAS[0], NOW + HOUR)
        after = who_had(conn, CAMERAS[0], NOW + 10 * HOUR)
        before = who_had(conn, CAMERAS[0], 5)
    assert [entry["kind"] for entry in life] == ["RECEIVED", "ISSUED", "RETURNED"]
    assert life[1]["people"]["taker"]["name"] == "Alex Hollis"
    assert during is not None
    assert during["person"]["collar"] == "4417"
    assert after is not None
    assert after["holder"] == "STORE"
    assert before is None


def test_custody_written_behind_the_gates_back_is_found_by_audit(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        issue_kit(tx, [Request(camera_ask(HOLLIS))], POLICY)
    drop = "DROP TRIGGER custody_closes_once" + ("" if engine.dialect.name == "sqlite" else " ON custody")
    with engine.connect() as conn, conn.begin():
        conn.exec_driver_sql(drop)
        conn.execute(
            sa.update(custody).where(custody.c.person_id == HOLLIS).values(person_id=MERCER, holder_id=MERCER)
        )
    with engine.connect() as conn:
        faults = {fault.check for fault in audit(conn)}
    assert {"promises_are_in_force", "custody_is_the_last_movement", "issued_only_by_allow"} <= faults


def test_battery_and_cartridges_alone_are_not_a_set(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        ask = ced_ask(HOLLIS, item_ids=(BATTERIES[0], *CARTRIDGES[:4]))
        done = issue_kit(tx, [Request(ask)], POLICY)[0]
    assert not done.allowed
