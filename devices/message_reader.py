"""What tag readers that publish JSON have in common: objects out of messages, sightings settled into sweeps.

One rule for the editor: nothing here knows a maker. A reader's own file says what an object means (`_hear`). A broker's
retained copy is no sighting: nobody knows when that tag was there.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from devices.driver import Note, Packet
from devices.evidence import garbled
from devices.json_objects import Said, objects
from devices.options import number
from devices.readings import DeviceReported, DeviceWord, Garbled, Reading
from devices.settling import Settler, Sighting, rules_of

NOTES_MAX = 64
"""Most notes kept until they are asked for; the oldest go."""

GARBLED_MAX = 8
"""Most pieces of one message told as garbled; how many more there were is told as one."""

FACTS_MAX, FACT_CHARACTERS_MAX = 12, 120

SILENCE = (
    "0",
    "seconds without a message after which the reader counts as wedged, or 0 for never; it must send a heartbeat",
)
"""The option `silence_s` of every such reader."""

Made = TypeVar("Made", bound=msgspec.Struct)


class MessageReader(ABC):
    """A decoder of one tag reader that publishes JSON; it is `devices.driver.Noting` too."""

    def __init__(self, name: str, chosen: Mapping[str, str]) -> None:
        self._name = name
        self._settler = Settler(rules_of(name, chosen))
        self._silence_s = number(name, chosen, "silence_s", (0, 86_400))
        self._heard_s: float | None = None
        self._is_silent = False
        self._word: tuple[DeviceWord, str] = ("OPEN", "")
        self._standing = ""  # a trouble that no read ends
        self._firmware = ""
        self._retained = 0
        self._reader = ""
        self._notes: deque[Note] = deque(maxlen=NOTES_MAX)

    @property
    def repeated(self) -> int:
        """Reads held back: of tags already told, too weak, at another antenna, or a broker's retained copies."""
        return self._settler.repeated + self._retained

    def packet(self, packet: Packet, at_s: float) -> list[Reading]:
        """The readings of one message; what it holds that is not this reader's is garbled, with its bytes."""
        readings = [] if packet.retained else self._lives(at_s)
        if not packet.payload:
            return [*readings, garbled("EMPTY_PAYLOAD", "A reader's message holds JSON; this is empty.", b"")]
        found = list(objects(packet.payload))
        for said in found:
            if said.fault:
                readings.append(garbled(said.fault, said.detail, said.raw))
            else:
                readings += self._hear(said, packet, at_s)
        if not found:
            self._note("keep-alive")
        return _bounded(readings, packet.payload) + self._at(at_s)

    def idle(self, at_s: float) -> list[Reading]:
        """Tell a sweep that has settled; say that a reader has been silent for too long."""
        return self._at(at_s)

    def take_notes(self) -> list[Note]:
        """What the reader said that is no reading, since this was asked last."""
        notes = list(self._notes)
        self._notes.clear()
        return notes

    @abstractmethod
    def _hear(self, said: Said, packet: Packet, at_s: float) -> list[Reading]:
        """Take one whole object; return what it says that is no sighting."""

    def _see(self, sighting: Sighting, said: Said, packet: Packet, at_s: float) -> list[Reading]:
        """A tag was read. One that holds no EPC at all has no name, and a retained copy no time: only noted."""
        if packet.retained:
            self._retained += 1
            self._note("a retained copy: no sighting", {"epc": sighting.epc})
            return []
        if not sighting.epc:
            self._note("a tag without an EPC")
            return []
        self._settler.see(sighting, said.raw, at_s)
        return self._well()

    def _well(self) -> list[Reading]:
        """The reader works: its trouble is over, but for one that stands."""
        return self._say("MISCONFIGURED", self._standing) if self._standing else self._say("OPEN")

    def _spoke(self, reader: object) -> None:
        """The reader's name for itself, where it gives one: noted when it is another than before, for a filter that is
        too wide hears several."""
        if isinstance(reader, str) and reader != self._reader:
            self._reader = reader
            self._note("reader", {"name": reader})

    def _note(self, what: str, facts: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._notes.append(Note(what=what, facts=flat(facts)))

    def _say(self, word: DeviceWord, detail: str = "", firmware: str = "") -> list[Reading]:
        """The reader's word about itself, when it is another than before; the station puts its configured name."""
        if (word, detail) == self._word and firmware in ("", self._firmware):
            return []
        self._word, self._firmware = (word, detail), firmware or self._firmware
        return [self._about_itself(firmware)]

    def _about_itself(self, firmware: str = "") -> DeviceReported:
        word, detail = self._word
        name = self._name
        return DeviceReported(
            device=name, driver=name, word=word, detail=detail[:400] or None, firmware=firmware[:60] or None
        )

    def _lives(self, at_s: float) -> list[Reading]:
        self._heard_s = at_s
        was_silent, self._is_silent = self._is_silent, False
        return self._well() if was_silent else []

    def _at(self, at_s: float) -> list[Reading]:
        readings: list[Reading] = list(self._settler.settled(at_s))
        if readings and self._word[0] != "OPEN":
            readings.append(
                self._about_itself()
            )  # or a sweep of what was read before would seem to end the trouble
        if self._heard_s is None:
            self._heard_s = at_s
        if self._silence_s and not self._is_silent and at_s - self._heard_s >= self._silence_s:
            self._is_silent = True
            detail = (
                f"The reader has said nothing for {self._silence_s:g} s. Check its power, network and broker."
            )
            readings += self._say("WEDGED", detail)
        return readings


def made_of(kind: type[Made], facts: Any, raw: bytes) -> Made | Garbled:
    """`facts` as a `kind`; garbled, naming the field, where they are not. Numbers may be written as text."""
    try:
        return msgspec.convert(facts, kind, strict=False)
    except msgspec.ValidationError as error:
        return garbled("FIELD", plain(str(error), 400), raw)


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def plain(text: str, characters: int = FACT_CHARACTERS_MAX) -> str:
    """Text from a message, fit for a database and a terminal: cut, and nothing in it but what can be printed."""
    return "".join(character if character.isprintable() else "?" for character in text[:characters])


def flat(facts: Mapping[str, Any]) -> dict[str, str | int | bool]:
    """The values of `facts` that are no objects or lists, for a note: bounded, and every text plain."""
    single = [
        (plain(name, 40), value) for name, value in facts.items() if not isinstance(value, (dict, list))
    ]
    return {name: _fact(value) for name, value in single[:FACTS_MAX]}


def _fact(value: Any) -> str | int | bool:
    return value if isinstance(value, int) and abs(value) < 2**53 else plain(str(value))


def _bounded(readings: list[Reading], payload: bytes) -> list[Reading]:
    """`readings` with no more garbled ones than GARBLED_MAX, and one that counts the rest."""
    broken = [reading for reading in readings if isinstance(reading, Garbled)]
    if len(broken) <= GARBLED_MAX:
        return readings
    left_out = set(map(id, broken[GARBLED_MAX:]))
    detail = f"{len(left_out)} more pieces of this message could not be read."
    return [it for it in readings if id(it) not in left_out] + [garbled("AND_MORE", detail, payload)]
