"""What is declared when kit comes back: it is written down whole, and what is not known yet is owed by a time."""

from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.alarms import keep_raised
from inventory.custody.holds import HoldRefused, Placing, lift_hold, place_holds
from inventory.custody.issue import Request, issue_kit
from inventory.custody.lots import TooFew
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.returns import Back, return_kit
from inventory.custody.uses.answering import Answering, NotOwed, NotTheirs, answer_point
from inventory.custody.uses.declaring import Declaration, Declared, declare
from inventory.custody.uses.guards import GuardsSaid, declare_guards
from inventory.custody.uses.naming import Naming, name_spent
from inventory.custody.uses.reading import OVERDUE, late, uses, uses_of_item, uses_of_store
from inventory.custody.uses.spending import Spent
from inventory.oversight.audit import audit
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.custody import alarm, custody
from inventory.schema.ids import Ids
from inventory.schema.stock import hold, hold_lift
from inventory.schema.uses import use_item, use_point
from tests.inventory.custody.passage_force import POLICY, PSD, SERGEANT, TECHNICIAN, Doing
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    CARTRIDGES,
    GUARD_LOT,
    GUARDS,
    HANDLES,
    HOLLIS,
    ISSUER,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    acting,
    ced_ask,
)  # fmt: skip

HANDLE, BATTERY, CARTRIDGE = HANDLES[0], BATTERIES[0], CARTRIDGES[0]
DIGEST = "cd" * 32
MINUTE = 60_000_000
HOUR = 60 * MINUTE
INSPECTOR = SECOND_ISSUER
PROPER = {"download_ref": "EV-1", "digest": DIGEST, "review": "PROPER"}
UNDECLARED = {**PROPER, "review": "UNDECLARED"}


@pytest.fixture
def doing(engine: sa.Engine, ids: Ids) -> Doing:
    """The small force, empowered, with a whole set out with Hollis."""
    made = Doing(engine, ids)
    with acting(engine, ids, NOW) as tx:
        give(tx.conn, tx.ids, CapabilityGrant(INSPECTOR, "DUTY_INSPECTOR", MEDWAY, "for the test"), NOW - 1)
        assert issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)[0].allowed
    made.now_us = NOW + 5 * MINUTE
    return made


def declared(doing: Doing, *uses_said: str, **more: Any) -> Declared:
    """Declare a use of the handle that Hollis had."""
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        return declare(tx, Declaration(HANDLE, MEDWAY, ISSUER, uses_said, **more), POLICY)


def answered(doing: Doing, use_id: int, point: str, by: int, **facts: Any) -> int:
    """Answer a point."""
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        return answer_point(tx, Answering(use_id, point, by, facts), POLICY)


def owed(doing: Doing, use_id: int) -> dict[str, int]:
    """What is owed, and by when."""
    with doing.engine.connect() as conn:
        return {each.point: each.due_us for each in uses(conn, [use_id])[0].owed}


def alarms(doing: Doing) -> set[str]:
    """The kinds of alarm that are open."""
    with doing.engine.connect() as conn:
        return set(conn.execute(sa.select(alarm.c.kind).where(alarm.c.settled_us.is_(None))).scalars())


def clean(doing: Doing) -> bool:
    """Whether the audit finds nothing."""
    with doing.engine.connect() as conn:
        return audit(conn) == []


def test_a_taser_that_was_only_drawn_waits_for_its_download_and_owes_a_use_of_force_report(doing: Doing) -> None:
    done = declared(doing, "DRAWN", "RED_DOT")
    assert (doing.state(HANDLE), doing.state(BATTERY)) == ("AWAITING_DOWNLOAD", "ISSUED")
    assert set(owed(doing, done.use_id)) == {"UOF_REF", "DOWNLOAD"}
    answered(doing, done.use_id, "DOWNLOAD", TECHNICIAN, **PROPER)
    assert doing.state(HANDLE) == "AVAILABLE"
    assert clean(doing)


def test_a_discharge_owes_the_form_within_a_day_of_the_use_not_of_the_return(doing: Doing) -> None:
    used_us = NOW + MINUTE
    done = declared(doing, "FIRED", used_us=used_us, spent=(Spent(CARTRIDGE),))
    points = owed(doing, done.use_id)
    assert points["BESPOKE_FORM"] == used_us + 24 * HOUR
    assert set(points) == {"UOF_REF", "INCIDENT_REF", "BESPOKE_FORM", "DISCS", "DOWNLOAD"}
    assert doing.state(CARTRIDGE) == "DISCHARGED_OPERATIONAL"
    with doing.engine.connect() as conn:
        row = conn.execute(sa.select(use_item).where(use_item.c.part == "SPENT")).one()
        issue = conn.execute(sa.select(custody.c.decision_id).where(custody.c.id == row.custody_id)).scalar()
    assert row.decision_id == issue, "the cartridge has its parent issue"
    assert issue is not None
    assert clean(doing)


