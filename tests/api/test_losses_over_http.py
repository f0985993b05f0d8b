"""Losses over HTTP: reported, searched for, declared, told, found by two people, closed; and by whom."""

import csv
import io

import pytest
import sqlalchemy as sa

from inventory.schema.people import capability_grant, person
from tests import small_force as force
from tests.api.asks import whole_set
from tests.api.conftest import PIN, Hand, House, Person

pytestmark = pytest.mark.anyio

HOUR = force.HOUR
SECOND = {"name": "sefton", "pin": PIN}
FOUND = {
    "detail": "I found it under the rear seat of the van", "found_by": "PC Mercer", "found_where": "Van ME4",
    "found_us": force.NOW, "condition": "Clean and dry", "second": SECOND,
}  # fmt: skip


@pytest.fixture
async def inspector(house: House) -> Person:
    """An officer who may declare, and is not of the store."""
    grant = {"id": 990_001, "person_id": force.HOLLIS, "capability": "DUTY_INSPECTOR", "from_us": 1, "reason": "t"}
    await house.service.database.awrite(lambda tx: tx.conn.execute(sa.insert(capability_grant), grant) and None)
    return await house.sign_in("hollis")


async def report(who: Person, item_id: int = force.HANDLES[0]) -> str:
    """The path of the case of something reported missing."""
    answer = await who.post("/api/v1/losses", {"item_id": item_id, "detail": "Not in its place at the count"})
    assert answer.status_code == 201, answer.text
    return f"/api/v1/losses/{answer.json()['case_id']}"


