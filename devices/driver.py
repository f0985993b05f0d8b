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
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from devices.readings import Reading

Transport = Literal["serial", "hid", "mqtt", "pcsc", "tcp", "https", "usb-presence"]


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
    `topics` are the MQTT filters to subscribe to, `{bridge}` standing for the bridge's own id.
    """

    name: str
    title: str
    transport: Transport
    decoder: Callable[[Mapping[str, str]], Decoder | PacketDecoder]
    stream: Literal["scan", "obs"] = "scan"
    baud: int = 9600
    options: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    usb_ids: tuple[UsbId, ...] = ()
    tried_on: tuple[TriedOn, ...] = ()
