"""Facts read from real tables, on both databases, and judged: what is written down reaches the rule it concerns."""

import json
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.gate.ask import Ask
from inventory.gate.decision import Decision, decide
from inventory.gate.facts import Facts
from inventory.gate.gather import gather
from inventory.gate.snapshot import snapshot
from inventory.schema.people import (
    authority_stop,
    capability_grant,
    duty_restriction,
    opt_in,
    person,
    store,
    training_feed,
    training_result,
)
from inventory.schema.stock import bay, item, lot, lot_balance
from inventory.schema.vendor import vendor_fact
from tests.inventory.gate.cases import DUTY_ENDS_US, ISSUER, NOW_US, PC_4417, STORE, policy_named, us
from tests.inventory.gate.medway import LONG_AGO_US, Medway
from tests.inventory.gate.policy_rows import codes_of

T7_SET = (1, 2, 11, 12)
CAMERA = (5,)


def ask(*item_ids: int, **more: Any) -> Ask:
    given: dict[str, Any] = {
        "person_id": PC_4417,
        "store_id": STORE,
        "item_ids": item_ids,
        "lots": (),
        "purpose": "OPERATIONAL",
        "planned_return_us": DUTY_ENDS_US,
        "door": "hatch",
        "by_person_id": ISSUER,
        "stage": "COMPLETING",
        "fit_declared": True,
        "function_tests": frozenset({1}),
        "charges": ((2, 80),),
        "authenticated_by": "PIN",
    }
    return Ask(**(given | more))


def facts(medway: Medway, *asks: Ask) -> list[Facts]:
    return gather(medway.conn, asks, policy_named("demo"), NOW_US)


def judged(medway: Medway, wish: Ask) -> Decision:
    return decide(facts(medway, wish)[0], policy_named("demo"))


def codes(medway: Medway, wish: Ask) -> tuple[str, ...]:
    return codes_of(judged(medway, wish))


def test_an_officer_in_date_draws_a_whole_set_a_camera_and_guards(medway: Medway) -> None:
    decision = judged(medway, ask(*T7_SET, 5, 6, lots=((90, 1),)))

    assert codes_of(decision) == ("ALLOW",)
    assert decision.valid_until_us == us("2026-12-20 00:00")  # thirty days from the battery's last docking
    assert decision.return_modes == {1: "DUTY", 2: "DUTY", 11: "DUTY", 12: "DUTY", 5: "DUTY", 6: "PERSONAL"}


def test_many_asks_are_answered_in_their_own_order(medway: Medway) -> None:
    wishes = [ask(5), ask(1, person_id=99), ask(6), ask(404), ask(5, store_id=8), ask(5, person_id=31)]
    found = [codes_of(decide(each, policy_named("demo")))[0] for each in facts(medway, *wishes)]

    assert found == ["ALLOW", "NOT_AUTHORISED", "ALLOW", "ITEM_UNKNOWN", "AT_ANOTHER_STORE", "PERSON_UNKNOWN"]


def test_nobody_asks_and_nothing_is_read(medway: Medway) -> None:
    assert facts(medway) == []


@pytest.mark.parametrize(
    ("holder", "number", "code"),
    [
        ("PERSON", 99, "HELD_BY_ANOTHER"),
        ("PERSON", PC_4417, "ALREADY_WITH_YOU"),
        ("STORE", 8, "AT_ANOTHER_STORE"),
        ("EXHIBIT", 3, "NOT_IN_A_STORE"),
        ("UNKNOWN", 0, "PLACE_UNKNOWN"),
    ],
)
def test_where_an_item_is_comes_from_its_open_custody(
    medway: Medway, holder: str, number: int, code: str
) -> None:
    medway.moved(5, holder, number)

    assert code in codes(medway, ask(5))


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("DOWNLOAD", "AWAITING_DOWNLOAD"), ("WET", "WET_OR_DROPPED"), ("QUARANTINE", "QUARANTINED"),
        ("DEFECT", "DEFECTIVE"), ("RECALL", "RECALLED"), ("EVIDENTIAL", "EVIDENTIAL_HOLD"),
        ("EXTERNAL_EXAM", "EXTERNAL_EXAM"), ("MAINTENANCE", "IN_MAINTENANCE"), ("WITHDRAWN", "WITHDRAWN"),
        ("NOT_ACCEPTED", "NOT_ACCEPTED"), ("RESERVED", "RESERVED"),
    ],
)  # fmt: skip
def test_a_hold_refuses_until_it_is_lifted(medway: Medway, reason: str, code: str) -> None:
    placed = medway.held_back(reason, item_id=1)
    assert codes(medway, ask(*T7_SET)) == (code,)

    medway.lifted(placed)
    assert codes(medway, ask(*T7_SET)) == ("ALLOW",)


