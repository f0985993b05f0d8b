"""Observations by MQTT: every one once and in order, and nothing leaves the spool on a broker's word."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from devices.readings import BayReported, Garbled
from devices.transports.mqtt import Broker, Message, MqttVoice
from devices.wire import ACK_TOPIC, Acknowledged, Delivery, decode_delivery, encode
from firmware_bridge.answers import Answers
from firmware_bridge.by_mqtt import ByMqtt
from firmware_bridge.delivery import UNSENDABLE
from firmware_bridge.delivery import Delivery as Patient
from firmware_bridge.errors import LinkDown
from firmware_bridge.journal import DAY_S, Journal, JournalLimits
from firmware_bridge.line import Line, Service
from firmware_bridge.scans import Wire
from firmware_bridge.settings import Timing
from firmware_bridge.spool import Observed, Spool
from tests.devices.mosquitto import Mosquitto
from tests.devices.transports.raw_broker import RawBroker
from tests.devices.transports.test_mqtt_packets import WIRE, well_5
from tests.firmware_bridge.bridge_process import TIMING, BridgeFolder, until
from tests.firmware_bridge.hands import BOOT, Hands, Noted
from tests.firmware_bridge.stub_service import StubService

pytestmark = pytest.mark.mqtt

QUICK = Timing(retry_first_s=0.02, retry_cap_s=0.05, post_s=0.4)
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker that lets anyone in."""
    broker = Mosquitto(tmp_path_factory.mktemp("broker")).start()
    yield broker
    broker.kill()


@pytest.fixture(autouse=True)
def long_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service takes a whole delivery; a bridge's own ear cuts what docks say far shorter."""
    monkeypatch.setattr("devices.transports.mqtt.PAYLOAD_MAX", 4 << 20)


@dataclass
class Ear:
    """The service's end of one bridge's topics: it stores as the stub does, and answers as it is told to."""

    voice: MqttVoice
    bridge: str
    store: StubService = field(default_factory=StubService)
    heard: list[Delivery] = field(default_factory=list)
    answers: Callable[[Delivery], Acknowledged | None] | None = None

    def listen(self) -> "Ear":
        """Begin."""
        self.voice.hear([f"kit/v1/{self.bridge}/obs"], self._heard)
        self.voice.start()
        assert self.voice.connected(10)
        return self

    def well(self, delivery: Delivery) -> Acknowledged:
        """Store it, and say so."""
        accepted = self.store.take(delivery)
        seq = delivery.sent[-1].seq
        return Acknowledged(boot=delivery.boot, upto=accepted.upto, epoch=accepted.epoch, seq=seq)

    def says(self, said: Acknowledged, *, retain: bool = False) -> None:
        """Publish an answer."""
        self.voice.say(Message(ACK_TOPIC.format(bridge=self.bridge), encode(said), retain))

    def sequences(self) -> list[int]:
        """What is stored, in the order in which it first came."""
        return [sent.seq for sent in self.store.observations()]

    def _heard(self, _topic: str, payload: bytes) -> None:
        delivery = decode_delivery(payload)
        self.heard.append(delivery)
        said = (self.answers or self.well)(delivery)
        if said is not None:
            self.says(said)


