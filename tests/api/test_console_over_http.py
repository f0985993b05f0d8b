"""The managers' console over HTTP: readiness as it changes, targets by two people, what needs somebody, and whose."""

from typing import Any

import pytest

from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.conftest import PIN, House, Person
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
pytestmark = pytest.mark.anyio
MINUTE_US = 60_000_000
FILE = "Store;Shift;Kind;Team;Target\nME;Early;ced_handle;;4\nME;Late;CED_HANDLE;;1\nDO;;CED_HANDLE;;0\n"
SPOILT = "store,shift,kind,pieces\nXX,Early,CED_HANDLE,1\nME,Tea,CED_HANDLE,1\nME,Early,TRUNCHEON,1\nME,Early,SBG,-1\n"


@pytest.fixture(scope="module")
async def house(shared_house: House) -> House:
    """The small force; Hollis looks after Dover alone."""

    def empower(tx: Tx) -> None:
        give(tx.conn, tx.ids, CapabilityGrant(force.HOLLIS, "STORE_MANAGER", force.DOVER, "test"), tx.now_us)

    await shared_house.service.database.awrite(empower)
    return shared_house


async def ready(who: Person, moment: str = "NOW") -> dict[str, Any]:
    """Medway at a moment."""
    answer = await who.get("/api/v1/readiness", store_id=force.MEDWAY)
    assert answer.status_code == 200, answer.text
    return next(row for row in answer.json()["rows"] if row["moment"] == moment)


async def draw(who: Person, number: int, person_id: int) -> None:
    items = (force.HANDLES[number], force.BATTERIES[number], *force.CARTRIDGES[number * 4 : number * 4 + 4])
    ask = {
        "person_id": person_id, "store_id": force.MEDWAY, "fit_declared": True, "authenticated_by": "FACE",
        "items": [{"item_id": each} for each in items], "planned_return_us": force.SHIFT_ENDS,
        "function_tests": [force.HANDLES[number]],
        "charges": [{"item_id": force.BATTERIES[number], "percent": 90}],
    }  # fmt: skip
    answer = await who.post("/api/v1/issues", ask)
    assert answer.status_code == 201, answer.text


def picked(row: dict[str, Any]) -> dict[str, Any]:
    names = ("carriers", "current", "pass_rules", "deployable", "rostered", "out", "sets", "pairs", "short_of")
    return {name: row[name] for name in names}


# The tests below tell one story in order.


async def test_a_file_of_targets_is_looked_over_and_writes_nothing(house: House) -> None:
    admin = await house.sign_in("admin")
    read = await admin.client.post("/api/v1/assessments/read", content=FILE.encode())
    assert read.status_code == 200, read.text
    assert [(row["store_id"], row["shift"], row["pieces"]) for row in read.json()["rows"]] == [
        (force.MEDWAY, "Early", 4), (force.MEDWAY, "Late", 1), (force.DOVER, "", 0),
    ]  # fmt: skip
    spoilt = (await admin.client.post("/api/v1/assessments/read", content=SPOILT.encode())).json()
    assert (spoilt["rows"], [(row["line"], row["field"]) for row in spoilt["bad"]]) == (
        [], [(4, "kind"), (5, "pieces"), (2, "store"), (3, "shift")],
    )  # fmt: skip
    assert (await admin.get("/api/v1/assessments")).json() == []


async def test_an_assessment_takes_two_and_takes_the_place_of_the_one_before(house: House) -> None:
    admin = await house.sign_in("admin")
    rows = (await admin.client.post("/api/v1/assessments/read", content=FILE.encode())).json()["rows"]
    new = {"title": "STRA", "reference": "S/1", "assessed_on": "2026-09-30", "approved_by": "ACC Hope",
           "from_on": "2026-10-01", "targets": rows, "second": {"name": "manager", "pin": PIN}}  # fmt: skip
    alone = await admin.post("/api/v1/assessments", {**new, "second": {"name": "admin", "pin": PIN}})
    too_late = await admin.post("/api/v1/assessments", {**new, "review_on": "2027-04-01"})
    assert (alone.status_code, too_late.status_code) == (422, 422)
    assert too_late.json()["errors"][0]["field"] == "review_on"
    made = await admin.post("/api/v1/assessments", new)
    assert made.status_code == 201, made.text
    assert made.json()["review_on"] == "2027-03-30", "six months after it was made, and that month has 31 days"
    again = await admin.post("/api/v1/assessments", new)
    later = await admin.post("/api/v1/assessments", {**new, "reference": "S/2", "from_on": "2026-12-01"})
    assert (again.status_code, later.status_code) == (422, 201)
    history = (await admin.get("/api/v1/assessments")).json()
    assert [(row["reference"], row["until_on"]) for row in history] == [("S/2", None), ("S/1", "2026-12-01")]
    file = await admin.get(f"/api/v1/assessments/{made.json()['id']}/targets.csv")
    assert file.text.splitlines()[1] == "ME,Early,CED_HANDLE,,4"
    manager = await house.sign_in("manager")
    assert (await manager.post("/api/v1/assessments", new)).status_code == 403