def test_a_recalled_lot_recalls_the_items_that_came_from_it(medway: Medway) -> None:
    medway.held_back("RECALL", lot_id=90)

    assert codes(medway, ask(6)) == ("RECALLED",)
    assert codes(medway, ask(lots=((90, 1),))) == ("RECALLED",)


def test_an_item_lasts_no_longer_than_the_lot_it_came_from(medway: Medway) -> None:
    medway.conn.execute(sa.update(lot).where(lot.c.id == 90).values(expires_on="2026-11-20"))

    assert codes(medway, ask(6)) == ("EXPIRED",)


def test_a_date_that_is_none_is_not_known(medway: Medway) -> None:
    medway.conn.execute(sa.update(item).where(item.c.id == 11).values(expires_on="31-03-2029"))

    assert codes(medway, ask(*T7_SET)) == ("EXPIRY_NOT_RECORDED",)


def test_the_newest_full_check_counts_and_a_failed_one_fails(medway: Medway) -> None:
    medway.checked(1, "FULL_CHECK", "2026-11-01 10:00", passed=False)
    assert codes(medway, ask(*T7_SET)) == ("FULL_CHECK_OVERDUE",)

    medway.checked(1, "FULL_CHECK", "2026-11-02 10:00")
    assert codes(medway, ask(*T7_SET)) == ("ALLOW",)


def test_a_dock_tells_the_charge_and_that_it_was_docked(medway: Medway) -> None:
    medway.item(3, "CED_BATTERY", "T7")
    wish = ask(1, 3, 11, 12, charges=())
    assert codes(medway, wish) == ("DOCK_OVERDUE", "CHARGE_UNKNOWN")

    medway.docked(3, 2, "2026-11-21 21:30", charge_percent=77)
    assert codes(medway, wish) == ("ALLOW",)


@pytest.mark.parametrize(
    ("at", "percent", "verdict"),
    [
        ("2026-11-21 21:40", 88, "ALLOW"),
        ("2026-11-21 21:40", 12, "CHARGE_LOW"),
        ("2026-11-21 20:44", 88, "CHARGE_UNKNOWN"),
    ],
)
def test_a_vendors_file_of_the_last_hour_tells_a_charge(medway: Medway, at: str, percent: int, verdict: str) -> None:
    medway.item(3, "CED_BATTERY", "T7")
    medway.checked(3, "DOCKED", "2026-11-20 10:00")
    wish = ask(1, 3, 11, 12, charges=())
    assert codes(medway, wish) == ("CHARGE_UNKNOWN",)

    medway.vendor_said(3, "CHARGE", at, percent)
    assert codes(medway, wish) == (verdict,)


def test_a_vendors_charge_never_replaces_what_a_dock_said_later(medway: Medway) -> None:
    medway.item(3, "CED_BATTERY", "T7")
    wish = ask(1, 3, 11, 12, charges=())
    medway.docked(3, 2, "2026-11-21 21:30", charge_percent=77)
    medway.vendor_said(3, "CHARGE", "2026-11-21 21:29", 5)
    assert codes(medway, wish) == ("ALLOW",)

    medway.conn.execute(sa.update(vendor_fact).values(at_us=us("2026-11-21 21:31")))
    assert codes(medway, wish) == ("CHARGE_LOW",)  # of two late words the lower counts


def test_firmware_is_the_newer_of_a_docks_and_a_vendors_word(medway: Medway) -> None:
    medway.item(3, "CED_BATTERY", "T7")
    (before,) = facts(medway, ask(3))
    medway.docked(3, 9, "2026-11-21 21:44", firmware="1.20")
    medway.vendor_said(3, "FIRMWARE", "2026-11-21 21:43", "1.10")
    (older,) = facts(medway, ask(3))
    medway.conn.execute(sa.update(vendor_fact).values(at_us=us("2026-11-21 21:45")))
    (newer,) = facts(medway, ask(3))
    medway.conn.execute(sa.update(bay).values(firmware=None))
    medway.conn.execute(sa.update(vendor_fact).values(at_us=LONG_AGO_US))
    (alone,) = facts(medway, ask(3))
    assert [read.items[0].firmware for read in (before, older, newer, alone)] == [None, "1.20", "1.10", "1.10"]


