"""Readiness and what a person may draw: the hatch's own rules, asked with half of an issue missing."""

import pytest
import sqlalchemy as sa

from inventory.gate.decision import decide, judge_person
from inventory.gate.gather import gather
from inventory.gate.readiness import judge_item, ready
from inventory.schema.service import bridge, device_state
from inventory.schema.stock import bay
from tests.inventory.gate.cases import NOW_US, PC_4417, Case, case_of, policy_named
from tests.inventory.gate.medway import Medway
from tests.inventory.gate.phrases import apply
from tests.inventory.gate.policy_rows import rows
from tests.inventory.gate.test_gather import ask

DEMO = policy_named("demo")


def codes(medway: Medway, *ids: int) -> dict[int, list[str]]:
    found = ready(medway.conn, ids, DEMO, NOW_US)
    return {item_id: [each.code for each in refusals] for item_id, refusals in found.items()}


def test_sound_kit_in_a_store_is_ready_whoever_comes(medway: Medway) -> None:
    assert codes(medway, 1, 2, 5, 6, 11, 12, 404) == {1: [], 2: [], 5: [], 6: [], 11: [], 12: []}


def test_kit_in_another_store_is_ready_there(medway: Medway) -> None:
    medway.moved(1, "STORE", 8)

    assert codes(medway, 1) == {1: []}


@pytest.mark.parametrize(
    ("holder", "number", "code"),
    [("PERSON", 4417, "HELD_BY_ANOTHER"), ("EXHIBIT", 3, "NOT_IN_A_STORE"), ("UNKNOWN", 0, "PLACE_UNKNOWN")],
)
def test_kit_that_is_out_is_not_ready(medway: Medway, holder: str, number: int, code: str) -> None:
    medway.moved(1, holder, number, "OPERATIONAL")

    assert codes(medway, 1) == {1: [code]}


def test_a_hold_an_old_check_and_a_silent_dock_make_kit_not_ready(medway: Medway) -> None:
    medway.held_back("WET", item_id=11)
    medway.checked(1, "FULL_CHECK", "2026-11-02 10:00", passed=False)
    medway.item(7, "BWV_CAMERA", "BODY 4")
    medway.docked(7, 2, "2026-11-21 21:00")
    medway.item(3, "CED_BATTERY", "T7")
    medway.docked(3, 3, "2026-11-21 20:00", charge_percent=90)

    assert codes(medway, 1, 3, 7, 11) == {
        1: ["FULL_CHECK_OVERDUE"],
        3: ["CHARGE_UNKNOWN"],
        7: ["DOCK_FEED_STALE"],
        11: ["WET_OR_DROPPED"],
    }


def test_a_magazine_is_ready_when_it_is_full_and_all_that_is_in_it_is(medway: Medway) -> None:
    live = {"purpose": "LIVE_DUTY", "expires_on": "2029-03-31"}
    for number in range(41, 51):
        medway.item(number, "CED_CARTRIDGE", "T10", **live)
    medway.item(40, "CED_MAGAZINE", "T10")
    medway.loaded(40, *range(41, 50))
    assert codes(medway, 40) == {40: ["MAGAZINE_NOT_FULL"]}

    medway.item(51, "CED_MAGAZINE", "T10")
    for number in range(61, 71):
        medway.item(number, "CED_CARTRIDGE", "T10", **live)
    medway.loaded(51, *range(61, 71))
    assert codes(medway, 51) == {51: []}
    medway.held_back("RECALL", item_id=65)
    assert codes(medway, 51, 64, 65) == {51: ["RECALLED"], 64: [], 65: ["RECALLED"]}


def test_training_kit_is_judged_for_training_and_an_exhibit_for_nothing(medway: Medway) -> None:
    medway.item(21, "CED_CARTRIDGE", "T7", pool="TRAINING", purpose="HALT", expires_on="2020-01-01")
    medway.item(22, "CED_CARTRIDGE", "T7", pool="TRAINING", purpose="LIVE_DUTY", expires_on="2029-01-01")
    medway.item(23, "BWV_CAMERA", "BODY 4", pool="EXHIBIT")
    medway.docked(23, 2, "2026-11-21 21:44")

    assert codes(medway, 21, 22, 23) == {21: [], 22: ["LIVE_DUTY_IN_TRAINING"], 23: ["WRONG_POOL"]}


def test_a_number_not_set_makes_that_model_not_ready(medway: Medway) -> None:
    medway.item(31, "CED_HANDLE", "X2", in_service_on="2024-01-10")
    found = ready(medway.conn, [31, 1], policy_named("shipped"), NOW_US)

    assert [each.code for each in found[31]] == ["POLICY_INCOMPLETE"]
    assert found[1] == ()


