"""Spit guards, cameras' readiness and lots in counts over HTTP, with the pages that show them."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.stock import bay
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.conftest import House, Person
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
pytestmark = pytest.mark.anyio
GUARDS = f"/stores/{force.MEDWAY}/guards"


@pytest.fixture(scope="module")
async def house(shared_house: House) -> House:
    """The small force; Ivory is also the store's manager, Hollis a technician."""

    def empower(tx: Tx) -> None:
        for person_id, capability in ((force.ISSUER, "STORE_MANAGER"), (force.HOLLIS, "TECHNICIAN")):
            give(tx.conn, tx.ids, CapabilityGrant(person_id, capability, force.MEDWAY, "test"), tx.now_us)

    await shared_house.service.database.awrite(empower)
    return shared_house


async def draw(who: Person, pieces: int) -> None:
    ask = {
        "person_id": force.HOLLIS, "store_id": force.MEDWAY, "fit_declared": True, "authenticated_by": "FACE",
        "lots": [{"lot_id": force.GUARD_LOT, "quantity": pieces}], "planned_return_us": force.SHIFT_ENDS,
    }  # fmt: skip
    answer = await who.post("/api/v1/issues", ask)
    assert answer.status_code == 201, answer.text


def said(**more: Any) -> dict[str, Any]:
    return {"store_id": force.MEDWAY, "lot_id": force.GUARD_LOT, "person_id": force.HOLLIS} | more


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["field"]


async def test_a_guard_is_used_replaced_and_brought_back_and_the_month_adds_up(house: House) -> None:
    ivory = await house.sign_in("ivory")
    await draw(ivory, 2)
    used = await ivory.post("/api/v1/uses/guards", said(reason="USED", uof_ref="=UOF-1", exhibit_ref="EX/2"))
    assert used.status_code == 200, used.text
    wrong = await ivory.post("/api/v1/uses/guards", said(reason="LOST", exhibit_ref="EX/2"))
    assert problem(wrong) == (422, "exhibit_ref")
    here = (await ivory.get(f"/api/v1{GUARDS}")).json()
    assert (here["lots"][0]["here"], here["lots"][0]["out"]) == (18, 1)
    assert here["carried"][0]["person_id"] == force.HOLLIS
    page = await ivory.get(GUARDS)
    assert "PC Hollis 4417" in page.text
    back = await ivory.post("/api/v1/guards/returned", said())
    assert back.status_code == 200, back.text
    assert problem(await ivory.post("/api/v1/guards/returned", said())) == (422, "quantity")
    months = (await ivory.get(f"/api/v1{GUARDS}/months")).json()
    assert (months[0]["used"], months[0]["references"], months[0]["difference"]) == (1, 1, None)
    counted = {"store_id": force.MEDWAY, "month": months[0]["month"], "number": 3, "source": "=Return 11"}
    assert (await ivory.post("/api/v1/guards/force-counts", counted)).status_code == 200
    assert problem(await ivory.post("/api/v1/guards/force-counts", counted | {"month": "11-2026"})) == (422, "month")
    assert (await ivory.get(f"/api/v1{GUARDS}/months")).json()[0]["difference"] == -2
    written = await ivory.get(f"/api/v1{GUARDS}/months.csv")
    assert "'=Return 11" in written.text
    assert "L77,1,0,0,0,0,0,1,0" in written.text
    assert "Hollis" not in written.text
    page = await ivory.get(GUARDS)
    assert "2 reported and not written down here" in page.text
    lines = [each for each in house.lines(operation="COLLECTION") if each["route"].endswith("/guards/returned")]
    assert lines


async def test_who_may_not_declares_nothing_and_sees_no_other_store(house: House) -> None:
    ivory, hollis = await house.sign_in("ivory"), await house.sign_in("hollis")
    count = {"store_id": force.MEDWAY, "month": "2026-10", "number": 3, "source": "r1"}
    for path, body in (("guards/returned", said()), ("guards/force-counts", count)):
        assert (await hollis.post(f"/api/v1/{path}", body)).status_code == 403
        assert (await ivory.post(f"/api/v1/{path}", body | {"store_id": force.DOVER})).status_code == 403
    for path in ("", "/months", "/months.csv"):
        assert (await ivory.get(f"/api/v1/stores/{force.DOVER}/guards{path}")).status_code == 403
    assert (await ivory.get(f"/stores/{force.DOVER}/guards")).status_code == 403