def test_a_decision_keeps_what_the_vendor_had_said(medway: Medway) -> None:
    medway.vendor_said(5, "FIRMWARE", "2026-11-21 21:43", "1.10")
    (read,) = facts(medway, ask(5))
    said = json.loads(snapshot(read))["items"][0]["vendor"]
    assert said == {"firmware": "1.10", "firmware_at": us("2026-11-21 21:43")}


def test_a_bay_that_spoke_later_is_right_and_two_that_speak_together_disagree(medway: Medway) -> None:
    medway.docked(5, 3, "2026-11-21 20:00", charge_percent=3)
    assert codes(medway, ask(5)) == ("ALLOW",)

    medway.docked(5, 4, "2026-11-21 21:40")
    assert codes(medway, ask(5)) == ("SOURCES_DISAGREE",)


def test_a_silent_dock_makes_its_camera_unknown(medway: Medway) -> None:
    medway.item(7, "BWV_CAMERA", "BODY 4")
    assert codes(medway, ask(7)) == ("DOCK_FEED_STALE",)

    medway.docked(7, 5, "2026-11-21 21:30")
    assert codes(medway, ask(7)) == ("DOCK_FEED_STALE",)


def test_a_magazine_brings_its_cartridges_and_each_is_judged(medway: Medway) -> None:
    medway.item(20, "CED_MAGAZINE", "T10")
    inside = [
        medway.item(n, "CED_CARTRIDGE", "T10", purpose="LIVE_DUTY", expires_on="2029-01-01")
        for n in range(21, 31)
    ]
    medway.loaded(20, *inside)
    medway.moved(25, "EXHIBIT", 3)
    (read,) = facts(medway, ask(20))

    assert {each.id for each in read.items} == {20, *inside}
    assert "NOT_IN_A_STORE" in codes_of(decide(read, policy_named("demo")))
    assert "FITTED_IN_ANOTHER" in codes(medway, ask(21))


def test_what_is_held_already_is_read_with_its_purpose(medway: Medway) -> None:
    medway.item(31, "CED_HANDLE", "T7")
    medway.moved(31, "PERSON", PC_4417, "OPERATIONAL")
    assert codes(medway, ask(*T7_SET)) == ("ALREADY_HOLDS_HANDLE",)
    assert codes(medway, ask(2)) == ("ALLOW",)

    medway.moved(31, "STORE", STORE)
    assert codes(medway, ask(*T7_SET)) == ("ALLOW",)


def test_what_a_linked_duplicate_holds_is_held_by_the_person_and_the_other_way_round(medway: Medway) -> None:
    medway.person(4418, same_as=PC_4417)
    medway.item(31, "CED_HANDLE", "T7")
    medway.moved(31, "PERSON", 4418, "OPERATIONAL")

    assert codes(medway, ask(*T7_SET)) == ("ALREADY_HOLDS_HANDLE",)
    assert codes(medway, ask(*T7_SET, person_id=4418)) == ("ALREADY_HOLDS_HANDLE",)


def test_nobody_issues_to_themselves_by_a_second_record(medway: Medway) -> None:
    medway.person(52, same_as=PC_4417)
    medway.put(
        capability_grant, person_id=52, capability="ISSUER", store_id=None, from_us=LONG_AGO_US, reason="post"
    )

    assert codes(medway, ask(5, by_person_id=52)) == ("ISSUES_TO_SELF",)


def test_guards_held_by_lot_count_with_those_held_by_serial(medway: Medway) -> None:
    medway.put(lot_balance, lot_id=90, holder="PERSON", holder_id=PC_4417, quantity=1)
    assert codes(medway, ask(6)) == ("ALLOW",)
    assert codes(medway, ask(6, lots=((90, 1),))) == ("HOLDS_ENOUGH",)


def test_a_lot_gives_no_more_than_the_store_has(medway: Medway) -> None:
    assert codes(medway, ask(lots=((90, 41),)))[-1] == "LOT_BALANCE_SHORT"
    assert codes(medway, ask(lots=((90, 1),), store_id=8)) == ("LOT_BALANCE_SHORT", "ISSUER_NOT_ENTITLED")
    assert codes(medway, ask(lots=((91, 1),))) == ("LOT_UNKNOWN",)


