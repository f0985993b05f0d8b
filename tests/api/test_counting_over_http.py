"""Counts over HTTP: counted by several, sent again after a lost connection, closed by two, settled by movements."""

from typing import Any

import pytest

from inventory.oversight.audit import audit
from tests import small_force as force
from tests.api.conftest import PIN, House, Person

pytestmark = pytest.mark.anyio
HANDLES = {"store_id": force.MEDWAY, "sort": "WEEKLY", "kinds": ["CED_HANDLE"]}


def sent(item_id: int, **more: Any) -> dict[str, Any]:
    return {"key": f"scan-of-{item_id}", "text": force.serial(item_id), **more}


async def opened(who: Person, **changes: Any) -> int:
    answer = await who.post("/api/v1/counts", {**HANDLES, **changes})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def count(who: Person, count_id: int, *sightings: dict[str, Any]) -> list[str]:
    answer = await who.post(f"/api/v1/counts/{count_id}/sightings", {"sightings": list(sightings)})
    assert answer.status_code == 200, answer.text
    return [each["word"] for each in answer.json()]


def words(one: dict[str, Any]) -> dict[str, str]:
    return {each["serial"] or each["code"]: each["word"] for each in one["lines"]}


async def test_several_count_at_once_and_what_is_missing_is_settled_by_a_movement_that_names_the_count(
    house: House,
) -> None:
    ivory, manager = await house.sign_in("ivory"), await house.sign_in("manager")
    number = await opened(ivory)
    assert await count(ivory, number, sent(201), {"key": "strange-1", "text": "E280NOTOURS"}) == [
        "FOUND",
        "UNKNOWN",
    ]
    assert await count(manager, number, sent(261), sent(241), sent(201, key="again-201")) == [
        "STRAYED", "BESIDE", "AGAIN",
    ]  # fmt: skip
    card = {"key": "a-card-1", "text": force._PEOPLE[force.HOLLIS][3]}
    assert await count(ivory, number, card) == ["PERSON"]
    live = (await manager.get(f"/api/v1/counts/{number}")).json()
    assert live["count"]["tally"] == {
        "MISSING": 2,
        "STRAYED": 1,
        "UNKNOWN": 1,
        "BESIDE": 1,
        "WENT": 0,
        "CAME": 0,
        "FOUND": 1,
    }
    early = await manager.post(f"/api/v1/counts/{number}/settle",
                               {"item_id": 202, "act": "REPORTED_MISSING", "reason": "not there"})  # fmt: skip
    assert early.status_code == 409
    closed = (await ivory.post(f"/api/v1/counts/{number}/close")).json()
    assert words(closed) == {"X00201": "FOUND", "X00202": "MISSING", "X00203": "MISSING", "X00261": "STRAYED",
                             "X00241": "BESIDE", "E280NOTOURS": "UNKNOWN"}  # fmt: skip
    await _settles(house, ivory, manager, number)


async def _settles(house: House, ivory: Person, manager: Person, number: int) -> None:
    told = {"item_id": 202, "act": "REPORTED_MISSING", "reason": "Searched shelf and hatch"}
    assert (await ivory.post(f"/api/v1/counts/{number}/settle", told)).status_code == 403
    settled = await manager.post(f"/api/v1/counts/{number}/settle", told)
    assert settled.status_code == 200, settled.text
    assert [each["now"] for each in settled.json()["lines"] if each["item_id"] == 202] == ["SETTLED"]
    assert (await manager.post(f"/api/v1/counts/{number}/settle", told)).status_code == 409
    life = (await manager.get("/api/v1/items/202/life")).json()
    assert (life[-1]["kind"], life[-1]["reason"]) == (
        "UNACCOUNTED",
        f"Count {number}: Searched shelf and hatch",
    )
    alarms = (await manager.get("/api/v1/alarms")).json()["rows"]
    assert ("UNACCOUNTED", 202) in {(each["kind"], each["item_id"]) for each in alarms}
    with house.service.database.reading() as conn:
        assert audit(conn) == []


