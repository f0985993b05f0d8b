"""Docks that speak our own MQTT topics: one retained message a bay, its latest word. MQTT 5, QoS 1.

    kit/v1/{bridge}/dock/{dock}/bay/{n}    retained    {"present": true, "serial": "X60A12345", "charge": 87,
                                                        "state": "charging", "seq": 12, ...}
    kit/v1/{bridge}/dock/{dock}/state      retained    {"state": "online", "boot": "..."}; also the will
    kit/v1/{bridge}/dock/{dock}/cmd, ack               what its bays are to do (devices.docks.commands)

One rule for the editor: only what the dock said. A bay with no state word is UNKNOWN, not READY because its
charge is 100. A retained message is the broker's copy and says so; a second delivery of one message (same
`seq`, same bytes) is counted and held back; a will may overtake the next birth, so the end of an older boot
is ignored. Fields that we do not know are a newer dock's, and left alone.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar, cast

import msgspec

from devices.docks.commands import ACK_TOPIC, CMD_TOPIC
from devices.driver import Driver, Packet
from devices.evidence import garbled
from devices.options import choose
from devices.readings import (
    BayReported,
    BayWord,
    Count,
    DeviceReported,
    Garbled,
    Percent,
    Reading,
    Sentence,
    Serial,
    Short,
)

NAME = "kit-dock"
PAYLOAD_BYTES_MAX = 8192
MEMORY_MAX = 4096
"""Most bays and docks remembered; beyond it the oldest is forgotten, and a repeat of it is not noticed."""

_TOPIC = re.compile(r"kit/v1/([^/+#]{1,120})/dock/([^/+#]{1,120})/(?:bay/([1-9][0-9]{0,2})|(state))")

Seconds = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
State = Literal["empty", "charging", "uploading", "updating", "ready", "fault", "unknown"]


class BaySaid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The payload of a bay topic. `observed_at` is by the dock's own clock: for people, never trusted."""

    present: bool | None = None
    serial: Serial | None = None
    state: State | None = None
    charge: Percent | None = None
    files: Count | None = None
    free_mb: Count | None = None
    firmware: Short | None = None
    clock_offset_s: Seconds | None = None
    log_synced: bool | None = None
    fault: Sentence | None = None
    seq: Count | None = None
    observed_at: Short | None = None