@pytest.mark.parametrize(
    ("grant", "code"),
    [
        ({"store_id": 8}, "ISSUER_NOT_ENTITLED"),
        ({"store_id": STORE, "to_us": NOW_US}, "ISSUER_NOT_ENTITLED"),
        ({"store_id": STORE, "from_us": NOW_US + 1}, "ISSUER_NOT_ENTITLED"),
        ({"store_id": STORE, "capability": "AUDITOR"}, "ISSUER_NOT_ENTITLED"),
        ({"store_id": STORE, "to_us": NOW_US + 1}, "ALLOW"),
        ({"store_id": None}, "ALLOW"),
    ],
)
def test_the_issuer_must_be_one_here_and_now(medway: Medway, grant: dict[str, Any], code: str) -> None:
    row = {"person_id": 99, "capability": "ISSUER", "from_us": NOW_US, "reason": "post"}
    medway.put(capability_grant, **(row | grant))

    assert codes(medway, ask(5, by_person_id=99)) == (code,)


def test_an_issuer_who_has_left_issues_nothing(medway: Medway) -> None:
    medway.conn.execute(sa.update(person).where(person.c.id == ISSUER).values(left_on="2026-11-21"))
    assert codes(medway, ask(5)) == ("ALLOW",)

    medway.conn.execute(sa.update(person).where(person.c.id == ISSUER).values(left_on="2026-11-20"))
    assert codes(medway, ask(5)) == ("ISSUER_NOT_ENTITLED",)
    assert codes(medway, ask(5, by_person_id=31)) == ("ISSUER_NOT_ENTITLED",)


def test_suspension_limits_and_opting_out_reach_the_gate_and_say_nothing_at_the_hatch(medway: Medway) -> None:
    row = {"person_id": PC_4417, "recorded_us": LONG_AGO_US}
    medway.put(authority_stop, kind="SUSPENDED", from_us=LONG_AGO_US, authority="DCC", reason_class="CONDUCT",
               source_ref="S1", **row)  # fmt: skip
    medway.put(duty_restriction, category="RECUPERATIVE", kinds_allowed="BWV_CAMERA", from_on="2026-11-01",
               review_on="2026-12-01", **row)  # fmt: skip
    decision = judged(medway, ask(*T7_SET))

    assert codes_of(decision) == ("AUTHORITY_SUSPENDED", "DUTY_RESTRICTED")
    assert [each.code for each in decision.shown()] == ["REFER_TO_SUPERVISOR"]
    assert "CONDUCT" not in decision.facts_json + decision.refusals_json()
    assert "RECUPERATIVE" not in decision.facts_json + decision.refusals_json()

    medway.put(opt_in, person_id=PC_4417, opted_in=0, recorded_us=NOW_US)
    assert "NOT_OPTED_IN" in codes(medway, ask(*T7_SET))


def test_a_posting_a_leaver_and_a_closed_store_are_read(medway: Medway) -> None:
    of_4417 = sa.update(person).where(person.c.id == PC_4417)
    medway.conn.execute(of_4417.values(frontline=0))
    assert codes(medway, ask(*T7_SET)) == ("NOT_IN_DEPLOYMENT_PROFILE",)

    medway.conn.execute(of_4417.values(left_on="2026-11-20"))
    assert codes(medway, ask(5)) == ("PERSON_LEFT",)

    medway.conn.execute(sa.update(store).where(store.c.id == STORE).values(closed_us=NOW_US))
    assert codes(medway, ask(5)) == ("PERSON_LEFT", "STORE_CLOSED")


def test_the_feeds_a_policy_names_must_all_be_fresh(medway: Medway) -> None:
    medway.put(training_feed, source="OLD", last_good_us=us("2026-11-01 00:00"), detail="")
    named = replace(policy_named("demo"), feed_sources=("LMS", "OLD"))
    absent = replace(policy_named("demo"), feed_sources=("LMS", "HR"))

    assert facts(medway, ask(5))[0].feed_us == us("2026-11-21 21:00")
    assert gather(medway.conn, [ask(5)], named, NOW_US)[0].feed_us == us("2026-11-01 00:00")
    assert gather(medway.conn, [ask(5)], absent, NOW_US)[0].feed_us is None


def test_a_retracted_result_proves_nothing(medway: Medway) -> None:
    ced = training_result.c.course == "CED_INITIAL"
    medway.conn.execute(sa.update(training_result).where(ced).values(retracted_us=NOW_US))

    assert codes(medway, ask(*T7_SET)) == ("CED_NOT_TRAINED",)


def test_the_snapshot_proves_currency_and_is_small(medway: Medway) -> None:
    decision = judged(medway, ask(*T7_SET))

    assert f'["CED","T7","2026-06-01",{us("2027-06-01 00:00")},"TIME"]' in decision.facts_json
    assert '"full_check":' in decision.facts_json
    assert len(decision.facts_json) < 2000
