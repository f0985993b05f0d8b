"""Watching devices without delivering anything: for setting up a scanner, or asking why one is silent.

One rule for the editor: nothing read here reaches the service, the journal or the spool.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from devices.driver import Note
from devices.readings import DeviceReported, Reading
from devices.transports.port import Arrival
from devices.wire import Stream, encode
from firmware_bridge.clock import Clock
from firmware_bridge.intake import Seen
from firmware_bridge.roll import Roll
from firmware_bridge.settings import Timing
from firmware_bridge.station import Desk, Station, Taking
from firmware_bridge.watcher import Watcher

RAW_BYTES_MAX = 512
"""Most bytes of one piece that are printed."""


class Watching(Taking, Protocol):
    """What is told everything that the watched stations say: `Screen`, or an examination of a scanner."""

    @property
    def clock(self) -> Clock:
        """The clock the stations run by."""
        ...

    def noted(self, device: str, note: Note) -> None:
        """A decoder's note."""
        ...

    def changed(self, report: DeviceReported) -> None:
        """A device's new word."""
        ...

    def arrived(self, device: str, piece: Arrival) -> None:
        """A piece of what a device sends, before it is decoded."""
        ...


@dataclass(frozen=True, slots=True)
class Screen:
    """Takes readings and prints each as a line of JSON, its device first; before them, marked `<`, what arrived."""

    clock: Clock
    show: Callable[[str], None]
    with_raw: bool = False

    def seen_now(self) -> Seen:
        """Both clocks now."""
        return Seen(self.clock.wall_us(), self.clock.mono_ns())

    def take(self, device: str, stream: Stream, readings: Sequence[Reading], seen: Seen) -> None:
        """Print them."""
        del stream, seen
        for reading in readings:
            self.show(f"{device}  {encode(reading).decode()}")

    def noted(self, device: str, note: Note) -> None:
        """Print what a device said besides."""
        self.show(f"{device}  {msgspec.json.encode(note).decode()}")

    def changed(self, report: DeviceReported) -> None:
        """Print a device's new word."""
        self.show(f"{report.device}  {report.word}  {report.detail or ''}".rstrip())

    def arrived(self, device: str, piece: Arrival) -> None:
        """Print what arrived."""
        if self.with_raw:
            self.show(f"{device}  < {raw(piece)}")


def raw(piece: Arrival) -> str:
    """A piece as it arrived: a message's topic, the bytes in hex, and beside them what of them can be read."""
    data = piece if isinstance(piece, bytes) else piece.payload
    shown = data[:RAW_BYTES_MAX]
    text = "".join(chr(it) if 0x20 <= it < 0x7F else "." for it in shown)
    more = f"  and {len(data) - len(shown)} bytes more" if len(data) > len(shown) else ""
    topic = "" if isinstance(piece, bytes) else f"{piece.topic}{' (retained)' if piece.retained else ''}  "
    return f"{topic}{shown.hex().upper()}  {text}{more}"


def watch(
    stations: Sequence[Station],
    timing: Timing,
    screen: Watching,
    stop: threading.Event,
    *,
    once: bool = False,
) -> None:
    """Watch `stations` until `stop`; with `once`, until each has ended by itself (a capture played back)."""
    roll = Roll()
    roll.listed(DeviceReported(device=it.device, word="STOPPED", driver=it.driver.name) for it in stations)
    roll.tell(screen.changed)
    desk = Desk(screen, roll, screen.clock, lambda: None, noted=screen.noted, arrived=screen.arrived)
    if once:
        for station in stations:
            station.run(desk, stop, lambda name=station.device: roll.changed(name, "OPEN"))  # type: ignore[misc]
        return
    watchers = [Watcher(station, desk, timing) for station in stations]
    threads = [threading.Thread(target=it.run, args=(stop,), daemon=True) for it in watchers]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(1.0)
