"""Frames that carry their own length and check, found in a stream that may hold anything between them.

One rule for the editor: a frame is believed from its first byte to its last or not at all. A frame that is
still coming is waited for, even if what looks like a whole one stands inside it: a tag may hold any bytes. When
it turns out not to be one, the search goes on from its second byte, so that garbage costs at most the frame
that it touches.
"""

from collections.abc import Callable

from devices.framing import GAP_S, NOISE, Piece

WAIT = 0
"""More bytes are needed to tell."""

LOST_BYTES_MAX = 1024
"""Most bytes given up in one piece."""

Look = Callable[[bytearray, int, bool], int | str]
"""Looks at what begins at a place in the bytes held: the length of the whole frame there, WAIT, or the fault
that says why none begins there. It is told whether no more bytes will come; then it may not answer WAIT."""


class SeekingFramer:
    """Turns bytes into whole frames, and into pieces of what lay between them. `last_s` is when bytes last came."""

    def __init__(self, look: Look, gap_s: float = GAP_S) -> None:
        self._look = look
        self._gap_s = gap_s
        self._held = bytearray()
        self._lost = bytearray()
        self._fault = ""
        self.last_s = 0.0

    def feed(self, data: bytes, at_s: float) -> list[Piece]:
        """Take bytes that arrived at `at_s`; return the pieces they complete."""
        pieces = self.idle(at_s)
        if data:
            self.last_s = at_s
            self._held += data
            self._seek(pieces, is_end=False)
        return pieces

    def idle(self, at_s: float) -> list[Piece]:
        """Nothing has come until `at_s`: after the gap, what is held is searched to its end and given up."""
        pieces: list[Piece] = []
        if (self._held or self._lost) and at_s - self.last_s >= self._gap_s:
            self._seek(pieces, is_end=True)
            self._give_up(pieces)
        return pieces

    def _seek(self, pieces: list[Piece], *, is_end: bool) -> None:
        held, at = self._held, 0
        while at < len(held):
            found = self._look(held, at, is_end)
            if isinstance(found, str):
                self._lose(held[at], found, pieces)
                at += 1
            elif found == WAIT:
                break
            else:
                self._give_up(pieces)
                pieces.append(Piece(bytes(held[at : at + found])))
                at += found
        del held[:at]

    def _lose(self, byte: int, fault: str, pieces: list[Piece]) -> None:
        if self._fault in ("", NOISE):
            self._fault = fault
        self._lost.append(byte)
        if len(self._lost) >= LOST_BYTES_MAX:
            self._give_up(pieces)

    def _give_up(self, pieces: list[Piece]) -> None:
        if self._lost:
            pieces.append(Piece(bytes(self._lost), self._fault))
            self._lost.clear()
            self._fault = ""
