"""A tray before readers that publish on MQTT: through a real broker and a real bridge, one sweep a reader."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.driver import Packet
from devices.drivers import DRIVERS
from devices.readings import Garbled, TagsSwept
from devices.transports.mqtt import Message, MqttVoice
from devices.transports.script import steps_of
from firmware_bridge.settings import load
from firmware_bridge.simulate import Simulator
from firmware_bridge.stations import stations_of
from tests.devices.mosquitto import Mosquitto
from tests.firmware_bridge.bridge_process import BridgeFolder, until
from tests.firmware_bridge.stub_service import StubService

pytestmark = pytest.mark.mqtt

Make = Callable[..., BridgeFolder]
SCENARIO = Path(__file__).parents[2] / "docs" / "scenarios" / "tray-on-mqtt.jsonl"
LONG = 3
"""Longer than a busy machine may take between two messages, so that a slow test is still one tray."""

STATIONS = """[[station]]
device = "armoury-door"
driver = "zebra-iot"
options = {{ settle_s = {long} }}
[[station]]
device = "shelf"
driver = "impinj-r700"
options = {{ settle_s = {long} }}
[broker]
host = "127.0.0.1"
port = {port}
keepalive_s = 2
"""

DOOR = [
    (1, -60.0, (1, 2)),
    (2, -55.0, ()),
    *((n, -48.0, (1, 2)) for n in (3, 4)),
    *((n, -48.0, (2, 1)) for n in (5, 6)),
]
"""What the door's reader tells of each tag: its strongest read, and the antennas in the order in which they read it."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that lets anyone in."""
    (tmp_path / "broker").mkdir()
    mosquitto = Mosquitto(tmp_path / "broker").start()
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def voice(broker: Mosquitto) -> Iterator[MqttVoice]:
    """The readers' way to the broker."""
    speaking = MqttVoice(broker.broker(), "readers")
    speaking.start()
    assert speaking.connected(10)
    yield speaking
    speaking.close()


def test_a_published_tray_reaches_the_service_as_one_sweep_a_reader(
    bridge_folder: Make, service: StubService, broker: Mosquitto, voice: MqttVoice, tmp_path: Path
) -> None:
    before, *rest = list(steps_of(SCENARIO.read_text("utf-8").splitlines(), SCENARIO.name))
    assert before.retain
    playing = Simulator(tmp_path / "ports", lambda _line: None, voice)
    playing.do(before)  # kept by the broker, and handed to a bridge that comes later
    bridge = bridge_folder(more=STATIONS.format(long=LONG, port=broker.port))

    def sweeps() -> dict[str, list[list[tuple[str, str | None, float | None, tuple[int, ...]]]]]:
        told: dict[str, list[list[tuple[str, str | None, float | None, tuple[int, ...]]]]] = {}
        for it in service.observations():
            if isinstance(it.reading, TagsSwept):
                tags = [(tag.epc, tag.tid, tag.rssi_dbm, tag.antennas) for tag in it.reading.tags]
                told.setdefault(it.device, []).append(tags)
        return told

    def words() -> dict[str, str]:
        return {it.device: it.word for it in bridge.state().devices}

    bridge.start()
    until(lambda: words().get("armoury-door") == words().get("shelf") == "OPEN", "both stations")
    playing.play(rest, speed=0, stop=threading.Event())
    until(lambda: len(sweeps()) == 2, "both sweeps")
    assert sweeps()["armoury-door"] == [
        [(f"3034257BF7194E4000{n:06X}", None, rssi, antennas) for n, rssi, antennas in DOOR]
    ]
    assert sweeps()["shelf"] == [[("7EDA9038051002710002C0AE", "E2801170200014CD9B5A08EC", -41.25, (1, 2))]]
    garbled = [
        (it.device, it.reading.reason) for it in service.observations() if isinstance(it.reading, Garbled)
    ]
    assert sorted(garbled) == [("armoury-door", "NOT_JSON"), ("shelf", "BASE64")]
    until(lambda: words()["shelf"] == "MISCONFIGURED", "the word about the antenna that came loose")
    assert bridge.stop() == 0


@pytest.mark.parametrize(
    ("driver", "is_late"), [("zebra-iot", False), ("impinj-r700", False), ("kit-dock", True)]
)
def test_what_a_reader_says_while_the_bridge_is_away_is_never_taken_for_news(
    broker: Mosquitto, voice: MqttVoice, tmp_path: Path, driver: str, is_late: bool
) -> None:
    topic = "kit/v1/medway/dock/d1/bay/1" if is_late else "kit/v1/medway/reader/door/tags"
    (tmp_path / "bridge.toml").write_text(
        'bridge = "medway"\nservice = "http://127.0.0.1:9"\nkey_file = "key"\nspool_dir = "spool"\n'
        f'[[station]]\ndevice = "door"\ndriver = "{driver}"\n[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n'
    )
    (station,) = stations_of(load(tmp_path / "bridge.toml", DRIVERS), DRIVERS)
    station.open_port().close()
    voice.say(Message(topic, b"late", retain=False))
    voice.close()  # it waits until the broker has it
    port, later = station.open_port(), MqttVoice(broker.broker(), "readers-again")
    later.start()
    assert later.connected(10)
    later.say(Message(topic, b"now", retain=False))
    heard: list[bytes] = []

    def has_now() -> bool:
        heard.extend(it.payload for it in port.read(0.05) if isinstance(it, Packet))
        return b"now" in heard

    until(has_now, "what is said now")
    assert heard == ([b"late", b"now"] if is_late else [b"now"])
    port.close()
    later.close()
