"""Whoever asks, through whichever door: kit does not reach somebody who may not have it, and the refusal is kept."""

import json

import pytest
import sqlalchemy as sa

from api.mqtt_ingest import Door
from inventory.custody.answers import Verdict, detail
from inventory.schema.custody import visit, visit_line
from inventory.schema.people import opt_in
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.conftest import House
from tests.doors import people
from tests.doors.attempts import (
    ATTEMPTS,
    BOOT,
    Attempt,
    Scene,
    by_request,
    by_scanner,
    make_scene,
    scan_everything,
    whole_set,
)
from tests.doors.plausible import SET
from tests.doors.seen import custody_of, everything_is_in_order, no_ineligible_person_has_kit, refusals

pytestmark = pytest.mark.anyio


# ---- the ways that are there for it ----------------------------------------------------------------------


@pytest.mark.parametrize("way", ATTEMPTS)
async def test_each_way_gives_an_eligible_person_the_set(house: House, way: str) -> None:
    scene = await make_scene(house)
    done = await ATTEMPTS[way](scene, force.HOLLIS)
    assert done.json().get("outcome", done.status_code) in ("COMPLETED", 201), done.text
    with house.service.database.reading() as conn:
        assert sorted(item for _, item, _ in custody_of(conn, [force.HOLLIS])) == sorted(SET)
        everything_is_in_order(conn)


async def test_no_way_gives_an_ineligible_person_anything(house: House) -> None:
    ways = ATTEMPTS.values() if house.service.settings.is_sqlite else (by_request, by_scanner)
    scene = await make_scene(house)
    for person_id in people.INELIGIBLE.keys() - {people.OWN_ISSUER}:
        for attempt in ways:
            await refused(scene, attempt, person_id)
    with house.service.database.reading() as conn:
        everything_is_in_order(conn)


async def test_no_way_lets_an_issuer_issue_to_themselves(house: House) -> None:
    scene = await make_scene(house, people.name_of(people.OWN_ISSUER))
    for attempt in ATTEMPTS.values() if house.service.settings.is_sqlite else (by_request,):
        await refused(scene, attempt, people.OWN_ISSUER)


async def refused(scene: Scene, attempt: Attempt, person_id: int) -> None:
    """Make the attempt; fail unless nothing passed, and every refusal on the way was stored for what it was."""
    database = scene.house.service.database
    with database.reading() as conn:
        before = len(refusals(conn, person_id))
    done = await attempt(scene, person_id)
    assert "green" not in done.text, "a green light for somebody who may not have it"
    with database.reading() as conn:
        no_ineligible_person_has_kit(conn)
        told = refusals(conn, person_id)[before:]
    tried = f"{attempt.__name__} for {people.INELIGIBLE[person_id]}"
    assert told, f"{tried}: the refusal was not stored"
    assert all(each.is_in_the_ledger for each in told), f"{tried}: no entry in the ledger"
    codes = {each["code"] for refusal in told for each in json.loads(refusal.refusals) if each["weight"] == "HARD"}
    assert people.INELIGIBLE[person_id] in codes, f"{tried}: refused for {codes}"


@pytest.mark.parametrize(
    "lack", [{"fit_declared": False}, {"function_tests": []}, {"authenticated_by": None}, {"authenticated_by": "PIN"}],
    ids=lambda lack: next(iter(lack)),
)  # fmt: skip
async def test_a_set_is_issued_only_with_everything_that_a_hatch_declares(
    house: House, lack: dict[str, object]
) -> None:
    scene = await make_scene(house)
    done = await scene.desk.post("/api/v1/issues", whole_set(force.HOLLIS) | lack)
    assert done.status_code in (403, 422)
    with house.service.database.reading() as conn:
        assert custody_of(conn, [force.HOLLIS]) == []


