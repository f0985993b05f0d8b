"""Readings and their delivery as JSON: the one contract between bridge and service.

Both processes use this file and nothing else of each other. A delivery holds readings of ONE stream of ONE
boot of ONE bridge, in ascending `seq`. The answer names the highest contiguous sequence the service has
stored (`upto`, observations) and one answer a scan.
"""

from typing import Annotated, Literal, TypeVar

import msgspec

from devices.readings import BayAct, Count, DeviceReported, Name, Reading, Short

DELIVERY_MAX = 500
"""Most readings in one delivery."""

OBS_TOPIC = "kit/v1/{bridge}/obs"
"""Where a bridge publishes deliveries of observations, QoS 1, not retained. An empty message asks for a sign of
life and is answered as if it were stored. The broker's access list vouches for `{bridge}`."""

ACK_TOPIC = "kit/v1/{bridge}/ack"
"""Where the service answers them (`Acknowledged`)."""

NO_BOOT = "0" * 32
"""The boot named in an answer to what names none."""

SCAN_AGE_MAX_MS = 30_000
"""A scan older than this on the bridge's monotonic clock is reported once as late and never decided."""

AGE_MS_MAX = 2**40
"""Longest age that is told; what is older (a machine that began in 1970 and was then set) is told as this old."""

COMMAND_LIFE_MAX_MS = 30_000
"""Longest time between a command to a bay and its being begun."""

COMMAND_WAIT_MAX_MS = 20_000
"""Longest time that the service holds a bridge's question for commands."""

COMMANDS_MAX = 256
"""Most commands to the bays of one bridge at a time."""

Stream = Literal["scan", "obs"]
Light = Literal["green", "amber", "red", "none"]
Boot = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One reading under its delivery key.

    `seq` counts from 1 within (boot, stream). `device` is the configured name. `observed_at_us` is the
    bridge's wall clock in microseconds since 1970 UTC (never trusted to order custody); `mono_ns` its
    monotonic clock at capture; `age_ms` that clock's age at the moment of sending.
    """

    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    device: Name
    observed_at_us: Annotated[int, msgspec.Meta(ge=0, le=2**60)]
    mono_ns: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    age_ms: Annotated[int, msgspec.Meta(ge=0, le=AGE_MS_MAX)] = 0
    reading: Reading


class Delivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bridge to service: POST /api/v1/bridge/readings."""

    boot: Boot
    stream: Stream
    sent: Annotated[tuple[Sent, ...], msgspec.Meta(min_length=1, max_length=DELIVERY_MAX)]


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the service made of one reading: the light to show, the tone, and the sentence for a display.

    `outcome` is the stable word: IN_SET, RETURNED, REFUSED, VISIT_OPENED, COMPLETED, PARKED, UNKNOWN_CODE,
    LATE, STORED, SET_ASIDE ... A repeat of a key gets the first answer again, with `repeat` true.
    """

    seq: int
    outcome: str
    light: Light = "none"
    tone: str = ""
    sentence: str = ""
    repeat: bool = False


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Service to bridge. `upto`: highest contiguous stored sequence of a stream; `epoch`: `db restore`."""

    upto: int
    epoch: str
    answers: tuple[Answer, ...] = ()


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Service to bridge by MQTT: what became of one delivery of observations. Only this empties a spool.

    `boot`, `upto` and `epoch` as in `Accepted`; `seq` is the delivery's last sequence, by which the bridge knows to
    which delivery this belongs. `code` is 0 where it was stored; else nothing was, `code` is what HTTPS would have
    answered (a 4xx: never again; a 5xx, 401, 403: later) and `reason` says why.
    """

    boot: str
    upto: int
    epoch: str
    seq: int = 0
    code: int = 0
    reason: str = ""


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Bridge to service, every few seconds: POST /api/v1/bridge/heartbeat.

    Fields that the service does not know are a newer bridge's, and left alone: a bridge that works must not be
    taken for silent because its service is older. A reading not understood is set aside with its bytes.

    `spool_quota_bytes` is what the spool may hold before it refuses, `certificate_ends_us` when the first of the
    certificates ends that the bridge needs (its own, and the authorities'); None where it has neither or does not tell.
    """

    boot: Boot
    wall_us: Annotated[int, msgspec.Meta(ge=0, le=2**60)]
    mono_ns: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    software: Short = ""
    spool_waiting: Count = 0
    spool_bytes: Count = 0
    spool_quota_bytes: Count | None = None
    certificate_ends_us: Annotated[int, msgspec.Meta(ge=0, le=2**60)] | None = None
    devices: Annotated[tuple[DeviceReported, ...], msgspec.Meta(max_length=256)] = ()


class HeartbeatAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`service_wall_us` and `skew_ms` tell the bridge its offset, `upto` the observations stored."""

    service_wall_us: int
    epoch: str
    upto: int
    skew_ms: int = 0


class BayCommand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Service to bridge: one act at one bay. A command of one `id` is carried out at most once.

    `device` is the station that speaks for the dock, `dock` and `bay` as in `BayReported`. `live_ms` is how long it may
    still be begun, from when it was sent; whoever gets it later must let it be.
    """

    id: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    device: Name
    dock: Name
    bay: Annotated[int, msgspec.Meta(ge=1, le=999)]
    act: BayAct
    light: Light = "none"
    live_ms: Annotated[int, msgspec.Meta(ge=0, le=COMMAND_LIFE_MAX_MS)]


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """Bridge to service: POST /api/v1/bridge/commands, asked again as soon as it is answered.
    A newer bridge's fields are left alone, as a heartbeat's are.

    `have` are the commands it has already; `wait_ms` is how long the service may wait for another before it answers
    with none.
    """

    boot: Boot
    have: Annotated[tuple[int, ...], msgspec.Meta(max_length=COMMANDS_MAX)] = ()
    wait_ms: Annotated[int, msgspec.Meta(ge=0, le=COMMAND_WAIT_MAX_MS)] = 0


class Commanded(msgspec.Struct, frozen=True, kw_only=True):
    """The service's answer: what is to be done now, and how long it waited before it said so."""

    commands: tuple[BayCommand, ...] = ()
    waited_ms: int = 0


Said = TypeVar("Said")

_deliveries = msgspec.json.Decoder(Delivery)
_acknowledged = msgspec.json.Decoder(Acknowledged)
_readings: msgspec.json.Decoder[Reading] = msgspec.json.Decoder(Reading)


def encode(message: msgspec.Struct) -> bytes:
    """JSON bytes of any struct in this file or of a reading."""
    return msgspec.json.encode(message)


def read(decoder: msgspec.json.Decoder[Said], body: bytes) -> Said:
    """What `decoder` makes of `body`. Raises msgspec.DecodeError for whatever is wrong with it: also for text that is
    no UTF-8 and for JSON nested too deeply, where msgspec's own errors are others."""
    try:
        return decoder.decode(body)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error


def decode_delivery(body: bytes) -> Delivery:
    """The delivery in `body`. Raises ValidationError naming the field (`$.sent[0].seq`) or DecodeError."""
    return read(_deliveries, body)


def decode_acknowledged(body: bytes) -> Acknowledged:
    """The acknowledgement in `body`. Raises ValidationError naming the field, or DecodeError."""
    return read(_acknowledged, body)


def decode_reading(body: bytes) -> Reading:
    """The reading in `body`. Raises msgspec.ValidationError naming the field, or DecodeError."""
    return read(_readings, body)
