"""What the doctor finds at a broker: each missing line of the access list by name, and that looking changes nothing."""

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from devices.drivers import DRIVERS
from devices.transports.mqtt import Broker, Message, MqttVoice, open_mqtt
from devices.wire import NO_BOOT, Acknowledged, encode
from firmware_bridge import doctor_mqtt
from firmware_bridge.clock import SYSTEM, Clock
from firmware_bridge.doctor_mqtt import broker_findings
from firmware_bridge.findings import Finding
from firmware_bridge.settings import BrokerSettings, LightSettings, Settings, StationSettings
from firmware_bridge.speaking import speaking
from tests.devices.mosquitto import DEPLOY, Mosquitto, Shipped
from tests.firmware_bridge.bridge_process import until

pytestmark = pytest.mark.mqtt
DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipped]:
    """A broker as we ship it."""
    broker = Shipped(tmp_path_factory.mktemp("mosquitto")).ready()
    yield broker
    broker.kill()


@pytest.fixture
def service(shipped: Shipped) -> Iterator[MqttVoice]:
    """The service, which answers an empty delivery."""
    voice = MqttVoice(shipped.let_in("kitstore"), f"kitstore-{next(NUMBERS)}")
    said = encode(Acknowledged(boot=NO_BOOT, upto=0, epoch="e"))
    voice.hear(["kit/v1/+/obs"], lambda topic, _p: voice.say(Message(topic[:-3] + "ack", said, retain=False)))
    voice.start()
    assert voice.connected(10)
    yield voice
    voice.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never comes is not waited for long."""
    monkeypatch.setattr(doctor_mqtt, "ANSWER_S", 0.5)


NUMBERS = itertools.count(1)


def settings_for(broker: Broker, **words: object) -> Settings:
    """A bridge with a lamp on MQTT and observations by MQTT."""
    keys = ("host", "port", "version", "ca_file", "cert_file", "cert_key_file")
    scanner = StationSettings(device="hatch", driver="serial-scanner", port="p", feedback=("lamp",))
    station = (scanner, StationSettings(device="docks", driver="kit-dock"))
    made = Settings(
        bridge="medway-1", service="https://kit", key_file="k", spool_dir="s", station=station,
        observations="mqtt", light=(LightSettings(name="lamp", kind="mqtt"),),
        broker=BrokerSettings(**{key: getattr(broker, key) for key in keys}),
    )  # fmt: skip
    return msgspec.structs.replace(made, **words)


def looked(settings: Settings, clock: Clock = SYSTEM) -> dict[str, Finding]:
    """What is found, by what was looked at."""
    return {it.what: it for it in broker_findings(settings, clock)}


def blamed(settings: Settings) -> dict[str, str]:
    """What is not well, and what is said of it."""
    return {what: it.found for what, it in looked(settings).items() if not it.well}


def test_with_the_list_as_shipped_everything_is_well(shipped: Shipped, service: MqttVoice) -> None:
    found = looked(settings_for(shipped.let_in("medway-1")))
    assert {what: it.well for what, it in found.items()} == {
        "certificate (broker.ca_file)": True,
        "certificate (broker.cert_file)": True,
        "broker": True,
        "broker: its own word": True,
        "broker: hearing": True,
        "broker: its devices' words": True,
        "broker: lights": True,
        "broker: docks' commands": True,
        "broker: observations": True,
    }, found
    assert found["broker: observations"].found == "the service has heard us and its answer has reached us"


@pytest.mark.parametrize(
    ("line", "instead", "what"),
    [
        ("pattern readwrite kit/v1/%u/status", "", "broker: its own word"),
        ("pattern readwrite kit/v1/%u/status", "pattern write kit/v1/%u/status", "broker: hearing"),
        ("pattern write kit/v1/%u/dev/+/state", "", "broker: its devices' words"),
        ("pattern write kit/v1/%u/light/+", "", "broker: lights"),
        ("pattern write kit/v1/%u/dock/+/cmd", "", "broker: docks' commands"),
        ("pattern write kit/v1/%u/obs", "", "broker: observations"),
        ("pattern read kit/v1/%u/ack", "", "broker: observations"),
        ("topic write kit/v1/+/ack", "", "broker: observations"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_a_missing_line_is_named(
    shipped: Shipped, service: MqttVoice, line: str, instead: str, what: str
) -> None:
    whole = (DEPLOY / "acl").read_text("utf-8")
    assert line in whole
    settings = settings_for(shipped.let_in("medway-1"))
    try:
        (shipped.folder / "acl").write_text(whole.replace(line, instead), "utf-8")
        shipped.reload()
        until(lambda: list(blamed(settings)) == [what], f"the finding about {line}, and no other")
        assert f"`{line}`" in blamed(settings)[what]
    finally:
        (shipped.folder / "acl").write_text(whole, "utf-8")
        shipped.reload()
        until(lambda: not blamed(settings), "all well again")


def test_a_service_that_does_not_listen_is_told_from_a_list_that_refuses(shipped: Shipped) -> None:
    found = looked(settings_for(shipped.let_in("medway-1")))["broker: observations"]
    assert not found.well
    assert "no instance of the service listens" in found.found


def test_docks_and_readers_that_speak_are_listed_with_the_drivers_that_would_read_them(shipped: Shipped) -> None:
    dock = MqttVoice(shipped.let_in("medway-1/dock/rack"), "a-rack")
    dock.start(lambda: [Message("kit/v1/medway-1/dock/rack/bay/1", b"{}", retain=True)])
    reader = MqttVoice(shipped.let_in("medway-1/reader/door"), "a-door")
    tags = Message("kit/v1/medway-1/reader/door/tags", b"{}", retain=False)
    reader.start()
    assert dock.connected(10)
    assert reader.connected(10)
    chatter = threading.Timer(0.3, lambda: reader.say(tags))
    chatter.start()
    try:
        found = speaking(settings_for(shipped.let_in("medway-1")), DRIVERS, 1.0)
    finally:
        chatter.join()
        for voice in (reader, dock):
            voice.close()
    assert {it.folder.rpartition("/")[2]: it.drivers for it in found} == {
        "rack": ("kit-dock",), "door": ("impinj-r700", "zebra-iot"),
    }  # fmt: skip


def test_looking_leaves_what_the_bridge_last_said_as_it_was(shipped: Shipped) -> None:
    mine = shipped.let_in("medway-1")
    bridge = open_mqtt(mine, "bridge", [], keep_session=False)
    assert bridge.publish(Message("kit/v1/medway-1/status", b"online"), 5) < 0x80
    bridge.close()
    looked(settings_for(mine))
    later = open_mqtt(mine, "later", ["kit/v1/medway-1/status"], keep_session=False)
    packets: list[object] = []
    until(lambda: packets.extend(later.read(0.05)) or packets, "the bridge's word")
    assert [(it.payload, it.retained) for it in packets] == [(b"online", True)]  # type: ignore[attr-defined]
    later.close()


def test_a_certificate_that_is_about_to_end_is_spoken_of_and_one_that_has_ended_too(shipped: Shipped) -> None:
    settings = settings_for(shipped.let_in("medway-1"))
    in_a_year = Clock(lambda: SYSTEM.wall_us() + 380 * DAY_US, SYSTEM.mono_ns)
    soon = looked(settings, in_a_year)["certificate (broker.cert_file)"]
    assert (soon.well, "expires on" in soon.found) == (False, True)
    later = Clock(lambda: SYSTEM.wall_us() + 400 * DAY_US, SYSTEM.mono_ns)
    ended = looked(settings, later)["certificate (broker.cert_file)"]
    assert (ended.well, "expired on" in ended.found) == (False, True)


def test_the_older_mqtt_is_never_said_to_be_well(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path).start()
    settings = settings_for(broker.broker(version="3.1.1"), observations="https", light=())
    found = looked(settings)
    broker.kill()
    assert not found["broker"].well
    assert "looks like success" in found["broker"].found
    assert "cannot be told from refused" in found["broker: its own word"].found


def test_a_bridge_that_is_not_let_in_is_told_why(shipped: Shipped, tmp_path: Path) -> None:
    settings = settings_for(shipped.tls())
    assert "set `cert_file` and `cert_key_file` in [broker]" in looked(settings)["broker"].found
    none: Callable[[], dict[str, Finding]] = lambda: looked(msgspec.structs.replace(settings, broker=None))  # noqa: E731
    assert none() == {}