async def test_what_is_sent_again_counts_once_and_what_comes_after_the_close_is_kept_as_late(
    house: House,
) -> None:
    ivory = await house.sign_in("ivory")
    number = await opened(ivory)
    house.hand.now_us += 60_000_000
    assert await count(ivory, number, sent(201, age_ms=30_000)) == ["FOUND"]
    assert await count(ivory, number, sent(201, age_ms=32_000), sent(202, age_ms=1_000)) == ["AGAIN", "FOUND"]
    rows = (await ivory.get(f"/api/v1/counts/{number}/sightings")).json()
    assert [(row["item_id"], force.NOW + 60_000_000 - row["seen_us"]) for row in rows] == [
        (202, 1_000_000), (201, 30_000_000),
    ]  # fmt: skip
    before = (await ivory.post(f"/api/v1/counts/{number}/close")).json()
    assert (await ivory.post(f"/api/v1/counts/{number}/close")).status_code == 409
    assert await count(ivory, number, sent(203)) == ["LATE"]
    after = (await ivory.get(f"/api/v1/counts/{number}")).json()
    assert after["count"]["result_hash"] == before["count"]["result_hash"]
    assert words(after)["X00203"] == "MISSING"
    assert {each["serial"]: each["now"] for each in after["lines"]}["X00203"] == "OPEN"
    house.hand.now_us += 60_000_000
    assert await count(ivory, number, sent(203, key="later-203")) == ["LATE"]
    seen = (await ivory.get(f"/api/v1/counts/{number}")).json()
    assert {each["serial"]: each["now"] for each in seen["lines"]}["X00203"] == "SEEN_SINCE"
    csv = await ivory.get(f"/api/v1/counts/{number}/lines.csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert "MISSING,TASER handle,T7,X00203" in csv.text


async def test_a_blind_count_tells_nothing_before_two_people_have_closed_it(house: House) -> None:
    ivory = await house.sign_in("ivory")
    number = await opened(ivory, blind=True, two_person=True)
    assert await count(ivory, number, sent(201), sent(261)) == ["SEEN", "SEEN"]
    hidden = (await ivory.get(f"/api/v1/counts/{number}")).json()
    assert (hidden["lines"], hidden["count"]["tally"], hidden["count"]["expected"]) == ([], None, None)
    assert "X00202" not in (await ivory.get(f"/counts/{number}")).text
    path = f"/api/v1/counts/{number}/close"
    assert (await ivory.post(path)).status_code == 409
    assert (await ivory.post(path, {"second_person": force.ISSUER, "pin": PIN})).status_code == 422
    assert (await ivory.post(path, {"second_person": force.HOLLIS, "pin": PIN})).status_code == 403
    assert (
        await ivory.post(path, {"second_person": force.SECOND_ISSUER, "pin": "111222"})
    ).status_code == 403
    closed = await ivory.post(path, {"second_person": force.SECOND_ISSUER, "pin": PIN})
    assert closed.status_code == 200, closed.text
    assert words(closed.json())["X00202"] == "MISSING"
    paper = await ivory.get(f"/counts/{number}/certificate")
    assert closed.json()["count"]["result_hash"] in paper.text


async def test_kit_of_another_store_is_taken_over_by_two_and_kit_that_is_out_is_taken_back(
    house: House,
) -> None:
    manager = await house.sign_in("manager")
    number = await opened(manager)
    await count(manager, number, sent(force.DOVER_HANDLE))
    await manager.post(f"/api/v1/counts/{number}/close")
    told = {"item_id": force.DOVER_HANDLE, "act": "TAKEN_OVER", "reason": "It lay on our shelf"}
    alone = await manager.post(f"/api/v1/counts/{number}/settle", told)
    assert alone.status_code == 409
    assert "two people" in alone.json()["detail"]
    both = await manager.post(
        f"/api/v1/counts/{number}/settle", told | {"second_person": force.ISSUER, "pin": PIN}
    )
    assert both.status_code == 200, both.text
    item = (await manager.get(f"/api/v1/items/{force.DOVER_HANDLE}")).json()["item"]
    assert (item["holder"], item["holder_id"]) == ("STORE", force.MEDWAY)


async def test_a_recount_is_of_what_was_missing_and_a_count_is_abandoned_with_a_reason(house: House) -> None:
    manager = await house.sign_in("manager")
    first = await opened(manager)
    await count(manager, first, sent(201))
    await manager.post(f"/api/v1/counts/{first}/close")
    again = await opened(manager, recount_of=first)
    assert (await manager.get(f"/api/v1/counts/{again}")).json()["count"]["tally"]["MISSING"] == 2
    assert await count(manager, again, sent(202), sent(201, key="beside-201")) == ["FOUND", "BESIDE"]
    assert (
        await manager.post(f"/api/v1/counts/{again}/abandon", {"reason": "Wrong shelf"})
    ).status_code == 200
    listed = (await manager.get(f"/api/v1/stores/{force.MEDWAY}/counts")).json()
    assert [(each["id"], each["outcome"]) for each in listed] == [(again, "ABANDONED"), (first, "CLOSED")]
    assert (await manager.post("/api/v1/counts", {**HANDLES, "recount_of": again})).status_code == 409


async def test_what_is_owed_is_said_raised_when_overdue_and_answered_by_a_count(house: House) -> None:
    ivory, job = await house.sign_in("ivory"), house.clock.job("counts")

    async def owed() -> dict[str, bool]:
        rows = (await ivory.get(f"/api/v1/stores/{force.MEDWAY}/counts/due")).json()
        return {each["sort"]: each["overdue"] for each in rows}

    async def raised() -> set[str]:
        manager = await house.sign_in("manager")
        rows = (await manager.get("/api/v1/alarms")).json()["rows"]
        return {
            each["detail"]
            for each in rows
            if each["kind"] == "COUNT_OVERDUE" and each["store_id"] == force.MEDWAY
        }

    assert not any((await owed()).values()), "the policy has only just asked for it"
    house.hand.now_us += 8 * 24 * force.HOUR
    ivory = await house.sign_in("ivory")
    assert (await owed())["WEEKLY"]
    assert await house.clock.once(job)
    assert "Medway: the weekly count is overdue." in await raised()
    await ivory.post(f"/api/v1/counts/{await opened(ivory)}/close")
    assert await house.clock.once(job)
    assert not (await owed())["WEEKLY"]
    assert "Medway: the weekly count is overdue." not in await raised()


async def test_who_may_not_count_here_may_not_look_either(house: House) -> None:
    ivory, hollis = await house.sign_in("ivory"), await house.sign_in("hollis")
    number = await opened(ivory)
    assert (await hollis.get(f"/api/v1/counts/{number}")).status_code == 403
    assert (await ivory.post("/api/v1/counts", {**HANDLES, "store_id": force.DOVER})).status_code == 403
    assert (await ivory.post("/api/v1/counts", {**HANDLES, "kinds": ["BATON"]})).status_code == 422
    assert (await ivory.get("/api/v1/counts/99999")).status_code == 404