@pytest.mark.parametrize("sort", ["OPERATIONAL", "TRAINING", "UNINTENTIONAL"])
def test_a_discharged_cartridge_is_never_issued_again_and_nobody_lifts_what_holds_it(doing: Doing, sort: str) -> None:
    declared(doing, "FIRED", sort=sort, spent=(Spent(CARTRIDGE),))
    assert doing.state(CARTRIDGE) == f"DISCHARGED_{sort}"
    with doing.engine.connect() as conn:
        asked = hold.c.item_id == CARTRIDGE, hold.c.reason == f"DISCHARGED_{sort}"
        hold_id = conn.execute(sa.select(hold.c.id).where(*asked)).scalar_one()
    with pytest.raises(HoldRefused, match="nobody lifts"), acting(doing.engine, doing.ids) as tx:
        lift_hold(tx, hold_id, TECHNICIAN, "attempted")
    lifted = {"hold_id": hold_id, "lifted_us": NOW, "lifted_by": TECHNICIAN, "detail": "attempted"}
    with pytest.raises(sa.exc.DBAPIError, match="never used again"), acting(doing.engine, doing.ids) as tx:
        tx.conn.execute(sa.insert(hold_lift).values(tx_id=tx.id, **lifted))
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        ask = ced_ask(MERCER, 1, item_ids=(HANDLES[1], BATTERIES[1], CARTRIDGE, *CARTRIDGES[4:7]))
        told = issue_kit(tx, [Request(ask)], POLICY)[0]
    assert not told.allowed
    assert any(each.code == "WITHDRAWN" and each.item_id == CARTRIDGE for each in told.decision.refusals)


def test_a_replacement_set_is_a_fresh_decision(doing: Doing) -> None:
    everything = [HANDLE, BATTERY, *CARTRIDGES[:4]]
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in everything])
    declared(doing, "FIRED", spent=(Spent(CARTRIDGE),))
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        assert issue_kit(tx, [Request(ced_ask(HOLLIS, 1))], POLICY)[0].allowed, "another set"
    assert clean(doing)


def test_what_is_left_of_a_cartridge_may_be_with_the_exhibits(doing: Doing) -> None:
    declared(doing, "FIRED", spent=(Spent(CARTRIDGE, is_exhibit=True),))
    assert doing.state(CARTRIDGE) == "EXHIBIT"
    assert clean(doing)


def test_after_a_death_or_serious_injury_everything_is_evidence(doing: Doing) -> None:
    done = declared(doing, "FIRED", dsi=True, spent=(Spent(CARTRIDGE),))
    assert (doing.state(HANDLE), doing.state(CARTRIDGE)) == ("EVIDENTIAL_HOLD", "EXHIBIT")
    assert "DOWNLOAD" not in owed(doing, done.use_id), "its log is another's to read"
    assert "EXHIBIT_REF" in owed(doing, done.use_id)
    assert "DEATH_OR_SERIOUS_INJURY" in alarms(doing)
    done_by = doing.do("RELEASE", HANDLE, PSD, authority=POLICY.uses.authority)
    assert done_by.after == "QUARANTINED", "its log is still to be read"


def test_an_unintentional_discharge_waits_for_an_inspector_and_nobody_else(doing: Doing) -> None:
    done = declared(doing, "FIRED", sort="UNINTENTIONAL", spent=(Spent(CARTRIDGE),))
    assert "UNINTENTIONAL_DISCHARGE" in alarms(doing)
    with pytest.raises(NotTheirs, match="duty inspector"):
        answered(doing, done.use_id, "UD_DECISION", SERGEANT, reference="PS/12", decision="KEPT")
    answered(doing, done.use_id, "UD_DECISION", INSPECTOR, reference="PS/12", decision="SUSPENDED")
    assert "UD_DECISION" not in owed(doing, done.use_id)
    with pytest.raises(NotOwed):
        answered(doing, done.use_id, "UD_DECISION", INSPECTOR, reference="PS/12", decision="KEPT")


def test_a_training_discharge_owes_its_course_and_instructor(doing: Doing) -> None:
    done = declared(doing, "FIRED", sort="TRAINING", spent=(Spent(CARTRIDGE),))
    points = owed(doing, done.use_id)
    assert "TRAINING_RECORD" in points
    assert "DISCS" not in points


