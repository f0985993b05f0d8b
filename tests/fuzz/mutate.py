"""A small mutator for the suite: no coverage, no library, the same inputs at every run.

One rule for the editor: it is drawn from its seed alone, so that what turns red is red again. The campaign
(`scripts/fuzz`) is guided by coverage and goes on where this ends.
"""

import random
from collections.abc import Iterator, Sequence

BYTES_MAX = 600
_TELLING = (
    b"\0",
    b"\xff",
    b"\r",
    b"\n",
    b'"',
    b"\\",
    b"{",
    b"]",
    b"\x02",
    b"\x03",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
)


def mutated(seeds: Sequence[bytes], drawn: random.Random, count: int) -> Iterator[bytes]:
    """`count` inputs made of `seeds`; each seed itself first."""
    yield from seeds[:count]
    for _ in range(max(0, count - len(seeds))):
        data = bytearray(drawn.choice(seeds))
        for _ in range(drawn.randrange(1, 5)):
            drawn.choice(_WAYS)(data, drawn, seeds)
        yield bytes(data[:BYTES_MAX])


def _flip(data: bytearray, drawn: random.Random, seeds: Sequence[bytes]) -> None:
    if data:
        data[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)


def _set(data: bytearray, drawn: random.Random, seeds: Sequence[bytes]) -> None:
    if data:
        data[drawn.randrange(len(data))] = drawn.randrange(256)


def _cut(data: bytearray, drawn: random.Random, seeds: Sequence[bytes]) -> None:
    at = drawn.randrange(len(data) + 1)
    del data[at : at + drawn.randrange(1, 20)]


def _put(data: bytearray, drawn: random.Random, seeds: Sequence[bytes]) -> None:
    at = drawn.randrange(len(data) + 1)
    data[at:at] = drawn.choice(_TELLING) * drawn.choice((1, 1, 1, 2, 60))


def _again(data: bytearray, drawn: random.Random, seeds: Sequence[bytes]) -> None:
    at = drawn.randrange(len(data) + 1)
    data[at:at] = data[at : at + drawn.randrange(1, 40)]


def _splice(data: bytearray, drawn: random.Random, seeds: Sequence[bytes]) -> None:
    other = drawn.choice(seeds)
    data[drawn.randrange(len(data) + 1) :] = other[drawn.randrange(len(other) + 1) :]


_WAYS = (_flip, _set, _cut, _put, _again, _splice)
