"""A sweep of tags says where each was last seen: it moves nothing, guesses nothing and follows nobody."""

from typing import Any

import pytest
import sqlalchemy as sa

from api import bridges
from inventory.people.credentials import Bind, bind, unbind
from inventory.schema.custody import alarm, custody, ledger, visit
from inventory.schema.service import reading
from inventory.schema.stock import sighting
from tests import small_force as force
from tests.api.asks import BOOT, Bridge, camera
from tests.api.conftest import Hand, House

pytestmark = pytest.mark.anyio
CAMERA, HANDLE = force.CAMERAS[0], force.HANDLES[0]
EPC = "3034257BF7194E4000001A85"
TID = "E28011606000020A1B2C3D4E"
STRANGER = "30395DFA83E9D8C0000004D2"
DAY_US = 86_400_000_000


def tag(epc: str = EPC, **says: Any) -> dict[str, Any]:
    """One tag of a sweep."""
    return {"epc": epc} | says


def sweep(*tags: dict[str, Any]) -> dict[str, Any]:
    """A tag reader's reading."""
    return {"type": "tags", "tags": list(tags)}


@pytest.fixture
async def bridged(house: House) -> Bridge:
    """The Medway bridge, whose reader "tray" stands on the shelf."""
    bridge = Bridge(await house.bridge("medway-1", "scanner", "tray"))
    await house.service.database.awrite(lambda tx: bridges.bind_station(tx, "medway-1", "tray", force.SHELF))
    await bridge.beats()
    return bridge


async def bound(house: House, technology: str, value: str, **target: int) -> None:
    """Bind a tag to an item, or to a person."""
    await house.service.database.awrite(
        lambda tx: bind(tx.conn, tx.ids, Bind(technology, value, **target), tx.now_us)
    )