def test_a_log_that_shows_what_nobody_declared_keeps_the_taser_until_a_supervisor_has_settled_it(doing: Doing) -> None:
    done = declared(doing, "DRAWN")
    answered(doing, done.use_id, "DOWNLOAD", TECHNICIAN, **UNDECLARED)
    assert doing.state(HANDLE) == "AWAITING_DOWNLOAD"
    assert "UNDECLARED_ACTIVITY" in alarms(doing)
    answered(doing, done.use_id, "LOG_REVIEW", SERGEANT, reference="PSD 4", outcome="REFERRED")
    assert doing.state(HANDLE) == "AWAITING_DOWNLOAD", "referred: it stays held"
    answered(doing, done.use_id, "LOG_REVIEW", SERGEANT, reference="PSD 4", outcome="EXPLAINED")
    assert doing.state(HANDLE) == "AVAILABLE"
    assert clean(doing)


def test_a_routine_download_that_shows_a_use_nobody_declared_holds_the_taser_too(doing: Doing) -> None:
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        return_kit(tx, [Back(HANDLE, MEDWAY, ISSUER, "USED")])
    doing.do("DOWNLOADED", HANDLE, TECHNICIAN, review="UNACCOUNTED")
    assert doing.state(HANDLE) == "AWAITING_DOWNLOAD"
    with doing.engine.connect() as conn:
        found = uses_of_item(conn, HANDLE)
    assert [each.point for use in found for each in use.owed] == ["LOG_REVIEW"]
    assert found[0].uses == ()
    assert "UNDECLARED_ACTIVITY" in alarms(doing)


def test_a_passages_download_answers_the_use_that_waited_for_it(doing: Doing) -> None:
    done = declared(doing, "AIMED")
    assert doing.do("DOWNLOADED", HANDLE, TECHNICIAN).after == "AVAILABLE"
    assert "DOWNLOAD" not in owed(doing, done.use_id)


def test_fired_with_no_cartridge_named_is_taken_and_the_cartridge_is_owed(doing: Doing) -> None:
    done = declared(doing, "FIRED")
    assert "CARTRIDGES" in owed(doing, done.use_id)
    with pytest.raises(BadEvidence):
        answered(doing, done.use_id, "CARTRIDGES", ISSUER, reference="two of them")
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        name_spent(tx, Naming(done.use_id, ISSUER, (Spent(CARTRIDGE), Spent(CARTRIDGES[1]))), POLICY)
    assert "CARTRIDGES" not in owed(doing, done.use_id)
    assert doing.state(CARTRIDGES[1]) == "DISCHARGED_OPERATIONAL"
    assert clean(doing)


@pytest.mark.parametrize(
    ("field", "uses_said", "more"),
    [
        ("uses", (), {}),
        ("uses", ("TASED",), {}),
        ("uses", ("DRAWN", "DRAWN"), {}),
        ("used_us", ("DRAWN",), {"used_us": NOW + 2 * HOUR}),
        ("sort", ("FIRED",), {"sort": "ACCIDENT"}),
        ("uof_ref", ("DRAWN",), {"uof_ref": "x" * 200}),
        ("cartridges", ("FIRED",), {"spent": (Spent(HANDLE),)}),
        ("cartridges[0]", ("FIRED",), {"spent": (Spent(BATTERY),)}),
        ("cartridges[0]", ("FIRED",), {"spent": (Spent(CARTRIDGES[8]),)}),
    ],
)
def test_what_cannot_be_true_is_refused_by_the_name_of_its_field(
    doing: Doing, field: str, uses_said: tuple[str, ...], more: dict[str, Any]
) -> None:
    with pytest.raises(BadEvidence) as told:
        declared(doing, *uses_said, **more)
    assert told.value.name == field
    assert doing.state(HANDLE) == "ISSUED", "and nothing was written"


def test_a_cartridge_is_discharged_once(doing: Doing) -> None:
    declared(doing, "FIRED", spent=(Spent(CARTRIDGE),))
    with pytest.raises(BadEvidence, match="before"):
        declared(doing, "FIRED", spent=(Spent(CARTRIDGE),))


def test_answers_given_at_once_are_owed_by_nobody(doing: Doing) -> None:
    done = declared(
        doing, "FIRED", spent=(Spent(CARTRIDGE),), uof_ref="UOF-8", incident_ref="CAD 17",
        answers={"DISCS": {"afids": 24, "probes": 2}},
    )  # fmt: skip
    assert set(owed(doing, done.use_id)) == {"BESPOKE_FORM", "DOWNLOAD"}


