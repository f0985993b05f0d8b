"""Passages over HTTP: what may be done with an item, the doing by one person or two, and what is said of a refusal."""

from typing import Any

import httpx
import pytest

from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.conftest import PIN, House, Person
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def house(shared_house: House) -> House:
    """The small force; Ivory is also the CED SPOC, Hollis a technician."""

    def empower(tx: Tx) -> None:
        for person_id, capability in ((force.ISSUER, "CED_SPOC"), (force.HOLLIS, "TECHNICIAN")):
            give(tx.conn, tx.ids, CapabilityGrant(person_id, capability, force.MEDWAY, "test"), tx.now_us)

    await shared_house.service.database.awrite(empower)
    return shared_house


def path(item_id: int, act: str = "") -> str:
    return f"/api/v1/items/{item_id}/passages" + (f"/{act}" if act else "")


async def do(
    who: Person, item_id: int, act: str, second: dict[str, str] | None = None, **evidence: Any
) -> httpx.Response:
    return await who.post(path(item_id, act), {"evidence": evidence} | ({"second": second} if second else {}))


async def test_an_item_says_how_it_stands_and_what_this_person_may_do_with_what_evidence(
    house: House,
) -> None:
    ivory = await house.sign_in("ivory")
    answer = (await ivory.get(path(force.HANDLES[0]))).json()
    assert answer["state"] == "AVAILABLE"
    by_act = {each["act"]: each for each in answer["passages"]}
    assert [field["name"] for field in by_act["QUARANTINE"]["evidence"]] == ["reason", "detail"]
    assert by_act["TO_TRAINING"]["second"] == ["TECHNICIAN"]
    assert (by_act["QUARANTINE"]["may"], by_act["SEIZE"]["may"]) == (True, False)
    assert answer["passages"][-1]["may"] is False, "what others may do comes last"
    looks = [line for line in house.lines(operation="CONSULTATION") if "passages" in line["route"]]
    assert looks, "the look is in the log"


async def test_kit_is_quarantined_and_a_refusal_says_what_is_possible_instead(house: House) -> None:
    ivory = await house.sign_in("ivory")
    done = await do(ivory, force.HANDLES[1], "QUARANTINE", reason="DAMAGE", detail="cracked grip")
    assert done.status_code == 200, done.text
    assert (done.json()[0]["before"], done.json()[0]["after"]) == ("AVAILABLE", "QUARANTINED")
    told = await do(ivory, force.HANDLES[1], "ACCEPT", function_test=True)
    assert told.status_code == 409
    assert told.json()["type"] == "/problems/not-possible"
    assert "release from quarantine" in told.json()["detail"]
    assert any(each.get("instead", {}).get("act") == "WITHDRAW" for each in told.json()["refusals"])


async def test_the_second_person_signs_with_their_own_pin_and_is_somebody_else(house: House) -> None:
    ivory, camera = await house.sign_in("ivory"), force.CAMERAS[0]
    asked = {"reason": "for the course", "marked": True}
    alone = await do(ivory, force.HANDLES[2], "TO_TRAINING", **asked)
    assert (alone.status_code, "two people" in alone.json()["detail"]) == (409, True)
    for second, code, field in (
        ({"name": "ivory", "pin": PIN}, 422, "second.name"),
        ({"name": "hollis", "pin": "0000"}, 403, "pin"),
        ({"name": "nobody-here", "pin": PIN}, 403, "pin"),
    ):
        answer = await do(ivory, force.HANDLES[2], "TO_TRAINING", second, **asked)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (code, field)
    done = await do(ivory, force.HANDLES[2], "TO_TRAINING", {"name": "hollis", "pin": PIN}, **asked)
    assert done.json()[0]["after"] == "TRAINING_POOL", done.text
    life = (await ivory.get(f"/api/v1/items/{force.HANDLES[2]}/life")).json()
    passed = next(each for each in life if each["kind"] == "PASSED")
    assert passed["people"]["second_person"]["id"] == force.HOLLIS
    assert (await ivory.get(path(camera))).status_code == 200


async def test_several_items_are_held_at_once_all_or_none(house: House) -> None:
    ivory, (one, two, three) = await house.sign_in("ivory"), force.CARTRIDGES[:3]
    body = {
        "evidence": {"reason": "RECALL", "detail": "maker's notice 7"},
        "also": [{"item_id": two}, {"item_id": three}],
    }
    done = await ivory.post(path(one, "QUARANTINE"), body)
    assert [each["after"] for each in done.json()] == ["QUARANTINED"] * 3
    again = {"evidence": body["evidence"], "also": [{"item_id": one}]}
    refused = await ivory.post(path(force.CARTRIDGES[4], "QUARANTINE"), again)
    assert refused.status_code == 409
    assert (await ivory.get(path(force.CARTRIDGES[4]))).json()["state"] == "IN_STOCK", "none, where not all"


async def test_evidence_that_does_not_fit_names_its_field(house: House) -> None:
    ivory = await house.sign_in("ivory")
    answer = await do(ivory, force.HANDLES[0], "QUARANTINE", reason="BECAUSE", detail="cracked")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "evidence.reason")
    assert "DAMAGE" in answer.json()["errors"][0]["expected"]


async def test_who_has_no_part_in_it_is_refused(house: House) -> None:
    auditor = await house.sign_in("auditor")
    assert (await auditor.get(path(force.HANDLES[0]))).status_code == 200, "an auditor looks"
    assert (await do(auditor, force.HANDLES[0], "QUARANTINE", reason="DAMAGE", detail="xx")).status_code == 403
    ivory = await house.sign_in("ivory")
    assert (await ivory.get(path(99_999_999))).status_code == 404
    assert (await do(ivory, 99_999_999, "QUARANTINE", reason="DAMAGE", detail="xx")).status_code == 404


async def test_items_are_listed_and_exported_by_how_they_stand(house: House) -> None:
    ivory, guard = await house.sign_in("ivory"), force.GUARDS[0]
    assert (await do(ivory, guard, "REPORT_DEFECT", detail="torn packing")).status_code == 200
    listed = await ivory.get("/api/v1/items", state="DAMAGED")
    assert [(row["item_id"], row["state"]) for row in listed.json()["rows"]] == [(guard, "DAMAGED")]
    assert listed.json()["next"] is None
    first = (await ivory.get("/api/v1/items", kind="CED_CARTRIDGE", state="IN_STOCK", limit=2)).json()
    assert ([row["state"] for row in first["rows"]], first["next"] is None) == (["IN_STOCK"] * 2, False)
    later = {"kind": "CED_CARTRIDGE", "state": "IN_STOCK", "limit": 2, "cursor": first["next"]}
    rest = (await ivory.get("/api/v1/items", **later)).json()
    assert not {row["item_id"] for row in rest["rows"]} & {row["item_id"] for row in first["rows"]}
    assert (await ivory.get("/api/v1/items", state="BROKEN")).status_code == 422
    file = await ivory.get(f"/api/v1/stores/{force.MEDWAY}/states.csv", state="DAMAGED")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert [lines[0].split(",")[:5], len(lines)] == [["Serial", "Kind", "Maker", "Model", "State"], 2]
    assert lines[1].startswith(f"{force.serial(guard)},Spit guard,")
    page = await ivory.get(f"/stores/{force.MEDWAY}", kind="SBG", state="DAMAGED")
    assert (page.status_code, force.serial(guard) in page.text, force.serial(force.GUARDS[1]) in page.text) == (
        200, True, False,
    )  # fmt: skip
