"""Ways to give a decoder the same bytes: whole, one by one, and cut in two at every place."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from devices.driver import Decoder
from devices.readings import Reading

LATER_S = 60.0

Make = Callable[[], Decoder]


def vectors() -> list[dict[str, Any]]:
    """The claimed wire vectors, each with its source."""
    return json.loads((Path(__file__).parent / "vectors" / "claimed.json").read_text("utf-8"))


def fed(make: Make, *chunks: bytes) -> list[Reading]:
    """What a fresh decoder says to these chunks, all at once in time, and to the silence after them."""
    decoder = make()
    readings = [reading for chunk in chunks for reading in decoder.feed(chunk, 0.0)]
    return readings + decoder.idle(LATER_S)


def every_way(make: Make, data: bytes) -> Iterator[list[Reading]]:
    """The readings of `data` fed whole, byte by byte, and cut in two everywhere: they must all agree."""
    yield fed(make, data)
    yield fed(make, *(data[at : at + 1] for at in range(len(data))))
    cuts = range(1, len(data)) if len(data) < 400 else range(1, len(data), 97)
    for cut in cuts:
        yield fed(make, data[:cut], data[cut:])


def before_the_last_byte(make: Make, data: bytes) -> list[Reading]:
    """What a decoder says to all of `data` but its last byte, given one by one."""
    decoder = make()
    return [reading for at in range(len(data) - 1) for reading in decoder.feed(data[at : at + 1], 0.0)]