async def test_a_loss_from_the_report_to_the_close(house: House, hand: Hand, inspector: Person) -> None:
    ivory = await house.sign_in("ivory")
    path = await report(ivory)
    refused = await inspector.post(f"{path}/close", {"detail": "We give up"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-possible")
    assert "never closed while its item is missing" in refused.json()["detail"]
    assert {"instead": "SEARCHED"} in refused.json()["refusals"]
    assert (await ivory.post(f"{path}/searches", {"detail": "Store, yard, both vans"})).status_code == 200
    says = {"declared": "STOLEN", "detail": "The van was broken into", "incident_ref": "20261122-0311"}
    assert (await ivory.post(f"{path}/declaration", says)).status_code == 409
    unreferenced = await inspector.post(f"{path}/declaration", says)
    assert (unreferenced.status_code, "crime_ref" in unreferenced.text) == (422, True)
    declared = await inspector.post(f"{path}/declaration", says | {"crime_ref": "46/1/26"})
    assert declared.json()["loss"]["state"] == "STOLEN"
    for each in declared.json()["owed"]:
        told = {"to": each["to"], "detail": "By telephone, to the sergeant on duty", "happened_us": hand.now_us}
        assert (await ivory.post(f"{path}/notifications", told)).status_code == 200
    found = await ivory.post(f"{path}/recovery", FOUND)
    assert (found.status_code, found.json()["loss"]["state"]) == (200, "RECOVERED")
    closed = await inspector.post(f"{path}/close", {"detail": "Found and inspected"})
    assert closed.json()["loss"]["state"] == "CLOSED"
    item = (await ivory.get(f"/api/v1/items/{force.HANDLES[0]}/passages")).json()
    assert item["state"] == "QUARANTINED"


async def test_the_second_person_signs_with_their_own_pin(house: House) -> None:
    ivory = await house.sign_in("ivory")
    path = await report(ivory)
    for second, code in (({"name": "sefton", "pin": "000000"}, 403), ({"name": "ivory", "pin": PIN}, 422)):
        assert (await ivory.post(f"{path}/recovery", FOUND | {"second": second})).status_code == code
    assert (await ivory.get(path)).json()["loss"]["missing"]


async def test_what_is_late_names_the_officers_own_supervisors_and_becomes_an_alarm(house: House, hand: Hand) -> None:
    def a_team(tx: object) -> None:
        conn = tx.conn  # type: ignore[attr-defined]
        team = sa.update(person).where(person.c.id.in_((force.HOLLIS, force.SECOND_ISSUER))).values(team="Medway B")
        conn.execute(team)
        grant = {"id": 990_002, "person_id": force.SECOND_ISSUER, "capability": "SUPERVISOR", "from_us": 1}
        conn.execute(sa.insert(capability_grant), grant | {"reason": "t"})

    await house.service.database.awrite(a_team)
    ivory = await house.sign_in("ivory")
    assert (await ivory.post("/api/v1/issues", whole_set(force.HOLLIS))).status_code == 201
    assert (await ivory.get("/api/v1/overdue", store_id=force.MEDWAY)).json() == []
    hand.now_us = force.SHIFT_ENDS + 5 * HOUR
    ivory = await house.sign_in("ivory")
    row = (await ivory.get("/api/v1/overdue", store_id=force.MEDWAY)).json()[0]
    assert (row["step"], row["next_step"], len(row["items"])) == ("INSPECTOR", "LOSS", 6)
    assert [each["name"] for each in row["supervisors"]] == ["PS Sefton"]
    job = house.clock.job("late-and-lost")
    assert await house.clock.once(job)
    assert await house.clock.once(job)
    raised = (await ivory.get("/api/v1/alarms", store_id=force.MEDWAY)).json()["rows"]
    assert sorted(each["kind"] for each in raised) == ["OVERDUE_INSPECTOR", "OVERDUE_OFFICER", "OVERDUE_SERGEANT"]


async def test_losses_are_listed_and_given_out_as_a_table_that_runs_nothing(house: House, hand: Hand) -> None:
    ivory, auditor = await house.sign_in("ivory"), await house.sign_in("auditor")
    await report(ivory)
    await report(ivory, force.CAMERAS[0])
    listed = (await ivory.get("/api/v1/losses", store_id=force.MEDWAY, limit=1)).json()
    assert (len(listed["rows"]), listed["rows"][0]["kind"]) == (1, "BWV_CAMERA")
    more = (await ivory.get("/api/v1/losses", store_id=force.MEDWAY, cursor=listed["next"])).json()
    assert [each["kind"] for each in more["rows"]] == ["CED_HANDLE"]
    notice = (await auditor.get("/api/v1/losses/time-to-notice")).json()
    assert {each["kind"]: each["cases"] for each in notice} == {"BWV_CAMERA": 1, "CED_HANDLE": 1}
    table = await auditor.get("/api/v1/losses.csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["serial"] for row in rows] == [force.serial(force.CAMERAS[0]), force.serial(force.HANDLES[0])]
    assert house.lines(operation="DISCLOSURE", route="GET /api/v1/losses.csv")


@pytest.mark.parametrize("name", ["admin", "nobody"])
async def test_losses_are_for_those_who_look_after_them(house: House, name: str) -> None:
    if name == "nobody":
        assert (await house.browser().get("/api/v1/losses")).status_code == 401
        return
    hollis = await house.sign_in("hollis")
    assert (await hollis.get("/api/v1/losses")).status_code == 403
    assert (await hollis.post("/api/v1/losses", {"item_id": force.HANDLES[0], "detail": "gone"})).status_code == 403


async def test_what_is_missing_already_cannot_be_missed_again_and_the_unknown_is_not_found(house: House) -> None:
    ivory = await house.sign_in("ivory")
    await report(ivory)
    again = await ivory.post("/api/v1/losses", {"item_id": force.HANDLES[0], "detail": "Still gone"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/not-possible")
    assert (await ivory.post("/api/v1/losses", {"item_id": 4, "detail": "What is it"})).status_code == 404
    assert (await ivory.get("/api/v1/losses/4")).status_code == 404


async def test_pages_of_losses_show_what_comes_next(house: House) -> None:
    ivory = await house.sign_in("ivory")
    path = (await report(ivory)).removeprefix("/api/v1")
    assert "Search for it" in (await ivory.get("/losses")).text
    page = (await ivory.get(path)).text
    assert "Not in its place at the count" in page
    assert "Write down a search" in page
    assert "Others may: declare it stolen." in page