@dataclass
class Scene:
    """A bridge's patient delivery by MQTT, running."""

    spool: Spool
    delivery: Patient
    courier: ByMqtt
    hands: Hands

    def observe(self, count: int) -> None:
        """Keep some bays' words, and say that they wait."""
        rows = [
            Observed("docks", self.hands.now_us, self.hands.mono, BayReported(dock="d1", bay=1 + n % 900))
            for n in range(count)
        ]
        self.spool.keep(BOOT, rows, self.hands.now_us)
        self.delivery.wake()

    def all_acknowledged(self) -> None:
        """Wait until nothing waits."""
        until(lambda: self.spool.waiting().count == 0, "the spool to be empty")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Makes a running delivery to a broker, and ends it."""
    ends: list[Callable[[], None]] = []

    def made(broker: Broker, bridge: str, timing: Timing = QUICK) -> Scene:
        hands = Hands()
        journal = Journal(tmp_path / "journal", JournalLimits(), hands.now_us)
        spool = Spool(tmp_path / "spool.sqlite", 64 << 20, 7 * DAY_S)
        wire = Wire(Line(Service("http://127.0.0.1:9", lambda: "key")), BOOT, hands.clock, timing)
        courier = ByMqtt(broker, bridge, wire)
        delivery = Patient(wire, spool, Answers(journal, Noted(), hands.clock), courier.send)
        stop = threading.Event()
        thread = threading.Thread(target=delivery.run, args=(stop,))
        thread.start()

        def end() -> None:
            stop.set()
            courier.cancel()
            delivery.wake()
            thread.join(10)
            assert not thread.is_alive()
            for each in (courier, journal, spool):
                each.close()

        ends.append(end)
        return Scene(spool, delivery, courier, hands)

    yield made
    for end in ends:
        end()


@pytest.fixture
def ear(mosquitto: Mosquitto) -> Iterator[Ear]:
    """A service for a bridge of its own."""
    bridge = f"medway-{next(NUMBERS)}"
    made = Ear(MqttVoice(mosquitto.broker(), f"service-of-{bridge}"), bridge).listen()
    yield made
    made.voice.close()


def test_observations_arrive_in_order_and_only_the_service_empties_the_spool(
    mosquitto: Mosquitto, ear: Ear, make: Callable[..., Scene]
) -> None:
    ear.answers = lambda _delivery: None
    scene = make(mosquitto.broker(), ear.bridge)
    scene.observe(1200)
    until(lambda: len(ear.heard) >= 2, "a second attempt after silence")
    assert scene.spool.waiting().count == 1200, "the broker had taken it, and that is nothing"
    assert len({(d.boot, tuple(s.seq for s in d.sent)) for d in ear.heard}) == 1, (
        "the same, under the same keys"
    )
    ear.answers = None
    scene.all_acknowledged()
    assert ear.sequences() == list(range(1, 1201))


def test_while_nobody_listens_everything_is_kept_and_it_is_said(
    mosquitto: Mosquitto, make: Callable[..., Scene], caplog: pytest.LogCaptureFixture
) -> None:
    scene = make(mosquitto.broker(), "medway-alone")
    scene.observe(3)
    until(
        lambda: "no instance of the service listens to kit/v1/medway-alone/obs" in caplog.text, "the sentence"
    )
    assert scene.spool.waiting().count == 3
    ear = Ear(MqttVoice(mosquitto.broker(), "service-late"), "medway-alone").listen()
    scene.all_acknowledged()
    assert ear.sequences() == [1, 2, 3]
    ear.voice.close()


def test_a_broker_that_refuses_the_topic_is_told_with_the_line_that_is_missing(
    make: Callable[..., Scene], caplog: pytest.LogCaptureFixture
) -> None:
    def denies(packet: bytes) -> bytes:
        return WIRE["MQTT5-wire-puback-denied"] if packet[0] >> 4 == 3 else well_5(packet)

    broker = RawBroker(*[denies] * 1000)
    scene = make(Broker("127.0.0.1", broker.port), "medway")
    scene.observe(3)
    until(lambda: "it needs `pattern write kit/v1/%u/obs`" in caplog.text, "the sentence")
    assert scene.spool.waiting().count == 3
    broker.close()


def test_an_answer_to_something_else_or_kept_from_before_empties_nothing(
    mosquitto: Mosquitto, ear: Ear, make: Callable[..., Scene]
) -> None:
    good = Acknowledged(boot=BOOT, upto=3, epoch="epoch-1", seq=3)
    ear.says(good, retain=True)

    def others(delivery: Delivery) -> None:
        for said in (
            msgspec.structs.replace(good, boot="f" * 32),
            msgspec.structs.replace(good, seq=2),
            msgspec.structs.replace(good, code=503),
        ):
            ear.says(said)
        ear.voice.say(Message(ACK_TOPIC.format(bridge=ear.bridge), b"\xff not json", retain=False))

    ear.answers = others
    scene = make(mosquitto.broker(), ear.bridge)
    scene.observe(3)
    until(lambda: len(ear.heard) >= 3, "a third attempt")
    assert scene.spool.waiting().count == 3
    ear.answers = None
    scene.all_acknowledged()


def test_a_reading_that_the_service_will_never_take_is_put_aside_and_the_rest_goes_on(
    mosquitto: Mosquitto, ear: Ear, make: Callable[..., Scene]
) -> None:
    def fussy(delivery: Delivery) -> Acknowledged:
        bad = [it for it in delivery.sent if it.seq == 2 and not isinstance(it.reading, Garbled)]
        seq, upto = delivery.sent[-1].seq, ear.store.upto(BOOT, "obs")
        if bad:
            return Acknowledged(
                boot=BOOT, upto=upto, epoch="epoch-1", seq=seq, code=422, reason="not that one"
            )
        return ear.well(delivery)

    ear.answers = fussy
    scene = make(mosquitto.broker(), ear.bridge)
    scene.observe(4)
    scene.all_acknowledged()
    stored = [sent.reading for sent in ear.store.observations()]
    assert [getattr(it, "reason", "") for it in stored] == ["", UNSENDABLE, "", ""]
    assert stored[1].detail == "not that one"  # type: ignore[union-attr]


def test_a_service_restored_from_a_backup_gets_everything_again(
    mosquitto: Mosquitto, ear: Ear, make: Callable[..., Scene]
) -> None:
    scene = make(mosquitto.broker(), ear.bridge)
    scene.observe(5)
    scene.all_acknowledged()
    ear.store = StubService(epoch="epoch-2")
    scene.observe(1)
    until(
        lambda: ear.sequences() == [6, 1, 2, 3, 4, 5] or sorted(ear.sequences()) == [1, 2, 3, 4, 5, 6],
        "all of it",
    )
    scene.all_acknowledged()


def test_a_broker_that_takes_only_short_messages_gets_short_deliveries(
    tmp_path: Path, make: Callable[..., Scene], caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    broker = Mosquitto(folder, more="max_packet_size 2000").start()
    ear = Ear(MqttVoice(broker.broker(), "service"), "medway").listen()
    scene = make(broker.broker(), "medway")
    scene.observe(40)
    scene.all_acknowledged()
    assert ear.sequences() == list(range(1, 41))
    assert max(len(delivery.sent) for delivery in ear.heard) > 1
    reading = Garbled(reason="TOO_LONG", raw_hex="AB" * 2000)
    scene.spool.keep(BOOT, [Observed("docks", scene.hands.now_us, 1, reading)], scene.hands.now_us)
    scene.delivery.wake()
    until(lambda: "raise max_packet_size there" in caplog.text, "the sentence about the one that is too long alone")
    assert scene.spool.waiting().count == 1, "nothing is thrown away"
    ear.voice.close()
    broker.kill()


@pytest.mark.faults
def test_a_broker_killed_and_started_again_costs_nothing(tmp_path: Path, make: Callable[..., Scene]) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    broker = Mosquitto(folder).start()
    ear = Ear(MqttVoice(broker.broker(), "service"), "medway")
    ear.voice._client.reconnect_delay_set(0.05, 0.1)  # type: ignore[arg-type]
    ear.listen()
    scene = make(broker.broker(), "medway")
    scene.observe(700)
    scene.all_acknowledged()
    broker.kill()
    scene.observe(700)
    broker.start()
    scene.all_acknowledged()
    assert ear.sequences() == list(range(1, 1401))
    ear.voice.close()
    broker.kill()


def test_a_stop_ends_the_wait_for_an_answer_at_once(
    mosquitto: Mosquitto, ear: Ear, make: Callable[..., Scene]
) -> None:
    ear.answers = lambda _delivery: None
    scene = make(mosquitto.broker(), ear.bridge, Timing(post_s=3600.0))
    scene.observe(1)
    until(lambda: ear.heard, "the delivery")
    scene.courier.cancel()  # the fixture's end waits ten seconds for the thread, and this one would wait an hour
    with pytest.raises(LinkDown, match="stopping"):
        ByMqtt.send(_cancelled(mosquitto.broker()), BOOT, scene.spool.next_batch().sent)  # type: ignore[union-attr]


def _cancelled(broker: Broker) -> ByMqtt:
    wire = Wire(Line(Service("http://127.0.0.1:9", lambda: "key")), BOOT, Hands().clock, QUICK)
    courier = ByMqtt(broker, "medway-stopped", wire)
    courier.cancel()
    return courier


def test_a_whole_bridge_sends_bays_by_mqtt_and_scans_by_https_alone(
    tmp_path: Path, mosquitto: Mosquitto, service: StubService
) -> None:
    ear = Ear(MqttVoice(mosquitto.broker(), "service-of-medway"), "medway").listen()
    bridge = BridgeFolder(
        tmp_path, service.url, '[[station]]\ndevice = "docks"\ndriver = "kit-dock"\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {mosquitto.port}\nkeepalive_s = 2\n',
        timing=f'observations = "mqtt"\n{TIMING}',
    )  # fmt: skip
    try:
        bridge.start()
        until(lambda: bridge.state().devices[1].word == "OPEN", "the docks' station")
        ear.voice.say(
            Message("kit/v1/medway/dock/d1/bay/1", b'{"present":true,"serial":"X60A1"}', retain=False)
        )
        bridge.scanner.send(b"]C0X30001234\r")
        until(bridge.lights, "a light")
        until(
            lambda: "X60A1" in [getattr(it.reading, "serial", "") for it in ear.store.observations()],
            "the bay",
        )
        until(lambda: bridge.state().spool_waiting == 0, "the spool to be empty")
        assert bridge.stop() == 0
        assert {d.stream for d in service.deliveries} == {"scan"}
        assert {d.stream for d in ear.heard} == {"obs"}
    finally:
        bridge.close()
        ear.voice.close()
