"""MQTT by paho: messages from docks in, the bridge's own word out. Only this file of the edge imports paho.

One rule for the editor: a broker's word is worth nothing until we have kept it ourselves. A message is
acknowledged (PUBACK) only after `kept`, and our own publishes are never the only copy of anything.

MQTT 5 is asked for: only there does a broker say that an access list refused a publish or a subscription
(in 3.1.1 it answers success). 3.1.1 is spoken only when the configuration says so, with a warning.
paho calls back on its own network thread; the callbacks here only fill a queue or set an event.
"""

import logging
import math
import queue
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from paho.mqtt.client import (
    Client,
    MQTTMessage,
    MQTTMessageInfo,
    MQTTv5,
    MQTTv311,
    topic_matches_sub,
)
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from devices.driver import Packet
from devices.errors import Gone, NotOpened
from devices.readings import DeviceWord
from devices.transports.mqtt_inbox import Came, Inbox
from devices.transports.mqtt_publishes import Answer, Answers, at_once
from devices.transports.mqtt_tls import FirstTrouble, advice, context_of, cut_off, renew
from devices.transports.port import Arrival

PAYLOAD_MAX = 65_536
"""Longest payload taken, in bytes. A longer one is cut there, and its decoder will say so."""

SESSION_EXPIRY_S = 86_400
"""How long the broker keeps a station's subscription and unacknowledged messages while the bridge is away."""

IN_FLIGHT_MAX = 256
"""Most messages the broker may send before the first of them is acknowledged (MQTT 5)."""

NOBODY_LISTENS = 0x10
"""PUBACK: the broker took it and nobody is subscribed (MQTT 5, 3.4.2.1)."""

NOT_AUTHORISED = 0x87
"""PUBACK: the broker's access list refuses it. MQTT 3.1.1 has no such word: it says success."""

OLD_BROKER_HINT = '; if it speaks only MQTT 3.1.1, set version = "3.1.1" in [broker]'

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to be let in: TLS with a `ca_file`, mutual TLS with a `cert_file` too."""

    host: str
    port: int = 1883
    version: Literal["5", "3.1.1"] = "5"
    username: str = ""
    password: str = ""
    ca_file: str = ""
    cert_file: str = ""
    cert_key_file: str = ""
    keepalive_s: int = 15
    open_timeout_s: float = 5.0

    def __str__(self) -> str:
        return f"broker {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish, at QoS 1; `live_s` makes it one for now: at QoS 0, so that no broker keeps it for a
    dock that is away, and in MQTT 5 with an end (3.3.2.3.3)."""

    topic: str
    payload: bytes
    retain: bool = True
    live_s: float | None = None


def _client(broker: Broker, client_id: str, *, keep_session: bool, reconnect: bool) -> Client:
    """A paho client for `broker`. Raises OSError if a certificate file cannot be used."""
    version = MQTTv5 if broker.version == "5" else MQTTv311
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=MQTTProtocolVersion(version),
        clean_session=None if broker.version == "5" else not keep_session,
        manual_ack=not reconnect,
        reconnect_on_failure=reconnect,
    )
    if broker.version != "5":
        log.warning(
            "%s: speaking MQTT 3.1.1 as configured; a publish it refuses will look like success", broker
        )
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    context = context_of(broker)
    if context is not None:
        client.tls_set_context(context)
        client.on_pre_connect = lambda *_: renew(
            context, broker
        )  # an OSError ends this attempt like any other
    client.connect_timeout = broker.open_timeout_s
    client.on_socket_open = at_once
    return client


def _connect_words(broker: Broker, *, keep_session: bool) -> dict[str, Any]:
    """The arguments of paho's connect; a Properties object only where MQTT 5 knows it."""
    words: dict[str, Any] = {"host": broker.host, "port": broker.port, "keepalive": broker.keepalive_s}
    if broker.version == "5":
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.ReceiveMaximum = IN_FLIGHT_MAX
        asked.SessionExpiryInterval = SESSION_EXPIRY_S if keep_session else 0
        words |= {"clean_start": not keep_session, "properties": asked}
    return words


