"""Commands and replies of scan engines that count in "zones" (Newland EM2000 and HR series, FM30, GM65).

    7E 00  08    01  00 02  01    02 DA     command: write 01 to zone 0002 (scan now)
    02 00  00    01         00    33 31     reply: ok; 01 wrong check, 02 memory, 03 bad command
    mark   type  len zone   data  check     CRC-16/XMODEM over type to data; AB CD in a command asks for no check

    02 00 00 01 00 33 31 58 33 30 30 30 31 0D       a scan is plain text, and may follow a reply at once

One rule for the editor: text after bytes that are no sound reply is not believed until a record ends or the line
was still: half a reply would look like the first characters of a serial number.
"""

import re
from binascii import crc_hqx
from typing import NamedTuple

from devices.framing import CHECKSUM, GAP_S, LENGTH, RESYNC, STX, LineFramer, Piece

COMMAND_MARK, REPLY_MARK = b"\x7e\x00", b"\x02\x00"
UNCHECKED = b"\xab\xcd"
CHECK_BYTES = 2
TILDE = COMMAND_MARK[0]

READ, WRITE, SAVE = 0x07, 0x08, 0x09
COMMANDS = {READ: "read", WRITE: "write", SAVE: "save"}
REPLIES = {0: "ok", 1: "wrong check", 2: "memory does not answer", 3: "invalid command"}

TRIGGER_ZONE = 0x0002
TRIGGER, STOP = b"\x01", b"\x02"

LOST_BYTES_MAX = 1024
_ENDS = re.compile(rb"[\r\n\x03]")
_MARKS = re.compile(rb"[\x02\x7e]")


class EnginePacket(NamedTuple):
    """A command (with its `zone`) or a reply (without one). `code` is the command's or the reply's type."""

    code: int
    data: bytes
    zone: int | None = None


def command(code: int, zone: int, data: bytes) -> bytes:
    """The bytes of a command with its check. Raises ValueError for more than 255 bytes of data."""
    return _sealed(COMMAND_MARK, bytes((code, len(data))) + zone.to_bytes(2, "big") + data)


def reply(code: int, data: bytes = b"\x00") -> bytes:
    """The bytes with which an engine answers. Raises ValueError for more than 255 bytes of data."""
    return _sealed(REPLY_MARK, bytes((code, len(data))) + data)


def unpack(frame: bytes) -> EnginePacket | None:
    """The packet in a frame that `EngineFramer` found sound; None for a record of text."""
    if frame[:2] == REPLY_MARK:
        return EnginePacket(frame[2], frame[4:-CHECK_BYTES])
    if frame[:2] == COMMAND_MARK:
        return EnginePacket(frame[2], frame[6:-CHECK_BYTES], int.from_bytes(frame[4:6], "big"))
    return None


class EngineFramer:
    """Tells the packets of an engine from the text of its scans."""

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._lines = LineFramer(gap_s)
        self._gap_s = gap_s
        self._packet = bytearray()
        self._lost = bytearray()
        self._in_doubt = False
        self._in_text = False
        self._last_s = 0.0

    def feed(self, data: bytes, at_s: float) -> list[Piece]:
        """Take bytes that arrived at `at_s`; return the pieces they complete."""
        pieces = self.idle(at_s)
        if data:
            self._last_s = at_s
        self._take(data, pieces)
        return pieces

    def idle(self, at_s: float) -> list[Piece]:
        """Nothing has come until `at_s`: give up what is older than the gap."""
        pieces: list[Piece] = []
        if at_s - self._last_s >= self._gap_s:
            while len(self._packet) > 1:
                self._break(LENGTH, pieces)
            self._packet.clear()
            self._believe(pieces)
        return _joined(pieces) + self._lines.idle(at_s)

    def _take(self, data: bytes, pieces: list[Piece]) -> None:
        at = 0
        while at < len(data):
            if not self._packet:
                mark = _MARKS.search(data, at)
                start = mark.start() if mark else len(data)
                self._text(data[at:start], pieces)
                at = start
            if at < len(data):
                self._byte(data[at], pieces)
                at += 1

    def _byte(self, byte: int, pieces: list[Piece]) -> None:
        """One byte of a packet, or the mark that may begin one. A tilde within text is text: a command is never
        sent in the middle of a scan."""
        packet = self._packet
        if len(packet) == 1 and byte:
            self._text(bytes((packet.pop(),)), pieces)
        if not packet and byte != STX and (byte != TILDE or self._in_text or self._in_doubt):
            self._text(bytes((byte,)), pieces)
            return
        packet.append(byte)
        if len(packet) == 2:
            pieces += self._lines.feed(bytes((STX,)), self._last_s)  # gives up a record that it cut short
            self._in_text = False
            self._believe(pieces)
        if len(packet) >= 4 and len(packet) == _length(packet):
            self._close(pieces)

    def _close(self, pieces: list[Piece]) -> None:
        if _is_sound(self._packet):
            pieces.append(Piece(bytes(self._packet)))
            self._packet.clear()
        else:
            self._break(CHECKSUM, pieces)

    def _break(self, fault: str, pieces: list[Piece]) -> None:
        """What was taken for a packet is none: give up its first bytes, and look for another one in the rest."""
        held = bytes(self._packet)
        start = held.find(REPLY_MARK, 1)
        start = len(held) if start < 0 else start
        self._packet.clear()
        pieces.append(Piece(held[:start], fault))
        self._in_doubt = True
        self._take(held[start:], pieces)

    def _text(self, chunk: bytes, pieces: list[Piece]) -> None:
        if self._in_doubt and chunk:
            end = _ENDS.search(chunk)
            at = end.start() if end else len(chunk)
            self._doubt(chunk[:at], pieces)
            chunk = chunk[at:]
            if chunk:
                self._believe(pieces)
        pieces += self._lines.feed(chunk, self._last_s)
        seen = chunk.rstrip(b"\0")
        self._in_text = not _ENDS.match(seen, len(seen) - 1) if seen else self._in_text

    def _doubt(self, chunk: bytes, pieces: list[Piece]) -> None:
        self._lost += chunk
        while len(self._lost) >= LOST_BYTES_MAX:
            pieces.append(Piece(bytes(self._lost[:LOST_BYTES_MAX]), RESYNC))
            del self._lost[:LOST_BYTES_MAX]

    def _believe(self, pieces: list[Piece]) -> None:
        """The doubt is over."""
        if self._lost:
            pieces.append(Piece(bytes(self._lost), RESYNC))
            self._lost.clear()
        self._in_doubt = False


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Broken pieces that touch, as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].fault and piece.fault:
            joined[-1] = Piece(joined[-1].data + piece.data, joined[-1].fault)
        else:
            joined.append(piece)
    return joined


def _length(packet: bytearray) -> int:
    """How long a packet says it is, by its first four bytes."""
    return (4 if packet[0] == STX else 6) + packet[3] + CHECK_BYTES


def _is_sound(packet: bytearray) -> bool:
    check = bytes(packet[-CHECK_BYTES:])
    if packet[0] == TILDE and check == UNCHECKED:
        return True
    return check == _check(packet[2:-CHECK_BYTES])


def _sealed(mark: bytes, body: bytes) -> bytes:
    return mark + body + _check(body)


def _check(body: bytes | bytearray) -> bytes:
    return crc_hqx(body, 0).to_bytes(CHECK_BYTES, "big")