class DockSaid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The payload of a dock's state topic: its birth, its orderly end, or its will. What its bays can be told (`acts`)
    is read by `devices.docks.commands`."""

    state: Literal["online", "offline"]
    boot: Short = ""
    firmware: Short | None = None


Said = TypeVar("Said", BaySaid, DockSaid)
Remembered = TypeVar("Remembered", str, tuple[int, int])

_bays = msgspec.json.Decoder(BaySaid)
_docks = msgspec.json.Decoder(DockSaid)


class MqttDock:
    """Turns messages of dock topics into bay reports. `repeated` counts second deliveries."""

    def __init__(self, options: Mapping[str, str]) -> None:
        choose(NAME, {}, options)
        self._last: dict[str, tuple[int, int]] = {}
        self._boots: dict[str, str] = {}
        self.repeated = 0

    def packet(self, packet: Packet, at_s: float) -> list[Reading]:  # noqa: ARG002 - the contract's clock
        """The readings of one message; a payload or topic that is not ours is garbled, naming the field."""
        topic = _TOPIC.fullmatch(packet.topic)
        if topic is None:
            return [garbled("TOPIC", f"No dock speaks on the topic {packet.topic[:200]!a}.", packet.payload)]
        if not packet.payload:
            return [garbled("EMPTY_PAYLOAD", "A dock's message is a JSON object; this one is empty.", b"")]
        if len(packet.payload) > PAYLOAD_BYTES_MAX:
            detail = f"A dock's message has at most {PAYLOAD_BYTES_MAX} bytes."
            return [garbled("TOO_LONG", detail, packet.payload)]
        if topic[4]:
            return self._dock(topic[2], packet)
        return self._bay(topic[2], int(topic[3]), packet)

    def idle(self, at_s: float) -> list[Reading]:  # noqa: ARG002 - the contract's clock
        """Silence means nothing here: the broker keeps the last word."""
        return []

    def _bay(self, dock: str, bay: int, packet: Packet) -> list[Reading]:
        said = _parse(_bays, packet.payload)
        if isinstance(said, Garbled):
            return [said]
        if said.seq is not None and not packet.retained:
            message = (said.seq, hash(packet.payload))
            if self._last.get(packet.topic) == message:
                self.repeated += 1
                return []
            _remember(self._last, packet.topic, message)
        return [
            BayReported(
                dock=dock,
                bay=bay,
                word=_word(said),
                present=said.present,
                serial=said.serial,
                charge_percent=said.charge,
                files_pending=said.files,
                free_mb=said.free_mb,
                firmware=said.firmware,
                clock_offset_s=said.clock_offset_s,
                log_synced=said.log_synced,
                fault=said.fault,
                retained=packet.retained,
            )
        ]

    def _dock(self, dock: str, packet: Packet) -> list[Reading]:
        said = _parse(_docks, packet.payload)
        if isinstance(said, Garbled):
            return [said]
        if said.state == "online":
            _remember(self._boots, dock, said.boot)
            return [DeviceReported(device=dock, word="OPEN", driver=NAME, firmware=said.firmware)]
        if self._boots.get(dock, said.boot) != said.boot:
            self.repeated += 1
            return []
        return [
            DeviceReported(device=dock, word="MISSING", driver=NAME, detail="The dock says it is offline.")
        ]


def bay_packet(
    bridge: str, report: BayReported, seq: int | None = None, observed_at: str | None = None
) -> Packet:
    """The message that a dock on `bridge` publishes for `report`: the decoder's inverse, for simulators."""
    said = BaySaid(
        present=report.present,
        serial=report.serial,
        state=cast(State, report.word.lower()),
        charge=report.charge_percent,
        files=report.files_pending,
        free_mb=report.free_mb,
        firmware=report.firmware,
        clock_offset_s=report.clock_offset_s,
        log_synced=report.log_synced,
        fault=report.fault,
        seq=seq,
        observed_at=observed_at,
    )
    topic = f"kit/v1/{bridge}/dock/{report.dock}/bay/{report.bay}"
    return Packet(topic, msgspec.json.encode(said), report.retained)


def dock_packet(bridge: str, dock: str, online: bool, boot: str = "") -> Packet:
    """The message of a dock's birth or end, to be published retained."""
    said = DockSaid(state="online" if online else "offline", boot=boot)
    return Packet(f"kit/v1/{bridge}/dock/{dock}/state", msgspec.json.encode(said))


def _word(said: BaySaid) -> BayWord:
    """The dock's own word; without one, only what restates `present` or `fault`."""
    if said.state is not None:
        return cast(BayWord, said.state.upper())
    if said.fault:
        return "FAULT"
    return "EMPTY" if said.present is False else "UNKNOWN"


def _parse(decoder: msgspec.json.Decoder[Said], payload: bytes) -> Said | Garbled:
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        return garbled("FIELD", str(error), payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return garbled("NOT_JSON", f"A dock's message is a JSON object: {error}", payload)


def _remember(memory: dict[str, Remembered], key: str, value: Remembered) -> None:
    memory.pop(key, None)
    if len(memory) >= MEMORY_MAX:
        del memory[next(iter(memory))]
    memory[key] = value


DRIVER = Driver(
    name=NAME,
    title="Dock that speaks our MQTT topics",
    transport="mqtt",
    decoder=MqttDock,
    stream="obs",
    topics=("kit/v1/{bridge}/dock/+/bay/+", "kit/v1/{bridge}/dock/+/state"),
    cmd_topic=CMD_TOPIC,
    ack_topic=ACK_TOPIC,
)