class MqttPort:
    """A subscription to one device's topics. It satisfies `devices.transports.port.Port`.

    It ends with `Gone` when the broker does: the watcher opens a new one, and the broker's session sends
    again whatever was not acknowledged. Without `keep_session` the broker forgets us when we go.
    """

    def __init__(
        self, broker: Broker, client_id: str, topics: Iterable[str], *, keep_session: bool = True
    ) -> None:
        self._broker = broker
        self._topics = tuple(topics)
        self._filters = [it.split("/", 2)[2] if it.startswith("$share/") else it for it in self._topics]
        self._keep_session = keep_session
        self._inbox = Inbox()
        self._to_keep: list[Came] = []
        self._ready = threading.Event()
        self._refused: NotOpened | None = None
        self._lost = ""
        self.packet_max: int | None = None
        """Longest packet the broker takes, in bytes; None where it says nothing. A longer one ends the connection."""
        self._answers: queue.Queue[tuple[int, int]] = queue.Queue()
        self._trouble = FirstTrouble()
        client = self._client = _client(broker, client_id, keep_session=keep_session, reconnect=False)
        client.enable_logger(self._trouble.logger)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect

    def open(self) -> None:
        """Connect and subscribe. Raises NotOpened with the word to report."""
        try:
            self._client.connect(**_connect_words(self._broker, keep_session=self._keep_session))
        except (OSError, ValueError) as error:
            word: DeviceWord = "DENIED" if isinstance(error, ssl.SSLError) else "MISSING"
            raise NotOpened(f"{self._broker}: cannot be reached ({advice(error)})", word) from error
        self._client.loop_start()
        if not self._ready.wait(self._broker.open_timeout_s):
            self.close()
            hint = OLD_BROKER_HINT if self._broker.version == "5" else ""
            raise NotOpened(f"{self._broker}: does not answer{hint}", "MISSING")
        if self._refused is not None:
            self.close()
            raise self._refused

    def read(self, timeout_s: float) -> list[Arrival]:
        """The messages that have arrived, oldest first. Raises Gone once the broker is away."""
        taken = self._inbox.take(timeout_s)
        if not taken and self._lost:
            raise Gone(f"{self._broker}: {self._lost}")
        self._to_keep += taken
        return [came.packet for came in taken]

    def kept(self) -> None:
        """Acknowledge what `read` gave."""
        for came in self._to_keep:
            self._client.ack(came.mid, came.qos)
        self._to_keep.clear()

    def write(self, data: bytes) -> None:
        """A dock that speaks MQTT is only listened to."""
        raise NotImplementedError("an MQTT port is read only")

    def publish(self, message: Message, timeout_s: float) -> int:
        """Publish and wait for the broker's PUBACK: its reason code, 0 for success (always, in MQTT 3.1.1).

        Not even success says that anybody but the broker has it. For one thread. Raises Gone where none comes.
        """
        sent = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        end_s = time.monotonic() + timeout_s
        while not self._lost and (left_s := end_s - time.monotonic()) > 0:
            try:
                mid, code = self._answers.get(timeout=min(left_s, 0.1))
            except queue.Empty:
                continue
            if mid == sent.mid:
                return code
        why = self._lost or f"has not acknowledged what was published on {message.topic} in {timeout_s:g} s"
        raise Gone(f"{self._broker}: {why}")

    def close(self) -> None:
        """Disconnect, keeping the session at the broker where it was to be kept."""
        self._inbox.close()
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Client, _d: object, _f: object, code: ReasonCode, says: object) -> None:
        self.packet_max = getattr(says, "MaximumPacketSize", None)
        if code.is_failure:
            self._refuse(f"refuses the connection: {code}")
        elif self._topics:
            client.subscribe([(topic, 1) for topic in self._topics])
        else:
            self._ready.set()

    def _on_subscribe(
        self, _c: Client, _data: object, _mid: int, codes: list[ReasonCode], _p: object
    ) -> None:
        if any(code.is_failure for code in codes):
            self._refuse(f"refuses the subscription to {', '.join(self._topics)}: {codes[0]}")
        self._ready.set()

    def _refuse(self, why: str) -> None:
        hint = OLD_BROKER_HINT if "protocol" in why.lower() else ""
        self._refused = NotOpened(f"{self._broker} {why}{hint}", "DENIED")
        self._ready.set()

    def _on_message(self, client: Client, _data: object, message: MQTTMessage) -> None:
        if not any(topic_matches_sub(it, message.topic) for it in self._filters):
            client.ack(message.mid, message.qos)  # left over from an older configuration of this session
            return
        packet = Packet(message.topic, bytes(message.payload[:PAYLOAD_MAX]), bool(message.retain))
        # What waited for a session comes before the broker's word on the subscription, which `open` waits for.
        self._inbox.put(Came(message.mid, message.qos, packet), is_read=self._ready.is_set())

    def _on_publish(self, _c: Client, _data: object, mid: int, code: ReasonCode, _p: object) -> None:
        self._answers.put((mid, int(code.value)))

    def _on_disconnect(self, _c: Client, _d: object, _f: object, code: ReasonCode, _p: object) -> None:
        was_let_in = self._ready.is_set()
        words = f"connection lost ({code})" if was_let_in else f"ended the connection{cut_off(self._broker)}"
        self._lost = self._lost or self._trouble.or_else(words)
        if not was_let_in and self._refused is None:
            self._refuse(self._lost)


