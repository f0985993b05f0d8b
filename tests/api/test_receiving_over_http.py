"""Kit from suppliers over HTTP: who may do what, two readings of a label, the second one's own PIN, files and pages."""

import base64
from typing import Any

import pytest

from inventory.stock.labels import label_code
from tests import small_force as force
from tests.api.conftest import PIN, House, Person
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
pytestmark = pytest.mark.anyio
SECOND = {"name": "hollis", "pin": PIN}
GS = "\x1d"
LINES = [
    {"kind": "CED_HANDLE", "maker": "Axon", "model": "T7", "quantity": 2},
    {"kind": "CED_CARTRIDGE", "maker": "Axon", "model": "T7", "quantity": 3, "purpose": "LIVE_DUTY"},
    {"kind": "SBG", "maker": "Trojan", "model": "ProGuard", "quantity": 50, "by_lot": True},
]


@pytest.fixture(scope="module")
async def house(shared_house: House) -> House:
    """The small force."""
    return shared_house


class Order:
    """One order of the manager's for Medway, unpacked by Ivory."""

    def __init__(self, ivory: Person, body: dict[str, Any], delivery: dict[str, Any]) -> None:
        self.ivory, self.body, self.number = ivory, body, delivery["id"]
        self.lines = [each["id"] for each in body["lines"]]
        self.path = f"/api/v1/deliveries/{self.number}"

    async def read(self, line: int, *texts: str, **more: Any) -> Any:
        way = more.pop("ways", ("SCAN", "SCAN"))
        symbology = more.pop("symbology", None)
        said = [{"text": text, "way": way[n], "symbology": symbology} for n, text in enumerate(texts)]
        second = {"second": said[1]} if len(said) > 1 else {}
        return await self.ivory.post(
            f"{self.path}/units", {"line_id": self.lines[line], "first": said[0], **second, **more}
        )


async def order(house: House, ref: str) -> Order:
    manager, ivory = await house.sign_in("manager"), await house.sign_in("ivory")
    body = {"order_ref": ref, "supplier": "Axon UK", "funding": "uplift", "store_id": force.MEDWAY, "lines": LINES,
            "ordered_on": "2026-11-01"}  # fmt: skip
    made = await manager.post("/api/v1/purchases", body)
    assert made.status_code == 201, made.text
    come = await ivory.post(f"/api/v1/purchases/{made.json()['id']}/deliveries", {"note_ref": "DN-1"})
    assert come.status_code == 201, come.text
    return Order(ivory, made.json(), come.json())


async def test_a_delivery_is_read_twice_tagged_and_signed_for_by_two(house: House) -> None:
    of = await order(house, "po-1")
    once = (await of.read(0, "x8100")).json()
    assert (once["unit"], once["value"], once["bars"]) == (None, "X8100", [])
    differ = await of.read(0, "X8100", "X81OO", ways=("SCAN", "TYPED"))
    assert (differ.status_code, differ.json()["type"]) == (409, "/problems/not-received")
    assert "says X8100, the second X81OO" in differ.json()["detail"]
    unit = (await of.read(0, "X8100", " x8100", ways=("SCAN", "TYPED"))).json()["unit"]
    assert (unit["code"], unit["ways"]) == (label_code(unit["id"]), ["SCAN", "TYPED"])
    metal = await of.ivory.post(
        f"{of.path}/units/{unit['id']}/marks", {"text": unit["code"], "material": "METAL"}
    )
    assert (metal.status_code, "no metal identity tags" in metal.json()["detail"]) == (409, True)
    tagged = await of.ivory.post(f"{of.path}/units/{unit['id']}/marks", {"text": unit["code"]})
    assert tagged.json()["units"][0]["marks"][0]["value"] == unit["code"]
    gs1 = f"01095060001343521728053110LOT7{GS}21C8101"
    cartridge = (await of.read(1, gs1, gs1, symbology="]d2")).json()["unit"]
    assert (cartridge["serial"], cartridge["lot"], cartridge["expires_on"]) == ("C8101", "LOT7", "2028-05-31")
    await of.read(2, "SG9", "SG9", quantity=40)
    for second, code in (({"name": "hollis", "pin": "0000"}, 403), ({"name": "ivory", "pin": PIN}, 422)):
        wrong = await of.ivory.post(f"{of.path}/sign", {"counted": 42, "second": second})
        assert wrong.status_code == code
    assert (await of.ivory.post(f"{of.path}/sign", {"counted": 41, "second": SECOND})).status_code == 409
    signed = await of.ivory.post(f"{of.path}/sign", {"counted": 42, "second": SECOND})
    assert (signed.status_code, signed.json()["pieces"], signed.json()["received"]) == (200, 0, 42), (
        signed.text
    )
    shown = (await of.ivory.get(f"/api/v1/items/{unit['id']}")).json()
    assert (shown["item"]["serial"], [each["reason"] for each in shown["holds"]]) == (
        "X8100",
        ["NOT_ACCEPTED"],
    )
    signing = [each for each in house.lines(operation="ALTERATION") if each["route"].endswith("/sign")]
    assert signing, "who signed is in the processing log"
    page = await of.ivory.get(f"/receiving/{of.body['id']}")
    assert (page.status_code, "1 of 2 here" in page.text) == (200, True)


