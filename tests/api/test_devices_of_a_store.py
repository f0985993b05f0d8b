"""A store's bridges, devices and firmware, over HTTP: how they are, what to do, and how they stand to the policy."""

from typing import Any

import pytest

from inventory.gate.rule import DeviceTerms
from tests import small_force as force
from tests.api.asks import BOOT, HEARTBEAT, Bridge, bay, camera
from tests.api.conftest import Hand, House, Person

pytestmark = pytest.mark.anyio
OF_MEDWAY = f"/api/v1/stores/{force.MEDWAY}"
CAMERA = force.CAMERAS[0]
SOFTWARE = "kit-bridge 0.7.0.dev0"
HUB = {"type": "device", "device": "hub", "word": "WEDGED", "detail": "No prompt.", "driver": "cambrionix",
       "port": "usb:1-4", "firmware": "1.82", "good": 1204, "garbled": 3, "repeated": 17}  # fmt: skip


@pytest.fixture
async def told(house: House, hand: Hand) -> Person:
    """An issuer at Medway, where a bridge has told of its hub; the policy asks more of such hubs than it runs."""
    asked = {"cambrionix": DeviceTerms("1.83", True, "L", "test"), "kit-bridge": DeviceTerms("0.7", False, "L", "test")}
    house.service.policies.now.devices.update(asked)  # type: ignore[attr-defined]
    bridge = Bridge(await house.bridge("medway-1", "hub"))
    said = {"boot": BOOT, "wall_us": hand.now_us - 1_500_000, "mono_ns": 5, "software": SOFTWARE,
            "devices": [HUB], "spool_waiting": 4, "spool_bytes": 900, "spool_quota_bytes": 9000}  # fmt: skip
    assert (await bridge.client.post(HEARTBEAT, json=said)).status_code == 200
    garbled = {"type": "garbled", "reason": "NO_PROMPT", "detail": "It stopped.", "raw_hex": "AB" * 400}
    docked = bay(1, serial=force.serial(CAMERA), firmware="1.0", charge_percent=100, files_pending=0)
    await bridge.told("obs", (1, garbled), (2, docked), device="hub", observed_at_us=hand.now_us)
    return await house.sign_in("ivory")


async def got(client: Person, path: str, **asked: Any) -> Any:
    """What the service answers, which must be well."""
    answer = await client.get(f"{OF_MEDWAY}{path}", **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_bridge_tells_its_clock_what_waits_and_its_software(told: Person, hand: Hand) -> None:
    (bridge,) = await got(told, "/bridges")
    assert (bridge["heard"], bridge["offset_us"], bridge["spool_waiting"]) == (True, 1_500_000, 4)
    assert (bridge["software"], bridge["software_word"], bridge["spool_quota_bytes"]) == (SOFTWARE, "BELOW", 9000)
    hand.now_us += 120_000_001
    assert [each["heard"] for each in await got(told, "/bridges")] == [False]


async def test_a_device_tells_its_word_its_counts_its_firmware_and_what_to_do(
    told: Person, hand: Hand
) -> None:
    (hub,) = await got(told, "/devices")
    assert (hub["word"], hub["detail"], hub["driver"], hub["port"]) == ("WEDGED", "No prompt.", "cambrionix", "usb:1-4")
    assert (hub["good"], hub["garbled"], hub["repeated"]) == (1204, 3, 17)
    assert (hub["firmware"], hub["firmware_minimum"], hub["firmware_word"]) == ("1.82", "1.83", "BELOW")
    assert "unplug it" in hub["do"]
    hand.now_us += 120_000_001
    assert "bridge is silent" in (await got(told, "/devices"))[0]["do"], "an old word is not believed"


async def test_a_devices_own_page_holds_its_words_and_the_bytes_that_could_not_be_read(told: Person) -> None:
    (hub,) = await got(told, "/devices")
    life = await got(told, "/device", bridge_id=hub["bridge_id"], device="hub")
    assert [each["word"] for each in life["words"]] == ["WEDGED"]
    (garbled,) = life["garbled"]
    assert (garbled["reason"], garbled["size"], garbled["raw_hex"]) == ("NO_PROMPT", 400, "AB" * 256)
    for asked in ({"bridge_id": hub["bridge_id"], "device": "hub2"}, {"bridge_id": 1, "device": "hub"}):
        assert (await told.get(f"{OF_MEDWAY}/device", **asked)).status_code == 404
    assert (await told.get(f"{OF_MEDWAY}/device", device="hub")).status_code == 400


async def test_firmware_is_said_beside_what_the_policy_asks(told: Person) -> None:
    rows = {row["name"]: row for row in await got(told, "/firmware")}
    docked, hub = rows[force.serial(CAMERA)], rows["hub"]
    assert (docked["bearer"], docked["version"], docked["word"]) == ("Body-worn camera", "1.0", "BELOW")
    assert (docked["minimum"], docked["not_ready"], docked["item_id"]) == ("1.20", False, CAMERA)
    assert (hub["version"], hub["minimum"], hub["word"], hub["not_ready"]) == ("1.82", "1.83", "BELOW", True)
    assert (rows["medway-1"]["model"], rows["medway-1"]["version"], rows["medway-1"]["word"]) == (
        "kit-bridge", "0.7.0.dev0", "BELOW",
    )  # fmt: skip


async def test_what_stands_in_an_old_docks_bays_is_not_ready_and_cannot_be_drawn(told: Person) -> None:
    shelf = {row["item_id"]: row for row in await got(told, "/shelf", kind="BWV_CAMERA")}
    assert not shelf[CAMERA]["ready"]
    assert any("its dock runs firmware 1.82; 1.83 is needed." in each for each in shelf[CAMERA]["stops"])
    assert any("runs firmware 1.0; 1.20 is needed." in each for each in shelf[CAMERA]["warnings"])
    refused = await told.post("/api/v1/issues", camera(force.HOLLIS, CAMERA))
    assert "DOCK_FIRMWARE_OLD" in refused.text, (refused.status_code, refused.text)
    assert (await told.post("/api/v1/issues", camera(force.HOLLIS, force.CAMERAS[1]))).status_code == 201


async def test_who_does_not_look_after_a_store_sees_none_of_its_devices(house: House, told: Person) -> None:
    hollis = await house.sign_in("hollis")
    for path in ("/bridges", "/devices", "/device?bridge_id=1&device=hub", "/firmware"):
        assert (await hollis.get(f"{OF_MEDWAY}{path}")).status_code == 403, path


async def test_a_dock_that_only_says_it_is_there_is_told_with_its_bays_and_not_twice(house: House, hand: Hand) -> None:
    bridge, docked = Bridge(await house.bridge("medway-1", "docks")), bay(1, serial=force.serial(CAMERA))
    dock = {"type": "device", "device": docked["dock"], "driver": "kit-dock"}
    await bridge.client.post(HEARTBEAT, json={"boot": BOOT, "wall_us": hand.now_us, "mono_ns": 5})
    await bridge.told("obs", (1, docked), (2, dock | {"word": "OPEN"}), device="docks", observed_at_us=hand.now_us)
    ivory, row = await house.sign_in("ivory"), f"device={docked['dock']}"
    page = f"/stores/{force.MEDWAY}/devices"
    well = (await ivory.get(page)).text
    assert docked["dock"] in well
    assert row not in well
    await bridge.told("obs", (3, dock | {"word": "MISSING"}), device="docks", observed_at_us=hand.now_us)
    assert row in (await ivory.get(page)).text
