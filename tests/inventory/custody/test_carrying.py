"""Authority to carry: granted for a year at most, suspended at once, lifted by somebody higher, ended by a move."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.carrying.granting import (
    Ending,
    Granting,
    end_authority,
    grant_authority,
    review_authority,
)
from inventory.custody.carrying.moves import end_moved, look_after, reviews
from inventory.custody.carrying.reading import history
from inventory.custody.carrying.refused import CarryingRefused
from inventory.custody.carrying.stopping import (
    Restricting,
    Suspending,
    choose,
    lift,
    lift_duties,
    restrict_duties,
    suspend,
)
from inventory.custody.issue import Request, issue_kit
from inventory.custody.lapses.reading import open_lapses
from inventory.oversight.audit import audit
from inventory.people.authority_state import CarryState, carrying_states
from inventory.people.calendar import local_day
from inventory.people.capabilities import CapabilityGrant, give
from inventory.people.errors import BadField
from inventory.people.imports.people_file import import_people
from inventory.people.imports.run import ImportRun
from inventory.people.people import link_duplicate
from inventory.people.standing import standings
from inventory.schema.authority import authority_act
from inventory.schema.ids import Ids
from inventory.schema.people import authority_stop, carry_authorisation, person, training_result
from inventory.schema.tx import Tx
from tests.small_force import (
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    PCSO,
    SECOND_ISSUER,
    TODAY,
    X2_ONLY,
    acting,
    ced_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
SERGEANT, INSPECTOR, SPOC = MERCER, SECOND_ISSUER, ISSUER
TOMORROW = TODAY + timedelta(days=1)
DAY = 24 * HOUR


class Office:
    """The days of those who look after permissions, each act in a transaction of its own."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids, self.now_us = engine, ids, NOW

    def act(self, run: Callable[[Tx], Any]) -> Any:
        """Run one act, a moment after the last."""
        self.now_us += 1
        with acting(self.engine, self.ids, self.now_us) as tx:
            return run(tx)

    def state(self, person_id: int = HOLLIS, model: str = "T7") -> CarryState:
        """What the person's permission amounts to."""
        with self.engine.connect() as conn:
            of = standings(conn, [person_id], self.now_us, POLICY.courses)[person_id]
        return next(each.state for each in carrying_states(of, self.now_us) if each.model == model)

    def grant(self, person_id: int = HOLLIS, by: int = SPOC, **changes: Any) -> int:
        """A permission for the T7 from tomorrow, for a year less a day."""
        values = {"person_id": person_id, "model": "T7", "mode": "OVERT", "from_on": TOMORROW,
                  "to_on": TOMORROW + timedelta(days=364), "granted_by": "Supt Dale", "grade": "Superintendent",
                  "document": f"A-{self.now_us}", "by_person": by} | changes  # fmt: skip
        return int(self.act(lambda tx: grant_authority(tx, Granting(**values), POLICY)))

    def suspend(self, by: int = SERGEANT, person_id: int = HOLLIS) -> int:
        """Everything is suspended."""
        asked = Suspending(person_id, by, "CONDUCT", f"S-{self.now_us}")
        return int(self.act(lambda tx: suspend(tx, asked, POLICY)))

    def lift(self, stop_id: int, by: int) -> None:
        """It is lifted."""
        self.act(lambda tx: lift(tx, stop_id, by, "Looked into", POLICY))

    def end(self, by: int = SPOC) -> None:
        """Everything is ended."""
        self.act(lambda tx: end_authority(tx, Ending(HOLLIS, by, "ADMINISTRATIVE", f"E-{self.now_us}"), POLICY))

    def draws(self) -> str:
        """Hollis draws a whole set."""
        return str(self.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)[0].decision.verdict))

    def file(self, person_id: int = HOLLIS, **facts: str) -> None:
        """The force's people system says this of somebody."""
        columns = {"ref": str(person_id), "kind": "REGULAR", "family_name": "Hollis", "given_name": "Alex"} | facts
        data = f"{','.join(columns)}\n{','.join(columns.values())}\n".encode()

        def run(tx: Tx) -> None:
            report = import_people(ImportRun(tx.conn, tx.ids, tx.now_us), data)
            assert not report.problems, report.problems
            look_after(tx, POLICY, report.person_ids_changed)

        self.act(run)

    def bars(self, run: Callable[[], Any]) -> str:
        """Why it is refused."""
        with pytest.raises(CarryingRefused) as refused:
            run()
        return str(refused.value)

    def faults(self) -> list[str]:
        """What the audit finds."""
        with self.engine.connect() as conn:
            return [str(each) for each in audit(conn)]


@pytest.fixture
def office(engine: sa.Engine, ids: Ids) -> Office:
    """A sergeant, an inspector and a single point of contact; Hollis may carry already."""
    with acting(engine, ids, NOW - HOUR) as tx:
        give(tx.conn, tx.ids, CapabilityGrant(SERGEANT, "SUPERVISOR", MEDWAY, "test"), NOW - HOUR)
        give(tx.conn, tx.ids, CapabilityGrant(INSPECTOR, "DUTY_INSPECTOR", MEDWAY, "test"), NOW - HOUR)
        give(tx.conn, tx.ids, CapabilityGrant(SPOC, "CED_SPOC", None, "test"), NOW - HOUR)
        give(tx.conn, tx.ids, CapabilityGrant(SPOC, "ADMINISTRATOR", None, "test"), NOW - HOUR)
    return Office(engine, ids)


