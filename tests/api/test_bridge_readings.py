"""Bridges deliver readings: a scan becomes an act at its hatch, an observation a fact, and each exactly once."""

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api import bridges, heartbeats
from inventory.custody import hatch
from inventory.schema.custody import alarm, custody, ledger, visit, visit_line
from inventory.schema.service import bridge, device_state, reading
from inventory.schema.stock import bay as bay_table
from inventory.schema.stock import hold, inspection
from tests import small_force as force
from tests.api.asks import BOOT, READINGS, Bridge, bay, camera, card_of, code, serial_of
from tests.api.conftest import Hand, House

pytestmark = pytest.mark.anyio
HEARTBEAT = "/api/v1/bridge/heartbeat"
CAMERA = force.CAMERAS[0]


@pytest.fixture
async def bridged(house: House) -> Bridge:
    """The bridge of the Medway hatch, where an issuer is signed in at the kiosk."""
    await house.kiosk()
    made = Bridge(await house.bridge())
    await made.beats()
    return made


def rows(house: House, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
    """What is in the database."""
    with house.service.database.reading() as conn:
        return [tuple(row) for row in conn.execute(query)]


def holder(house: House, item_id: int) -> tuple[str, int]:
    """Who holds an item now."""
    now = sa.select(custody.c.holder, custody.c.holder_id).where(
        custody.c.item_id == item_id, custody.c.closed_entry.is_(None)
    )
    found: list[tuple[Any, ...]] = rows(house, now)
    return (found[0][0], found[0][1])


# ---- scans ---------------------------------------------------------------------------------------------


async def test_a_scan_becomes_an_act_at_its_hatch_and_the_light_rides_home_on_the_answer(
    house: House, bridged: Bridge
) -> None:
    opened, drawn = await bridged.scans(card_of(force.HOLLIS), serial_of(CAMERA))
    assert (opened["outcome"], opened["light"]) == ("VISIT_OPENED", "green")
    assert (drawn["outcome"], drawn["light"], drawn["tone"]) == ("IN_SET", "green", "ok")
    assert force.serial(CAMERA) in drawn["sentence"]
    assert holder(house, CAMERA) == ("STORE", force.MEDWAY), "a scan alone passes nothing to anybody"
    keys = rows(house, sa.select(visit_line.c.reading_key))
    assert [key for (key,) in keys] == [f"{rows(house, sa.select(bridge.c.id))[0][0]}/{BOOT}/scan/2"]


async def test_a_refusal_is_red_and_says_why(bridged: Bridge) -> None:
    _, refused = await bridged.scans(card_of(force.LAPSED), serial_of(force.HANDLES[0]))
    assert (refused["outcome"], refused["light"], refused["tone"]) == ("REFUSED", "red", "refused")
    assert refused["sentence"].startswith("REFUSED ")


async def test_a_repeat_gets_the_first_answer_and_does_nothing_twice(house: House, bridged: Bridge) -> None:
    ivory = await house.sign_in("ivory")
    assert (await ivory.post("/api/v1/issues", camera(force.HOLLIS))).status_code == 201
    first = (await bridged.told("scan", (1, serial_of(CAMERA))))["answers"][0]
    assert first["outcome"] == "RETURNED"
    again = (await bridged.told("scan", (1, serial_of(CAMERA))))["answers"][0]
    assert again == {**first, "repeat": True}
    kinds = rows(house, sa.select(ledger.c.kind).where(ledger.c.item_id == CAMERA).order_by(ledger.c.seq))
    assert [kind for (kind,) in kinds] == ["RECEIVED", "ISSUED", "RETURNED"]


async def test_twenty_deliveries_of_one_scan_at_once_open_one_visit(house: House, bridged: Bridge) -> None:
    told = await asyncio.gather(*[bridged.told("scan", (1, card_of(force.HOLLIS))) for _ in range(20)])
    answers = [each["answers"][0] for each in told]
    assert {each["outcome"] for each in answers} == {"VISIT_OPENED"}
    assert sorted(each.get("repeat", False) for each in answers) == [False] + [True] * 19
    assert len(rows(house, sa.select(visit.c.id))) == 1


async def test_a_scan_that_comes_late_is_recorded_and_never_decided(house: House, bridged: Bridge) -> None:
    in_time = (await bridged.scans(card_of(force.HOLLIS), age_ms=30_000))[0]
    assert in_time["outcome"] == "VISIT_OPENED", "30 s is not yet late"
    late = (await bridged.scans(serial_of(CAMERA), age_ms=30_001))[0]
    assert (late["outcome"], late["light"]) == ("LATE", "amber")
    assert rows(house, sa.select(visit_line.c.id)) == []
    assert rows(house, sa.select(reading.c.outcome).where(reading.c.seq == 2)) == [("LATE",)]
    again = (await bridged.told("scan", (2, serial_of(CAMERA))))["answers"][0]
    assert (again["outcome"], again["repeat"]) == ("LATE", True), "no younger age makes it decided after all"


async def test_a_scan_held_back_by_a_frozen_service_is_late_by_its_bridges_clock(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    fast_us = 500_000
    body = {"boot": BOOT, "wall_us": hand.now_us + fast_us, "mono_ns": 5}
    assert (await bridged.client.post(HEARTBEAT, json=body)).status_code == 200
    made_us = hand.now_us + fast_us
    hand.now_us += 32_000_000
    in_time = (await bridged.scans(card_of(force.HOLLIS), age_ms=0, observed_at_us=made_us))[0]
    assert in_time["outcome"] == "VISIT_OPENED", "30 s, and what two clocks may differ by"
    hand.now_us += 1
    late = (await bridged.scans(serial_of(CAMERA), age_ms=0, observed_at_us=made_us))[0]
    assert late["outcome"] == "LATE", "whatever age the request once said"


async def test_a_reading_that_makes_us_raise_is_set_aside_and_blocks_nobody(
    house: House, bridged: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = hatch.present

    def trips_over_one_code(tx: Any, place_id: int, shown: hatch.Presented, *rest: Any) -> Any:
        answer = present(tx, place_id, shown, *rest)
        if shown.text == "TRAP":
            raise KeyError("a bug of ours")
        return answer

    monkeypatch.setattr(hatch, "present", trips_over_one_code)
    before, trapped, after = await bridged.scans(card_of(force.HOLLIS), code("TRAP"), serial_of(CAMERA))
    assert (trapped["outcome"], trapped["light"], trapped["tone"]) == ("SET_ASIDE", "red", "warning")
    assert (before["outcome"], after["outcome"]) == ("VISIT_OPENED", "IN_SET")
    kept = rows(house, sa.select(reading.c.set_aside, reading.c.body).where(reading.c.seq == 2))
    assert "a bug of ours" in kept[0][0]
    assert "TRAP" in kept[0][1]
    again = (await bridged.told("scan", (2, code("TRAP"))))["answers"][0]
    assert (again["outcome"], again["repeat"]) == ("SET_ASIDE", True)


async def test_an_observation_that_makes_us_raise_is_acknowledged_and_named(
    house: House, bridged: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trips(*_args: Any) -> None:
        raise LookupError("no such bay")

    monkeypatch.setattr(heartbeats, "device_reported", trips)
    device = {"type": "device", "device": "scanner", "word": "OPEN"}
    told = await bridged.told("obs", (1, bay(7)), (2, device), (3, bay(8)))
    assert told["upto"] == 3
    assert [(each["seq"], each["outcome"]) for each in told["answers"]] == [(2, "SET_ASIDE")]


async def test_a_code_of_control_characters_stops_nothing(house: House, bridged: Bridge) -> None:
    odd, after = await bridged.scans(code("\x00X\x1d\x7f"), card_of(force.HOLLIS))
    assert odd["outcome"] in ("UNKNOWN_CODE", "SET_ASIDE")
    assert after["outcome"] == "VISIT_OPENED"


async def test_a_garbled_scan_and_a_reader_nobody_has_bound_are_kept_and_said(house: House, bridged: Bridge) -> None:
    garbled = (await bridged.scans({"type": "garbled", "reason": "NO_SUFFIX", "raw_hex": "0A0B"}))[0]
    assert (garbled["outcome"], garbled["light"]) == ("GARBLED", "amber")
    unbound = (await bridged.scans(serial_of(CAMERA), device="spare"))[0]
    assert (unbound["outcome"], unbound["light"]) == ("UNBOUND", "amber")
    assert rows(house, sa.select(reading.c.outcome).order_by(reading.c.seq)) == [("GARBLED",), ("UNBOUND",)]
    kept = rows(house, sa.select(reading.c.body).where(reading.c.seq == 1))
    assert "0A0B" in kept[0][0], "the evidence is kept"


# ---- keys ----------------------------------------------------------------------------------------------


async def test_only_a_bridge_with_a_key_in_force_may_deliver(house: House, bridged: Bridge, hand: Hand) -> None:
    stranger = Bridge(httpx.AsyncClient(base_url=house.url, headers={"Authorization": "Bridge not-a-key"}))
    async with stranger.client:
        answer = await stranger.sends("scan", (1, card_of(force.HOLLIS)))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/not-signed-in")
    nobody = await house.browser().post(READINGS, {"boot": BOOT, "stream": "scan", "sent": []})
    assert nobody.status_code == 401
    new_key = await house.service.database.awrite(lambda tx: bridges.rotate_key(tx, "medway-1"))
    assert (await bridged.sends("scan", (1, card_of(force.HOLLIS)))).status_code == 200, "both keys hold meanwhile"
    await house.service.database.awrite(lambda tx: bridges.revoke_keys(tx, "medway-1", but_newest=False))
    hand.now_us += 2_000_000
    assert (await bridged.sends("scan", (2, card_of(force.HOLLIS)))).status_code == 401
    bridged.client.headers["Authorization"] = f"Bridge {new_key}"
    assert (await bridged.sends("scan", (2, card_of(force.HOLLIS)))).status_code == 401
    assert rows(house, sa.select(reading.c.seq)) == [(1,)]


async def test_a_person_signed_in_is_no_bridge(house: House) -> None:
    ivory = await house.sign_in("ivory")
    body = {"boot": BOOT, "stream": "obs", "sent": [
        {"seq": 1, "device": "d", "observed_at_us": 1, "mono_ns": 1, "reading": bay(1)}
    ]}  # fmt: skip
    assert (await ivory.post(READINGS, body)).status_code == 401


# ---- observations --------------------------------------------------------------------------------------


async def test_the_service_acknowledges_what_is_stored_without_a_gap(bridged: Bridge) -> None:
    upto = [
        (await bridged.told("obs", *[(seq, bay(seq)) for seq in seqs]))["upto"]
        for seqs in ((1, 2), (4, 5), (2,), (3,), (8,), (6, 7))
    ]
    assert upto == [2, 2, 2, 5, 5, 8]
    other_boot = Bridge(bridged.client, boot="0f" * 16)
    assert (await other_boot.told("obs", (1, bay(1))))["upto"] == 1, "each boot counts for itself"
    assert (await bridged.told("scan", (1, card_of(force.HOLLIS))))["upto"] == 1, "each stream counts for itself"


async def test_the_last_word_of_a_bay_is_kept_and_an_older_one_changes_nothing(
    house: House, bridged: Bridge
) -> None:
    await bridged.told("obs", (1, bay(3, serial=force.serial(CAMERA), charge_percent=61)))
    older = bay(3, word="FAULT", charge_percent=10)
    await bridged.told("obs", (2, older), observed_at_us=force.NOW - 5_000_000)
    columns = (bay_table.c.word, bay_table.c.item_id, bay_table.c.charge_percent)
    query = sa.select(*columns).where(bay_table.c.dock == "medway-1/rack", bay_table.c.bay == 3)
    assert rows(house, query) == [("CHARGING", CAMERA, 61)]


async def test_a_camera_that_docks_while_out_is_returned_and_a_retained_word_moves_nothing(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    ivory = await house.sign_in("ivory")
    assert (await ivory.post("/api/v1/issues", camera(force.HOLLIS))).status_code == 201
    docked = bay(3, serial=force.serial(CAMERA))
    hand.now_us += 60_000_000
    later = {"observed_at_us": hand.now_us}
    await bridged.told("obs", (1, {**docked, "retained": True}), **later)
    assert holder(house, CAMERA) == ("PERSON", force.HOLLIS)
    await bridged.told("obs", (2, docked), observed_at_us=force.NOW - 60_000_000)
    assert holder(house, CAMERA) == ("PERSON", force.HOLLIS), "seen before it was issued"
    await bridged.told("obs", (3, docked), observed_at_us=hand.now_us + 1)
    assert holder(house, CAMERA) == ("STORE", force.MEDWAY)


async def test_a_camera_that_leaves_its_bay_unissued_alarms_at_once_and_a_fault_with_films_holds_it(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    docked = bay(3, serial=force.serial(CAMERA), files_pending=4, clock_offset_s=7.5, word="FAULT", fault="card")
    await bridged.told("obs", (1, docked), observed_at_us=hand.now_us + 1)
    held = sa.select(hold.c.reason).where(hold.c.item_id == CAMERA)
    assert rows(house, held) == [("FOOTAGE",)]
    noted = sa.select(inspection.c.detail).where(inspection.c.item_id == CAMERA, inspection.c.kind == "CLOCK")
    assert rows(house, noted)[0][0].startswith("+7500 ms (ahead), by ")
    empty = {"word": "EMPTY", "present": False}
    await bridged.told("obs", (2, {**bay(3), **empty, "retained": True}), observed_at_us=hand.now_us + 2)
    raised = sa.select(alarm.c.kind).where(alarm.c.item_id == CAMERA).order_by(alarm.c.id)
    assert rows(house, raised) == [("FOOTAGE_AT_RISK",)], "a broker's copy misses nothing"
    await bridged.told("obs", (3, docked), observed_at_us=hand.now_us + 3)
    await bridged.told("obs", (4, {**bay(3), **empty}), observed_at_us=hand.now_us + 4)
    assert rows(house, raised) == [("FOOTAGE_AT_RISK",), ("TAKEN_WITHOUT_ISSUE",)]


async def test_the_state_of_a_bridges_devices_is_kept_and_told_to_the_store(house: House, bridged: Bridge) -> None:
    says = {"type": "device", "device": "scanner", "driver": "serial", "port": "1-1.2", "good": 4}
    await bridged.told("obs", (1, {**says, "word": "OPEN"}), (2, {**says, "word": "MISSING", "good": 9}))
    kept = rows(house, sa.select(device_state.c.word, device_state.c.good, device_state.c.port))
    assert kept == [("MISSING", 9, "1-1.2")]


async def test_when_a_device_was_last_read_is_kept_and_a_word_about_it_is_no_reading(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    says = {"type": "device", "device": "scanner", "word": "OPEN"}
    await bridged.told("obs", (1, says))
    last_read = sa.select(device_state.c.last_reading_us)
    assert rows(house, last_read) == [(None,)]
    await bridged.scans(card_of(force.HOLLIS))
    read_us = hand.now_us
    assert rows(house, last_read) == [(read_us,)]
    hand.now_us += 60_000_000
    await bridged.told("obs", (2, {**says, "word": "MISSING"}))
    assert rows(house, last_read) == [(read_us,)]


# ---- heartbeats ----------------------------------------------------------------------------------------


async def test_a_heartbeat_tells_the_bridge_its_offset_and_what_is_stored(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    await bridged.told("obs", (1, bay(1)), (2, bay(2)))
    device = {"type": "device", "device": "scanner", "word": "OPEN"}
    body = {"boot": BOOT, "wall_us": hand.now_us - 1_500_000, "mono_ns": 5, "software": "1.2", "devices": [device]}
    answer = (await bridged.client.post(HEARTBEAT, json=body)).json()
    assert (answer["service_wall_us"], answer["skew_ms"], answer["upto"]) == (hand.now_us, -1500, 2)
    assert rows(house, sa.select(bridge.c.offset_us, bridge.c.software, bridge.c.boot)) == [(1_500_000, "1.2", BOOT)]
    assert rows(house, sa.select(device_state.c.device, device_state.c.word)) == [("scanner", "OPEN")]
    assert rows(house, sa.select(alarm.c.kind)) == [], "a second and a half is no alarm"


async def test_a_bridge_that_is_newer_than_the_service_is_heard_all_the_same(
    house: House, bridged: Bridge
) -> None:
    device = {"type": "device", "device": "scanner", "word": "OPEN", "temperature_c": 31}
    body = {"boot": BOOT, "wall_us": force.NOW, "mono_ns": 5, "software": "kit-bridge 9.0", "cpu_percent": 3}
    assert (await bridged.client.post(HEARTBEAT, json=body | {"devices": [device]})).status_code == 200
    assert rows(house, sa.select(bridge.c.software)) == [("kit-bridge 9.0",)]
    assert rows(house, sa.select(device_state.c.device, device_state.c.word)) == [("scanner", "OPEN")]


async def test_a_clock_more_than_two_seconds_off_either_way_alarms_once(house: House, bridged: Bridge) -> None:
    for off_us in (2_000_000, -2_000_000):
        body = {"boot": BOOT, "wall_us": force.NOW + off_us, "mono_ns": 5}
        assert (await bridged.client.post(HEARTBEAT, json=body)).status_code == 200
    assert rows(house, sa.select(alarm.c.kind)) == [], "two seconds are the limit"
    for off_us in (2_000_001, -2_000_001, 9_000_000):
        body = {"boot": BOOT, "wall_us": force.NOW + off_us, "mono_ns": 5}
        assert (await bridged.client.post(HEARTBEAT, json=body)).status_code == 200
    assert rows(house, sa.select(alarm.c.kind, alarm.c.store_id)) == [("CLOCK_SKEW", force.MEDWAY)]


async def test_a_bays_word_is_dated_by_our_clock_not_the_bridges(house: House, bridged: Bridge, hand: Hand) -> None:
    slow_us = 3_600_000_000
    await bridged.client.post(HEARTBEAT, json={"boot": BOOT, "wall_us": hand.now_us - slow_us, "mono_ns": 5})
    await bridged.told("obs", (1, bay(3)), observed_at_us=hand.now_us - slow_us)
    assert rows(house, sa.select(bay_table.c.observed_us).where(bay_table.c.bay == 3, bay_table.c.dock != "rack")) == [
        (hand.now_us,)
    ]


async def test_until_a_new_boot_tells_its_clock_a_reading_is_dated_by_its_age(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    """The machine's clock was set a day back between two boots, and readings come before the first heartbeat."""
    again = Bridge(bridged.client, boot="ab" * 16)
    day_us = 86_400_000_000
    await again.told("obs", (1, bay(3)), observed_at_us=hand.now_us - day_us, age_ms=1500)
    assert rows(house, sa.select(bay_table.c.observed_us).where(bay_table.c.bay == 3, bay_table.c.dock != "rack")) == [
        (hand.now_us - 1_500_000,)
    ]
    opened = (await again.scans(card_of(force.HOLLIS), observed_at_us=hand.now_us - day_us, age_ms=200))[0]
    assert opened["outcome"] == "VISIT_OPENED", "a scan made now is no late one"


# ---- malformed deliveries ------------------------------------------------------------------------------

GOOD = {"seq": 1, "device": "scanner", "observed_at_us": 1, "mono_ns": 1, "reading": {"type": "code", "text": "X"}}
MALFORMED = [
    ({"boot": "zz"}, "boot"),
    ({"stream": "both"}, "stream"),
    ({"sent": []}, "sent"),
    ({"sent": [{**GOOD, "seq": 0}]}, "sent[0].seq"),
    ({"sent": [GOOD, {**GOOD, "seq": "2"}]}, "sent[1].seq"),
    ({"sent": [{**GOOD, "device": "d" * 121}]}, "sent[0].device"),
    ({"sent": [{**GOOD, "device": "d\x00"}]}, "sent[0].device"),
    ({"sent": [{**GOOD, "age_ms": -1}]}, "sent[0].age_ms"),
    ({"sent": [{**GOOD, "reading": {"type": "code", "text": "X" * 5000}}]}, "sent[0].reading.text"),
    ({"sent": [{**GOOD, "reading": {"type": "hologram"}}]}, "sent[0].reading.type"),
    ({"sent": [{**GOOD, "surplus": 1}]}, "surplus"),
]


async def test_a_malformed_delivery_is_sent_back_naming_the_field_and_nothing_of_it_is_stored(
    house: House, bridged: Bridge
) -> None:
    wrong = {}
    for changes, field in MALFORMED:
        answer = await bridged.client.post(READINGS, json={"boot": BOOT, "stream": "scan", "sent": [GOOD], **changes})
        told = answer.json()
        named = [each["field"] for each in told.get("errors", [])]
        if answer.status_code not in (400, 422) or not any(each.endswith(field) for each in named):
            wrong[field] = (answer.status_code, told)
    assert wrong == {}
    assert rows(house, sa.select(reading.c.seq)) == []


async def test_a_malformed_heartbeat_is_sent_back_naming_the_field_and_nothing_of_it_is_kept(
    house: House, bridged: Bridge
) -> None:
    device = {"type": "device", "device": "scanner", "word": "OPEN"}
    said = {"boot": "ab" * 16, "wall_us": force.NOW, "mono_ns": 5}
    texts = [{"devices": [device, {**device, name: "x\0"}]} for name in ("driver", "port", "detail", "firmware")]
    for changes in (*texts, {"software": "1\0"}, {"wall_us": -1}, {"wall_us": 2**64}, {"mono_ns": 2**64}):
        answer = await bridged.client.post(HEARTBEAT, json={**said, **changes})
        assert answer.status_code == 400, (changes, answer.text)
        (error,) = answer.json()["errors"]
        named = next(iter(changes)) if "devices" not in changes else f"devices[1].{[*changes['devices'][1]][-1]}"
        assert error["field"] == named
    assert rows(house, sa.select(device_state.c.device)) == []
    assert rows(house, sa.select(bridge.c.boot)) == [(BOOT,)]


async def test_what_is_no_delivery_at_all_is_a_problem_and_never_a_traceback(bridged: Bridge) -> None:
    for body in (b"", b"{", b"[]", b"\xff\xfe", b'{"boot":1}', b"{}}", b'"\\ud800"', b'{"boot":"\xff"}'):
        answer = await bridged.client.post(READINGS, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), body
        assert answer.headers["content-type"] == "application/problem+json", body
        assert answer.json()["errors"][0]["field"], body
        assert "Traceback" not in answer.text
