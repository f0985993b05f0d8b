"""Consignments over HTTP: who may do what at which store, the carrier's own PIN, and the pages and lists of them."""

from typing import Any

import pytest

from tests import small_force as force
from tests.api.conftest import PIN, House, Person
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
pytestmark = pytest.mark.anyio
CARRIER = {"name": "hollis", "pin": PIN}
NEW = {
    "from_store_id": force.MEDWAY, "to_store_id": force.DOVER, "stock": "OPERATIONAL", "terms": "FOR_GOOD",
    "reason": "Dover is short of handles",
}  # fmt: skip


@pytest.fixture(scope="module")
async def house(shared_house: House) -> House:
    """The small force."""
    return shared_house


async def opened(who: Person, *items: int, **more: Any) -> str:
    answer = await who.post("/api/v1/transfers", NEW | more)
    assert answer.status_code == 201, answer.text
    path = f"/api/v1/transfers/{answer.json()['id']}"
    if items:
        listed = await who.post(f"{path}/lines", {"items": [{"item_id": each} for each in items]})
        assert listed.status_code == 200, listed.text
    return path


async def test_a_consignment_is_listed_sent_scanned_and_received_by_three_people(house: House) -> None:
    ivory, manager = await house.sign_in("ivory"), await house.sign_in("manager")
    path = await opened(ivory, force.HANDLES[0])
    guards = [{"lot_id": force.GUARD_LOT, "quantity": 3}]
    asked = {"items": [{"serial": force.serial(force.BATTERIES[0])}], "lots": guards}
    assert (await ivory.post(f"{path}/lines", asked)).json()["pieces"] == 5
    sent = await ivory.post(f"{path}/send", {"counted": 5, "seals": ["a-1", " a-1 ", "B2"], "carrier": CARRIER})
    assert (sent.status_code, sent.json()["state"], sent.json()["seals"]) == (200, "ON_ITS_WAY", ["A-1", "B2"])
    assert sent.json()["carrier"].endswith("Hollis 4417")
    here = {"store_id": force.DOVER, "items": [{"item_id": force.HANDLES[0]}]}
    assert (await manager.post(f"{path}/seen", here)).json()["seen"][1]["items"][0]["serial"] == force.serial(201)
    await manager.post(f"{path}/seen", {"store_id": force.DOVER, "lots": guards})
    body = {"store_id": force.DOVER, "counted": 4, "seals": ["A-1", "B2"], "carrier": CARRIER}
    short = (await manager.post(f"{path}/receive", body)).json()
    assert (short["state"], short["open_pieces"]) == ("SHORT", 1)
    assert {each["serial"]: each["word"] for each in short["lines"]} == {
        force.serial(force.HANDLES[0]): "ARRIVED", force.serial(force.BATTERIES[0]): "ON_ITS_WAY",
    }  # fmt: skip
    told = (await manager.get("/api/v1/alarms")).json()
    assert "TRANSFER_SHORT" in {each["kind"] for each in told["rows"]}
    signed = [each for each in house.lines(operation="ALTERATION") if each["route"].endswith("/receive")]
    assert signed, "who signed is in the processing log"


async def test_each_side_answers_for_its_own_store(house: House) -> None:
    ivory = await house.sign_in("ivory")
    back = {**NEW, "from_store_id": force.DOVER, "to_store_id": force.MEDWAY}
    assert (await ivory.post("/api/v1/transfers", back)).status_code == 403
    path = await opened(ivory, force.HANDLES[1])
    await ivory.post(f"{path}/send", {"counted": 1, "seals": ["S"], "carrier": CARRIER})
    here = {"store_id": force.DOVER, "items": [{"item_id": force.HANDLES[1]}]}
    assert (await ivory.post(f"{path}/seen", here)).status_code == 403
    assert (await ivory.post("/api/v1/transfers", NEW | {"stock": "EXHIBIT"})).status_code == 403, "exhibits officers"
    hollis = await house.sign_in("hollis")
    assert (await hollis.get(path)).status_code == 403


async def test_what_is_refused_is_told_whole_and_the_carrier_signs_alone(house: House) -> None:
    ivory = await house.sign_in("ivory")
    path = await opened(ivory, force.CAMERAS[0])
    told = await ivory.post(f"{path}/lines", {"items": [{"item_id": force.DOVER_HANDLE}]})
    assert (told.status_code, told.json()["type"]) == (409, "/problems/not-moved")
    assert told.json()["refusals"][0]["item_id"] == force.DOVER_HANDLE
    for carrier, code in (({"name": "hollis", "pin": "0000"}, 403), ({"name": "ivory", "pin": PIN}, 422)):
        assert (await ivory.post(f"{path}/send", {"counted": 1, "carrier": carrier})).status_code == code
    wrong = await ivory.post(f"{path}/send", {"counted": 2, "carrier": CARRIER})
    assert (wrong.status_code, "carrier counted 2" in wrong.json()["detail"]) == (409, True)
    assert (await ivory.post(f"{path}/cancel", {"reason": "not needed"})).json()["state"] == "CANCELLED"
    assert (await ivory.get("/api/v1/transfers/999999")).status_code == 404


async def test_lists_files_pages_and_papers_show_it(house: House) -> None:
    ivory, manager = await house.sign_in("ivory"), await house.sign_in("manager")
    await opened(ivory)
    path = await opened(ivory, force.CAMERAS[1], reason="=cmd|' /C calc'!A0")
    number = path.rpartition("/")[2]
    first = (await ivory.get("/api/v1/transfers", limit=1)).json()
    assert (str(first["rows"][0]["id"]), first["next"] is not None) == (number, True)
    assert (await ivory.get("/api/v1/transfers", limit=1, cursor=first["next"])).json()["rows"][0]["id"] != int(number)
    assert (await ivory.get("/api/v1/transfers", store_id=force.DOVER)).status_code == 403
    file = await manager.get("/api/v1/transfers/export", recipient="the auditor")
    assert (file.headers["content-type"].split(";")[0], "'=cmd" in file.text) == ("text/csv", True)
    assert house.lines(operation="DISCLOSURE", recipient="the auditor")
    for page, says in ((f"/transfers/{number}", "Pack it at Medway"), (f"/transfers/{number}/manifest", "Manifest"),
                       ("/transfers", "Being listed")):  # fmt: skip
        shown = await ivory.get(page)
        assert (shown.status_code, says in shown.text) == (200, True), page


async def test_the_clock_says_what_is_late_and_then_missing(house: House) -> None:
    ivory = await house.sign_in("ivory")
    path = await opened(ivory, force.CAMERAS[2])
    assert (await ivory.post(f"{path}/send", {"counted": 1, "carrier": CARRIER})).status_code == 200
    house.hand.now_us += 8 * force.HOUR
    job = house.clock.job("transfers")
    assert await house.clock.once(job)
    manager = await house.sign_in("manager")
    kinds = {each["kind"] for each in (await manager.get("/api/v1/alarms")).json()["rows"]}
    assert "TRANSFER_LATE" in kinds
    house.hand.now_us += 12 * force.HOUR
    assert await house.clock.once(job)
    manager = await house.sign_in("manager")
    assert (await manager.get(path)).json()["lines"][0]["word"] == "UNACCOUNTED"
