"""A hold on an item is no shorter way: what a guarded act ends, nothing else ends."""

import pytest

from inventory.custody.holds import Placing, place_holds
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema import words
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.conftest import House, Person
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
pytestmark = pytest.mark.anyio

BY_ACTS = [reason for reason in words.HOLD_REASONS if reason not in ("RECALL", "RESERVED")]


@pytest.fixture(scope="module")
async def admin(shared_house: House) -> Person:
    """A technician, CED contact and exhibits officer in one, who also stands in for the duty inspector."""

    def empower(tx: Tx) -> None:
        give(tx.conn, tx.ids, CapabilityGrant(123, "DUTY_INSPECTOR", None, "test"), tx.now_us)

    await shared_house.service.database.awrite(empower)
    return await shared_house.sign_in("admin")


async def held(house: House, reason: str, item_id: int | None, lot_id: int | None = None) -> int:
    placing = Placing(reason, "seen at the desk", item_id, lot_id, force.ISSUER, "PSD 4/26")
    placed: list[int] = await house.service.database.awrite(lambda tx: place_holds(tx, [placing]))
    return placed[0]


@pytest.mark.parametrize("reason", BY_ACTS)
async def test_no_capability_lifts_from_an_item_what_an_act_with_evidence_ends(
    shared_house: House, admin: Person, reason: str
) -> None:
    item_id = force.CARTRIDGES[0]
    hold_id = await held(shared_house, reason, item_id)
    answer = await admin.post(f"/api/v1/holds/{hold_id}/lift", {"detail": "looks well", "authority": "PSD 4/26"})
    assert answer.status_code == 403
    assert f"/items/{item_id}/passages" in answer.json()["detail"]


async def test_a_recall_is_lifted_from_an_item_and_a_defect_from_a_lot(shared_house: House, admin: Person) -> None:
    recalled = await held(shared_house, "RECALL", force.CARTRIDGES[1])
    assert (await admin.post(f"/api/v1/holds/{recalled}/lift", {"detail": "notice withdrawn"})).status_code == 204
    faulty = await held(shared_house, "DEFECT", None, force.GUARD_LOT)
    assert (await admin.post(f"/api/v1/holds/{faulty}/lift", {"detail": "opened and well"})).status_code == 204


@pytest.mark.parametrize("reason", [*words.SPENT_FOR_GOOD, "LOST", "STOLEN", "RECOVERED"])
async def test_nobody_spends_kit_for_good_by_a_hold(admin: Person, reason: str) -> None:
    body = {"item_id": force.CARTRIDGES[2], "reason": reason, "detail": "by mistake"}
    answer = await admin.post("/api/v1/holds", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")
