"""The captured packets of a real broker, said byte for byte to our transport; and the bytes that it says itself."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devices.driver import Packet
from devices.errors import Gone, NotOpened
from devices.transports.mqtt import (
    NOBODY_LISTENS,
    NOT_AUTHORISED,
    Broker,
    Message,
    MqttPort,
    MqttVoice,
    open_mqtt,
)
from devices.transports.port import Arrival
from tests.devices.feeding import vectors
from tests.devices.transports.raw_broker import RawBroker

pytestmark = pytest.mark.vectors("MQTT 3.1.1 packet", "MQTT 5 packet")

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 12, 14
WIRE = {
    v["id"]: bytes.fromhex(v["input_hex"])
    for v in vectors()
    if v["transport"] in ("MQTT 3.1.1 packet", "MQTT 5 packet")
}
CONNACK_5 = bytes.fromhex("200900000622000A210014")
"""Mosquitto 2.0.11's own: success, topic aliases 10, receive maximum 20."""

RESUMED, GRANTED = WIRE["MQTT-wire-connack-resume"], WIRE["MQTT-wire-suback"]
TOPICS = ("dup/tt", "ok/b/status")
ROUNDS = 15
Make = Callable[..., RawBroker]


def well(packet: bytes) -> bytes:
    """What Mosquitto says to CONNECT, SUBSCRIBE and PINGREQ in MQTT 3.1.1; it says nothing to the rest."""
    said = {CONNECT: RESUMED, SUBSCRIBE: GRANTED, PINGREQ: WIRE["MQTT-wire-pingresp"]}
    return said.get(packet[0] >> 4, b"")


def well_5(packet: bytes) -> bytes:
    """The same in MQTT 5, for one subscription."""
    return {CONNECT: CONNACK_5, SUBSCRIBE: bytes.fromhex("900400010001")}.get(packet[0] >> 4, b"")


@pytest.fixture
def scripted() -> Iterator[Make]:
    """Makes scripted brokers, and ends them."""
    made: list[RawBroker] = []

    def make(*answers: Any) -> RawBroker:
        made.append(RawBroker(*answers))
        return made[-1]

    yield make
    for each in made:
        each.close()


def at(broker: RawBroker, version: Any = "3.1.1", **words: Any) -> Broker:
    """It, as a configuration names it."""
    return Broker("127.0.0.1", broker.port, version, open_timeout_s=5.0, **{"keepalive_s": 30, **words})


def read_some(port: MqttPort) -> list[Arrival]:
    """What comes next."""
    for _ in range(200):
        if arrived := port.read(0.05):
            return arrived
    pytest.fail("nothing arrived")


def ended(port: MqttPort) -> list[Arrival]:
    """What still comes before the port ends; fails if it does not end."""
    got: list[Arrival] = []
    with pytest.raises(Gone):
        for _ in range(200):
            got += port.read(0.05)
    port.close()
    return got


def test_every_packet_of_the_vectors_has_its_test_here() -> None:
    assert sorted(WIRE) == [
        "MQTT-wire-bad-remlen", "MQTT-wire-bad-type", "MQTT-wire-connack-resume", "MQTT-wire-pingresp",
        "MQTT-wire-publish", "MQTT-wire-suback", "MQTT-wire-will-live", "MQTT-wire-will-retained",
        "MQTT5-wire-puback-denied", "MQTT5-wire-puback-nosub",
    ]  # fmt: skip


# ---- what arrives --------------------------------------------------------------------------------------


def test_a_resumed_sessions_message_arrives_once_its_subscription_is_granted_and_is_acknowledged_when_kept(
    scripted: Make,
) -> None:
    broker = scripted(well)
    port = open_mqtt(at(broker), "kit-medway-docks", TOPICS)
    broker.say(WIRE["MQTT-wire-publish"])
    assert read_some(port) == [Packet("dup/tt", b"hello", retained=False)]
    assert all(packet[0] >> 4 != PUBACK for packet in list(broker.heard.queue)), (
        "acknowledged before it was kept"
    )
    port.kept()
    assert broker.next_of(PUBACK) == bytes.fromhex("40020001")
    port.close()
    assert broker.next_of(DISCONNECT) == bytes.fromhex("E000")