async def test_the_suppliers_list_is_beside_it_and_what_is_short_is_told(house: House) -> None:
    of = await order(house, "po-2")
    file = b"Serial Number,Type,Batch,Expiry\nX8200,TASER,,\nC8201,cartridge,B1,31/05/2029\nX8209,camera,,\n"
    body = {"file_name": "asn.csv", "content": base64.b64encode(file).decode()}
    taken = (await of.ivory.post(f"{of.path}/list", body)).json()
    assert (taken["listed"], taken["refused"], taken["bad"][0]["line"]) == (2, 1, 4)
    assert (await of.ivory.post(f"{of.path}/list", body)).json()["before"] == 2
    unlisted = await of.read(0, "X8201", "X8201")
    assert unlisted.json()["refusals"][0]["word"] == "UNLISTED"
    told = (await of.read(0, "X8201", "X8201", why="it lay in the box")).json()["unit"]
    assert told["told"] == ["UNLISTED"]
    dropped = await of.ivory.post(f"{of.path}/units/{told['id']}/remove")
    assert dropped.json()["units"] == []
    assert (await of.ivory.post(f"{of.path}/units/{told['id']}/remove")).status_code == 404
    cartridge = (await of.read(1, "C8201", "C8201")).json()["unit"]
    assert (cartridge["lot"], cartridge["expires_on"]) == ("B1", "2029-05-31")
    await of.ivory.post(f"{of.path}/sign", {"counted": 1, "second": SECOND})
    file = await of.ivory.get(f"{of.path}/export", recipient="the auditor")
    assert "C8201" in file.text
    assert "X8200,,,0,,,,no,LISTED_NOT_SEEN" in file.text
    assert house.lines(operation="DISCLOSURE", recipient="the auditor")
    assert (await of.ivory.post(f"{of.path}/end", {})).status_code == 409
    ended = await of.ivory.post(f"{of.path}/end", {"reason": "the second box did not come"})
    assert (ended.json()["state"], ended.json()["not_seen"][0]["serial"]) == ("ENDED", "X8200")
    manager = await house.sign_in("manager")
    kinds = {each["kind"]: each["detail"] for each in (await manager.get("/api/v1/alarms")).json()["rows"]}
    assert "X8200" in kinds["DELIVERY_SHORT"]


async def test_each_answers_for_their_own_store_and_capability(house: House) -> None:
    of = await order(house, "po-3")
    manager, hollis = await house.sign_in("manager"), await house.sign_in("hollis")
    body = {"order_ref": "po-4", "supplier": "x", "funding": "x", "store_id": force.DOVER, "lines": LINES}
    assert (await of.ivory.post("/api/v1/purchases", body)).status_code == 403, "who unpacks does not order"
    for path in ("/api/v1/purchases", of.path, f"/api/v1/purchases/{of.body['id']}", "/receiving"):
        assert (await hollis.get(path)).status_code == 403, path
    assert (await of.ivory.get("/api/v1/purchases", store_id=force.DOVER)).status_code == 403
    elsewhere = (await manager.post("/api/v1/purchases", body)).json()
    assert (await of.ivory.get(f"/api/v1/purchases/{elsewhere['id']}")).status_code == 404
    other = await of.ivory.post(f"/api/v1/purchases/{elsewhere['id']}/deliveries", {"note_ref": "DN-1"})
    assert other.status_code == 403
    for path in ("/api/v1/purchases/999999", "/api/v1/deliveries/999999", "/receiving/deliveries/999999"):
        assert (await manager.get(path)).status_code == 404
    line = f"/api/v1/purchases/{of.body['id']}/lines/{of.lines[1]}/end"
    ended = await manager.post(line, {"reason": "cancelled"})
    assert (
        ended.json()["lines"][1]["word"],
        (await manager.post(line, {"reason": "again"})).status_code,
    ) == ("ENDED", 409)
    bad = await manager.post(
        "/api/v1/purchases", body | {"order_ref": "po-5", "lines": [LINES[1] | {"purpose": None}]}
    )
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "lines[0].purpose")


