"""Docks over a real Mosquitto: nothing acknowledged before it is kept, and every kind of loss noticed."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.driver import Packet
from devices.errors import Gone, NotOpened
from devices.transports.mqtt import IN_FLIGHT_MAX, PAYLOAD_MAX, Message, MqttPort, MqttVoice, open_mqtt
from devices.transports.port import Arrival
from tests.devices.mosquitto import Mosquitto

pytestmark = pytest.mark.mqtt

BAYS = "kit/v1/medway/dock/+/bay/+"
BAY_3 = "kit/v1/medway/dock/d1/bay/3"


@pytest.fixture
def dock(mosquitto: Mosquitto) -> Iterator[MqttVoice]:
    """A dock's own connection."""
    voice = MqttVoice(mosquitto.broker(), "dock-1")
    voice.start()
    assert voice.connected(10)
    yield voice
    voice.close()


def read_some(port: MqttPort) -> list[Arrival]:
    """The next messages, however long they take."""
    for _ in range(200):
        if arrived := port.read(0.1):
            return arrived
    pytest.fail("nothing arrived")


def test_a_docks_message_arrives_with_its_topic_and_bytes(mosquitto: Mosquitto, dock: MqttVoice) -> None:
    port = open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS])
    dock.say(Message(BAY_3, b'{"present":true}', retain=False))
    assert read_some(port) == [Packet(BAY_3, b'{"present":true}')]
    assert port.read(0.05) == []
    port.close()


def test_the_brokers_retained_copy_says_that_it_is_one(mosquitto: Mosquitto, dock: MqttVoice) -> None:
    watching = open_mqtt(mosquitto.broker(), "watching", [BAYS])
    dock.say(Message(BAY_3, b"1"))
    assert read_some(watching) == [Packet(BAY_3, b"1", retained=False)]
    port = open_mqtt(mosquitto.broker(), "late", [BAYS])
    assert read_some(port) == [Packet(BAY_3, b"1", retained=True)]
    port.close()
    watching.close()


def test_what_was_not_kept_is_sent_again_and_what_was_kept_is_not(
    mosquitto: Mosquitto, dock: MqttVoice
) -> None:
    port = open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS])
    dock.say(Message(BAY_3, b"kept", retain=False))
    assert read_some(port) == [Packet(BAY_3, b"kept")]
    port.kept()
    dock.say(Message(BAY_3, b"not kept", retain=False))
    assert read_some(port) == [Packet(BAY_3, b"not kept")]
    port.close()
    port = open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS])
    assert read_some(port) == [Packet(BAY_3, b"not kept")]
    port.close()


def test_what_a_dock_says_while_the_bridge_is_away_waits_at_the_broker(
    mosquitto: Mosquitto, dock: MqttVoice
) -> None:
    open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS]).close()
    dock.say(Message(BAY_3, b"meanwhile", retain=False))
    port = open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS])
    assert read_some(port) == [Packet(BAY_3, b"meanwhile")]
    port.close()


def test_a_message_of_an_older_configuration_is_passed_over(mosquitto: Mosquitto, dock: MqttVoice) -> None:
    open_mqtt(mosquitto.broker(), "kit-medway-docks", ["old/#"]).close()
    dock.say(Message("old/topic", b"old", retain=False))
    port = open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS])
    dock.say(Message(BAY_3, b"new", retain=False))
    assert read_some(port) == [Packet(BAY_3, b"new")]
    port.close()


