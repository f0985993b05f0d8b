"""What must hold for whatever bytes a decoder is given, as checks that raise `Broken` (or let through what was raised).

One rule for the editor: a check depends on its bytes alone, or a crash could not be played again. What looks random is
drawn from them.
"""

import random
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from devices.driver import Decoder, Lit, Note, Noting, Packet, PacketDecoder, Talking
from devices.readings import DeviceReported, Garbled, Reading
from devices.wire import decode_reading, encode
from tests.devices.feeding import LATER_S

HELD_MAX = 300_000
"""Most characters and bytes that a decoder may hold after a flood of twice as many; one that reads longer lines has a
number of its own."""

FLOOD_PIECE = 1 << 12

FLOOD_EVERY = 400
"""One input in so many is also sent again and again, until it is a flood."""

BYTEWISE_MAX = 400
"""A longer input is cut into pieces of PIECE, not bytes: quadratic decoders are found by the time they take."""

PIECE = 61

Check = Callable[[bytes], None]


class Broken(AssertionError):
    """A promise of the driver contract does not hold."""


def of_stream(make: Callable[[], Decoder], sound: bytes = b"", held_max: int = HELD_MAX) -> Check:
    """The check of a decoder of a stream; `sound` is a frame that it must still read after anything and a silence."""
    expected = (
        [it for it in _heard(make(), [sound])[0] if not isinstance(it, DeviceReported)] if sound else []
    )
    if any(isinstance(it, Garbled) for it in expected) or (sound and not expected):
        raise ValueError(f"no sound frame: {sound!r}")

    def check(data: bytes) -> None:
        whole, notes = _heard(make(), [data])
        _travel(whole)
        for pieces in _cuts(data):
            if (said := _heard(make(), pieces)) != (whole, notes):
                raise Broken(f"whole: {whole} {notes}\nas {[len(it) for it in pieces]} bytes: {said}")
        _conversation(make(), _pieces(data, PIECE))
        _still_reads(make(), data, sound, expected)
        if _drawn(data).randrange(FLOOD_EVERY) == 0 and data:
            _flood(make(), data, held_max)

    return check


def of_messages(make: Callable[[], PacketDecoder], topics: Sequence[str]) -> Check:
    """The check of a decoder of messages: the input is a payload, under each topic, live and as a broker's copy."""

    def check(data: bytes) -> None:
        decoder = make()
        replies = decoder.take_replies if isinstance(decoder, Talking) else bytes
        at_s = 0.0
        for topic in topics:
            for retained in (False, True):
                _travel(decoder.packet(Packet(topic, data, retained), at_s))
                replies()
                _travel(decoder.idle(at_s + 0.2))
                at_s += 1.0
        if _drawn(data).randrange(FLOOD_EVERY) == 0 and data:
            for turn in range(min(2000, 2 * HELD_MAX // len(data))):
                decoder.packet(Packet(topics[turn % len(topics)], data), at_s)
        _bounded(decoder, HELD_MAX)

    return check


def _heard(decoder: Decoder, pieces: Iterable[bytes]) -> tuple[list[Reading], list[Note]]:
    """All that a decoder says to these pieces, which come at one time, and to the silence after them."""
    if isinstance(decoder, Talking):
        decoder.opening()
    said: list[Reading] = []
    for piece in pieces:
        said += decoder.feed(piece, 0.0)
    said += decoder.idle(LATER_S)
    return said, decoder.take_notes() if isinstance(decoder, Noting) else []


def _conversation(decoder: Decoder, pieces: Iterable[bytes]) -> None:
    """As a station does it: an answer after every piece, silences between them, a light now and then."""
    replies = decoder.take_replies if isinstance(decoder, Talking) else bytes
    if isinstance(decoder, Talking):
        decoder.opening()
    for turn, piece in enumerate(pieces):
        _travel(decoder.feed(piece, turn / 3))
        replies()
        _travel(decoder.idle(turn / 3 + 0.2))
        if isinstance(decoder, Lit):
            decoder.show(("green", "red", "amber", "none")[turn % 4], turn % 3 or None)
        replies()


def _still_reads(decoder: Decoder, garbage: bytes, sound: bytes, expected: list[Reading]) -> None:
    """A sound frame behind garbage and a silence says all that it says alone; a scanner's second one does, for the
    first may be the tail of what was broken."""
    if not sound:
        return
    decoder.feed(garbage, 0.0)
    decoder.idle(LATER_S)
    said: list[Reading] = []
    for turn in (2, 4):
        said += decoder.feed(sound, turn * LATER_S) + decoder.idle((turn + 1) * LATER_S)
    missing = [it for it in expected if it not in said]
    if missing:
        raise Broken(f"after garbage, {missing} is not among {said}")


def _flood(decoder: Decoder, data: bytes, held_max: int) -> None:
    piece = data * (1 + FLOOD_PIECE // len(data))
    for turn in range(1 + 2 * held_max // len(piece)):
        decoder.feed(piece, turn / 1e6)
    _bounded(decoder, held_max)


def _bounded(decoder: object, held_max: int) -> None:
    if (held := held_by(decoder)) > held_max:
        raise Broken(f"a flood leaves {held} bytes in {decoder!r}")


def held_by(thing: object) -> int:
    """About how much text and how many bytes `thing` keeps, in itself and in all that it refers to."""
    held, seen, left = 0, set(), [thing]
    while left:
        each = left.pop()
        if isinstance(each, (bytes, bytearray, str)):
            held += len(each)
        elif id(each) not in seen:
            seen.add(id(each))
            left += _within(each)
            held += 8
    return held


def _within(thing: object) -> Iterable[Any]:
    if isinstance(thing, Mapping):
        return [*thing.keys(), *thing.values()]
    if isinstance(thing, (list, tuple, deque, Set)):
        return thing
    if isinstance(thing, type) or not type(thing).__module__.startswith("devices"):
        return ()
    slots = (name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ()))
    return [*getattr(thing, "__dict__", {}).values(), *(getattr(thing, name, None) for name in slots)]


def _travel(readings: Iterable[Reading]) -> None:
    """Each reading arrives at the service as it was sent."""
    for reading in readings:
        if decode_reading(encode(reading)) != reading:
            raise Broken(f"does not arrive as it was sent: {reading}")


def _cuts(data: bytes) -> Iterator[list[bytes]]:
    yield _pieces(data, 1 if len(data) <= BYTEWISE_MAX else PIECE)
    drawn = _drawn(data)
    for _ in range(2):
        at = sorted(drawn.randrange(len(data) + 1) for _ in range(drawn.randrange(1, 6)))
        yield [data[one:other] for one, other in zip([0, *at], [*at, len(data)], strict=True)]


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _drawn(data: bytes) -> random.Random:
    return random.Random(zlib.crc32(data))
