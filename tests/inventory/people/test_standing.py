"""What the gate is told about people: everything on record, for many at once, on both databases."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from inventory.people.authority import Authority, Duty, Grant, StopOrder, grant, lift_suspension, stop
from inventory.people.calendar import HOUR_US, day_start_us
from inventory.people.credentials import set_collar
from inventory.people.duty import RestrictionOrder, restrict
from inventory.people.people import link_duplicate
from inventory.people.results import MANUAL, ManualResult, record_by_hand, retract
from inventory.people.standing import Standing, standings
from inventory.people.training import Ending, ValidityRule
from inventory.schema.people import opt_in, person, person_gate
from inventory.schema.service import sign_in
from tests.inventory.people.conftest import NOW, TODAY, KitStore

RULES = {"PPST": ValidityRule(12), "CED": ValidityRule(12), "BWV_USER": ValidityRule(None)}
TONIGHT = Duty(NOW, NOW + 10 * HOUR_US)

pytestmark = pytest.mark.db


def trained(store: KitStore, person_id: int, course: str, day: date, outcome: str = "PASS") -> int:
    model = "T7" if course.startswith("CED") else None
    recorders = store.person(f"R{store.ids.take()}", "POLICE_STAFF"), store.person(f"R{store.ids.take()}")
    document = f"{course}/{person_id}/{day}/{outcome}"
    new = ManualResult(person_id, course, model, day, 1080, outcome, document, *recorders)
    return record_by_hand(store.conn, store.ids, new, NOW)


def authorised(store: KitStore, person_id: int) -> None:
    new = Grant(person_id, "T7", "OVERT", date(2025, 1, 1), date(2028, 1, 1), "Supt Gray", "A1")
    grant(store.conn, store.ids, new, NOW)


def standing_of(store: KitStore, person_id: int, now_us: int = NOW) -> Standing:
    return standings(store.conn, [person_id], now_us, RULES)[person_id]


def test_a_person_with_nothing_on_record_has_nothing(store: KitStore) -> None:
    hollis = store.person("K1")
    found = standing_of(store, hollis)
    assert (found.person_id, found.ref, found.kind, found.name) == (hollis, "K1", "REGULAR", "Sam Hollis")
    assert (found.training, found.authorisations, found.stops, found.gates) == ({}, (), (), {})
    assert (found.opted_in, found.pin_set, found.left, found.collar) == (False, False, False, None)
    assert found.duty_kinds_allowed is None
    assert found.authority("T7", TONIGHT) is Authority.NONE


def test_a_trained_and_authorised_officer_has_it_all(store: KitStore) -> None:
    hollis = store.person("K1")
    set_collar(store.conn, store.ids, hollis, "4417", NOW)
    trained(store, hollis, "CED_INITIAL", date(2026, 1, 10))
    trained(store, hollis, "BWV_USER", date(2019, 1, 10))
    authorised(store, hollis)
    found = standing_of(store, hollis)
    assert found.collar == "4417"
    assert found.training["CED", "T7"].last_good_day == date(2027, 1, 9)
    assert found.training["BWV_USER", None].valid_until_us is None
    assert found.authority("T7", TONIGHT) is Authority.LIVE
    assert found.authority("T10", TONIGHT) is Authority.NONE
    assert found.home_store_id == store.medway


def test_many_people_are_told_apart(store: KitStore) -> None:
    people = [store.person(f"K{number}") for number in range(40)]
    for number, person_id in enumerate(people):
        trained(store, person_id, "PPST", date(2026, 1, 1) + timedelta(days=number))
    found = standings(store.conn, people, NOW, RULES)
    for number, person_id in enumerate(people):
        assert found[person_id].training["PPST", None].last_pass_on == date(2026, 1, 1) + timedelta(
            days=number
        )
        assert found[person_id].ref == f"K{number}"


def test_nobody_asked_for_gives_nothing_and_a_stranger_has_no_entry(store: KitStore) -> None:
    assert standings(store.conn, [], NOW, RULES) == {}
    assert standings(store.conn, [999_999], NOW, RULES) == {}


def test_a_suspension_shows_from_when_it_starts_until_it_is_lifted(store: KitStore) -> None:
    hollis = store.person("K1")
    authorised(store, hollis)
    order = StopOrder(hollis, "SUSPENDED", NOW - 5, "Ch Insp Marsh", "PSD-1")
    stop_id = stop(store.conn, store.ids, order, NOW)
    found = standing_of(store, hollis)
    assert found.authority("T7", TONIGHT) is Authority.SUSPENDED
    assert found.suspended_from_us(NOW) == NOW - 5
    lift_suspension(store.conn, stop_id, NOW)
    assert standing_of(store, hollis).authority("T7", TONIGHT) is Authority.LIVE
    assert standing_of(store, hollis).suspended_from_us(NOW) is None


def test_limited_duties_leave_the_kinds_that_are_allowed(store: KitStore) -> None:
    hollis = store.person("K1")
    order = RestrictionOrder(hollis, "RECUPERATIVE", frozenset({"BWV_CAMERA"}), TODAY, date(2027, 1, 1))
    restrict(store.conn, store.ids, order, NOW)
    found = standing_of(store, hollis)
    assert found.duty_kinds_allowed == found.kinds_allowed(TONIGHT) == {"BWV_CAMERA"}
    assert found.duty_review_us == day_start_us(date(2027, 1, 1))
    yesterday = NOW - 24 * HOUR_US
    assert standing_of(store, hollis, yesterday).duty_kinds_allowed is None


def test_a_restriction_that_begins_during_the_duty_limits_the_duty(store: KitStore) -> None:
    hollis = store.person("K1")
    order = RestrictionOrder(
        hollis, "ADJUSTED", frozenset(), TODAY + timedelta(days=1), TODAY + timedelta(days=9)
    )
    restrict(store.conn, store.ids, order, NOW)
    night = Duty(NOW, NOW + 24 * HOUR_US)
    found = standing_of(store, hollis)
    assert found.duty_kinds_allowed is None
    assert found.kinds_allowed(night) == frozenset()


def test_the_latest_word_on_carrying_by_choice_counts(store: KitStore) -> None:
    hollis = store.person("K1")
    for number, opted in enumerate((1, 0, 1)):
        row = {"id": store.ids.take(), "person_id": hollis, "opted_in": opted, "recorded_us": NOW + number}
        store.conn.execute(sa.insert(opt_in), row)
        assert standing_of(store, hollis).opted_in is bool(opted)


def test_gates_met_and_a_pin_are_known(store: KitStore) -> None:
    hollis = store.person("K1", "STUDENT")
    gates = (
        ("STUDENT_SUPERVISOR_APPROVAL", TODAY),
        ("STUDENT_INDEPENDENT_PATROL", TODAY + timedelta(days=3)),
    )
    for gate, met_on in gates:
        row = {
            "id": store.ids.take(), "person_id": hollis, "gate": gate, "met_on": met_on.isoformat(),
            "document": "D1", "recorded_us": NOW,
        }  # fmt: skip
        store.conn.execute(sa.insert(person_gate), row)
    entry = {"person_id": hollis, "name": "hollis", "pin_hash": "x", "changed_us": NOW}
    store.conn.execute(sa.insert(sign_in), entry)
    found = standing_of(store, hollis)
    assert found.gates == {"STUDENT_SUPERVISOR_APPROVAL": TODAY}
    assert found.pin_set


def test_a_leaver_is_still_in_on_the_last_day_and_gone_the_next(store: KitStore) -> None:
    hollis = store.person("K1")
    store.conn.execute(sa.update(person).where(person.c.id == hollis).values(left_on="2026-11-22"))
    assert not standing_of(store, hollis).left
    assert standing_of(store, hollis).leaves_us == day_start_us(date(2026, 11, 23))
    assert standing_of(store, hollis, day_start_us(date(2026, 11, 23))).left


def test_a_late_correction_does_not_change_what_was_known_when_the_kit_was_issued(store: KitStore) -> None:
    hollis = store.person("K1")
    wrong = trained(store, hollis, "PPST", date(2026, 5, 1))
    assert retract(store.conn, wrong, NOW + 100) == hollis
    assert ("PPST", None) not in standing_of(store, hollis, NOW + 200).training
    then = standings(store.conn, [hollis], NOW + 200, RULES, known_us=NOW + 50)[hollis]
    assert then.training["PPST", None].last_pass_on == date(2026, 5, 1)


def test_a_linked_duplicate_answers_as_the_person_with_the_facts_of_both(store: KitStore) -> None:
    hollis, twice = store.person("K1"), store.person("K2")
    trained(store, hollis, "CED_INITIAL", date(2026, 1, 10))
    trained(store, twice, "CED_REFRESHER", date(2026, 6, 1), "FAIL")
    stop(store.conn, store.ids, StopOrder(twice, "SUSPENDED", NOW, "Ch Insp Marsh", "PSD-1"), NOW)
    assert link_duplicate(store.conn, twice, hollis) == hollis
    for asked in (hollis, twice):
        found = standing_of(store, asked)
        assert found.person_id == hollis
        assert found.training["CED", "T7"].ended_by is Ending.FAIL
        assert found.authority("T7", TONIGHT) is Authority.SUSPENDED


def test_a_result_entered_by_hand_needs_a_document_and_two_people(store: KitStore) -> None:
    hollis = store.person("K1")
    result_id = trained(store, hollis, "PPST", TODAY)
    source = store.conn.execute(
        sa.text("SELECT source FROM training_result WHERE id = :id"), {"id": result_id}
    )
    assert source.scalar() == MANUAL