async def test_a_cameras_readiness_is_one_statement_on_its_page_its_stores_page_and_in_a_file(house: House) -> None:
    ivory = await house.sign_in("ivory")
    camera, worn_out = force.CAMERAS[0], force.CAMERAS[1]

    def seen(tx: Tx) -> None:
        tx.conn.execute(sa.update(bay).values(observed_us=tx.now_us, received_us=tx.now_us))
        bad = {"charge_percent": 20, "clock_offset_ms": 9000}
        tx.conn.execute(sa.update(bay).where(bay.c.item_id == worn_out).values(**bad))

    await house.service.database.awrite(seen)
    good = (await ivory.get(f"/api/v1/items/{camera}/readiness")).json()
    assert good["ready"]
    assert {each["answer"] for each in good["points"]} == {"YES"}
    bad = (await ivory.get(f"/api/v1/items/{worn_out}/readiness")).json()
    assert not bad["ready"]
    assert [each["point"] for each in bad["points"] if each["stops"]] == ["CHARGED", "CLOCK"]
    assert (await ivory.get(f"/api/v1/items/{force.HANDLES[0]}/readiness")).status_code == 404
    page = (await ivory.get(f"/items/{worn_out}")).text
    assert "Charged for the duty" in page
    assert "9.0 s ahead" in page
    shelf = (await ivory.get(f"/stores/{force.MEDWAY}?kind=BWV_CAMERA")).text
    assert "Readiness of cameras" in shelf
    written = (await ivory.get(f"/api/v1/stores/{force.MEDWAY}/cameras.csv")).text
    assert f"{force.serial(worn_out)},BODY 3,no,yes,no,yes,no,yes,yes,yes," in written
    assert (await ivory.get(f"/api/v1/stores/{force.DOVER}/cameras.csv")).status_code == 403


async def test_an_items_page_shows_what_it_was_used_for(house: House) -> None:
    ivory = await house.sign_in("ivory")
    items = (force.HANDLES[0], force.BATTERIES[0], *force.CARTRIDGES[:4])
    ask = {
        "person_id": force.MERCER, "store_id": force.MEDWAY, "fit_declared": True, "authenticated_by": "FACE",
        "items": [{"item_id": each} for each in items], "planned_return_us": force.SHIFT_ENDS,
        "function_tests": [force.HANDLES[0]], "charges": [{"item_id": force.BATTERIES[0], "percent": 90}],
    }  # fmt: skip
    assert (await ivory.post("/api/v1/issues", ask)).status_code == 201
    use = {"store_id": force.MEDWAY, "item": {"item_id": force.HANDLES[0]}, "uses": ["FIRED"], "incident_ref": "CAD 17",
           "cartridges": [{"item_id": force.CARTRIDGES[0]}]}  # fmt: skip
    assert (await ivory.post("/api/v1/uses", use)).status_code == 200
    page = (await ivory.get(f"/items/{force.HANDLES[0]}")).text
    shot = force.serial(force.CARTRIDGES[0])
    for words in ("Fired", "incident CAD 17", shot, "Model&#39;s own form to NLLW", "PC Mercer"):
        assert words in page, words
    assert "with <a" in (await ivory.get(f"/items/{force.CARTRIDGES[0]}")).text, "and the cartridge says with which"
    hollis = await house.sign_in("hollis")
    assert "CAD 17" not in (await hollis.get(f"/items/{force.DOVER_HANDLE}")).text


async def test_a_lot_is_counted_by_quantity_and_settled_and_a_blind_count_tells_nothing(house: House) -> None:
    ivory = await house.sign_in("ivory")
    wish = {"store_id": force.MEDWAY, "sort": "SPOT", "kinds": ["SBG"], "blind": True}
    opened = await ivory.post("/api/v1/counts", wish)
    count_id = opened.json()["id"]
    path = f"/api/v1/counts/{count_id}/lots"
    assert (await ivory.get(path)).json()[0]["quantity"] is None
    page = await ivory.get(f"/counts/{count_id}")
    assert "Pieces here" in page.text
    counted = await ivory.post(path, {"lot_id": force.GUARD_LOT, "quantity": 15, "key": "look-one"})
    assert (counted.json()["quantity"], counted.json()["balance"]) == (15, None)
    assert (await ivory.post(path, {"lot_id": 999, "quantity": 1})).status_code == 404
    assert (await ivory.post(f"/api/v1/counts/{count_id}/close", {})).status_code == 200
    (line,) = (await ivory.get(path)).json()
    assert (line["act"], line["out_by"] < 0) == ("WRITTEN_OFF", True)
    assert "Write off what is short" in (await ivory.get(f"/counts/{count_id}")).text
    ask = {"lot_id": force.GUARD_LOT, "act": "WRITTEN_OFF", "reason": "looked twice, not there"}
    settled = await ivory.post(f"{path}/settle", ask)
    assert settled.json()["settled"] == "WRITTEN_OFF"
    assert (await ivory.post(f"{path}/settle", ask)).status_code == 409
    assert (await ivory.post(path, {"lot_id": force.GUARD_LOT, "quantity": 1})).status_code == 409
    assert "Written off" in (await ivory.get(f"/counts/{count_id}/certificate")).text
    assert "L77,Spit guard," in (await ivory.get(f"{path}.csv")).text
    hollis = await house.sign_in("hollis")
    assert (await hollis.post(f"{path}/settle", ask)).status_code == 403
