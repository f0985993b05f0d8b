"""The whole driver contract on one screen.

A driver is data (`Driver`) plus a decoder: bytes in, readings out, no I/O, no clock. To add one: write
`devices/drivers/<family>/<name>.py` with the wire format drawn in its docstring, and add two lines to
`devices/drivers/__init__.py`.

Notes for driver authors
  * `feed` never raises on bytes. What it cannot read becomes `Garbled` with the raw bytes.
  * `feed` must give the same readings whether bytes arrive whole, one by one or split anywhere.
  * `at_s` is a monotonic time in seconds that the caller supplies; use differences only.
  * `idle` is called when nothing has arrived for a while: drop a stale partial, raise a no-suffix alarm.
  * Bound every buffer. A length from the wire is checked before it is used.
  * A transport that has messages (MQTT, HID reports) has a `PacketDecoder`: one `Packet` in, readings out.
  * A decoder may have a `repeated` count: readings it held back because the same thing was still there.
  * A decoder's word about its own device (WEDGED, a firmware version) is a `DeviceReported` whose `device`
    is the driver's name. After WEDGED or MISCONFIGURED the next sound reading means OPEN; a device that
    gives none while it rests is said to be OPEN by its decoder.

What a device says that is no reading (an acknowledgement, an answer to a command) a decoder may tell as
`Note`s (`Noting`): `kitstore decode` and `kit-bridge monitor` print them, the bridge drops them.

A dock whose bays can be told something is `Bayed`; one on MQTT names the topics of that in its `Driver` instead.

A protocol that talks back has a decoder that is `Talking` too; one whose device has a lamp or sounder of its
own is `Lit` as well; one whose line opens before its device agrees to deliver, as a network's does, is `Linked`.
A decoder never writes: it says what to write, and the station does.

    port opens  -> opening()                           what to send first: who are you, start, poll
    bytes come  -> feed() -> readings kept on disk -> take_replies()     acknowledgement, next command
    0.1 s still -> idle() -> take_replies()            polls, time-outs, a command sent again
    an answer   -> show() -> take_replies()            the device's own light or beep

So an acknowledgement leaves only after what it acknowledges is kept: what a cut power loses, the device sends
again. One command at a time, prompts waited for, retries and their limit are the decoder's own business; it
holds back in `take_replies` what it may not send yet, and bounds what it holds. `idle` comes about every
0.1 s of silence: keep time by its `at_s`. A decoder lives as long as its port is open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import msgspec

from devices.readings import BayAct, DeviceWord, Reading
from devices.wire import Light

Transport = Literal["serial", "hid", "mqtt", "pcsc", "tcp", "https", "usb-presence", "dhcp"]


@runtime_checkable
class Decoder(Protocol):
    """Turns one device's bytes into readings."""

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at monotonic `at_s`; return the readings they complete."""
        ...

    def idle(self, at_s: float) -> list[Reading]:
        """Told that nothing has arrived until `at_s`; return what a gap means (often nothing)."""
        ...


@dataclass(frozen=True, slots=True)
class Packet:
    """One message of a transport that has messages, not a stream: an MQTT publish or an HID report."""

    topic: str
    payload: bytes
    retained: bool = False


@runtime_checkable
class PacketDecoder(Protocol):
    """Turns one device's messages into readings."""

    def packet(self, packet: Packet, at_s: float) -> list[Reading]:
        """Take one message that arrived at monotonic `at_s`; return its readings."""
        ...

    def idle(self, at_s: float) -> list[Reading]:
        """Told that nothing has arrived until `at_s`; return what a gap means (often nothing)."""
        ...


@runtime_checkable
class Talking(Protocol):
    """A decoder whose protocol wants bytes written back. Neither method raises or waits."""

    def opening(self) -> bytes:
        """What to send as soon as the port is open (often nothing). Called once, before any `feed`."""
        ...

    def take_replies(self) -> bytes:
        """What is to be written now, and forget it: asked after every `feed`, `packet`, `idle` and `show`."""
        ...


@runtime_checkable
class Lit(Protocol):
    """A talking decoder whose device can show an answer itself: a scanner's beep, a hub's lights."""

    def show(self, light: Light, bay: int | None = None) -> None:
        """Show `light` ("none" goes dark), at `bay` where the device has bays and one is meant.

        The bytes for it come out of `take_replies`. A light that the device does not have is left out.
        """
        ...


@runtime_checkable
class Bayed(Talking, Protocol):
    """A talking decoder of a dock whose bays can be told something: to show a light, to let go, to lock."""

    def tell(self, act: BayAct, bay: int, light: Light) -> bool:
        """Have `act` done at `bay`; its bytes come out of `take_replies`. False where the dock has nothing to do it
        with."""
        ...


class Ended(NamedTuple):
    """Why a line is of no more use as it is: the word to report, and a sentence that says what to do."""

    word: DeviceWord
    why: str


@runtime_checkable
class Linked(Talking, Protocol):
    """A talking decoder of a line that opens before its device agrees to deliver, and can go bad while it is open.

    Its station counts as open once `is_up`; after `ended` it closes the line, and the watcher opens it anew.
    """

    def is_up(self) -> bool:
        """Whether the device has agreed to deliver, and does."""
        ...

    def ended(self) -> Ended | None:
        """Why the line must be closed and opened anew, once it must: asked after every turn."""
        ...

    def parting(self) -> bytes:
        """What to send before the line is closed because the bridge stops (often nothing). Called once."""
        ...


class Note(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="note"):
    """Something a device said, or was told, that is no reading: for the person who looks at the line."""

    what: str
    facts: Mapping[str, str | int | bool] = {}


@runtime_checkable
class Noting(Protocol):
    """A decoder that understands more than it turns into readings."""

    def take_notes(self) -> list[Note]:
        """The notes since this was asked last, and forget them: asked as often as `take_replies`."""
        ...


@dataclass(frozen=True, slots=True)
class UsbId:
    """A USB vendor and product id by which a driver suggests itself; `product` None matches the vendor."""

    vendor: int
    product: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class TriedOn:
    """A real device this driver has met. A driver with none has never met the real thing, and says so."""

    device: str
    firmware: str
    on: str


@dataclass(frozen=True, slots=True)
class Driver:
    """One device family: its name in configuration, its transport, and how to make its decoder.

    `options` maps an option's name to (default, one-line meaning); `decoder` takes the chosen options, and
    for one left out its default. It raises `NotConfigured` naming an option or a value that does not exist.
    `reads_codes`: it reads barcodes, so the test card can prove it (`kit-bridge commission`).
    `topics` are the MQTT filters to subscribe to, `{bridge}` standing for the bridge's own id and `{device}` for the
    name of the station; `wanted_late` says whether the broker is to keep for us what is published while the bridge is
    away. Not where it would be taken for news: a tag that was read an hour ago is not here now. `cmd_topic` is where
    its docks hear what their bays are to do and `ack_topic` where they answer (`devices.docks.commands`), `{dock}`
    standing for the dock's name.
    """

    name: str
    title: str
    transport: Transport
    decoder: Callable[[Mapping[str, str]], Decoder | PacketDecoder]
    stream: Literal["scan", "obs"] = "scan"
    baud: int = 9600
    options: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    reads_codes: bool = False
    topics: tuple[str, ...] = ()
    wanted_late: bool = True
    cmd_topic: str = ""
    ack_topic: str = ""
    usb_ids: tuple[UsbId, ...] = ()
    tried_on: tuple[TriedOn, ...] = ()