def test_a_message_sent_again_after_a_resumption_arrives_again_whatever_its_mark_of_a_duplicate_says(
    scripted: Make,
) -> None:
    broker = scripted(well)
    port = open_mqtt(at(broker), "kit-medway-docks", TOPICS)
    again = bytes([WIRE["MQTT-wire-publish"][0] | 0x08]) + WIRE["MQTT-wire-publish"][1:]
    broker.say(again)
    assert read_some(port) == [Packet("dup/tt", b"hello", retained=False)]
    port.close()


def test_a_will_tells_those_who_listen_and_is_a_state_to_those_who_come_later(scripted: Make) -> None:
    broker = scripted(well)
    port = open_mqtt(at(broker), "service", TOPICS)
    broker.say(WIRE["MQTT-wire-will-live"])
    assert read_some(port) == [Packet("ok/b/status", b'{"state":"offline"}', retained=False)]
    broker.say(WIRE["MQTT-wire-will-retained"])
    assert read_some(port) == [Packet("ok/b/status", b'{"state":"offline"}', retained=True)]
    port.close()


def test_a_packet_is_put_together_however_it_is_cut(scripted: Make) -> None:
    broker = scripted(well)
    port = open_mqtt(at(broker), "kit-medway-docks", TOPICS)
    cut = WIRE["MQTT-wire-bad-remlen"]
    for byte in cut:
        broker.say(bytes([byte]))
    assert port.read(0.05) == [], "its length says that there is more"
    broker.say(b"o" + WIRE["MQTT-wire-publish"])
    got = read_some(port)
    while len(got) < 2:
        got += read_some(port)
    assert got == [Packet("dup/tt", b"hello", retained=False)] * 2
    port.close()


def test_a_packet_cut_off_by_the_end_is_no_message_and_the_next_connection_is_whole(scripted: Make) -> None:
    broker = scripted(well, well)
    port = open_mqtt(at(broker), "kit-medway-docks", TOPICS)
    broker.say(WIRE["MQTT-wire-bad-remlen"])
    broker.hang_up()
    assert ended(port) == []
    port = open_mqtt(at(broker), "kit-medway-docks", TOPICS)
    broker.say(WIRE["MQTT-wire-publish"])
    assert read_some(port) == [Packet("dup/tt", b"hello", retained=False)]
    port.close()


def test_a_packet_of_no_type_ends_the_connection_and_the_next_one_is_good(scripted: Make) -> None:
    broker = scripted(well, well)
    port = open_mqtt(at(broker), "kit-medway-docks", TOPICS)
    broker.say(WIRE["MQTT-wire-bad-type"] + WIRE["MQTT-wire-publish"])
    assert ended(port) == [], "nothing behind it is believed"
    open_mqtt(at(broker), "kit-medway-docks", TOPICS).close()


def test_a_broker_that_answers_every_ping_is_kept(scripted: Make) -> None:
    broker = scripted(well)
    port = open_mqtt(at(broker, keepalive_s=1), "kit-medway-docks", TOPICS)
    for _ in range(2):
        assert broker.next_of(PINGREQ) == bytes.fromhex("C000")
    assert port.read(0.01) == []
    port.close()


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_garbage_of_any_sort_ends_the_port_and_never_leaves_it_deaf(scripted: Make, version: str) -> None:
    answers = {"3.1.1": well, "5": well_5}[version]
    broker = scripted(*[answers] * ROUNDS)
    shake = random.Random(7)
    for _ in range(ROUNDS):
        port = open_mqtt(at(broker, version), "kit-medway-docks", TOPICS[:1])
        broker.say(
            bytes([shake.choice((0x20, 0x32, 0x40, 0x90, 0xE0, shake.randrange(256)))]) + shake.randbytes(40)
        )
        broker.hang_up()
        ended(port)