def rows(house: House, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
    """What is in the database."""
    with house.service.database.reading() as conn:
        return [tuple(row) for row in conn.execute(query)]


async def seen(house: House, item_id: int) -> dict[str, Any] | None:
    """Where an item says its tag was last seen."""
    ivory = await house.sign_in("ivory")
    answer = await ivory.get(f"/api/v1/items/{item_id}")
    assert answer.status_code == 200
    return dict(answer.json()["seen"]) if answer.json()["seen"] else None


async def test_an_items_tag_says_where_it_was_last_seen_and_how(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    await bound(house, "EPC", EPC, item_id=CAMERA)
    assert await seen(house, CAMERA) is None
    read = tag(rssi_dbm=-48.5, antenna=1, antennas=[2, 1], reads=7)
    await bridged.told("obs", (1, sweep(read)), device="tray", observed_at_us=hand.now_us)
    assert await seen(house, CAMERA) == {
        "tag": EPC, "store_id": force.MEDWAY, "store": "Medway", "place": "Medway shelf", "device": "medway-1/tray",
        "antenna": 1, "antennas": "2,1", "rssi_dbm": -48.5, "reads": 7, "seen_us": hand.now_us,
    }  # fmt: skip
    ivory = await house.sign_in("ivory")
    page = (await ivory.get(f"/items/{CAMERA}")).text
    assert "Tag last seen" in page
    assert "antennas 2, then 1" in page


async def test_a_newer_sweep_replaces_an_older_one_and_a_late_one_changes_nothing(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    await bound(house, "TID", TID, item_id=CAMERA)
    for seq, (at_us, device) in enumerate([(10, "tray"), (30, "scanner"), (20, "tray")], start=1):
        await bridged.told(
            "obs", (seq, sweep(tag(tid=TID))), device=device, observed_at_us=hand.now_us + at_us
        )
    last = await seen(house, CAMERA)
    assert last is not None
    assert (last["device"], last["seen_us"]) == ("medway-1/scanner", hand.now_us + 30)
    assert rows(house, sa.select(sighting.c.tag)) == [(f"{EPC}/{TID}",)]


async def test_a_sweep_moves_nothing_not_even_back(house: House, bridged: Bridge) -> None:
    await bound(house, "EPC", EPC, item_id=CAMERA)
    ivory = await house.sign_in("ivory")
    assert (await ivory.post("/api/v1/issues", camera(force.HOLLIS))).status_code == 201
    before = rows(house, sa.select(ledger.c.id))
    await bridged.told("obs", (1, sweep(tag(), tag(STRANGER))), device="tray")
    now = sa.select(custody.c.holder, custody.c.holder_id).where(
        custody.c.item_id == CAMERA, custody.c.closed_entry.is_(None)
    )
    assert rows(house, now) == [("PERSON", force.HOLLIS)]
    assert rows(house, sa.select(ledger.c.id)) == before
    assert rows(house, sa.select(visit.c.id)) == rows(house, sa.select(alarm.c.id)) == []
    assert (await seen(house, CAMERA) or {})["place"] == "Medway shelf"


async def test_a_tag_that_nothing_is_bound_to_is_kept_as_seen_and_is_nobodys(
    house: House, bridged: Bridge
) -> None:
    await bridged.told("obs", (1, sweep(tag(STRANGER, antenna=3))), device="tray")
    columns = (
        sighting.c.tag,
        sighting.c.item_id,
        sighting.c.matches,
        sighting.c.antenna,
        sighting.c.reading_key,
    )
    assert rows(house, sa.select(*columns))[0][:4] == (STRANGER, None, 0, 3)
    kept = rows(house, sa.select(reading.c.body, reading.c.outcome))
    assert STRANGER in kept[0][0]
    assert kept[0][1] == "STORED"


async def test_a_store_lists_the_tags_that_are_not_one_known_items(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    await bound(house, "EPC", EPC, item_id=CAMERA)
    read = tag(STRANGER, rssi_dbm=-61.0, reads=3)
    await bridged.told("obs", (1, sweep(tag(), read)), device="tray", observed_at_us=hand.now_us)
    await bridged.told("obs", (2, sweep(tag("AA" * 12))), device="scanner", observed_at_us=hand.now_us + 1)
    ivory = await house.sign_in("ivory")
    path = f"/api/v1/stores/{force.MEDWAY}/strange-tags"
    listed = (await ivory.get(path)).json()
    assert [row["tag"] for row in listed] == ["AA" * 12, STRANGER]
    assert listed[1] == {
        "tag": STRANGER, "matches": 0, "place": "Medway shelf", "device": "medway-1/tray", "antenna": None,
        "rssi_dbm": -61.0, "reads": 3, "seen_us": hand.now_us,
    }  # fmt: skip
    assert len((await ivory.get(path, limit=1)).json()) == 1
    assert (await house.browser().get(path)).status_code == 401


async def test_a_serial_that_an_epc_happens_to_hold_is_not_taken_for_an_items(
    house: House, bridged: Bridge
) -> None:
    """SGTIN+ with the serial of a CED: whose number it is, only a binding says."""
    serial = force.serial(HANDLE)
    spelled = "".join(f"{ord(character):07b}" for character in serial)
    bits = f"{0xF7379521141123453:068b}" + f"100{len(serial):05b}" + spelled
    padded = bits.ljust(-(-len(bits) // 16) * 16, "0")
    epc = f"{int(padded, 2):0{len(padded) // 4}X}"
    await bound(house, "SERIAL", serial, item_id=HANDLE)
    await bridged.told("obs", (1, sweep(tag(epc))), device="tray")
    assert rows(house, sa.select(sighting.c.item_id, sighting.c.matches)) == [(None, 0)]
    await bound(house, "SGTIN", f"79521141123453{serial}", item_id=HANDLE)
    await bridged.told("obs", (2, sweep(tag(epc))), device="tray", observed_at_us=force.NOW + 1)
    assert rows(house, sa.select(sighting.c.item_id, sighting.c.matches)) == [(HANDLE, 1)]


async def test_a_tag_on_two_things_is_on_neither(house: House, bridged: Bridge) -> None:
    await bound(house, "EPC", EPC, item_id=CAMERA)
    await bound(house, "TID", TID, item_id=HANDLE)
    await bridged.told("obs", (1, sweep(tag(tid=TID))), device="tray")
    assert rows(house, sa.select(sighting.c.item_id, sighting.c.matches)) == [(None, 2)]


async def test_a_tag_taken_off_an_item_is_a_strangers_again(house: House, bridged: Bridge) -> None:
    await bound(house, "EPC", EPC, item_id=CAMERA)
    await house.service.database.awrite(lambda tx: unbind(tx.conn, "EPC", EPC, "REPLACED", tx.now_us))
    await bridged.told("obs", (1, sweep(tag())), device="tray")
    assert rows(house, sa.select(sighting.c.item_id, sighting.c.matches)) == [(None, 0)]


async def test_a_persons_tag_is_not_followed(house: House, bridged: Bridge) -> None:
    await bridged.told("obs", (1, sweep(tag())), device="tray")
    assert len(rows(house, sa.select(sighting.c.tag))) == 1
    await bound(house, "EPC", EPC, person_id=force.HOLLIS)
    await bridged.told("obs", (2, sweep(tag())), device="tray", observed_at_us=force.NOW + 1)
    assert rows(house, sa.select(sighting.c.tag)) == [], "and what was seen of it before is forgotten"


async def test_a_tray_of_200_is_one_reading_however_often_it_is_delivered(
    house: House, bridged: Bridge
) -> None:
    tags = [tag(f"3034257BF7194E4000{n:06X}") for n in range(200)]
    for _ in range(2):
        assert (await bridged.told("obs", (1, sweep(*tags))))["upto"] == 1
    assert rows(house, sa.select(sa.func.count()).select_from(reading)) == [(1,)]
    assert rows(house, sa.select(sa.func.count()).select_from(sighting)) == [(200,)]


async def test_strangers_tags_are_forgotten_after_90_days_and_the_kits_are_not(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    await bound(house, "EPC", EPC, item_id=CAMERA)
    await bridged.told("obs", (1, sweep(tag(), tag(STRANGER))), device="tray", observed_at_us=hand.now_us)
    hand.now_us += 90 * DAY_US
    assert await house.clock.once(house.clock.job("housekeeping"))
    assert len(rows(house, sa.select(sighting.c.tag))) == 2
    hand.now_us += 1
    assert await house.clock.once(house.clock.job("housekeeping"))
    assert rows(house, sa.select(sighting.c.tag)) == [(EPC,)]


async def test_a_sweep_is_dated_by_our_clock_not_the_bridges(
    house: House, bridged: Bridge, hand: Hand
) -> None:
    await bound(house, "EPC", EPC, item_id=CAMERA)
    body = {"boot": BOOT, "wall_us": hand.now_us - 1_500_000, "mono_ns": 5}
    assert (await bridged.client.post("/api/v1/bridge/heartbeat", json=body)).status_code == 200
    await bridged.told("obs", (1, sweep(tag())), device="tray", observed_at_us=hand.now_us - 1_500_000)
    assert (await seen(house, CAMERA) or {})["seen_us"] == hand.now_us
