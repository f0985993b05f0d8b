"""A station: one device, from the moment its port is open until it goes away.

One rule for the editor: a station ends when its device does. It retries nothing and catches nothing; the
watcher above it does (house.md decision 10).

    read the port -> decode -> keep (journal or spool) -> acknowledge: to the broker, or to the device

`wishes` is how a lamp asks a device to show an answer itself: other threads put, this one takes.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import msgspec

from devices.driver import Bayed, Decoder, Driver, Ended, Linked, Lit, Note, Noting, PacketDecoder, Talking
from devices.errors import DeviceError, NotConfigured, NotOpened, Wedged
from devices.readings import ActWord, BayAct, BayReported, DeviceReported, DeviceWord, Garbled, Reading
from devices.transports.port import Arrival, Port
from devices.wire import Light, Stream
from firmware_bridge.clock import Clock
from firmware_bridge.intake import Seen
from firmware_bridge.roll import Roll

READ_S = 0.1
"""Longest wait for bytes. A stop is seen within it, and a decoder told of silence."""


FOR_EVER_S = 3600.0
"""A silence after which no decoder waits for the rest of a frame."""

WISHES_MAX = 16
"""Most lights that wait to be shown. One that does not fit is dropped: a light is for now."""

IN_TROUBLE: frozenset[DeviceWord] = frozenset({"MISCONFIGURED", "WEDGED"})
"""Words of a decoder that the next sound reading takes back."""


def _untold(_word: ActWord, _detail: str) -> None:
    """Nobody asked what became of it."""


class Wish(NamedTuple):
    """A light that a device is to show itself, at one of its bays or on the whole; or, with an `until_ns`, what a bay
    is to do before that on the monotonic clock. `done` is told what became of the latter."""

    light: Light
    bay: int | None = None
    act: BayAct = "POINT"
    until_ns: int = 0
    done: Callable[[ActWord, str], None] = _untold


class Taking(Protocol):
    """Where a station's readings go: `firmware_bridge.intake.Intake`, or a screen in `kit-bridge monitor`."""

    def seen_now(self) -> Seen:
        """Both clocks now."""
        ...

    def take(self, device: str, stream: Stream, readings: Sequence[Reading], seen: Seen) -> None:
        """Keep the readings."""
        ...


def _unheard(_device: str, _note: Note) -> None:
    """A note that nobody asked for."""


def _unseen(_device: str, _piece: Arrival) -> None:
    """Bytes that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a running station works with: where readings go, the roll, the clock, a word that it lives, who is told
    of a decoder's notes, and who is shown what arrives before it is decoded."""

    taking: Taking
    roll: Roll
    clock: Clock
    alive: Callable[[], None]
    noted: Callable[[str, Note], None] = _unheard
    arrived: Callable[[str, Arrival], None] = _unseen


@dataclass(frozen=True, slots=True)
class Station:
    """One configured device. `open_port` opens its physical port, and raises `devices.errors.DeviceError`.

    `wishes` are the lights its own lamp is to show (`devices.driver.Lit`); those from before it opened are
    not shown.
    """

    device: str
    driver: Driver
    options: dict[str, str]
    open_port: Callable[[], Port]
    wishes: queue.Queue[Wish] = field(default_factory=lambda: queue.Queue(WISHES_MAX), compare=False)

    def run(self, desk: Desk, stop: threading.Event, opened: Callable[[], None]) -> None:
        """Open the port, call `opened`, and read until `stop`. Raises DeviceError when the device ends it."""
        decoder = self.driver.decoder(self.options)
        port = self.open_port()
        session = _Session(self, desk, port, decoder, opened)
        try:
            session.open()
            while not stop.is_set():
                session.turn()
                desk.alive()
            session.turn()  # what came while it was told to end
            session.part()
        except DeviceError:
            session.give_up()
            raise
        finally:
            port.close()


