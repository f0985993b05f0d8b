"""From a stream of bytes to whole records, one byte or one megabyte at a time.

One rule for the editor: a framer is bounded and never guesses. What it cannot end it gives up as a
`Piece` with a fault and the bytes as evidence, and it holds no more than its cap.

Rules of the serial line (design `hardware.md` A2, measured on real scanners):
  * CR, LF and ETX all end a record, whatever the scanner is set to; empty records are dropped. So the
    orphan LF of a CR LF scanner can never become the first byte of the next code.
  * STX starts afresh; NUL is dropped (some adapters send it on power-up).
  * A gap between two bytes means that bytes were lost. The partial is given up, and everything up to
    the next terminator with it: half a serial number must never pass for a whole one.
  * Scans that always end in a gap mean that no suffix is set on the scanner: said once.
Time is the caller's monotonic clock in seconds; framers use differences only.
"""

import re
from typing import NamedTuple

STX, ETX = 0x02, 0x03

FRAME_BYTES_MAX = 8192
"""Longest record a line framer holds: the largest GS1 symbol has 2,335 characters."""

GAP_S = 0.2
GAP_NO_SUFFIX_S = 0.5
GAPS_BEFORE_ALARM = 3

GAP = "GAP"
TOO_LONG = "TOO_LONG"
RESTARTED = "RESTARTED"
RESYNC = "RESYNC"
NO_SUFFIX = "NO_SUFFIX"
LENGTH = "LENGTH"
NOISE = "NOISE"
CHECKSUM = "CHECKSUM"

FAULTS = {
    GAP: "The bytes stopped before the end of the record. Scan again.",
    TOO_LONG: "The record is longer than the driver takes; its first bytes are kept.",
    RESTARTED: "A new record began before this one had ended.",
    RESYNC: "These bytes came after a gap, so they may be the tail of a broken record. Scan again.",
    NO_SUFFIX: "Every record ends in a gap: no suffix is set on this scanner. Set its suffix to CR.",
    LENGTH: "The frame does not have the length of this protocol.",
    NOISE: "These bytes lie outside any frame.",
    CHECKSUM: "The check at the end of the frame does not fit what stands before it.",
}
"""What each fault means, for the person who reads the log."""


class Piece(NamedTuple):
    """A whole record (no fault), or bytes that were given up and why."""

    data: bytes
    fault: str = ""


_LINE_BREAKS = re.compile(rb"[\x00\x02\x03\n\r]")
_FRAME_MARKS = re.compile(rb"[\x02\x03]")
_READING, _RESYNCING, _DEAF = "reading", "resyncing", "deaf"


class LineFramer:
    """Records ended by CR, LF or ETX, as a serial scanner sends them."""

    def __init__(self, gap_s: float = GAP_S, bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._gap_s = gap_s
        self._bytes_max = bytes_max
        self._held = bytearray()
        self._mode = _READING
        self._last_s = 0.0
        self._gaps = 0

    def feed(self, data: bytes, at_s: float) -> list[Piece]:
        """Take bytes that arrived at `at_s`; return the pieces they complete."""
        pieces = self.idle(at_s)
        if data:
            self._last_s = at_s
        start = 0
        for mark in _LINE_BREAKS.finditer(data):
            self._hold(data[start : mark.start()], pieces)
            self._break(data[mark.start()], pieces)
            start = mark.end()
        self._hold(data[start:], pieces)
        return pieces

    def idle(self, at_s: float) -> list[Piece]:
        """Nothing has come until `at_s`: give up a partial that is older than the gap."""
        if self._mode == _READING and not self._held:
            return []
        if at_s - self._last_s < self._gap_s:
            return []
        self._mode = _RESYNCING
        if not self._held:
            return []
        pieces = [self._give_up(GAP)]
        self._gaps += 1
        if self._gaps == GAPS_BEFORE_ALARM:
            pieces.append(Piece(b"", NO_SUFFIX))
        return pieces

    def _hold(self, chunk: bytes, pieces: list[Piece]) -> None:
        if not chunk or self._mode == _DEAF:
            return
        room = self._bytes_max - len(self._held)
        self._held += chunk[:room]
        if len(chunk) > room:
            pieces.append(self._give_up(TOO_LONG))
            self._mode = _DEAF

    def _break(self, byte: int, pieces: list[Piece]) -> None:
        if byte == 0:
            return
        if self._held and byte == STX:
            pieces.append(self._give_up(RESTARTED))
        elif self._held:
            pieces.append(self._give_up("" if self._mode == _READING else RESYNC))
        self._mode = _READING
        if byte != STX:
            self._gaps = 0

    def _give_up(self, fault: str) -> Piece:
        piece = Piece(bytes(self._held), fault)
        self._held.clear()
        return piece


class FixedFramer:
    """STX, a body of one of a few known lengths, ETX: the small RFID readers. The caller checks the body."""

    def __init__(self, lengths: frozenset[int], gap_s: float = GAP_S) -> None:
        self._lengths = lengths
        self._bytes_max = max(lengths)
        self._gap_s = gap_s
        self._held = bytearray()
        self._inside = False
        self._deaf = False
        self._last_s = 0.0

    def feed(self, data: bytes, at_s: float) -> list[Piece]:
        """Take bytes that arrived at `at_s`; return the pieces they complete."""
        pieces = self.idle(at_s)
        if data:
            self._last_s = at_s
        start = 0
        for mark in _FRAME_MARKS.finditer(data):
            self._hold(data[start : mark.start()], pieces)
            self._close(data[mark.start()], pieces)
            start = mark.end()
        self._hold(data[start:], pieces)
        return pieces

    def idle(self, at_s: float) -> list[Piece]:
        """Nothing has come until `at_s`: give up a partial that is older than the gap."""
        if not (self._held or self._inside or self._deaf) or at_s - self._last_s < self._gap_s:
            return []
        pieces = [self._give_up(GAP if self._inside else NOISE)] if self._held or self._inside else []
        self._inside = self._deaf = False
        return pieces

    def _hold(self, chunk: bytes, pieces: list[Piece]) -> None:
        if not self._inside:
            chunk = chunk.translate(None, b"\x00\r\n")  # readers end frames with them, or wake with them
        if not chunk or self._deaf:
            return
        room = self._bytes_max - len(self._held)
        self._held += chunk[:room]
        if len(chunk) > room:
            pieces.append(self._give_up(LENGTH if self._inside else NOISE))
            self._inside, self._deaf = False, True

    def _close(self, byte: int, pieces: list[Piece]) -> None:
        if self._inside and byte == ETX:
            pieces.append(self._give_up("" if len(self._held) in self._lengths else LENGTH))
        elif self._held:
            pieces.append(self._give_up(LENGTH if self._inside else NOISE))
        self._inside, self._deaf = byte == STX, False

    def _give_up(self, fault: str) -> Piece:
        piece = Piece(bytes(self._held), fault)
        self._held.clear()
        return piece
