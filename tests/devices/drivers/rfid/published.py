"""Messages of readers on MQTT, for tests: what goes in, what comes out, and every shape that nobody sends."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hypothesis import strategies as st

from devices.driver import Note, Packet
from devices.message_reader import MessageReader
from devices.readings import Reading, TagSeen, TagsSwept
from devices.wire import decode_reading, encode

TOPIC = "kit/v1/medway/reader/door/tags"
LATER_S = 60.0

Make = Callable[[Mapping[str, str]], MessageReader]


def heard(
    make: Make, *payloads: bytes, retained: bool = False, **options: str
) -> tuple[list[Reading], list[Note]]:
    """What a fresh decoder says to these messages at one time and to the silence after them, and its notes."""
    reader = make(options)
    said = [it for payload in payloads for it in reader.packet(Packet(TOPIC, payload, retained), 0.0)]
    return said + reader.idle(LATER_S), reader.take_notes()


def tags_of(readings: Iterable[Reading]) -> list[TagSeen]:
    """The tags of all sweeps."""
    return [tag for sweep in readings if isinstance(sweep, TagsSwept) for tag in sweep.tags]


def travels(readings: Iterable[Reading]) -> bool:
    """Whether each reading arrives at the service as it was sent."""
    return all(decode_reading(encode(reading)) == reading for reading in readings)


def shapes(names: Iterable[str], words: Iterable[str]) -> st.SearchStrategy[Any]:
    """Objects of a reader's own names, holding anything."""
    single = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.sampled_from(sorted(words))
        | st.text(max_size=6)
    )
    return st.recursive(
        single,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(names)), inner, max_size=5)
        ),
        max_leaves=8,
    )
