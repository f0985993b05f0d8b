"""What a dock on our own MQTT topics is told and what it answers. QoS 0, never retained: it is for now.

    dock    kit/v1/{bridge}/dock/{dock}/state  {"state": "online", "acts": ["point", "release", "lock"], ...}  retained
    bridge  kit/v1/{bridge}/dock/{dock}/cmd    {"id": 81, "bay": 6, "act": "release", "light": "none", "until_us": ...}
    dock    kit/v1/{bridge}/dock/{dock}/ack    {"id": 81, "ok": true}
                                               {"id": 81, "ok": false, "why": "The latch is stuck."}
                                               {"id": 81, "ok": false, "unable": true}      not at this bay

One rule for the editor: a dock carries an id out once and answers it as often as it hears it, because the first answer
may be lost. A field that we do not know is a newer dock's, and left alone.
"""

import re
from typing import Annotated, Literal

import msgspec

from devices.driver import Packet
from devices.readings import ActWord, BayAct, Sentence
from devices.wire import BayCommand, Light

CMD_TOPIC = "kit/v1/{bridge}/dock/{dock}/cmd"
ACK_TOPIC = "kit/v1/{bridge}/dock/{dock}/ack"
STATE_TOPIC = "kit/v1/{bridge}/dock/{dock}/state"
PAYLOAD_BYTES_MAX = 2048

_ACK = re.compile(r"kit/v1/[^/+#]{1,120}/dock/([^/+#]{1,120})/ack")
_STATE = re.compile(r"kit/v1/[^/+#]{1,120}/dock/([^/+#]{1,120})/state")
DockAct = Literal["point", "release", "lock"]


class DockTold(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of a command. It may be begun before `until_us` (UTC microseconds by the bridge's clock); a dock
    without a clock goes by its having come just now."""

    id: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    bay: Annotated[int, msgspec.Meta(ge=1, le=999)]
    act: DockAct
    light: Light = "none"
    until_us: int


class DockAnswered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The payload of an answer: whether it is done, and if not why; `unable` where the dock has nothing for it."""

    id: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    ok: bool
    why: Sentence | None = None
    unable: bool = False

    @property
    def word(self) -> ActWord:
        """The answer as a reading says it."""
        if self.ok:
            return "DONE"
        return "UNABLE" if self.unable else "REFUSED"


class _DockIs(msgspec.Struct, frozen=True):
    """As much of a dock's birth as says what its bays can be told."""

    state: Literal["online", "offline"]
    acts: Annotated[tuple[DockAct, ...], msgspec.Meta(max_length=8)] = ()


_births = msgspec.json.Decoder(_DockIs)
_told = msgspec.json.Decoder(DockTold)
_answered = msgspec.json.Decoder(DockAnswered)


def told_packet(topic: str, command: BayCommand, until_us: int) -> Packet:
    """The message that tells a dock `command`."""
    told = DockTold(id=command.id, bay=command.bay, act=_ACTS[command.act], light=command.light, until_us=until_us)
    return Packet(topic, msgspec.json.encode(told))


_ACTS: dict[BayAct, DockAct] = {"POINT": "point", "RELEASE": "release", "LOCK": "lock"}
_OF_DOCK: dict[DockAct, BayAct] = {theirs: ours for ours, theirs in _ACTS.items()}


def read_told(payload: bytes) -> DockTold | None:
    """What a dock is told; None for what is no command: for simulated docks."""
    try:
        return _told.decode(payload[:PAYLOAD_BYTES_MAX])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_answered(packet: Packet) -> tuple[str, DockAnswered] | None:
    """Which dock answered what; None for what is no answer."""
    topic = _ACK.fullmatch(packet.topic)
    if topic is None:
        return None
    try:
        return topic[1], _answered.decode(packet.payload[:PAYLOAD_BYTES_MAX])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_able(packet: Packet) -> tuple[str, frozenset[BayAct]] | None:
    """Which dock has come, and what its bays can be told; None for what is no dock's coming."""
    topic = _STATE.fullmatch(packet.topic)
    if topic is None:
        return None
    try:
        birth = _births.decode(packet.payload[:PAYLOAD_BYTES_MAX])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return (topic[1], frozenset(_OF_DOCK[act] for act in birth.acts)) if birth.state == "online" else None
