"""Observations by MQTT come through the door of HTTPS; nothing else comes through that one at all."""

import asyncio
import itertools
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from api import bridges, strays
from api.batches import Busy
from api.mqtt_ingest import PACKET_MAX, Door, MqttIngest
from api.settings import Mqtt, SettingsError
from devices.wire import DELIVERY_MAX, NO_BOOT, Acknowledged
from firmware_bridge.spool import BATCH_BYTES_MAX
from inventory.schema.custody import alarm, visit
from inventory.schema.oversight import processing_log
from inventory.schema.service import bridge, reading, reading_tide
from inventory.schema.stock import bay as bay_table
from tests import small_force as force
from tests.api.asks import BOOT, Bridge, bay, card_of
from tests.api.conftest import Hand, House, running

pytestmark = pytest.mark.anyio
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop for this module, so that the service starts once."""
    return "asyncio"


@pytest.fixture(scope="module")
async def house(make_sqlite_database: Callable[..., str]) -> AsyncIterator[House]:
    """One service for the whole module; every test has a bridge of its own."""
    url = make_sqlite_database()
    force.build(url)
    async with running(url, Hand()) as house:
        yield house


@dataclass
class Sender:
    """A bridge, by both ways, and what the service has of it."""

    house: House
    name: str
    wire: Bridge
    id: int

    async def says(self, payload: bytes) -> Acknowledged:
        """Publish, and hear what becomes of it."""
        return await Door(self.house.service).answer(self.name, payload)

    def kept(self, *columns: sa.Column[Any]) -> list[tuple[Any, ...]]:
        """Its readings."""
        return self.rows(
            sa.select(*columns).where(reading.c.bridge_id == self.id).order_by(reading.c.received_us)
        )

    def alarms(self, kind: str) -> list[str]:
        """What the open alarms of a kind say of it."""
        said = self.rows(sa.select(alarm.c.detail).where(alarm.c.kind == kind))
        return [detail for (detail,) in said if self.name in detail]

    def rows(self, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """What is in the database."""
        with self.house.service.database.reading() as conn:
            return [tuple(row) for row in conn.execute(query)]


@pytest.fixture
async def sender(house: House) -> Sender:
    """A new bridge of the Medway store, whose scanner stands at the hatch."""
    name = f"medway-{next(NUMBERS)}"
    wire = Bridge(await house.bridge(name))
    with house.service.database.reading() as conn:
        (number,) = conn.execute(sa.select(bridge.c.id).where(bridge.c.name == name)).one()
    return Sender(house, name, wire, number)


def delivery(*numbered: tuple[int, dict[str, Any]], stream: str = "obs", **says: Any) -> bytes:
    """A delivery's JSON, as a bridge writes it."""
    sent = [
        {"seq": seq, "device": "rack", "observed_at_us": force.NOW, "mono_ns": seq, "reading": said} | says
        for seq, said in numbered
    ]
    return msgspec.json.encode({"boot": BOOT, "stream": stream, "sent": sent})


async def test_a_delivery_is_stored_and_acknowledged_by_its_sequence(sender: Sender) -> None:
    said = await sender.says(delivery((1, bay(1)), (2, bay(2))))
    assert said == Acknowledged(boot=BOOT, upto=2, epoch=sender.house.service.epoch, seq=2)
    assert sender.kept(reading.c.seq, reading.c.outcome) == [(1, "STORED"), (2, "STORED")]
    bays = sender.rows(sa.select(bay_table.c.bay).where(bay_table.c.dock == f"{sender.name}/rack"))
    assert sorted(bays) == [(1,), (2,)]


async def test_the_processing_log_names_the_bridge_and_the_way_it_came(sender: Sender) -> None:
    await sender.says(delivery((1, bay(1))))
    columns = (processing_log.c.operation, processing_log.c.actor_kind, processing_log.c.actor_id)
    logged = sender.rows(sa.select(processing_log.c.route, *columns))
    assert ("MQTT kit/v1/{bridge}/obs", "COLLECTION", "BRIDGE", sender.id) in logged


