"""Asking for kit over HTTP: it passes, or every reason is told; asked twice, done once; asking alone stores nothing."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.schema.custody import custody, decision, ledger
from inventory.schema.people import duty_restriction
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.asks import camera, whole_set
from tests.api.conftest import PIN, Hand, House, Person, running

pytestmark = pytest.mark.anyio
ISSUES, ASK, RETURNS = "/api/v1/issues", "/api/v1/issues/ask", "/api/v1/returns"


@pytest.fixture
async def ivory(house: House) -> Person:
    """An issuer of the Medway store, signed in."""
    return await house.sign_in("ivory")


def count(house: House, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    """Rows of a table."""
    with house.service.database.reading() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def held_by(house: House, person_id: int) -> set[int]:
    """The items a person holds now."""
    now = sa.select(custody.c.item_id).where(custody.c.person_id == person_id, custody.c.closed_entry.is_(None))
    with house.service.database.reading() as conn:
        return set(conn.execute(now).scalars())


def back(*item_ids: int, **changes: Any) -> dict[str, Any]:
    """Items handed in at Medway."""
    return {"store_id": force.MEDWAY, "items": [{"item_id": each} for each in item_ids]} | changes


async def test_kit_passes_in_one_commit_and_the_answer_names_its_decision(house: House, ivory: Person) -> None:
    ask = whole_set(force.HOLLIS)
    answer = await ivory.post(ISSUES, ask)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["verdict"], told["person_id"], told["planned_return_us"]) == ("ALLOW", force.HOLLIS, force.SHIFT_ENDS)
    assert held_by(house, force.HOLLIS) == set(told["item_ids"]) == {each["item_id"] for each in ask["items"]}
    assert told["valid_until_us"] >= force.SHIFT_ENDS
    with house.service.database.reading() as conn:
        rows = conn.execute(sa.select(decision.c.id, decision.c.verdict, decision.c.by_person)).all()
    assert [tuple(row) for row in rows] == [(told["decision_id"], "ALLOW", force.ISSUER)]


async def test_kit_is_named_by_serial_as_well_as_by_number(house: House, ivory: Person) -> None:
    by_serial = camera(force.HOLLIS, items=[{"kind": "BWV_CAMERA", "serial": force.serial(force.CAMERAS[1]).lower()}])
    assert (await ivory.post(ISSUES, by_serial)).json()["item_ids"] == [force.CAMERAS[1]]
    for items, field in (
        ([{"serial": "NO-SUCH"}], "items[0].serial"),
        ([{"item_id": force.CAMERAS[0]}, {"kind": "BWV_CAMERA"}], "items[1]"),
        ([{"item_id": force.CAMERAS[0]}, {"item_id": force.CAMERAS[0]}], "items[1]"),
        ([], "items"),
    ):
        answer = await ivory.post(ISSUES, camera(force.MERCER, items=items))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_refusal_is_403_with_every_reason_and_is_stored_as_carefully(house: House, ivory: Person) -> None:
    answer = await ivory.post(ISSUES, whole_set(force.LAPSED))
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    told = answer.json()
    assert told["type"] == "/problems/refused"
    assert "PPST_OUT_OF_DATE" in {each["code"] for each in told["refusals"]}
    for reason in told["refusals"]:
        assert reason["stops"]
        assert reason["sentence"] in told["detail"]
        assert reason["remedy"]
    assert held_by(house, force.LAPSED) == set()
    assert count(house, decision, decision.c.id == told["decision_id"], decision.c.verdict == "DENY") == 1


async def test_why_an_officer_is_limited_stands_in_no_life_of_an_item(house: House, ivory: Person) -> None:
    def limit(tx: Tx) -> None:
        row = {"id": tx.ids.take(), "person_id": force.MERCER, "category": "MANAGEMENT", "kinds_allowed": "SBG"}
        dates = {"from_on": force.LAST_GOOD, "review_on": "2027-06-30", "recorded_us": 1}
        tx.conn.execute(sa.insert(duty_restriction), row | dates)

    await house.service.database.awrite(limit)
    assert (await ivory.post(ISSUES, camera(force.MERCER))).status_code == 403
    life = await ivory.get(f"/api/v1/items/{force.CAMERAS[0]}/life")
    refused = [entry["reason"] for entry in life.json() if entry["kind"] == "REFUSED"]
    assert refused == ["REFER_TO_SUPERVISOR"]


async def test_what_somebody_else_holds_is_409_and_says_so(house: House, ivory: Person) -> None:
    assert (await ivory.post(ISSUES, camera(force.HOLLIS))).status_code == 201
    answer = await ivory.post(ISSUES, camera(force.MERCER))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/already-held")
    assert "HELD_BY_ANOTHER" in {each["code"] for each in answer.json()["refusals"]}
    assert held_by(house, force.HOLLIS) == {force.CAMERAS[0]}


async def test_many_hands_reaching_for_one_camera_give_it_to_exactly_one(house: House, ivory: Person) -> None:
    people = (force.HOLLIS, force.MERCER, force.X2_ONLY, force.PCSO, force.LAPSED, force.SECOND_ISSUER)
    answers = await asyncio.gather(*[ivory.post(ISSUES, camera(each)) for each in people])
    codes = sorted(each.status_code for each in answers)
    assert codes.count(201) == 1, [each.text for each in answers]
    assert all(each.status_code in (201, 409) or "refused" in each.text for each in answers)
    assert codes.count(409) >= 3
    assert count(house, ledger, ledger.c.kind == "ISSUED") == 1


async def test_every_instance_on_one_database_gives_one_camera_to_exactly_one(
    make_database: Callable[..., str], staffed: str, hand: Hand
) -> None:
    url = make_database(template=staffed)
    numbers = (1, 2) if url.startswith("postgresql") else (1,)  # an SQLite file is written by one process
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(running(url, hand, number)) for number in numbers]
        desks = [await each.sign_in("ivory") for each in houses]
        people = (force.HOLLIS, force.MERCER, force.X2_ONLY, force.LAPSED) * 3
        answers = await asyncio.gather(
            *[desks[n % len(desks)].post(ISSUES, camera(each)) for n, each in enumerate(people)]
        )
        assert [each.status_code for each in answers].count(201) == 1, [each.text for each in answers]
        assert {each.status_code for each in answers} <= {201, 403, 409}
        assert count(houses[0], ledger, ledger.c.kind == "ISSUED") == 1


# ---- who may ask -----------------------------------------------------------------------------------------


async def test_who_may_not_issue_here_is_told_403_and_nobody_401(house: House, ivory: Person) -> None:
    elsewhere = await ivory.post(ISSUES, camera(force.HOLLIS, store_id=force.DOVER))
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (403, "/problems/not-allowed")
    hollis = await house.sign_in("hollis")
    for path in (ISSUES, ASK, RETURNS):
        assert (await hollis.post(path, camera(force.MERCER))).status_code == 403
    assert (await house.browser().post(ISSUES, camera(force.HOLLIS))).status_code == 401
    assert count(house, decision) == 0, "none of them reached the gate"


async def test_nobody_issues_to_themselves(house: House) -> None:
    sefton = await house.sign_in("sefton")
    answer = await sefton.post(ISSUES, camera(force.SECOND_ISSUER))
    assert answer.status_code == 403
    assert "ISSUES_TO_SELF" in {each["code"] for each in answer.json()["refusals"]}
    assert held_by(house, force.SECOND_ISSUER) == set()


async def test_a_pin_is_proved_before_anything_is_decided_and_guessing_it_becomes_slow(
    house: House, ivory: Person, hand: Hand
) -> None:
    ask = camera(force.HOLLIS, authenticated_by="PIN")
    assert (await ivory.post(ISSUES, ask)).json()["errors"][0]["field"] == "pin"
    answers = [await ivory.post(ISSUES, {**ask, "pin": f"00000{n}"}) for n in range(6)]
    assert [each.status_code for each in answers] == [403] * 5 + [429]
    assert answers[0].json()["errors"][0]["field"] == "pin"
    assert int(answers[5].headers["retry-after"]) == answers[5].json()["retry_after_s"] == 30
    assert (await ivory.post(ISSUES, {**ask, "pin": PIN})).status_code == 429, "the right one must wait too"
    assert count(house, decision) == 0
    hand.now_us += 31_000_000
    assert (await ivory.post(ISSUES, {**ask, "pin": PIN})).status_code == 201


# ---- asked twice, done once ------------------------------------------------------------------------------


async def test_the_same_key_gets_the_same_answer_and_one_effect(house: House, ivory: Person) -> None:
    first = await ivory.post(ISSUES, camera(force.HOLLIS), Idempotency_Key="draw-0001")
    again = await ivory.post(ISSUES, camera(force.HOLLIS), Idempotency_Key="draw-0001")
    assert (first.status_code, first.headers.get("idempotency-replayed")) == (201, None)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.content == first.content
    assert count(house, ledger, ledger.c.kind == "ISSUED") == count(house, decision) == 1
    refused = [await ivory.post(ISSUES, whole_set(force.LAPSED), Idempotency_Key="draw-0002") for _ in range(2)]
    assert [each.status_code for each in refused] == [403, 403]
    assert refused[0].content == refused[1].content
    assert count(house, decision) == 2, "a refusal is answered alike, not decided again"


async def test_a_key_used_for_something_else_is_sent_back(house: House, ivory: Person) -> None:
    assert (await ivory.post(ISSUES, camera(force.HOLLIS), Idempotency_Key="draw-0001")).status_code == 201
    other = await ivory.post(ISSUES, camera(force.MERCER, force.CAMERAS[1]), Idempotency_Key="draw-0001")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert held_by(house, force.MERCER) == set()
    sefton = await house.sign_in("sefton")
    own = await sefton.post(ISSUES, camera(force.MERCER, force.CAMERAS[1]), Idempotency_Key="draw-0001")
    assert own.status_code == 201, "somebody else's key is another key"
    assert (await ivory.post(ISSUES, camera(force.MERCER), Idempotency_Key="short")).status_code == 400


async def test_one_key_sent_ten_times_at_once_has_one_effect(house: House, ivory: Person) -> None:
    posts = [ivory.post(ISSUES, camera(force.HOLLIS), Idempotency_Key="draw-0001") for _ in range(10)]
    answers = await asyncio.gather(*posts)
    assert {each.status_code for each in answers} == {201}
    assert len({each.content for each in answers}) == 1
    assert count(house, ledger, ledger.c.kind == "ISSUED") == 1


# ---- asking alone ----------------------------------------------------------------------------------------


async def test_asking_says_what_the_gate_would_say_and_stores_nothing(house: House, ivory: Person) -> None:
    tables = (decision, ledger, custody)
    before = [count(house, table) for table in tables]
    may = (await ivory.post(ASK, whole_set(force.HOLLIS))).json()
    may_not = (await ivory.post(ASK, whole_set(force.LAPSED))).json()
    part = (await ivory.post(ASK, camera(force.HOLLIS, force.HANDLES[0]))).json()
    assert (may["verdict"], may["missing"]) == ("ALLOW", [])
    assert may_not["verdict"] == "DENY"
    assert "PPST_OUT_OF_DATE" in {each["code"] for each in may_not["reasons"]}
    assert part["missing"], "what the set still lacks is said"
    assert [count(house, table) for table in tables] == before
    manager = await house.sign_in("manager")
    assert (await manager.post(ASK, whole_set(force.HOLLIS))).status_code == 200, "asking needs no issuer"
    assert (await manager.post(ISSUES, whole_set(force.HOLLIS))).status_code == 403


# ---- back again ------------------------------------------------------------------------------------------


async def test_kit_comes_back_once_however_often_it_is_handed_in(house: House, ivory: Person) -> None:
    await ivory.post(ISSUES, camera(force.HOLLIS))
    item_id = force.CAMERAS[0]
    first = await ivory.post(RETURNS, back(item_id), Idempotency_Key="back-0001")
    again = await ivory.post(RETURNS, back(item_id), Idempotency_Key="back-0001")
    assert again.content == first.content
    row = first.json()["items"][0]
    assert (row["word"], row["from_person"], row["hold"]) == ("RETURNED", force.HOLLIS, None)
    third = await ivory.post(RETURNS, back(item_id))
    assert third.json()["items"][0]["word"] == "ALREADY_HERE"
    assert count(house, ledger, ledger.c.kind == "RETURNED") == 1


async def test_damaged_kit_is_taken_back_and_held(house: House, ivory: Person) -> None:
    await ivory.post(ISSUES, camera(force.HOLLIS))
    item_id = force.CAMERAS[0]
    items = [{"item_id": item_id, "condition": "DAMAGED"}]
    row = (await ivory.post(RETURNS, back(items=items))).json()["items"][0]
    assert (row["word"], row["hold"]) == ("RETURNED", "QUARANTINE")
    refused = await ivory.post(ISSUES, camera(force.MERCER))
    assert "QUARANTINED" in {each["code"] for each in refused.json()["refusals"]}
    assert (await ivory.post(RETURNS, back(999))).status_code == 404
    assert (await ivory.post(RETURNS, back(item_id, store_id=force.DOVER))).status_code == 403