async def test_a_countersign_that_leaves_something_undeclared_is_refused(house: House) -> None:
    scene = await make_scene(house)
    view = await scan_everything(scene, force.HOLLIS, declared=False)
    done = await scene.kiosk.post(f"/api/v1/visits/{view['visit']['id']}/complete", {"check": "FACE"})
    assert done.json()["outcome"] == "REFUSED"
    with house.service.database.reading() as conn:
        assert custody_of(conn, [force.HOLLIS]) == []
        codes = {each["code"] for each in json.loads(refusals(conn, force.HOLLIS)[-1].refusals)}
    assert codes == {"FITNESS_NOT_DECLARED", "FUNCTION_TEST_MISSING"}


async def test_an_answer_given_to_one_request_is_not_given_to_another_under_its_key(house: House) -> None:
    scene = await make_scene(house)
    given = await scene.desk.post("/api/v1/issues", whole_set(force.HOLLIS), Idempotency_Key="hatch-1-set-17")
    assert given.status_code == 201
    borrowed = await scene.desk.post("/api/v1/issues", whole_set(people.LAPSED), Idempotency_Key="hatch-1-set-17")
    assert (borrowed.status_code, borrowed.json()["type"]) == (422, "/problems/key-reused")


# ---- drafts that are no longer, or never were, what the gate let in -------------------------------------


async def test_a_person_who_lapses_between_scan_and_countersign_is_refused(house: House) -> None:
    scene = await make_scene(house)
    view = await scan_everything(scene, force.HOLLIS)
    row = {"person_id": force.HOLLIS, "opted_in": 0, "recorded_us": house.hand.now_us}
    await house.service.database.awrite(lambda tx: tx.conn.execute(sa.insert(opt_in).values(id=tx.ids.take(), **row)))
    done = await scene.kiosk.post(f"/api/v1/visits/{view['visit']['id']}/complete", {"check": "FACE"})
    assert (done.json()["outcome"], done.json()["light"]) == ("REFUSED", "red")
    with house.service.database.reading() as conn:
        assert custody_of(conn, [force.HOLLIS]) == []
        assert [each.door for each in refusals(conn, force.HOLLIS)] == ["hatch"]


async def test_a_draft_that_was_tampered_with_is_judged_again(house: House) -> None:
    scene = await make_scene(house)

    said = detail(Verdict("IN_SET", "green", "ok", "IN SET", ()))

    def plant(tx: Tx) -> int:
        visit_id = tx.ids.take()
        tx.conn.execute(sa.insert(visit).values(
            id=visit_id, store_id=force.MEDWAY, place_id=force.HATCH, person_id=people.LAPSED, state="OPEN",
            purpose="OPERATIONAL", planned_return_us=force.SHIFT_ENDS, opened_us=tx.now_us, touched_us=tx.now_us,
            fit_declared=1, authenticated_by="PIN"))  # fmt: skip
        for item_id in SET:
            tx.conn.execute(sa.insert(visit_line).values(
                id=tx.ids.take(), visit_id=visit_id, item_id=item_id, quantity=1, word="IN_SET", detail=said,
                at_us=tx.now_us, function_test_passed=1, charge_percent=97))  # fmt: skip
        return visit_id

    visit_id = await house.service.database.awrite(plant)
    done = await scene.kiosk.post(f"/api/v1/visits/{visit_id}/complete", {"check": "FACE"})
    assert done.json()["outcome"] == "REFUSED"
    with house.service.database.reading() as conn:
        no_ineligible_person_has_kit(conn)
        assert refusals(conn, people.LAPSED)[-1].is_in_the_ledger


async def test_a_card_shown_after_another_persons_scans_never_takes_over_their_set(house: House) -> None:
    scene = await make_scene(house)
    await scan_everything(scene, force.HOLLIS)
    said = (await scene.deliver({"type": "card", "technology": "EM4100", "uid": force.card(people.LAPSED)})).json()
    assert said["answers"][0]["outcome"] == "VISIT_OPENED"
    view = (await scene.kiosk.get(f"/api/v1/hatch/{force.HATCH}")).json()
    assert (view["visit"]["person"]["id"], view["visit"]["lines"]) == (people.LAPSED, [])
    done = await scene.kiosk.post(f"/api/v1/visits/{view['visit']['id']}/complete", {"check": "FACE"})
    assert done.json()["outcome"] == "NOTHING_IN_SET"
    with house.service.database.reading() as conn:
        no_ineligible_person_has_kit(conn)


