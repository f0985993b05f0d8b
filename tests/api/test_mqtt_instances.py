"""Two instances share what bridges send by MQTT; one dies, and nothing is lost and nothing is there twice."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.mqtt_ingest import MqttIngest
from api.settings import Mqtt
from devices.readings import BayReported
from firmware_bridge.answers import Answers
from firmware_bridge.by_mqtt import ByMqtt
from firmware_bridge.delivery import Delivery
from firmware_bridge.journal import DAY_S, Journal, JournalLimits
from firmware_bridge.line import Line, Service
from firmware_bridge.scans import Wire
from firmware_bridge.settings import Timing
from firmware_bridge.spool import Observed, Spool
from inventory.schema.service import reading, reading_tide
from tests import small_force as force
from tests.api.conftest import Hand, House, running
from tests.devices.mosquitto import Shipped
from tests.firmware_bridge.hands import Hands, Noted

pytestmark = [pytest.mark.anyio, pytest.mark.mqtt, pytest.mark.faults]

NAMES = ("medway-1", "medway-2", "medway-3")
BURST = 20


class Bridge:
    """A bridge's own spool and patient delivery, by MQTT with its own certificate."""

    def __init__(self, name: str, folder: Path, broker: Shipped) -> None:
        self.hands, self.boot = Hands(), name[-1] * 32
        self.spool = Spool(folder / name / "spool.sqlite", 64 << 20, 7 * DAY_S)
        self._journal = Journal(folder / name / "journal", JournalLimits(), self.hands.now_us)
        timing = Timing(retry_first_s=0.02, retry_cap_s=0.05, post_s=0.5)
        wire = Wire(Line(Service("http://127.0.0.1:9", lambda: "none")), self.boot, self.hands.clock, timing)
        self._courier = ByMqtt(broker.let_in(name), name, wire)
        answers = Answers(self._journal, Noted(), self.hands.clock)
        self._delivery = Delivery(wire, self.spool, answers, self._courier.send)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._delivery.run, args=(self._stop,))
        self._thread.start()

    def observe(self, count: int = BURST) -> None:
        """Keep some bays' words, a commit each, so that they go in several deliveries."""
        for number in range(count):
            row = Observed(
                "docks", self.hands.now_us, self.hands.mono, BayReported(dock="d1", bay=1 + number)
            )
            self.spool.keep(self.boot, [row], self.hands.now_us)
            self._delivery.wake()

    def end(self) -> None:
        """Stop, and leave nothing open."""
        self._stop.set()
        self._courier.cancel()
        self._delivery.wake()
        self._thread.join(20)
        for each in (self._courier, self._journal, self.spool):
            each.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Shipped]:
    """The broker as we ship it."""
    made = Shipped(tmp_path).ready()
    yield made
    made.kill()


@pytest.fixture
def to_broker(broker: Shipped) -> Mqtt:
    """How the service's settings name it."""
    mine = broker.let_in("kitstore")
    return Mqtt(
        host=mine.host,
        port=mine.port,
        ca_file=mine.ca_file,
        cert_file=mine.cert_file,
        cert_key_file=mine.cert_key_file,
    )


@pytest.fixture
async def house(
    make_sqlite_database: Callable[..., str], to_broker: Mqtt, hand: Hand
) -> AsyncIterator[House]:
    """The service with its own connection to the broker, as its settings say, and three bridges."""
    url = make_sqlite_database()
    force.build(url)
    async with running(url, hand, mqtt=to_broker) as house:
        for name in NAMES:
            await house.bridge(name)
        yield house


async def until(what: Callable[[], bool], said: str) -> None:
    """Wait until it is so, and let the service work meanwhile."""
    for _ in range(3000):
        if what():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"never came: {said}")


def kill(instance: MqttIngest) -> None:
    """It is gone from one moment to the next, with all that it had in hand."""
    instance._is_stopping = True
    for task in instance._tasks:
        task.cancel()
    ending = threading.Thread(target=instance._client.loop_stop)
    ending.start()
    line = instance._client.socket()
    if line is not None:
        line.shutdown(socket.SHUT_RDWR)
    ending.join(10)


def stored(house: House, boot: str) -> tuple[list[int], int | None]:
    """What is there of a boot, and up to where it is acknowledged."""
    with house.service.database.reading() as conn:
        seqs = sa.select(reading.c.seq).where(reading.c.boot == boot).order_by(reading.c.seq)
        tide = sa.select(reading_tide.c.upto).where(reading_tide.c.boot == boot)
        return [seq for (seq,) in conn.execute(seqs)], conn.execute(tide).scalar()


async def test_two_instances_share_the_work_and_when_one_dies_the_other_takes_what_it_had(
    house: House, to_broker: Mqtt, broker: Shipped, tmp_path: Path
) -> None:
    second = MqttIngest(house.service, to_broker)
    await second.start()
    made = [Bridge(name, tmp_path, broker) for name in NAMES]
    try:
        sent = 0
        while second.taken < 5 or sent < BURST:
            for each in made:
                await asyncio.to_thread(each.observe, 5)
            sent += 5
            await until(lambda: sum(each.spool.waiting().count for each in made) < 20, "deliveries going on")
        for each in made:
            await asyncio.to_thread(each.observe)
        had = second.taken
        kill(second)
        for each in made:
            await asyncio.to_thread(each.observe)
        await until(lambda: all(each.spool.waiting().count == 0 for each in made), "every spool empty")
        assert second.taken - had <= 32, "the dead take nothing more"
        for each in made:
            seqs, upto = stored(house, each.boot)
            assert seqs == list(range(1, sent + 2 * BURST + 1))
            assert upto == len(seqs)
    finally:
        for each in made:
            await asyncio.to_thread(each.end)
