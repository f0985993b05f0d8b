"""The bridge's word on a real broker: birth, devices, an orderly end, and the will where there was none."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from devices.driver import Packet
from devices.transports.mqtt import Message, MqttPort, MqttVoice, open_mqtt
from firmware_bridge.presence import Birth, DeviceState
from tests.devices.mosquitto import Mosquitto
from tests.firmware_bridge.bridge_process import BridgeFolder, until
from tests.firmware_bridge.stub_service import StubService

pytestmark = pytest.mark.mqtt

Make = Callable[..., BridgeFolder]
OURS = "kit/v1/medway"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that lets anyone in."""
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Mosquitto(folder).start()
    yield broker
    broker.kill()


@pytest.fixture
def bridge(bridge_folder: Make, mosquitto: Mosquitto) -> BridgeFolder:
    """A bridge with a dock station, on that broker."""
    return bridge_folder(
        '[[station]]\ndevice = "docks"\ndriver = "kit-dock"\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {mosquitto.port}\nkeepalive_s = 2\n'
    )


class Reader:
    """Somebody who reads the bridge's topics, from any time on."""

    def __init__(self, mosquitto: Mosquitto, name: str = "reader") -> None:
        self.port: MqttPort = open_mqtt(mosquitto.broker(), name, [f"{OURS}/#"])
        self.packets: list[Packet] = []

    def births(self) -> list[Birth]:
        """Every word of the bridge about itself, so far."""
        self._read()
        said = [it.payload for it in self.packets if it.topic == f"{OURS}/status"]
        return [msgspec.json.decode(payload, type=Birth) for payload in said]

    def words(self, device: str) -> list[str]:
        """Every word about a device, so far."""
        self._read()
        topic = f"{OURS}/dev/{device}/state"
        return [
            msgspec.json.decode(it.payload, type=DeviceState).word for it in self.packets if it.topic == topic
        ]

    def _read(self) -> None:
        self.packets += [it for it in self.port.read(0.05) if isinstance(it, Packet)]
        self.port.kept()


def test_whoever_comes_later_finds_the_bridge_online_and_each_device_open(
    bridge: BridgeFolder, mosquitto: Mosquitto
) -> None:
    bridge.start()
    until(lambda: all(it.word == "OPEN" for it in bridge.state().devices), "both devices open")
    reader = Reader(mosquitto)
    until(reader.births, "the birth")
    birth = reader.births()[0]
    assert (birth.state, birth.boot, birth.devices) == (
        "online",
        bridge.state().boot,
        ("hatch-scanner", "docks"),
    )
    until(lambda: reader.words("hatch-scanner") == ["OPEN"], "the scanner's word")
    reader.port.close()


def test_an_orderly_stop_says_so_and_a_kill_is_said_by_the_broker(
    bridge: BridgeFolder, mosquitto: Mosquitto
) -> None:
    reader = Reader(mosquitto)
    bridge.start()
    until(lambda: len(reader.births()) == 1, "the birth")
    assert bridge.stop() == 0
    until(lambda: len(reader.births()) == 2, "the orderly end")
    bridge.start()
    until(lambda: len(reader.births()) == 3, "the second birth")
    bridge.kill()
    until(lambda: len(reader.births()) == 4, "the will")
    said = reader.births()
    assert [(it.state, it.why) for it in said] == [
        ("online", ""),
        ("offline", "stop"),
        ("online", ""),
        ("offline", "lost"),
    ]
    assert said[0].boot == said[1].boot != said[2].boot == said[3].boot
    reader.port.close()


def test_a_docks_bay_reaches_the_service_and_a_retained_copy_says_that_it_is_one(
    bridge: BridgeFolder, mosquitto: Mosquitto, service: StubService
) -> None:
    dock = MqttVoice(mosquitto.broker(), "dock-1")
    dock.start()
    assert dock.connected(10)
    dock.say(
        Message(f"{OURS}/dock/d1/bay/1", b'{"present":true,"serial":"X60A1","state":"charging","seq":1}')
    )
    bridge.start()
    until(lambda: "X60A1" in bays(service), "the retained bay")
    dock.say(Message(f"{OURS}/dock/d1/bay/1", b'{"present":true,"serial":"X60A2","state":"ready","seq":2}'))
    until(lambda: "X60A2" in bays(service), "the live bay")
    assert bays(service) == {"X60A1": True, "X60A2": False}
    dock.close()


def bays(service: StubService) -> dict[str, bool]:
    """Serial in a bay -> whether the word was a retained copy."""
    said = [it.reading for it in service.observations()]
    return {it.serial: it.retained for it in said if hasattr(it, "retained") and it.serial}


def test_what_docks_say_while_the_bridge_is_dead_reaches_the_service_later(
    bridge: BridgeFolder, mosquitto: Mosquitto, service: StubService
) -> None:
    dock = MqttVoice(mosquitto.broker(), "dock-1")
    dock.start()
    assert dock.connected(10)
    bridge.start()
    until(lambda: bridge.state().devices[1].word == "OPEN", "the docks' station")
    bridge.kill()
    for number in range(1, 6):
        payload = f'{{"present":true,"serial":"X{number}","seq":{number}}}'.encode()
        dock.say(Message(f"{OURS}/dock/d1/bay/{number}", payload, retain=False))
    dock.close(timeout_s=10)
    bridge.start()
    until(lambda: len(bays(service)) == 5, "all five")
    assert list(bays(service)) == ["X1", "X2", "X3", "X4", "X5"]


@pytest.mark.faults
def test_a_broker_killed_and_started_again_is_said_once_and_found_again(
    bridge: BridgeFolder, mosquitto: Mosquitto, service: StubService
) -> None:
    bridge.start()
    until(lambda: bridge.state().devices[1].word == "OPEN", "the docks' station")
    mosquitto.kill()
    until(lambda: bridge.state().devices[1].word == "MISSING", "the loss")
    bridge.scanner.send(b"]C0X30001234\r")
    until(bridge.lights, "a light: scans need no broker")
    mosquitto.start()
    until(lambda: bridge.state().devices[1].word == "OPEN", "the docks' station again")
    reader = Reader(mosquitto)
    until(lambda: [it.state for it in reader.births()] == ["online"], "the birth on the new broker")
    until(lambda: reader.words("docks")[-1:] == ["OPEN"], "the docks' word")
    assert bridge.log().count("docks: lost: ") == 1
    reader.port.close()


def test_a_rebirth_can_be_asked_for(bridge: BridgeFolder, mosquitto: Mosquitto) -> None:
    bridge.start()
    reader = Reader(mosquitto)
    until(lambda: len(reader.births()) == 1, "the birth")
    asking = MqttVoice(mosquitto.broker(), "service")
    asking.start()
    assert asking.connected(10)
    asking.say(Message(f"{OURS}/cmd/rebirth", b"", retain=False))
    until(lambda: len(reader.births()) == 2, "the rebirth")
    asking.close()
    reader.port.close()


def test_a_will_that_comes_after_the_next_birth_is_put_right(
    bridge: BridgeFolder, mosquitto: Mosquitto
) -> None:
    bridge.start()
    reader = Reader(mosquitto)
    until(lambda: len(reader.births()) == 1, "the birth")
    mine = reader.births()[0]
    will = msgspec.structs.replace(mine, state="offline", why="lost", devices=())
    late = MqttVoice(mosquitto.broker(), "broker-being-late")
    late.start()
    assert late.connected(10)
    late.say(Message(f"{OURS}/status", msgspec.json.encode(will)))
    until(lambda: [it.state for it in reader.births()] == ["online", "offline", "online"], "the correction")
    late.close()
    reader.port.close()