# ---- readers that stand elsewhere, or speak too late -----------------------------------------------------


@pytest.mark.parametrize(
    ("device", "age_ms", "outcome"),
    [("scanner", 30_001, "LATE"), ("nowhere", 0, "UNBOUND"), ("shelf", 0, "SEEN")],
    ids=["too late", "bound to no place", "at a shelf"],
)
async def test_only_a_reader_at_a_hatch_opens_a_visit_and_only_in_time(
    house: House, device: str, age_ms: int, outcome: str
) -> None:
    scene = await make_scene(house)
    await scene.stand("shelf", force.SHELF)
    reading = {"type": "card", "technology": "EM4100", "uid": force.card(force.HOLLIS)}
    said = (await scene.deliver(reading, device=device, age_ms=age_ms)).json()
    assert said["answers"][0]["outcome"] == outcome
    assert said["answers"][0].get("light", "none") != "green"
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(visit)).scalar() == 0


async def test_no_reading_of_any_type_gives_anybody_kit(house: House) -> None:
    scene = await make_scene(house)
    await scene.deliver({"type": "card", "technology": "EM4100", "uid": force.card(people.LAPSED)})
    handle = force.serial(force.HANDLES[0])
    for reading in (
        {"type": "code", "text": handle},
        {"type": "code", "text": f"{handle}\x1d91{people.LAPSED}", "symbology": "]C1"},
        {"type": "tags", "tags": [{"epc": "3034257BF7194E4000001A85", "tid": "E280"}]},
        {"type": "garbled", "reason": "NO_SUFFIX", "raw_hex": handle.encode().hex().upper()},
        {"type": "bay", "dock": "rack", "bay": 1, "word": "READY", "present": False, "serial": handle},
        {"type": "bay", "dock": "rack", "bay": 1, "word": "READY", "present": True, "serial": handle},
        {"type": "device", "device": "scanner", "word": "OPEN", "detail": f"issued to {people.LAPSED}"},
    ):
        answer = await scene.deliver(reading)
        assert answer.status_code == 200, answer.text
        assert "green" not in answer.text
    with house.service.database.reading() as conn:
        no_ineligible_person_has_kit(conn)
        everything_is_in_order(conn)


async def test_no_delivery_by_mqtt_opens_a_visit_or_gives_anybody_kit(house: House) -> None:
    scene = await make_scene(house)
    door = Door(house.service)
    handle = force.serial(force.HANDLES[0])
    gone = {"type": "bay", "dock": "rack", "bay": 1, "word": "READY", "present": False, "serial": handle}
    cards = [force.card(each) for each in (people.LAPSED, force.HOLLIS)]
    tried = [{"type": "card", "technology": "EM4100", "uid": card} for card in cards]
    tried += [
        {"type": "code", "text": handle},
        {"type": "tags", "tags": [{"epc": "3034257BF7194E4000001A85", "tid": "E280"}]},
        gone,
        gone | {"present": True},
        {"type": "device", "device": "scanner", "word": "OPEN", "detail": f"issued to {people.LAPSED}"},
    ]
    for seq, reading in enumerate(tried, 1):
        sent = {"seq": seq, "device": "scanner", "observed_at_us": house.hand.now_us, "mono_ns": 1, "reading": reading}
        for stream, code in (("scan", 422), ("obs", 0)):
            body = json.dumps({"boot": BOOT, "stream": stream, "sent": [sent]}).encode()
            assert (await door.answer("medway-1", body)).code == code
    assert (await scene.kiosk.get(f"/api/v1/hatch/{force.HATCH}")).json()["visit"] is None
    with house.service.database.reading() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(visit)).scalar() == 0
        assert custody_of(conn, [force.HOLLIS, people.LAPSED]) == []
        no_ineligible_person_has_kit(conn)
        everything_is_in_order(conn)
