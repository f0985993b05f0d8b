"""Observations by MQTT: the delivery of HTTPS published on the bridge's topic, and the service's answer waited for.

One rule for the editor: only the service's own answer says that something is stored. The broker's PUBACK says that the
broker has it, in memory; "nobody listens" and "not authorised" are reasons to keep everything and to say so.

One delivery is under way at a time. A lost answer, a lost connection and a time-out all end the same way: the spool
still has it, and it goes again under the same keys. A connection is opened when something waits, and anew after any
trouble, so that a renewed certificate needs no restart.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from devices.driver import Packet
from devices.errors import DeviceError
from devices.transports.mqtt import NOBODY_LISTENS, NOT_AUTHORISED, Broker, Message, MqttPort, open_mqtt
from devices.wire import (
    ACK_TOPIC,
    OBS_TOPIC,
    Accepted,
    Acknowledged,
    Delivery,
    Sent,
    decode_acknowledged,
    encode,
)
from firmware_bridge import faults
from firmware_bridge.errors import LinkDown, Rejected
from firmware_bridge.line import LATER_CODES
from firmware_bridge.scans import Wire

LOOK_S = 0.1
"""A stop is seen within this."""

HEADER_MAX = 16
"""What stands around topic and payload of a publish: type, length, topic's length, number, properties' length."""

FAILURE = 0x80
"""Reason codes from here on are refusals (MQTT 5, 2.4)."""

DENIED = "the broker's access list refuses {topic}: it needs `pattern write kit/v1/%u/obs` (docs/mqtt.md)"
NOBODY = "no instance of the service listens to {topic}: set [mqtt] in the service's settings, or start it"
UNHEARD = (
    "no answer on {topic} within {timeout_s:g} s; if this stays, `kit-bridge doctor` says what is missing"
)


@dataclass(slots=True)
class ByMqtt:
    """Delivers observations for one thread. `cancel` may come from another and ends the wait under way."""

    broker: Broker
    bridge: str
    wire: Wire
    _port: MqttPort | None = field(default=None, init=False)
    _cancelled: threading.Event = field(default_factory=threading.Event, init=False)

    def send(self, boot: str, sent: Sequence[Sent]) -> Accepted:
        """Deliver, and return what the service says of it. Raises LinkDown, or Rejected with the code."""
        body = encode(Delivery(boot=boot, stream="obs", sent=tuple(sent)))
        faults.point("before_post_obs")
        try:
            said = self._exchange(body, boot, sent[-1].seq, is_one=len(sent) == 1)
        except DeviceError as why:
            self.close()
            raise LinkDown(str(why)) from why
        faults.point("after_answer_obs")
        if said.code == 0:
            return Accepted(upto=said.upto, epoch=said.epoch)
        if said.code >= 500 or said.code in LATER_CODES:
            raise LinkDown(f"the service answered {said.code}: {said.reason}")
        raise Rejected(said.code, said.reason)

    def cancel(self) -> None:
        """End what is under way, and refuse any more."""
        self._cancelled.set()

    def close(self) -> None:
        """Let the connection go; the next delivery opens another."""
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _exchange(self, body: bytes, boot: str, seq: int, *, is_one: bool) -> Acknowledged:
        topic, answers = OBS_TOPIC.format(bridge=self.bridge), ACK_TOPIC.format(bridge=self.bridge)
        if self._port is None:
            self._port = open_mqtt(self.broker, f"kit-{self.bridge}-obs", [answers], keep_session=False)
        timeout_s = self.wire.timing.post_s
        end_s = time.monotonic() + timeout_s
        self._stop_if_told()
        _refuse_too_long(self._port, len(body), len(topic), is_one)
        code = self._port.publish(Message(topic, body, retain=False), timeout_s)
        if code == NOBODY_LISTENS:
            raise LinkDown(f"{self.broker}: {NOBODY.format(topic=topic)}")
        if code >= FAILURE:
            why = DENIED.format(topic=topic) if code == NOT_AUTHORISED else f"refuses it with 0x{code:02X}"
            raise LinkDown(f"{self.broker}: {why}")
        while time.monotonic() < end_s:
            self._stop_if_told()
            for packet in self._port.read(LOOK_S):
                said = _acknowledged(packet) if isinstance(packet, Packet) else None
                if said is not None and (said.boot, said.seq) == (boot, seq):
                    self._port.kept()
                    return said
            self._port.kept()
        raise LinkDown(f"{self.broker}: {UNHEARD.format(topic=answers, timeout_s=timeout_s)}")

    def _stop_if_told(self) -> None:
        if self._cancelled.is_set():
            self.close()
            raise LinkDown("stopping")


def _refuse_too_long(port: MqttPort, body: int, topic: int, is_one: bool) -> None:
    """A broker would end the connection, again and again. A shorter delivery is tried instead, where there is one."""
    if port.packet_max is None or body + topic + HEADER_MAX <= port.packet_max:
        return
    why = f"the broker takes {port.packet_max} bytes at most, and this is {body}: raise max_packet_size there"
    if is_one:
        raise LinkDown(why)
    raise Rejected(413, why)


def _acknowledged(packet: Packet) -> Acknowledged | None:
    """The service's answer; None for what is none, or is a broker's retained copy of an old one."""
    if packet.retained:
        return None
    try:
        return decode_acknowledged(packet.payload)
    except msgspec.DecodeError:
        return None