@dataclass(slots=True)
class _Session:
    """One open port. `_kept_s` is the time spent on keeping readings: decoders are not told of it, or the
    bytes that wait in the kernel meanwhile would look like a gap in the line."""

    station: Station
    desk: Desk
    port: Port
    decoder: Decoder | PacketDecoder
    opened: Callable[[], None]
    _kept_s: float = field(default=0.0, init=False)
    _repeated: int = field(default=0, init=False)
    _is_open: bool = field(default=False, init=False)
    _of_bytes: Decoder | None = field(init=False)
    _of_packets: PacketDecoder | None = field(init=False)

    def __post_init__(self) -> None:
        # Asked once: to ask a protocol for every message takes longer than to decode it.
        self._of_bytes = self.decoder if isinstance(self.decoder, Decoder) else None
        self._of_packets = self.decoder if isinstance(self.decoder, PacketDecoder) else None

    def open(self) -> None:
        """Send what the protocol wants said first."""
        self._say_open()
        self._wished()
        if isinstance(self.decoder, Talking):
            self._write(self.decoder.opening())

    def turn(self) -> None:
        """Take what has arrived, or tell the decoder that nothing has; then say what it wants said."""
        arrived = self.port.read(READ_S)
        for piece in arrived:
            self.desk.arrived(self.station.device, piece)
        seen = self.desk.taking.seen_now()
        began_s = self.desk.clock.mono_s()
        readings = self._decoded(arrived, began_s - self._kept_s)
        self._say_open()
        self._count(readings)
        if readings:
            self._keep(readings, seen)
        if arrived:
            self.port.kept()
        self._talk()
        if isinstance(self.decoder, Noting):
            for note in self.decoder.take_notes():
                self.desk.noted(self.station.device, note)
        self._kept_s += self.desk.clock.mono_s() - began_s
        ended = self.decoder.ended() if isinstance(self.decoder, Linked) else None
        if ended is not None:
            raise _error_of(ended)

    def give_up(self) -> None:
        """The device is gone. What it had begun to say is kept as what it is: a piece that cannot be read."""
        if not isinstance(self.decoder, Decoder):
            return
        said = self.decoder.idle(self.desk.clock.mono_s() - self._kept_s + FOR_EVER_S)
        pieces: list[Reading] = [it for it in said if isinstance(it, Garbled)]  # nothing else follows from silence
        if pieces:
            self._count(pieces)
            self._keep(pieces, self.desk.taking.seen_now())

    def part(self) -> None:
        """Send what is to be said last."""
        if isinstance(self.decoder, Linked):
            self._write(self.decoder.parting())

    def _say_open(self) -> None:
        """Once the device delivers; most do as soon as their port is open."""
        if not self._is_open and (not isinstance(self.decoder, Linked) or self.decoder.is_up()):
            self._is_open = True
            self.opened()

    def _talk(self) -> None:
        """Write what the decoder wants written, now that what it acknowledges is kept."""
        if not isinstance(self.decoder, Talking):
            return
        told = [(wish, self._granted(wish)) for wish in self._wished()]
        self._write(self.decoder.take_replies())
        for wish, (word, detail) in told:
            wish.done(word, detail)

    def _granted(self, wish: Wish) -> tuple[ActWord, str]:
        """Have the decoder do it. DONE says that the device was told: it answers at most with an error of its own."""
        if not wish.until_ns:
            if isinstance(self.decoder, Lit):
                self.decoder.show(wish.light, wish.bay)
            return "DONE", ""
        if wish.bay is None or not isinstance(self.decoder, Bayed):
            return "UNABLE", ""
        if self.desk.clock.mono_ns() >= wish.until_ns:
            return "EXPIRED", "Its device was busy for too long."
        return ("DONE" if self.decoder.tell(wish.act, wish.bay, wish.light) else "UNABLE"), ""

    def _wished(self) -> list[Wish]:
        wishes: list[Wish] = []
        while not self.station.wishes.empty():
            wishes.append(self.station.wishes.get_nowait())
        return wishes

    def _write(self, data: bytes) -> None:
        if data:
            self.port.write(data)

    def _decoded(self, arrived: list[Arrival], at_s: float) -> list[Reading]:
        if not arrived:
            return self.decoder.idle(at_s)
        return [reading for piece in arrived for reading in self._piece(piece, at_s)]

    def _piece(self, piece: Arrival, at_s: float) -> list[Reading]:
        if isinstance(piece, bytes):
            if self._of_bytes is not None:
                return self._of_bytes.feed(piece, at_s)
        elif self._of_packets is not None:
            return self._of_packets.packet(piece, at_s)
        raise NotConfigured(
            f"{self.station.driver.name} does not read what {self.station.device}'s port gives"
        )

    def _keep(self, readings: list[Reading], seen: Seen) -> None:
        """Keep what the device said; its word about itself goes to the roll, under its configured name."""
        station, roll = self.station, self.desk.roll
        about_itself = [it for it in readings if self._is_own_word(it)]
        said = [self._named(it) for it in readings if not self._is_own_word(it)]
        if said:
            self.desk.taking.take(station.device, station.driver.stream, said, seen)
        for word in about_itself:
            if isinstance(word, DeviceReported):
                roll.changed(station.device, word.word, word.detail or "", word.firmware)
        if (
            not about_itself
            and roll.word(station.device) in IN_TROUBLE
            and not isinstance(said[-1], Garbled)
        ):
            roll.changed(station.device, "OPEN")

    def _count(self, readings: list[Reading]) -> None:
        """Count what was read, and what the decoder held back since the last turn."""
        repeated: int = getattr(self.decoder, "repeated", 0)
        if readings or repeated != self._repeated:
            said = [it for it in readings if not self._is_own_word(it)]
            self.desk.roll.counted(self.station.device, said, repeated - self._repeated)
            self._repeated = repeated

    def _named(self, reading: Reading) -> Reading:
        """The bays of a dock that is plugged in stand under its configured name; one on MQTT has its own."""
        if not isinstance(reading, BayReported) or reading.dock != self.station.driver.name:
            return reading
        if self.station.driver.transport == "mqtt":
            return reading
        return msgspec.structs.replace(reading, dock=self.station.device)

    def _is_own_word(self, reading: Reading) -> bool:
        """A decoder does not know its device's configured name, and puts its driver's (devices.drivers)."""
        return isinstance(reading, DeviceReported) and reading.device == self.station.driver.name


def _error_of(ended: Ended) -> DeviceError:
    """What a session ends with, so that the watcher reports the decoder's word."""
    if ended.word == "WEDGED":
        return Wedged(ended.why)
    return NotConfigured(ended.why) if ended.word == "MISCONFIGURED" else NotOpened(ended.why, ended.word)
