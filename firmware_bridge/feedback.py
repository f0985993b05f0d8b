"""Lights and beeps: the answer to a scan, shown where the person stands.

One rule for the editor: showing never holds up delivery. `Lights.show` puts the answer in a short queue; one
thread works it off, and a lamp that fails is said once and tried again with the next answer.
"""

import functools
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from devices.attached import path_of
from devices.errors import DeviceError
from devices.transports.mqtt import Message
from devices.transports.serial_port import SerialLines, SerialPort, open_lines, open_serial
from devices.wire import Answer, Light
from firmware_bridge.clock import Clock
from firmware_bridge.station import Wish
from firmware_bridge.told import Told

QUEUE_MAX = 256

log = logging.getLogger("firmware_bridge")


class Lamp(Protocol):
    """Something that shows an answer. `show` and `rest` may raise OSError or DeviceError, `close` never does."""

    def show(self, device: str, answer: Answer) -> None:
        """Show the answer to a scan of `device`."""
        ...

    def rest(self) -> None:
        """The answer has been shown for long enough: go dark."""
        ...

    def close(self) -> None:
        """Let go of what it holds: the configuration has it no more."""
        ...


class ConsoleLamp:
    """The log. It names no sentence: that may name a person, and logs are read by others."""

    def show(self, device: str, answer: Answer) -> None:
        """One line."""
        log.info("%s: scan %s: %s %s", device, answer.seq, answer.light, answer.outcome)

    def rest(self) -> None:
        """Nothing to darken."""

    def close(self) -> None:
        """Nothing to let go."""


class ShownLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a lights file."""

    at_us: int
    device: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class FileLamp:
    """Appends each answer to a file, one JSON object a line: for demonstrations and tests."""

    path: Path
    clock: Clock

    def show(self, device: str, answer: Answer) -> None:
        """Append one line."""
        line = msgspec.json.encode(ShownLine(at_us=self.clock.wall_us(), device=device, answer=answer))
        with self.path.open("ab") as file:
            file.write(line + b"\n")

    def rest(self) -> None:
        """Nothing to darken."""

    def close(self) -> None:
        """Nothing to let go."""


@dataclass(slots=True)
class SerialLamp:
    """A lamp on a serial line (a GPIO board, a signal tower): some bytes for each light."""

    path: str
    baud: int
    bytes_of: Mapping[Light, bytes]
    _port: SerialPort | None = field(default=None, init=False)

    def show(self, device: str, answer: Answer) -> None:
        """Send the bytes of the answer's light."""
        del device
        self._send(self.bytes_of.get(answer.light, b""))

    def rest(self) -> None:
        """Send the bytes of no light."""
        self._send(self.bytes_of.get("none", b""))

    def close(self) -> None:
        """Let the port go."""
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _send(self, data: bytes) -> None:
        if not data:
            return
        if self._port is None:
            self._port = open_serial(path_of(self.path), self.baud)
        try:
            self._port.write(data)
        except DeviceError:
            self._port.close()
            self._port = None
            raise


@dataclass(slots=True)
class LinesLamp:
    """A lamp or relay on the lines RTS and DTR of a USB-serial adapter: each is up for the lights it is for, or, when
    `inverted`, down for those."""

    path: str
    rts: frozenset[Light]
    dtr: frozenset[Light]
    inverted: bool = False
    _port: SerialLines | None = field(default=None, init=False)

    def show(self, device: str, answer: Answer) -> None:
        """Raise the lines of the answer's light, and lower the others."""
        del device
        self._put(answer.light)

    def rest(self) -> None:
        """Lower all."""
        self._put("none")

    def close(self) -> None:
        """Let the port go."""
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _put(self, light: Light) -> None:
        rts, dtr = (light in self.rts) != self.inverted, (light in self.dtr) != self.inverted
        if self._port is None:
            self._port = open_lines(path_of(self.path), rts=rts, dtr=dtr)
            return
        try:
            self._port.put(rts=rts, dtr=dtr)
        except DeviceError:
            self.close()
            raise