async def test_what_came_by_both_ways_is_there_once(sender: Sender) -> None:
    await sender.says(delivery((1, bay(1)), (2, bay(2))))
    answer = await sender.wire.told("obs", (2, bay(2)), (3, bay(3)))
    said = await sender.says(delivery((2, bay(2)), (3, bay(3)), (4, bay(4))))
    assert (answer["upto"], said.upto) == (3, 4)
    assert [seq for (seq,) in sender.kept(reading.c.seq)] == [1, 2, 3, 4]


async def test_the_same_delivery_in_several_hands_at_once_is_stored_once(sender: Sender) -> None:
    said = await asyncio.gather(*[sender.says(delivery((1, bay(1)), (2, bay(2)))) for _ in range(8)])
    assert {(each.upto, each.code) for each in said} == {(2, 0)}
    assert [seq for (seq,) in sender.kept(reading.c.seq)] == [1, 2]


async def test_a_gap_is_told_as_a_gap(sender: Sender) -> None:
    said = await sender.says(delivery((4, bay(4))))
    assert (said.upto, said.seq, said.code) == (0, 4, 0)


async def test_a_scan_by_mqtt_is_refused_kept_as_evidence_and_never_decided(sender: Sender) -> None:
    said = await sender.says(delivery((1, card_of(force.HOLLIS)), stream="scan", device="scanner"))
    assert (said.code, said.boot, said.seq) == (422, BOOT, 1)
    assert sender.rows(sa.select(visit.c.id)) == []
    ((stream, boot, why),) = sender.kept(reading.c.stream, reading.c.boot, reading.c.set_aside)
    assert (stream, boot) == (strays.STREAM, strays.BOOT), "never under the key of the scan itself"
    assert why.startswith("SCAN_BY_MQTT")
    opened = (await sender.wire.scans(card_of(force.HOLLIS)))[0]
    assert opened["outcome"] == "VISIT_OPENED", "the same scan by HTTPS is decided as if nothing had been"


GARBAGE = [
    b"\x00\xff\x80", b"{", b"null", b"[]", b'"x"', b"{}", b"[" * 100_000, b'{"boot":' * 5000, b"\xed\xa0\x80",
    msgspec.json.encode({"boot": BOOT, "stream": "obs", "sent": []}),
    msgspec.json.encode({"boot": BOOT, "stream": "both", "sent": [{"seq": 3}]}),
    delivery((7, {"type": "code", "text": "X" * 5000})),
    delivery((7, bay(1)), device="a\x00b"), b'{"boot":"' + b"5" * 40_000 + b'"}', os.urandom(40_000),
]  # fmt: skip


async def test_garbage_is_kept_with_its_bytes_once_and_never_blocks(sender: Sender) -> None:
    for payload in GARBAGE * 2:
        said = await sender.says(payload)
        assert (said.code, said.upto) == (400, 0)
        assert len(said.boot) <= 32
        assert len(said.reason) <= 400
    kept = sender.kept(reading.c.stream, reading.c.outcome, reading.c.body)
    assert len(kept) == len(GARBAGE)
    assert {(stream, outcome) for stream, outcome, _ in kept} == {(strays.STREAM, "SET_ASIDE")}
    evidence = {msgspec.json.decode(body)["raw_hex"] for _, _, body in kept}
    assert evidence == {payload[:8192].hex().upper() for payload in GARBAGE}
    assert len(sender.alarms(strays.STRAY_KIND)) == 1, "one alarm, not thirty"
    assert (await sender.says(delivery((1, bay(1))))).upto == 1


