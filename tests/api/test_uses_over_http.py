"""Declared use over HTTP: said at the return, answered by who may, listed with what is still owed."""

from typing import Any

import httpx
import pytest

from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.conftest import House, Person
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
pytestmark = pytest.mark.anyio
PROPER = {"download_ref": "EV-1", "digest": "ab" * 32, "review": "PROPER"}


@pytest.fixture(scope="module")
async def house(shared_house: House) -> House:
    """The small force; Ivory also looks after the TASERs, Hollis is a technician too."""

    def empower(tx: Tx) -> None:
        for person_id, capability in ((force.ISSUER, "CED_SPOC"), (force.HOLLIS, "TECHNICIAN")):
            give(tx.conn, tx.ids, CapabilityGrant(person_id, capability, force.MEDWAY, "test"), tx.now_us)

    await shared_house.service.database.awrite(empower)
    return shared_house


async def draw(who: Person, number: int, person_id: int) -> None:
    """A whole set goes out."""
    items = (force.HANDLES[number], force.BATTERIES[number], *force.CARTRIDGES[number * 4 : number * 4 + 4])
    ask = {
        "person_id": person_id, "store_id": force.MEDWAY, "fit_declared": True, "authenticated_by": "FACE",
        "items": [{"item_id": each} for each in items], "planned_return_us": force.SHIFT_ENDS,
        "function_tests": [force.HANDLES[number]],
        "charges": [{"item_id": force.BATTERIES[number], "percent": 90}],
    }  # fmt: skip
    answer = await who.post("/api/v1/issues", ask)
    assert answer.status_code == 201, answer.text


async def declare(who: Person, item_id: int, **said: Any) -> httpx.Response:
    return await who.post("/api/v1/uses", {"store_id": force.MEDWAY, "item": {"item_id": item_id}, **said})


async def answer(who: Person, use_id: int, point: str, **facts: Any) -> httpx.Response:
    return await who.post(f"/api/v1/uses/{use_id}/answers", {"point": point, "facts": facts})


async def test_a_discharge_is_declared_by_serial_and_answered_by_who_may(house: House) -> None:
    ivory, hollis = await house.sign_in("ivory"), await house.sign_in("hollis")
    await draw(ivory, 0, force.HOLLIS)
    fired = [{"kind": "CED_CARTRIDGE", "serial": force.serial(force.CARTRIDGES[0])}]
    told = await declare(ivory, force.HANDLES[0], uses=["FIRED"], cartridges=fired, incident_ref="=CAD 17")
    assert told.status_code == 200, told.text
    use_id = told.json()["use_id"]
    assert {each["point"] for each in told.json()["owed"]} == {"UOF_REF", "BESPOKE_FORM", "DISCS", "DOWNLOAD"}
    refused = await answer(ivory, use_id, "DOWNLOAD", **PROPER)
    assert refused.status_code == 403
    assert "technician" in refused.json()["detail"]
    done = await answer(hollis, use_id, "DOWNLOAD", **PROPER)
    assert done.status_code == 200, done.text
    assert [each["point"] for each in done.json()["answers"]] == ["DOWNLOAD"]
    assert (await answer(hollis, use_id, "DOWNLOAD", **PROPER)).status_code == 409
    wrong = await answer(ivory, use_id, "DISCS", afids=-1, probes=2)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "afids")
    state = (await ivory.get(f"/api/v1/items/{force.CARTRIDGES[0]}/passages")).json()["state"]
    assert state == "DISCHARGED_OPERATIONAL"
    lines = [each for each in house.lines(operation="COLLECTION") if each["route"].endswith("/uses")]
    assert lines, "the declaration is in the processing log"


async def test_what_is_not_known_at_the_return_keeps_nobody_waiting(house: House) -> None:
    ivory = await house.sign_in("ivory")
    await draw(ivory, 1, force.MERCER)
    told = await declare(ivory, force.HANDLES[1], uses=["FIRED"])
    assert told.status_code == 200, told.text
    use_id = told.json()["use_id"]
    assert "CARTRIDGES" in {each["point"] for each in told.json()["owed"]}
    named = {"cartridges": [{"item_id": force.CARTRIDGES[4]}]}
    later = await ivory.post(f"/api/v1/uses/{use_id}/cartridges", named)
    assert later.status_code == 200, later.text
    assert "CARTRIDGES" not in {each["point"] for each in later.json()["owed"]}
    again = await ivory.post(f"/api/v1/uses/{use_id}/cartridges", named)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "cartridges[0]")


async def test_the_list_has_what_is_owed_and_its_file_no_formula_and_no_name(house: House) -> None:
    ivory = await house.sign_in("ivory")
    listed = (await ivory.get(f"/api/v1/uses?store_id={force.MEDWAY}")).json()
    assert listed
    assert all(each["owed"] for each in listed)
    one = await ivory.get(f"/api/v1/uses/{listed[0]['id']}")
    assert one.json() == listed[0]
    written = await ivory.get(f"/api/v1/uses.csv?store_id={force.MEDWAY}")
    assert written.headers["content-type"].startswith("text/csv")
    assert "'=CAD 17" in written.text
    assert "Hollis" not in written.text
    page = await ivory.get("/uses")
    assert page.status_code == 200
    assert "Discs and probes recovered" in page.text
    elsewhere = await ivory.get(f"/api/v1/uses?store_id={force.DOVER}")
    assert elsewhere.status_code == 403


async def test_who_may_not_declare_declares_nothing_and_sees_no_other_store(house: House) -> None:
    hollis = await house.sign_in("hollis")
    assert (await hollis.get(f"/api/v1/uses?store_id={force.DOVER}")).status_code == 403
    assert (await declare(hollis, force.HANDLES[2], uses=["DRAWN"])).status_code == 403


async def test_a_spit_guard_of_a_lot_is_never_taken_from_who_does_not_hold_it(house: House) -> None:
    ivory = await house.sign_in("ivory")
    said = {"store_id": force.MEDWAY, "lot_id": force.GUARD_LOT, "person_id": force.HOLLIS}
    told = await ivory.post("/api/v1/uses/guards", said)
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "quantity")