def open_mqtt(
    broker: Broker, client_id: str, topics: Iterable[str], *, keep_session: bool = True
) -> MqttPort:
    """Connect to `broker` as `client_id` and listen to `topics`. Raises NotOpened.

    The id must be this station's alone: a broker drops the older of two with one name.
    """
    try:
        port = MqttPort(broker, client_id, topics, keep_session=keep_session)
    except OSError as error:
        raise NotOpened(f"{broker}: certificate cannot be used ({error})", "DENIED") from error
    port.open()
    return port


class MqttVoice:
    """The bridge's own voice: publishes, says what the broker must say if we die, and hears commands.

    `greeting` gives the messages to publish on every connection; `heard` is told each command on paho's
    network thread. While there is no broker nothing is queued: the greeting holds all that is still true.
    """

    def __init__(self, broker: Broker, client_id: str, will: Message | None = None) -> None:
        self._broker = broker
        self._up = threading.Event()
        self._greeting: Callable[[], list[Message]] = list
        self._heard: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self._commands: list[tuple[str, int]] = []
        self._said = ""
        self._last_sent: MQTTMessageInfo | None = None
        self._answers = Answers()
        self._trouble = FirstTrouble()
        client = self._client = _client(broker, client_id, keep_session=False, reconnect=True)
        client.enable_logger(self._trouble.logger)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.reconnect_delay_set(1, 30)

    def hear(self, commands: Iterable[str], heard: Callable[[str, bytes], None]) -> None:
        """Before `start`: subscribe to `commands`, and tell `heard` the topic and payload of each."""
        self._commands = [(topic, 1) for topic in commands]
        self._heard = heard

    def start(self, greeting: Callable[[], list[Message]] = list) -> None:
        """Begin connecting, in a thread of its own; a broker that is away is tried again for ever."""
        self._greeting = greeting
        self._client.connect_async(**_connect_words(self._broker, keep_session=False))
        self._client.loop_start()

    def connected(self, timeout_s: float) -> bool:
        """Whether the broker is there, waiting at most `timeout_s` for it."""
        return self._up.wait(timeout_s)

    def say(self, message: Message) -> None:
        """Publish, if the broker is there. What it refuses is said in the log."""
        if not self._client.is_connected():
            return
        if message.live_s is not None:
            self._client.publish(
                message.topic, message.payload, qos=0, properties=self._expiry(message.live_s)
            )
            return
        sent = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        if sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._last_sent = sent
            self._answered(self._answers.asked(sent.mid, message.topic))

    def _expiry(self, live_s: float) -> Properties | None:
        if self._broker.version != "5":
            return None
        asked = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        asked.MessageExpiryInterval = max(1, math.ceil(live_s))
        return asked

    def close(self, last: Message | None = None, timeout_s: float = 1.0) -> None:
        """Publish `last`, wait at most `timeout_s` for the broker to have everything said, and disconnect in
        order. A broker acknowledges in the order in which we spoke, so the last is waited for."""
        if last is not None:
            self.say(last)
        if self._last_sent is not None:
            self._last_sent.wait_for_publish(timeout_s)
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Client, _d: object, _f: object, code: ReasonCode, _p: object) -> None:
        if code.is_failure:
            self._tell(f"refuses the connection: {code}", logging.ERROR)
            return
        self._tell("connected", logging.INFO)
        self._up.set()
        if self._commands:
            client.subscribe(self._commands)
        for message in self._greeting():
            self.say(message)

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        """paho calls this while it handles what was raised, and does not say what that was."""
        self._tell(f"cannot be reached ({advice(sys.exc_info()[1])})", logging.ERROR)

    def _on_disconnect(self, _c: Client, _d: object, _f: object, code: ReasonCode, _p: object) -> None:
        words = f"connection lost ({code})"
        if not self._up.is_set():
            words = f"ended the connection{cut_off(self._broker)}"
        self._up.clear()
        self._answers.forget()
        lost = self._trouble.or_else(words)
        self._trouble.said = ""
        self._tell(lost if code.is_failure else "disconnected", logging.INFO)

    def _on_message(self, _c: Client, _data: object, message: MQTTMessage) -> None:
        self._heard(message.topic, bytes(message.payload[:PAYLOAD_MAX]))

    def _on_publish(self, _c: Client, _data: object, mid: int, code: ReasonCode, _p: object) -> None:
        self._answered(self._answers.came(mid, code))

    def _answered(self, answer: Answer | None) -> None:
        if answer is not None and answer.code.is_failure:
            self._tell(f"refuses what is published on {answer.topic}: {answer.code}", logging.ERROR)

    def _tell(self, word: str, level: int) -> None:
        """Say a thing once, not at every attempt."""
        if word != self._said:
            log.log(level, "%s: %s", self._broker, word)
        self._said = word
