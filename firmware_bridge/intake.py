"""Where readings become safe: a scan goes through the journal, an observation through the spool.

One rule for the editor: nothing is handed on, answered or acknowledged before it is on disk.

What a scanner or card reader says is a scan, and so is what it garbles (the person there must be told to
scan again); what a dock says, and every word about a device, is an observation.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from devices.readings import BayAnswered, BayReported, DeviceReported, Garbled, Reading
from devices.wire import Sent, Stream, decode_reading, encode
from firmware_bridge import faults
from firmware_bridge.answers import Answers
from firmware_bridge.clock import Clock
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.journal import Journal
from firmware_bridge.scans import LiveScans
from firmware_bridge.spool import Observed, Spool
from firmware_bridge.told import Told

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """When something was seen, by both clocks."""

    wall_us: int
    mono_ns: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where readings are put."""

    journal: Journal
    spool: Spool


class Intake:
    """Takes what stations read, for several threads."""

    def __init__(self, boot: str, shelf: Shelf, clock: Clock, live: LiveScans, answers: Answers) -> None:
        self._boot = boot
        self._shelf = shelf
        self._clock = clock
        self._live = live
        self._answers = answers
        self._numbers = itertools.count(1)
        self._one_scan = threading.Lock()
        self._spool = Told("spool")
        self._observed: Callable[[], None] = lambda: None

    def when_observed(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever observations were kept."""
        self._observed = wake

    def seen_now(self) -> Seen:
        """Both clocks, read together: the time of what has just arrived."""
        return Seen(self._clock.wall_us(), self._clock.mono_ns())

    def take(self, device: str, stream: Stream, readings: Sequence[Reading], seen: Seen) -> None:
        """Keep `readings` and hand them on. Raises KeepingRefused if observations cannot be kept.

        A scan that cannot be kept is not an error of the station: the person is told by a red light.
        """
        sound = [_sound(reading) for reading in readings]
        observed = [it for it in sound if stream_of(it, stream) == "obs"]
        if observed:
            self._observe(device, observed, seen)
        for reading in sound:
            if stream_of(reading, stream) == "scan":
                self._scan(device, reading, seen)

    def device_changed(self, report: DeviceReported) -> None:
        """Keep a word about a device. A full spool is said aloud; the heartbeat carries the word too."""
        try:
            self._observe(report.device, [report], self.seen_now())
        except KeepingRefused as why:
            self._spool.lost(why)

    def _observe(self, device: str, readings: Sequence[Reading], seen: Seen) -> None:
        rows = [Observed(device, seen.wall_us, seen.mono_ns, reading) for reading in readings]
        self._shelf.spool.keep(self._boot, rows, self._clock.wall_us())
        faults.point("after_spool")
        self._spool.good()
        self._observed()

    def _scan(self, device: str, reading: Reading, seen: Seen) -> None:
        faults.point("before_journal")
        with self._one_scan:  # numbered, journalled and offered in one order
            sent = Sent(
                seq=next(self._numbers),
                device=device,
                observed_at_us=seen.wall_us,
                mono_ns=seen.mono_ns,
                reading=reading,
            )
            try:
                self._shelf.journal.scanned(self._boot, sent)
            except KeepingRefused as why:
                self._answers.not_kept(device, why)
                return
            faults.point("after_journal")
            self._live.offer(sent)


def stream_of(reading: Reading, of_driver: Stream) -> Stream:
    """The stream a reading travels on: a bay's or a device's word is always an observation."""
    return "obs" if isinstance(reading, BayReported | DeviceReported | BayAnswered) else of_driver


def _sound(reading: Reading) -> Reading:
    """The reading, or word that a driver made one the wire cannot carry (the service would refuse it)."""
    body = b""
    try:
        body = encode(reading)
        return decode_reading(body)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        log.error("a driver made a reading that the wire cannot carry: %s", error)
        body = body or repr(reading).encode(errors="backslashreplace")
        return Garbled(reason="INVALID_READING", detail=str(error)[:400], raw_hex=body[:8192].hex().upper())