def test_what_is_late_is_an_alarm_that_settles_itself_once_it_is_answered(doing: Doing) -> None:
    done = declared(doing, "DRAWN")
    for hours, expected in ((2, set()), (30, {"UOF_REF_OVERDUE"}), (90, {"UOF_REF_OVERDUE", "DOWNLOAD_OVERDUE"})):
        _keep(doing, NOW + hours * HOUR)
        assert alarms(doing) == expected
    answered(doing, done.use_id, "UOF_REF", SERGEANT, reference="UOF-9")
    _keep(doing, NOW + 91 * HOUR)
    assert alarms(doing) == {"DOWNLOAD_OVERDUE"}


def _keep(doing: Doing, now_us: int) -> None:
    with acting(doing.engine, doing.ids, now_us) as tx:
        keep_raised(tx, tuple(OVERDUE.values()), late(tx.conn, now_us))


def test_a_spit_guard_with_a_serial_is_spent_once_it_is_used_and_damaged_ones_owe_nothing(doing: Doing) -> None:
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        ask = ced_ask(HOLLIS, item_ids=GUARDS)
        assert issue_kit(tx, [Request(ask)], POLICY)[0].allowed
        used = declare(tx, Declaration(GUARDS[0], MEDWAY, ISSUER, reason="USED"), POLICY)
        damaged = declare(tx, Declaration(GUARDS[1], MEDWAY, ISSUER, reason="DAMAGED"), POLICY)
    assert [each.point for each in used.owed] == ["UOF_REF"]
    assert damaged.owed == ()
    assert (doing.state(GUARDS[0]), doing.state(GUARDS[1])) == ("USED", "DAMAGED")
    assert clean(doing)


def test_a_guard_of_a_lot_is_consumed_with_its_report_and_never_more_than_there_are(doing: Doing) -> None:
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        ask = ced_ask(HOLLIS, item_ids=(), lots=((GUARD_LOT, 2),))
        assert issue_kit(tx, [Request(ask)], POLICY)[0].allowed
        said = GuardsSaid(GUARD_LOT, 2, HOLLIS, MEDWAY, ISSUER, "USED", uof_ref="UOF-3")
        assert declare_guards(tx, said, POLICY).owed == ()
    with pytest.raises(TooFew), acting(doing.engine, doing.ids, doing.now_us) as tx:
        declare_guards(tx, GuardsSaid(GUARD_LOT, 1, HOLLIS, MEDWAY, ISSUER, "USED"), POLICY)
    assert clean(doing)


def test_only_handles_and_guards_that_somebody_had_are_declared(doing: Doing) -> None:
    for item_id in (BATTERY, CAMERAS[0], HANDLES[1]):
        with pytest.raises(BadEvidence), acting(doing.engine, doing.ids, doing.now_us) as tx:
            declare(tx, Declaration(item_id, MEDWAY, ISSUER, ("DRAWN",)), POLICY)


def test_a_store_sees_what_was_declared_and_what_is_still_owed_from_before(doing: Doing) -> None:
    done = declared(doing, "ARCED")
    with doing.engine.connect() as conn:
        lately = uses_of_store(conn, MEDWAY, NOW)
        long_after = uses_of_store(conn, MEDWAY, NOW + 5000 * HOUR)
    assert [each.id for each in lately] == [done.use_id]
    assert [each.id for each in long_after] == [done.use_id], "something is still owed"
    assert lately[0].people == {HOLLIS, ISSUER}


def test_the_database_closes_a_point_by_an_answer_alone(doing: Doing) -> None:
    declared(doing, "DRAWN")
    change = sa.update(use_point).values(answer_id=1, answered_us=1)
    with pytest.raises(sa.exc.DBAPIError, match="only be closed"), acting(doing.engine, doing.ids) as tx:
        tx.conn.execute(change)
    with doing.engine.connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(hold_lift)).scalar() == 0


def test_the_audit_finds_a_discharged_cartridge_that_nobody_was_issued(doing: Doing) -> None:
    done = declared(doing, "FIRED", spent=(Spent(CARTRIDGE),))
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        never_out = CARTRIDGES[9]
        held = place_holds(tx, [Placing("DISCHARGED_OPERATIONAL", "made up", item_id=never_out)])[0]
        row = tx.conn.execute(sa.select(use_item).where(use_item.c.part == "SPENT")).mappings().one()
        made = {**row, "id": tx.ids.take(), "tx_id": tx.id, "item_id": never_out, "hold_id": held}
        tx.conn.execute(sa.insert(use_item), made)
    with doing.engine.connect() as conn:
        found = [fault for fault in audit(conn) if fault.check == "uses_are_in_order"]
    assert [fault.about for fault in found] == [f"item {never_out}"]
    assert f"use {done.use_id}" in found[0].sentence
