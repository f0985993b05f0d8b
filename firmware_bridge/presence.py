"""The bridge's word on MQTT: that it is there, and what each of its devices is.

One rule for the editor: everything retained carries the boot id. A will is written when we connect and sent
when we are gone, so a reader must be able to tell the death of an older boot from ours.

    kit/v1/{bridge}/status                   {"state":"online"|"offline","boot":...}   retained; will: offline
    kit/v1/{bridge}/dev/{device}/state       {"word":"OPEN","boot":...,"since_us":...} retained
    kit/v1/{bridge}/cmd/rebirth              asks for all of it again
    kit/v1/{bridge}/dock/+/ack, state        what docks answer and can do, handed on (firmware_bridge.bays)

Bays are not repeated here: docks on MQTT publish their own (devices.drivers.docks), and an echo of them
would come back to us as news. An orderly stop publishes offline and disconnects; otherwise the broker
publishes the will, which says so.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from devices.readings import DeviceReported, DeviceWord
from devices.transports.mqtt import Broker, Message, MqttVoice
from firmware_bridge.clock import Clock


class Birth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Payload of the bridge's topic. `why` is "stop" or "lost" when it is offline."""

    state: str
    boot: str
    sw: str = ""
    devices: tuple[str, ...] = ()
    why: str = ""


class DeviceState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Payload of a device's topic."""

    word: DeviceWord
    boot: str
    since_us: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Self:
    """Who this bridge is."""

    bridge: str
    boot: str
    software: str

    def topic(self, rest: str) -> str:
        """`rest` under this bridge's topics."""
        return f"kit/v1/{self.bridge}/{rest}"


@dataclass(slots=True)
class Presence:
    """What is true of the bridge, published when it changes and whenever the broker comes back."""

    me: Self
    clock: Clock
    broker: Broker
    docks_heard: Callable[[str, bytes], None] = lambda _topic, _payload: None
    _birth: Message = field(init=False)
    _last: dict[str, Message] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _voice: MqttVoice = field(init=False)

    def __post_init__(self) -> None:
        self._voice = MqttVoice(self.broker, f"kit-{self.me.bridge}", self._offline("lost"))

    def start(self, devices: Sequence[str]) -> None:
        """Connect, now or when the broker comes."""
        self._birth = self._online(devices)
        topics = [self.me.topic(each) for each in ("status", "cmd/#", "dock/+/ack", "dock/+/state")]
        self._voice.hear(topics, self._heard)
        self._voice.start(self._everything)

    def listed(self, devices: Sequence[str]) -> None:
        """Told the devices of another configuration: a new birth names them."""
        self._birth = self._online(devices)
        self._voice.say(self._birth)

    def device_changed(self, report: DeviceReported) -> None:
        """Publish a device's new word."""
        state = DeviceState(
            word=report.word, boot=self.me.boot, since_us=self.clock.wall_us(), detail=report.detail
        )
        self._say(Message(self.me.topic(f"dev/{report.device}/state"), msgspec.json.encode(state)))

    def say(self, message: Message) -> None:
        """Publish something that is not kept."""
        self._voice.say(message)

    def stop(self) -> None:
        """Publish offline and disconnect in order."""
        self._voice.close(self._offline("stop"))

    def _say(self, message: Message) -> None:
        with self._lock:
            self._last[message.topic] = message
        self._voice.say(message)

    def _everything(self) -> list[Message]:
        with self._lock:
            return [self._birth, *self._last.values()]

    def _heard(self, topic: str, payload: bytes) -> None:
        """A rebirth is asked for; or an older connection's will came after our birth, and is put right."""
        if topic.startswith(self.me.topic("dock/")):
            self.docks_heard(topic, payload)
        elif topic == self._birth.topic and payload == self._offline("lost").payload:
            self._voice.say(self._birth)
        elif topic == self.me.topic("cmd/rebirth"):
            for message in self._everything():
                self._voice.say(message)

    def _online(self, devices: Sequence[str]) -> Message:
        birth = Birth(state="online", boot=self.me.boot, sw=self.me.software, devices=tuple(devices))
        return Message(self.me.topic("status"), msgspec.json.encode(birth))

    def _offline(self, why: str) -> Message:
        birth = Birth(state="offline", boot=self.me.boot, sw=self.me.software, why=why)
        return Message(self.me.topic("status"), msgspec.json.encode(birth))