def test_a_permission_is_for_a_year_at_most_by_whom_policy_says_and_never_ones_own(office: Office) -> None:
    for changes, field in (
        ({"to_on": TOMORROW + timedelta(days=366)}, "to_on"), ({"to_on": TOMORROW}, "to_on"),
        ({"from_on": TODAY - timedelta(days=1)}, "from_on"), ({"grade": "Sergeant"}, "grade"),
        ({"model": "X26"}, "model"), ({"document": " "}, "document"),
    ):  # fmt: skip
        with pytest.raises(BadField) as wrong:
            office.grant(**changes)
        assert wrong.value.field == field
    assert "single" not in office.bars(lambda: office.grant(by=SERGEANT))
    assert "ced spoc" in office.bars(lambda: office.grant(by=SERGEANT))
    assert "their own" in office.bars(lambda: office.grant(person_id=SPOC))
    assert "Only a constable" in office.bars(lambda: office.grant(person_id=PCSO))
    assert "training comes first" in office.bars(lambda: office.grant(person_id=X2_ONLY))
    office.grant()
    assert office.faults() == []


def test_a_suspension_is_at_once_and_brings_the_kit_back_now_and_is_lifted_by_somebody_higher(office: Office) -> None:
    assert office.draws() == "ALLOW"
    stop_id = office.suspend()
    assert office.state() is CarryState.SUSPENDED
    with office.engine.connect() as conn:
        (lapse,) = open_lapses(conn)
    assert (lapse.must_return, lapse.state(office.now_us)) == (True, "RETURN_NOW")
    assert "suspended" in office.bars(office.grant)
    assert "of their own making" in office.bars(lambda: office.lift(stop_id, SERGEANT))
    assert "their own authority" in office.bars(lambda: office.lift(stop_id, HOLLIS))
    office.lift(stop_id, INSPECTOR)
    assert office.state() is CarryState.LIVE
    with office.engine.connect() as conn:
        assert open_lapses(conn) == [], "they may hold it again"
        said = [(each.what, each.by_person) for each in history(conn, [HOLLIS])]
    assert said[:2] == [("LIFTED", INSPECTOR), ("SUSPENDED", SERGEANT)]
    by_inspector = office.suspend(by=INSPECTOR)
    assert "a ced spoc lifts it" in office.bars(lambda: office.lift(by_inspector, SERGEANT))
    office.lift(by_inspector, SPOC)
    assert office.faults() == []


def test_a_duplicate_record_of_ones_own_lifts_nothing(office: Office) -> None:
    stop_id = office.suspend(by=SERGEANT)
    office.act(lambda tx: link_duplicate(tx.conn, INSPECTOR, SERGEANT))
    assert "of their own making" in office.bars(lambda: office.lift(stop_id, INSPECTOR))


def test_what_was_ended_is_granted_anew_from_a_later_day_as_a_row_of_its_own(office: Office) -> None:
    office.end()
    assert office.state() is CarryState.OVER
    assert office.draws() == "DENY"
    with pytest.raises(BadField) as wrong:
        office.grant(from_on=TODAY)
    assert "a day after the end" in str(wrong.value)
    office.grant()
    assert office.state() is CarryState.NOT_YET
    office.now_us += DAY
    assert office.state() is CarryState.LIVE
    with office.engine.connect() as conn:
        assert [each.what for each in history(conn, [HOLLIS])][:2] == ["GRANTED", "ENDED"]


def test_a_permission_sleeps_while_the_training_is_out_of_date_and_wakes_with_the_next_pass(office: Office) -> None:
    def refreshed(outcome: str) -> None:
        row = {"person_id": HOLLIS, "course": "CED_REFRESHER", "model": "T7", "minutes": 400, "outcome": outcome,
               "attended_on": local_day(office.now_us).isoformat(), "source": "t", "source_ref": outcome,
               "recorded_us": office.now_us}  # fmt: skip
        office.act(lambda tx: tx.conn.execute(sa.insert(training_result), row | {"id": tx.ids.take()}))

    refreshed("FAIL")
    assert office.state() is CarryState.DORMANT
    assert "ran out" in office.bars(office.grant)
    office.now_us += DAY
    refreshed("PASS")
    assert office.state() is CarryState.LIVE
    with office.engine.connect() as conn:
        assert [each.what for each in history(conn, [HOLLIS])] == ["GRANTED", "OPTED_IN"], "nobody did anything to it"