async def test_a_refusal_names_its_delivery_so_that_the_bridge_can_look_for_the_one_at_fault(
    sender: Sender,
) -> None:
    said = await sender.says(delivery((6, bay(1)), (7, {"type": "of another version"})))
    assert (said.boot, said.seq, said.code) == (BOOT, 7, 400)
    assert "sent[1].reading" in said.reason
    said = await sender.says(delivery((7, bay(1)), device="line\nfeed"))
    assert (said.boot, said.seq, said.code) == (BOOT, 7, 422)


async def test_a_bridge_fills_no_more_than_its_share_with_garbage(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strays, "KEPT_MAX", 3)
    for number in range(6):
        await sender.says(b"garbage %d" % number)
    assert len(sender.kept(reading.c.seq)) == 3


async def test_a_name_that_is_no_bridge_here_is_refused_and_somebody_told(sender: Sender) -> None:
    for name in ("elsewhere", "medway-1'; --", "", "n" * 64, "a/b"):
        said = await replace(sender, name=name).says(delivery((3, bay(1))))
        assert (said.boot, said.seq, said.code, said.upto) == (BOOT, 3, 403, 0)
    told = sender.rows(sa.select(alarm.c.detail).where(alarm.c.kind == strays.UNKNOWN_KIND))
    assert len(told) == 1
    assert "the bridge elsewhere" in told[0][0]


async def test_a_bridge_whose_keys_are_revoked_is_refused_by_mqtt_too(sender: Sender) -> None:
    assert (await sender.says(delivery((1, bay(1))))).code == 0
    await sender.house.service.database.awrite(
        lambda tx: bridges.revoke_keys(tx, sender.name, but_newest=False)
    )
    sender.house.hand.now_us += 2_000_000
    assert (await sender.says(delivery((2, bay(1))))).code == 403
    assert [seq for (seq,) in sender.kept(reading.c.seq)] == [1]


async def test_an_empty_message_asks_whether_the_service_is_there_and_leaves_no_trace(sender: Sender) -> None:
    said = await sender.says(b"")
    assert said == Acknowledged(boot=NO_BOOT, upto=0, epoch=sender.house.service.epoch)
    tides = sa.select(reading_tide.c.upto).where(reading_tide.c.bridge_id == sender.id)
    assert (sender.kept(reading.c.seq), sender.rows(tides), sender.alarms(strays.STRAY_KIND)) == ([], [], [])


async def test_a_service_that_cannot_write_says_later_and_the_bridge_keeps_what_it_has(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_words: object) -> None:
        raise Busy("the queue is full")

    monkeypatch.setattr("api.mqtt_ingest.take_delivery", busy)
    said = await sender.says(delivery((1, bay(1))))
    assert (said.code, said.seq, said.upto) == (503, 1, 0)


def test_no_delivery_of_a_bridge_is_longer_than_what_the_service_asks_the_broker_to_pass_on() -> None:
    overhead_of_one = 512  # keys, names and clocks of one reading
    assert BATCH_BYTES_MAX + DELIVERY_MAX * overhead_of_one < PACKET_MAX


async def test_a_certificate_that_is_not_there_stops_the_start_and_is_named(house: House) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.pem"):
        MqttIngest(house.service, Mqtt(host="127.0.0.1", ca_file="/nowhere.pem"))


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the service has said of its broker."""
    return [record.said["word"] for record in caplog.records if record.message == "mqtt broker"]  # type: ignore[attr-defined]


async def test_a_service_whose_broker_is_away_works_on_says_so_once_and_stops_in_order(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody, caplog.at_level(logging.WARNING, "kitstore"):
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        ingest = MqttIngest(house.service, Mqtt(host="127.0.0.1", port=nobody.getsockname()[1]))
        ingest._client.reconnect_delay_set(0.01, 0.01)  # type: ignore[arg-type]
        await ingest.start()
        for _ in range(500):
            await asyncio.sleep(0.01)
            if told(caplog):
                break
        await asyncio.sleep(0.05)  # some more attempts
        await ingest.stop()
    assert len(told(caplog)) == 1
    assert "cannot be reached" in told(caplog)[0]
    assert "refused" in told(caplog)[0]