def test_a_thousand_messages_that_waited_are_all_taken_in_order_and_never_more_than_can_be_held(
    mosquitto: Mosquitto, dock: MqttVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mosquitto 2.0.11 sends more to a session that comes back than it was asked to (Receive Maximum)."""
    monkeypatch.setattr("devices.transports.mqtt_inbox.INBOX_MAX", 20)
    open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS]).close()
    wanted = [b"%d" % number for number in range(1000)]
    for payload in wanted:
        dock.say(Message(BAY_3, payload, retain=False))
    dock.close(timeout_s=20)
    port = open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS])
    got: list[bytes] = []
    while len(got) < len(wanted):
        some = read_some(port)
        assert len(some) <= IN_FLIGHT_MAX
        got += [packet.payload for packet in some]  # type: ignore[union-attr]
        port.kept()
    assert got == wanted
    port.close()


def test_a_port_whose_messages_nobody_reads_can_be_closed(
    mosquitto: Mosquitto, dock: MqttVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.transports.mqtt_inbox.INBOX_MAX", 2)
    port = open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS])
    for number in range(20):
        dock.say(Message(BAY_3, b"%d" % number, retain=False))
    dock.close(timeout_s=20)
    for _ in range(500):
        if len(port._inbox._came) == 2:
            break
        time.sleep(0.01)
    closing = threading.Thread(target=port.close, daemon=True)
    closing.start()
    closing.join(20)
    assert not closing.is_alive(), "paho waits for room that nobody makes"


def test_a_killed_broker_ends_the_port(mosquitto: Mosquitto) -> None:
    port = open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS])
    mosquitto.kill()
    with pytest.raises(Gone, match="connection lost"):
        for _ in range(200):
            port.read(0.1)
    port.close()


def test_a_frozen_broker_ends_the_port(mosquitto: Mosquitto) -> None:
    port = open_mqtt(mosquitto.broker(keepalive_s=1), "kit-medway-docks", [BAYS])
    mosquitto.freeze()
    with pytest.raises(Gone):
        for _ in range(200):
            port.read(0.1)
    port.close()
    mosquitto.kill()


def test_no_broker_is_missing(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path).start()
    broker.kill()
    with pytest.raises(NotOpened) as refused:
        open_mqtt(broker.broker(), "x", [BAYS])
    assert refused.value.word == "MISSING"


def test_a_broker_that_accepts_and_says_nothing_is_missing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        broker = Mosquitto(tmp_path, port=mute.getsockname()[1]).broker(open_timeout_s=0.3)
        with pytest.raises(NotOpened, match="does not answer") as refused:
            open_mqtt(broker, "x", [BAYS])
    assert refused.value.word == "MISSING"


def test_a_stranger_is_denied_and_told_so(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    passwords.chmod(0o600)
    broker = Mosquitto(tmp_path, more=f"allow_anonymous false\npassword_file {passwords}").start()
    try:
        with pytest.raises(NotOpened, match="Not authorized") as refused:
            open_mqtt(broker.broker(username="dock", password="wrong"), "x", [BAYS])
    finally:
        broker.kill()
    assert refused.value.word == "DENIED"


def test_an_unreadable_certificate_is_denied(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with pytest.raises(NotOpened, match="certificate"):
        open_mqtt(mosquitto.broker(ca_file=str(tmp_path / "none.pem")), "x", [BAYS])


def test_mqtt_3_1_1_is_spoken_only_when_told_and_with_a_warning(
    mosquitto: Mosquitto, dock: MqttVoice, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        port = open_mqtt(mosquitto.broker(version="3.1.1"), "old-fashioned", [BAYS])
    assert "MQTT 3.1.1" in caplog.text
    dock.say(Message(BAY_3, b"1", retain=False))
    assert read_some(port) == [Packet(BAY_3, b"1")]
    port.close()


def test_a_message_beyond_all_bounds_is_cut(mosquitto: Mosquitto, dock: MqttVoice) -> None:
    port = open_mqtt(mosquitto.broker(), "kit-medway-docks", [BAYS])
    dock.say(Message(BAY_3, b"x" * (PAYLOAD_MAX + 1), retain=False))
    packet = read_some(port)[0]
    assert isinstance(packet, Packet)
    assert len(packet.payload) == PAYLOAD_MAX
    port.close()


def test_a_voice_is_heard_by_whoever_comes_later_and_hears_commands(mosquitto: Mosquitto) -> None:
    heard: list[tuple[str, bytes]] = []
    voice = MqttVoice(mosquitto.broker(), "kit-medway")
    voice.hear(["kit/v1/medway/cmd/#"], lambda topic, payload: heard.append((topic, payload)))
    voice.start(lambda: [Message("kit/v1/medway/status", b"online")])
    port = open_mqtt(mosquitto.broker(), "service", ["kit/v1/medway/status"])
    assert read_some(port)[0].payload == b"online"  # type: ignore[union-attr]
    other = MqttVoice(mosquitto.broker(), "other")
    other.start()
    assert other.connected(10)
    other.say(Message("kit/v1/medway/cmd/rebirth", b"", retain=False))
    other.close()
    for _ in range(200):
        port.read(0.05)
        if heard:
            break
    assert heard == [("kit/v1/medway/cmd/rebirth", b"")]
    voice.close(Message("kit/v1/medway/status", b"offline"))
    assert read_some(port)[0].payload == b"offline"  # type: ignore[union-attr]
    port.close()


def test_a_voice_finds_a_broker_that_was_restarted_and_says_everything_again(mosquitto: Mosquitto) -> None:
    voice = MqttVoice(mosquitto.broker(), "kit-medway")
    voice.start(lambda: [Message("kit/v1/medway/status", b"online")])
    assert voice.connected(10)
    mosquitto.kill()
    mosquitto.start()
    port = open_mqtt(mosquitto.broker(), "service", ["kit/v1/medway/status"])
    assert read_some(port)[0].payload == b"online"  # type: ignore[union-attr]
    port.close()
    voice.close()
