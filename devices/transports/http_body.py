"""The body of an HTTP/1.1 request, piece by piece: as long as its head says, or in chunks, and whole or not at all.

One rule for the editor: a body that ends early is never passed off as a whole one (`BodyCut`), and a head that leaves
its length open to two readings is refused (`Unclear`): two servers that disagree about it is how requests are smuggled.
"""

import re
from collections.abc import Iterator
from email.message import Message
from typing import BinaryIO, Protocol

PIECE_BYTES = 1 << 16
CHUNK_LINE_MAX = 256
TRAILER_BYTES_MAX = 8192
LENGTH_MAX = 1 << 40
"""A terabyte: the longest body, or chunk of one, whose length is believed."""

_HEX = re.compile(rb"([0-9A-Fa-f]{1,10})[ \t]*(?:;[^\r\n]*)?\r?\n")


class Unclear(Exception):
    """The head does not say how long the body is, or says it twice. The message says which."""


class BodyCut(Exception):
    """The body ended before its end."""


class Pacing(Protocol):
    """Who gives the other side its time."""

    def reading(self) -> None:
        """Called before each piece is read."""
        ...

    def all_read(self) -> None:
        """Called when the last byte was read, also of an empty body."""
        ...


class Body:
    """A request's body. `length` is None where it comes in chunks; `is_read` once its last byte was read."""

    def __init__(self, source: BinaryIO, length: int | None, pacing: Pacing) -> None:
        self.length = length
        self.is_read = False
        self._source = source
        self._pacing = pacing
        self._stream = self._pieces()

    def pieces(self) -> Iterator[bytes]:
        """The body in order, without framing; asked again, what is left of it. Raises BodyCut where the other side
        stops or breaks the framing."""
        return self._stream

    def _pieces(self) -> Iterator[bytes]:
        try:
            yield from self._chunks() if self.length is None else self._exactly(self.length)
        except (OSError, ValueError) as error:
            raise BodyCut(str(error) or type(error).__name__) from error
        self.is_read = True
        self._pacing.all_read()

    def _exactly(self, length: int) -> Iterator[bytes]:
        left = length
        while left:
            self._pacing.reading()
            piece = self._source.read(min(left, PIECE_BYTES))
            if not piece:
                raise BodyCut(f"{left} of {length} bytes never came")
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            self._pacing.reading()
            found = _HEX.fullmatch(self._source.readline(CHUNK_LINE_MAX))
            if found is None:
                raise BodyCut("a chunk without its length")
            length = int(found[1], 16)
            if not length:
                break
            yield from self._exactly(length)
            if self._source.readline(3) not in (b"\r\n", b"\n"):
                raise BodyCut("a chunk that is longer than its length")
        self._trailers()

    def _trailers(self) -> None:
        left = TRAILER_BYTES_MAX
        while left > 0:
            line = self._source.readline(left)
            left -= len(line)
            if line in (b"\r\n", b"\n"):
                return
            if not line:
                break
        raise BodyCut("no end after the last chunk")


def body_of(headers: Message, source: BinaryIO, pacing: Pacing) -> Body:
    """The body that a request with these headers has. Raises Unclear."""
    lengths = [it.strip() for it in headers.get_all("Content-Length", [])]
    codings = [it.strip().lower() for it in headers.get_all("Transfer-Encoding", [])]
    if codings and (codings != ["chunked"] or lengths):
        raise Unclear("Transfer-Encoding beside a length, or another one than chunked")
    if len(lengths) > 1 or any(not (it.isascii() and it.isdigit() and len(it) <= 15) for it in lengths):
        raise Unclear("Content-Length is not one number")
    length = None if codings else int(lengths[0]) if lengths else 0
    if length is not None and length > LENGTH_MAX:
        raise Unclear(f"a body of {length} bytes")
    return Body(source, length, pacing)
