"""What devices say of themselves is kept: each word they changed to, and each firmware from when to when."""

from typing import Any

import pytest
import sqlalchemy as sa

from inventory.schema.service import device_state, device_word, reading
from inventory.schema.stock import firmware_seen
from inventory.stock.firmware import seen_in
from tests import small_force as force
from tests.api.asks import BOOT, HEARTBEAT, Bridge, bay
from tests.api.conftest import Hand, House

pytestmark = pytest.mark.anyio
HOUR_US = 3_600_000_000
CAMERA = force.CAMERAS[0]


@pytest.fixture
async def bridged(house: House) -> Bridge:
    """A bridge with one scanner."""
    return Bridge(await house.bridge())


async def beats(at: Bridge, hand: Hand, firmware: str | None = None, word: str = "OPEN", software: str = "") -> None:
    """A heartbeat with the one device in it."""
    device = {"type": "device", "device": "hub", "driver": "cambrionix", "word": word}
    device |= {"firmware": firmware} if firmware is not None else {}
    said = {"boot": BOOT, "wall_us": hand.now_us, "mono_ns": 5, "software": software, "devices": [device]}
    assert (await at.client.post(HEARTBEAT, json=said)).status_code == 200


def rows(house: House, *columns: sa.ColumnElement[Any]) -> list[tuple[Any, ...]]:
    """These columns of their table, oldest row first."""
    with house.service.database.reading() as conn:
        return [tuple(row) for row in conn.execute(sa.select(*columns).order_by(sa.text("id")))]


def versions(house: House, *more: sa.ColumnElement[Any]) -> list[tuple[Any, ...]]:
    """The versions seen, oldest first."""
    return rows(house, firmware_seen.c.version, *more)


async def test_a_version_is_one_row_while_it_lasts_and_is_written_again_once_an_hour(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    began_us = hand.now_us
    for _ in range(6):
        await beats(bridged, hand, "1.83")
        hand.now_us += HOUR_US // 4
        last = (firmware_seen.c.first_us, firmware_seen.c.last_us)
        assert versions(house, *last)[0][:2] == ("1.83", began_us)
    assert versions(house, *last) == [("1.83", began_us, began_us + HOUR_US)], "at the hour, not at each heartbeat"
    await beats(bridged, hand)
    await beats(bridged, hand, "")
    assert len(versions(house)) == 1, "silence is no version"


async def test_a_downgrade_is_there_to_be_seen(house: House, bridged: Bridge, hand: Hand) -> None:
    for version in ("1.9", "1.10", "1.9"):
        await beats(bridged, hand, version, software="0.7")
        hand.now_us += HOUR_US
    with house.service.database.reading() as conn:
        found = seen_in(conn, force.MEDWAY)
    hub = [(each.version, each.before, each.is_downgrade, each.is_now) for each in found if each.subject == "DEVICE"]
    assert hub == [("1.9", "1.10", True, True), ("1.10", "1.9", False, False), ("1.9", None, False, False)]
    assert [(each.name, each.model, each.version) for each in found if each.subject == "BRIDGE"] == [
        ("medway-1", "kit-bridge", "0.7")
    ]


async def test_what_stands_in_a_bay_has_its_firmware_kept_and_a_serial_nobody_knows_too(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    await bridged.beats(hand.now_us)
    told = [bay(1, serial=force.serial(CAMERA), firmware="1.24.3"), bay(2, serial="zz1", firmware="9"), bay(3),
            bay(4, serial="ZZ2"), bay(5, serial="ZZ3", present=False, firmware="1")]  # fmt: skip
    await bridged.told("obs", *enumerate(told, 1))
    kept = versions(house, firmware_seen.c.subject, firmware_seen.c.item_id, firmware_seen.c.name)
    assert kept == [("1.24.3", "ITEM", CAMERA, force.serial(CAMERA)), ("9", "SERIAL", None, "ZZ1")]


async def test_what_a_bridge_sends_again_of_last_week_is_no_news(house: House, bridged: Bridge, hand: Hand) -> None:
    await beats(bridged, hand, "1.10")
    hand.now_us += HOUR_US
    await beats(bridged, hand, "1.10", word="WEDGED")
    old = {"type": "device", "device": "hub", "driver": "cambrionix", "word": "MISSING", "firmware": "1.9"}
    await bridged.told("obs", (1, old), observed_at_us=hand.now_us - 150 * HOUR_US)
    assert versions(house) == [("1.10",)]
    assert rows(house, device_word.c.word) == [("OPEN",), ("WEDGED",)]
    with house.service.database.reading() as conn:
        now = conn.execute(sa.select(device_state.c.word, device_state.c.firmware)).one()
    assert tuple(now) == ("WEDGED", "1.10")


async def test_an_older_version_sent_again_is_no_downgrade_though_the_word_is_the_same(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    await beats(bridged, hand, "1.9")
    hand.now_us += 2 * HOUR_US
    await beats(bridged, hand, "1.10")
    old = {"type": "device", "device": "hub", "driver": "cambrionix", "word": "OPEN", "firmware": "1.9"}
    await bridged.told("obs", (1, old), observed_at_us=hand.now_us - HOUR_US)
    assert versions(house) == [("1.9",), ("1.10",)]


async def test_each_change_of_a_word_is_kept_once(house: House, bridged: Bridge, hand: Hand) -> None:
    for word in ("OPEN", "OPEN", "MISSING", "OPEN", "OPEN"):
        hand.now_us += 1
        await beats(bridged, hand, word=word)
    began_us = hand.now_us - 4
    assert rows(house, device_word.c.word, device_word.c.at_us) == [
        ("OPEN", began_us), ("MISSING", began_us + 2), ("OPEN", began_us + 3),
    ]  # fmt: skip


async def test_what_was_garbled_can_be_found_by_its_device_with_the_bytes(house: House, bridged: Bridge) -> None:
    garbled = {"type": "garbled", "reason": "CHECKSUM", "raw_hex": "02FF03"}
    await bridged.told("obs", (1, garbled), (2, bay(1)))
    (scan,) = await bridged.scans(garbled)
    assert scan["outcome"] == "GARBLED"
    with house.service.database.reading() as conn:
        kept = conn.execute(sa.select(reading.c.stream, reading.c.body).where(reading.c.outcome == "GARBLED")).all()
    assert sorted(row.stream for row in kept) == ["obs", "scan"]
    assert all("02FF03" in row.body for row in kept)