def test_what_readiness_finds_the_hatch_finds_too() -> None:
    for row in rows():
        case = case_of(row.draws)
        for each in row.differences:
            apply(case, each)
        if case.ask.get("purpose", "OPERATIONAL") == "OPERATIONAL" and case.now_us == NOW_US:
            assert_hatch_agrees(case)


def assert_hatch_agrees(case: Case) -> None:
    policy = policy_named(case.policy)
    decision = decide(case.facts(), policy)
    at_hatch = {(each.code, each.item_id) for each in decision.refusals}
    # What the hatch adds to an item's facts: its charge typed, the drawer's own hands, what is kept for them.
    known_there = {"CHARGE_UNKNOWN", "HELD_BY_ANOTHER", "RESERVED"}
    for item in case.items.values():
        if item.pool == "OPERATIONAL":
            found = {(each.code, each.item_id) for each in judge_item(item, policy, case.now_us)}
            assert {each for each in found - at_hatch if each[0] not in known_there} == set()


# ---- what a person may draw ------------------------------------------------------------------------


def test_a_person_hears_before_any_scan_what_stops_them_by_kind_and_model(medway: Medway) -> None:
    (facts,) = gather(medway.conn, [ask()], DEMO, NOW_US)
    draws = [("CED_HANDLE", "T7"), ("CED_HANDLE", "X2"), ("BWV_CAMERA", "BODY 4"), ("SBG", "SAFE HOOD")]

    assert {draw: [each.code for each in judge_person(facts, DEMO, *draw)] for draw in draws} == {
        ("CED_HANDLE", "T7"): [],
        ("CED_HANDLE", "X2"): ["NOT_AUTHORISED", "CED_NOT_TRAINED"],
        ("BWV_CAMERA", "BODY 4"): [],
        ("SBG", "SAFE HOOD"): [],
    }


def test_who_has_one_already_hears_it_before_scanning_another(medway: Medway) -> None:
    medway.item(31, "CED_HANDLE", "T7")
    medway.moved(31, "PERSON", PC_4417, "OPERATIONAL")
    medway.moved(5, "PERSON", PC_4417, "OPERATIONAL")
    (facts,) = gather(medway.conn, [ask()], DEMO, NOW_US)

    assert [each.code for each in judge_person(facts, DEMO, "CED_HANDLE", "T7")] == ["ALREADY_HOLDS_HANDLE"]
    assert [each.code for each in judge_person(facts, DEMO, "BWV_CAMERA", "BODY 4")] == ["HOLDS_ENOUGH"]
    assert judge_person(facts, DEMO, "SBG", "SAFE HOOD") == ()


def test_nobody_on_record_may_draw_anything_and_the_end_of_the_duty_counts(medway: Medway) -> None:
    nobody, unknown_store = gather(medway.conn, [ask(person_id=31), ask(store_id=31)], DEMO, NOW_US)
    (long_duty,) = gather(medway.conn, [ask(planned_return_us=NOW_US * 2)], DEMO, NOW_US)

    assert [each.code for each in judge_person(nobody, DEMO, "BWV_CAMERA", "BODY 4")] == ["PERSON_UNKNOWN"]
    assert [each.code for each in judge_person(unknown_store, DEMO, "BWV_CAMERA", "BODY 4")] == [
        "STORE_UNKNOWN"
    ]
    assert "CED_OUT_OF_DATE" in [each.code for each in judge_person(long_duty, DEMO, "CED_HANDLE", "T7")]


@pytest.mark.parametrize("speaks", ["for itself", "by its device"])
def test_a_dock_below_its_firmware_makes_what_stands_in_its_bays_not_ready(medway: Medway, speaks: str) -> None:
    name = "rack" if speaks == "for itself" else "hub"
    medway.conn.execute(sa.insert(bridge), {"id": 61, "name": "medway-1", "store_id": 7})
    told = {"word": "OPEN", "since_us": 1, "bridge_id": 61}
    old = {"device": name, "driver": "cambrionix", "firmware": "1.82"}
    medway.conn.execute(sa.insert(device_state), told | old)
    medway.conn.execute(sa.insert(device_state), told | old | {"device": "scanner", "firmware": "1.0"})
    for camera, dock in ((71, "medway-1/rack"), (72, "medway-1/other")):
        medway.item(camera, "BWV_CAMERA", "BODY 3")
        medway.docked(camera, camera, "2026-11-21 21:44", bridge_id=61, device="hub", firmware="1.24.3")
        medway.conn.execute(sa.update(bay).where(bay.c.item_id == camera).values(dock=dock))
    found = ready(medway.conn, (71, 72), policy_named("other"), NOW_US)

    other = [] if speaks == "for itself" else ["DOCK_FIRMWARE_OLD"]
    assert [each.code for each in found[71]] == ["DOCK_FIRMWARE_OLD"]
    assert [each.code for each in found[72]] == other, "its own dock tells no firmware"