async def test_lists_pages_and_labels_show_it(house: House) -> None:
    of = await order(house, "po-6")
    ivory = of.ivory
    assert (await ivory.get("/api/v1/labels", delivery_id=of.number)).status_code == 404, (
        "nothing is read yet"
    )
    unit = (await of.read(0, "X8600", "X8600")).json()["unit"]
    first = (await ivory.get("/api/v1/purchases", limit=1)).json()
    assert (first["rows"][0]["order_ref"], first["next"] is not None) == ("PO-6", True)
    assert (await ivory.get("/api/v1/purchases", limit=1, cursor=first["next"])).json()["rows"][0][
        "id"
    ] < of.body["id"]
    assert "PO-6,Axon UK,uplift,Medway" in (await ivory.get("/api/v1/purchases/export")).text
    for page, says in (("/receiving", "PO-6"), (f"/receiving/{of.body['id']}", "Unpack a delivery"),
                       (f"/receiving/deliveries/{of.number}", "Scan the label with the serial"),
                       (f"/items/{force.HANDLES[0]}/codes", label_code(force.HANDLES[0]))):  # fmt: skip
        shown = await ivory.get(page)
        assert (shown.status_code, says in shown.text) == (200, True), page
    sheet = await ivory.get("/api/v1/labels", delivery_id=of.number, start=3, symbol="CODE_128")
    assert (sheet.headers["content-type"], sheet.content[:5]) == ("application/pdf", b"%PDF-")
    sent = await ivory.get(
        "/api/v1/labels", items=f"{force.HANDLES[0]},{force.HANDLES[1]}", form="zpl", dpi=300
    )
    assert (sent.text.count("^XA"), f"^FD{label_code(force.HANDLES[1])}^FS" in sent.text) == (2, True)
    assert unit["code"] in (await ivory.get("/api/v1/labels", delivery_id=of.number, form="zpl")).text
    for wrong in (
        {},
        {"items": "1", "delivery_id": of.number},
        {"items": "1;2"},
        {"items": "201", "sheet": "A4"},
    ):
        assert (await ivory.get("/api/v1/labels", **wrong)).status_code == 422, wrong
    assert (await ivory.get("/api/v1/labels", items="999999")).status_code == 404


async def test_a_tag_is_bound_by_scanning_it_after_its_item_and_ended_again(house: House) -> None:
    ivory = await house.sign_in("ivory")
    path = f"/api/v1/items/{force.HANDLES[2]}/marks"
    code = label_code(force.HANDLES[2])
    assert (await ivory.post(path, {"text": code})).json()["codes"][0]["value"] == code
    epc = {"text": "3476451fd40000000000162e"}
    assert "clearance" in (await ivory.post(path, epc)).json()["detail"]
    bound = (await ivory.post(path, epc | {"place": "HOLSTER"})).json()["codes"]
    assert [(each["technology"], each["value"]) for each in bound] == [
        ("LABEL", code), ("EPC", "3476451FD40000000000162E"),
    ]  # fmt: skip
    assert (await ivory.get("/api/v1/search", q=code)).json()["exact_items"][0]["item_id"] == force.HANDLES[2]
    ended = await ivory.post(f"{path}/{bound[0]['id']}/end", {"reason": "REPLACED"})
    assert [each["technology"] for each in ended.json()["codes"]] == ["EPC"]
    assert (await ivory.post(f"{path}/{bound[0]['id']}/end", {"reason": "REPLACED"})).status_code == 404
    assert (await ivory.post(f"/api/v1/items/{force.DOVER_HANDLE}/marks", {"text": "T1"})).status_code == 403
    assert (await ivory.get("/api/v1/items/999999/marks")).status_code == 404