async def test_readiness_follows_what_goes_out_and_says_what_is_short(house: House) -> None:
    admin, ivory = await house.sign_in("admin"), await house.sign_in("ivory")
    # Hollis, Mercer and Sefton may draw a T7; Latham's PPST ran out; Exton is trained on X2, of which there is none.
    whole = {"carriers": 5, "current": 5, "pass_rules": 4, "deployable": 3, "rostered": None, "out": 0, "sets": 3,
             "pairs": 3, "short_of": ""}  # fmt: skip
    assert picked(await ready(admin)) == whole
    assert picked(await ready(admin, "NEXT")) == whole
    await draw(ivory, 0, force.HOLLIS)
    house.hand.now_us += 31_000_000  # what was seen before is not shown any more
    assert picked(await ready(admin)) == {**whole, "out": 1, "sets": 2}
    next_ = await ready(admin, "NEXT")
    assert (next_["shift"], picked(next_)) == ("Late", {**whole, "out": 1, "sets": 2}), "he is due back at 16:00"
    available = (await admin.get("/api/v1/availability", store_id=force.MEDWAY)).json()
    handles = next(row for row in available["rows"] if row["kind"] == "CED_HANDLE")
    assert (handles["on_books"], handles["here"], handles["ready"], handles["out"]) == (3, 2, 2, 1)
    against = available["against"][0]
    assert (available["assessment"], against["need"], against["asked"], against["short"]) == ("S/1", 5, 4, 2)


async def test_what_one_store_is_short_of_another_lends(house: House) -> None:
    admin = await house.sign_in("admin")
    found = (await admin.get("/api/v1/lending", kind="CED_HANDLE")).json()["rows"]
    assert [(row["from_store_id"], row["to_store_id"], row["items"]) for row in found] == [
        (force.DOVER, force.MEDWAY, [force.DOVER_HANDLE])
    ]
    assert "Medway needs 5" in found[0]["why"]


async def test_the_console_shows_what_needs_somebody_and_where_it_leads(house: House) -> None:
    house.hand.now_us = force.SHIFT_ENDS + 5 * MINUTE_US
    admin = await house.sign_in("admin")
    page = (await admin.get("/console")).text
    assert 'id="overdue"' in page
    assert f'href="/people/{force.HOLLIS}"' in page
    assert f'href="/items/{force.HANDLES[0]}"' in page
    assert "S/1" in page
    targets = (await admin.get("/targets")).text
    assert "Still to come" in targets
    assert "In force" in targets
    first = await admin.client.get("/?from=sign-in")
    assert (first.status_code, first.headers["location"]) == (303, "/console")


async def test_whoever_looks_after_one_store_sees_that_one(house: House) -> None:
    hollis, auditor = await house.sign_in("hollis"), await house.sign_in("auditor")
    rows = (await hollis.get("/api/v1/availability")).json()["rows"]
    assert {row["store_id"] for row in rows} == {force.DOVER}
    page = (await hollis.get("/console")).text
    assert ("Dover" in page, 'id="overdue"' in page) == (True, False)
    assert (await hollis.get("/api/v1/readiness", store_id=force.MEDWAY)).status_code == 403
    assert (await hollis.get("/console", store=force.MEDWAY)).status_code == 403
    assert (await auditor.get("/console", store=force.MEDWAY)).status_code == 200
    ivory = await house.sign_in("ivory")
    assert (await ivory.get("/console")).status_code == 403
    assert (await ivory.get("/api/v1/lending")).status_code == 403