@dataclass(frozen=True, slots=True)
class OwnLamp:
    """The light and beeper of the scanned device itself: its station's thread asks its decoder to show it."""

    wishes: queue.Queue[Wish]

    def show(self, device: str, answer: Answer) -> None:
        """Wish for the answer's light."""
        del device
        self._wish(answer.light)

    def rest(self) -> None:
        """Wish for no light."""
        self._wish("none")

    def close(self) -> None:
        """Nothing to let go."""

    def _wish(self, light: Light) -> None:
        try:
            self.wishes.put_nowait(Wish(light))
        except queue.Full:
            log.warning("a device is behind with its own light; one answer is not shown there")


@dataclass(frozen=True, slots=True)
class MqttLamp:
    """Publishes each answer on kit/v1/{bridge}/light/{device}, not retained: a light is for now."""

    bridge: str
    say: Callable[[Message], None]

    def show(self, device: str, answer: Answer) -> None:
        """Publish the answer."""
        topic = f"kit/v1/{self.bridge}/light/{device}"
        self.say(Message(topic, msgspec.json.encode(answer), retain=False))

    def rest(self) -> None:
        """Lamps on MQTT darken by themselves."""

    def close(self) -> None:
        """Nothing to let go."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A lamp under its name, and how many seconds it stays lit."""

    name: str
    lamp: Lamp
    hold_s: float


class Lights:
    """All lamps of the bridge. Anyone may `show`; one thread runs `run`."""

    def __init__(self, lamps: Mapping[str, tuple[Placed, ...]], clock: Clock) -> None:
        self._lamps = lamps
        self._clock = clock
        self._queue: queue.Queue[tuple[str, Answer] | None] = queue.Queue(QUEUE_MAX)
        self._dark_at_s: dict[str, tuple[float, Placed]] = {}
        self._told: dict[str, Told] = {}
        self._coming: Mapping[str, tuple[Placed, ...]] | None = None

    def turn_into(self, lamps: Mapping[str, tuple[Placed, ...]]) -> None:
        """From the next answer on show at `lamps`. One of before that is not among them goes dark and is let go."""
        self._coming = lamps
        self.wake()

    def show(self, device: str, answer: Answer) -> None:
        """Show `answer` at the lamps of `device`, soon. Never waits: with the queue full it is dropped."""
        try:
            self._queue.put_nowait((device, answer))
        except queue.Full:
            log.warning("%s: the lights are behind; answer %s is not shown", device, answer.seq)

    def wake(self) -> None:
        """End a wait, so that `run` looks at its stop."""
        if self._queue.empty():
            self._queue.put_nowait(None)

    def run(self, stop: threading.Event) -> None:
        """Show what comes until `stop`, then what is still queued."""
        while not (stop.is_set() and self._queue.empty()):
            try:
                item = self._queue.get(timeout=self._next_s())
            except queue.Empty:
                item = None
            self._turn()
            if item is not None:
                self._show(*item)
            self._darken()

    def _turn(self) -> None:
        """Become what `turn_into` was told, on the thread that the lamps belong to."""
        lamps, self._coming = self._coming, None
        if lamps is None:
            return
        staying = [it.lamp for placed in lamps.values() for it in placed]
        for it in {it.name: it for placed in self._lamps.values() for it in placed}.values():
            if not any(it.lamp is lamp for lamp in staying):
                if self._dark_at_s.pop(it.name, None):
                    self._try(it, it.lamp.rest)
                it.lamp.close()
        self._lamps = lamps

    def _show(self, device: str, answer: Answer) -> None:
        for placed in self._lamps.get(device, ()):
            self._try(placed, functools.partial(placed.lamp.show, device, answer))
            self._dark_at_s[placed.name] = (self._clock.mono_s() + placed.hold_s, placed)

    def _darken(self) -> None:
        now_s = self._clock.mono_s()
        for name, (at_s, placed) in list(self._dark_at_s.items()):
            if at_s <= now_s:
                del self._dark_at_s[name]
                self._try(placed, placed.lamp.rest)

    def _next_s(self) -> float | None:
        """Until the next lamp goes dark; None waits for an answer."""
        if not self._dark_at_s:
            return None
        return max(0.0, min(at_s for at_s, _ in self._dark_at_s.values()) - self._clock.mono_s())

    def _try(self, placed: Placed, act: Callable[[], None]) -> None:
        told = self._told.setdefault(placed.name, Told(f"light {placed.name}"))
        try:
            act()
        except (OSError, DeviceError) as why:
            told.lost(why)
        else:
            told.good()