# ---- what we say -----------------------------------------------------------------------------------------


def test_a_station_asks_for_its_session_back_and_for_no_more_at_once_than_it_can_hold(scripted: Make) -> None:
    broker = scripted(well_5)
    open_mqtt(at(broker, "5"), "kit-x", ["a/+"]).close()
    variable = bytes.fromhex("00044D5154540500001E081100015180210100")  # expiry 86400 s, 256 at once
    assert broker.next_of(CONNECT) == bytes([0x10, len(variable) + 7]) + variable + b"\x00\x05kit-x"
    assert broker.next_of(SUBSCRIBE) == bytes.fromhex("82090001000003612F2B01")


def test_a_voice_begins_anew_and_leaves_its_will(scripted: Make) -> None:
    broker = scripted(well_5)
    voice = MqttVoice(at(broker, "5"), "kit-x", Message("s", b"off"))
    voice.start()
    assert voice.connected(5)
    variable = bytes.fromhex("00044D515454052E001E081100000000210100")  # will retained at QoS 1, clean
    payload = b"\x00\x05kit-x" + b"\x00" + b"\x00\x01s" + b"\x00\x03off"
    assert broker.next_of(CONNECT) == bytes([0x10, len(variable + payload)]) + variable + payload
    voice.close()


def test_a_publish_that_the_access_list_refuses_is_told_by_its_reason_and_said_once(
    scripted: Make, caplog: pytest.LogCaptureFixture
) -> None:
    def denies(packet: bytes) -> bytes:
        return WIRE["MQTT5-wire-puback-denied"] if packet[0] >> 4 == PUBLISH else well_5(packet)

    broker = scripted(denies, denies)
    port = open_mqtt(at(broker, "5"), "kit-x", ["a/+"])
    assert port.publish(Message("a/b", b"x", retain=False), 5) == NOT_AUTHORISED
    assert broker.next_of(PUBLISH) == bytes.fromhex("32090003612F6200020078")
    port.close()
    voice = MqttVoice(at(broker, "5"), "kit-x")
    voice.hear(["c"], lambda _topic, _payload: None)
    with caplog.at_level(logging.ERROR):
        voice.start(lambda: [Message("kit/v1/medway/status", b"online")])
        for _ in range(200):
            if "Not authorized" in caplog.text:
                break
            time.sleep(0.01)
    assert caplog.text.count("refuses what is published on kit/v1/medway/status: Not authorized") == 1
    voice.close()


def test_a_publish_that_nobody_listens_to_is_told_apart_from_one_that_somebody_has(scripted: Make) -> None:
    def unheard(packet: bytes) -> bytes:
        return WIRE["MQTT5-wire-puback-nosub"] if packet[0] >> 4 == PUBLISH else well_5(packet)

    broker = scripted(unheard)
    port = open_mqtt(at(broker, "5"), "kit-x", [])
    assert port.publish(Message("a", b"x", retain=False), 5) == NOBODY_LISTENS
    port.close()


def test_a_publish_that_is_never_acknowledged_is_not_waited_for_for_ever(scripted: Make) -> None:
    broker = scripted(well_5, well_5)
    port = open_mqtt(at(broker, "5"), "kit-x", [])
    with pytest.raises(Gone, match="has not acknowledged what was published on a "):
        port.publish(Message("a", b"x", retain=False), 0.2)
    port.close()
    port = open_mqtt(at(broker, "5"), "kit-x", [])
    broker.hang_up()
    with pytest.raises(Gone):
        port.publish(Message("a", b"x", retain=False), 20)
    port.close()


def test_a_broker_that_refuses_the_connection_is_told_with_its_reason(scripted: Make) -> None:
    broker = scripted(lambda _packet: bytes.fromhex("2003008700"))
    with pytest.raises(NotOpened, match="Not authorized") as refused:
        open_mqtt(at(broker, "5"), "kit-x", ["a"])
    assert refused.value.word == "DENIED"