def test_a_role_that_moves_out_of_profile_ends_it_and_another_store_or_team_has_it_looked_at(office: Office) -> None:
    gone = (TODAY - timedelta(days=1)).isoformat()
    moved = {
        HOLLIS: {"frontline": "no"}, MERCER: {"kind": "POLICE_STAFF"}, LAPSED: {"left_on": gone},
        X2_ONLY: {"opted_in": "no"}, SECOND_ISSUER: {"team": "Roads", "home_store": "DO", "frontline": "yes"},
    }  # fmt: skip
    for person_id, facts in moved.items():
        office.file(person_id, **facts)
    over = {each for each in (HOLLIS, MERCER, LAPSED, SECOND_ISSUER) if office.state(each) is CarryState.OVER}
    assert over == {HOLLIS, MERCER, LAPSED}
    assert office.state(X2_ONLY, "X2") is CarryState.OVER
    assert office.state(SECOND_ISSUER) is CarryState.LIVE
    with office.engine.connect() as conn:
        assert {who: move.what for who, move in reviews(conn, POLICY.authority, office.now_us).items()} == {
            SECOND_ISSUER: "TEAM"
        }
    assert office.act(end_moved_again) == [], "an end is written down once"
    office.act(lambda tx: review_authority(tx, SECOND_ISSUER, SPOC, "Still on response", POLICY))
    with office.engine.connect() as conn:
        assert reviews(conn, POLICY.authority, office.now_us) == {}
    assert office.faults() == []


def end_moved_again(tx: Tx) -> list[int]:
    """What the clock does a minute later."""
    return end_moved(tx, POLICY)


def test_a_leavers_permission_ends_with_the_last_day_and_not_before(office: Office) -> None:
    office.file(left_on=TOMORROW.isoformat())
    assert office.state() is CarryState.LIVE
    office.now_us += 2 * DAY
    assert office.act(end_moved_again) == [HOLLIS]
    assert office.state() is CarryState.OVER


def test_whoever_chooses_no_longer_to_carry_carries_again_by_a_new_permission_alone(office: Office) -> None:
    assert office.draws() == "ALLOW"
    office.act(lambda tx: choose(tx, HOLLIS, HOLLIS, False, POLICY))
    with office.engine.connect() as conn:
        assert [each.codes for each in open_lapses(conn)] != []
    assert "not chosen" in office.bars(office.grant)
    office.act(lambda tx: choose(tx, HOLLIS, HOLLIS, True, POLICY))
    assert office.state() is CarryState.OVER
    office.grant()
    assert office.state() is CarryState.NOT_YET
    assert office.faults() == []


def test_limited_duties_have_a_review_date_no_reason_and_another_who_lifts_them(office: Office) -> None:
    def limit(review_on: date, person_id: int = HOLLIS, by: int = INSPECTOR) -> int:
        asked = Restricting(person_id, by, "ADJUSTED", frozenset({"BWV_CAMERA"}), TODAY, review_on, "HR-1")
        return int(office.act(lambda tx: restrict_duties(tx, asked, POLICY)))

    for wrong in (TODAY, TODAY + timedelta(days=400)):
        with pytest.raises(BadField) as told:
            limit(wrong)
        assert told.value.field == "review_on"
    assert "their own" in office.bars(lambda: limit(TOMORROW, INSPECTOR))
    restriction_id = limit(TOMORROW)
    assert office.draws() == "DENY"
    office.act(lambda tx: lift_duties(tx, restriction_id, SPOC, "HR-2", POLICY))
    assert office.draws() == "ALLOW"
    with office.engine.connect() as conn:
        columns = {name for each in history(conn, [HOLLIS]) for name in (each.reason_class,)}
        assert conn.execute(sa.select(person.c.id).where(person.c.id == HOLLIS)).scalar() == HOLLIS
    assert columns == {""}


def test_the_audit_finds_what_was_done_past_the_acts(office: Office) -> None:
    stop_id = office.suspend()
    with office.engine.begin() as conn:
        conn.execute(sa.update(authority_stop).where(authority_stop.c.id == stop_id).values(to_us=office.now_us))
    grant_id = office.ids.take()
    office.act(lambda tx: tx.conn.execute(sa.insert(carry_authorisation), {
        "id": grant_id, "person_id": MERCER, "model": "T7", "mode": "COVERT", "granted_by": "x", "grade": "x",
        "from_on": "2026-01-01", "to_on": "2028-01-01", "source_ref": "x", "recorded_us": office.now_us,
    }))  # fmt: skip
    act = {"person_id": MERCER, "act": "GRANTED", "at_us": NOW, "by_person": SPOC, "document": "x",
           "authorisation_id": grant_id}  # fmt: skip
    office.act(lambda tx: tx.conn.execute(sa.insert(authority_act), act | {"id": tx.ids.take(), "tx_id": tx.id}))
    said = " ".join(office.faults())
    assert f"suspension {stop_id} was lifted by no act" in said
    assert f"permission {grant_id} lasts from 2026-01-01 to 2028-01-01" in said
    with pytest.raises(sa.exc.IntegrityError, match="their own authority"):
        own = act | {"act": "REVIEWED", "by_person": MERCER, "authorisation_id": None}
        office.act(lambda tx: tx.conn.execute(sa.insert(authority_act), own | {"id": tx.ids.take(), "tx_id": tx.id}))
