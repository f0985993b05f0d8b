"""What tag readers have in common: frames out of bytes, sightings settled into sweeps, commands one by one.

One rule for the editor: nothing here knows a protocol. A reader's own file says where a frame begins and ends
(`Look`), what is said in it (`_hear`), and what must be sent.
"""

from abc import ABC, abstractmethod
from collections import deque

from devices.dialogue import Dialogue
from devices.driver import Note
from devices.evidence import garbled_piece
from devices.framing import GAP_S, Piece
from devices.readings import DeviceReported, DeviceWord, Reading
from devices.seeking import Look, SeekingFramer
from devices.settling import Rules, Settler, Sighting

NOTES_MAX = 64
"""Most notes kept until they are asked for; the oldest go."""

EPC_BYTES_MAX = 62
"""The longest EPC that a Gen2 tag can announce: 31 words."""


class TagReader(ABC):
    """A decoder of one tag reader; it is `devices.driver.Talking` and `Noting` too: most of what such a
    reader says is about itself, and is no reading."""

    def __init__(self, name: str, look: Look, rules: Rules, dialogue: Dialogue, gap_s: float = GAP_S) -> None:
        self._name = name
        self._framer = SeekingFramer(look, gap_s)
        self._settler = Settler(rules)
        self._dialogue = dialogue
        self._trouble = ""
        self._notes: deque[Note] = deque(maxlen=NOTES_MAX)

    @property
    def repeated(self) -> int:
        """Reads held back: of tags already told, or too weak, or at another antenna."""
        return self._settler.repeated

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return the readings they complete."""
        readings: list[Reading] = []
        for piece in self._framer.feed(data, at_s):
            readings += self._lose(piece) if piece.fault else self._hear(piece.data, at_s)
        return readings + self._at(at_s)

    def idle(self, at_s: float) -> list[Reading]:
        """Give up a partial frame that is older than the gap; tell a sweep that has settled."""
        readings: list[Reading] = []
        for piece in self._framer.idle(at_s):
            # Found only now, behind what turned out to be no frame: read when its bytes came.
            readings += self._lose(piece) if piece.fault else self._hear(piece.data, self._framer.last_s)
        return readings + self._at(at_s)

    def opening(self) -> bytes:
        """The first command."""
        return self._dialogue.take()

    def take_replies(self) -> bytes:
        """The next command, if it is due."""
        return self._dialogue.take()

    def take_notes(self) -> list[Note]:
        """What the reader said that is no reading, since this was asked last."""
        notes = list(self._notes)
        self._notes.clear()
        return notes

    @abstractmethod
    def _hear(self, frame: bytes, at_s: float) -> list[Reading]:
        """Take one sound frame; return what it says that is no sighting."""

    def _lose(self, piece: Piece) -> list[Reading]:
        """Bytes that are no frame were given up."""
        return [garbled_piece(piece)]

    def _see(self, sighting: Sighting, frame: bytes, at_s: float) -> None:
        """A tag was read. One that holds no EPC at all has no name, and is only noted."""
        if sighting.epc:
            self._settler.see(sighting, frame, at_s)
        else:
            self._note("a tag without an EPC")

    def _note(self, what: str, **facts: str | int | bool) -> None:
        self._notes.append(Note(what=what, facts=facts))

    def _at(self, at_s: float) -> list[Reading]:
        readings: list[Reading] = list(self._settler.settled(at_s))
        if self._dialogue.tick(at_s):
            readings.append(self._wedged() if self._dialogue.is_wedged else self._word("OPEN"))
        return readings

    def _wedged(self) -> DeviceReported:
        return self._word("WEDGED", "The reader answers nothing. Check its power, cable and baud rate.")

    def _word(self, word: DeviceWord, detail: str = "", firmware: str | None = None) -> DeviceReported:
        """The reader's word about itself; the station puts its configured name."""
        return DeviceReported(
            device=self._name, driver=self._name, word=word, detail=detail[:400] or None, firmware=firmware
        )

    def _in_trouble(self, detail: str) -> list[Reading]:
        """The reader works, but not as it should: said when it becomes so, and when it is another trouble."""
        if detail == self._trouble:
            return []
        self._trouble = detail
        return [self._word("MISCONFIGURED", detail)]

    def _well(self) -> list[Reading]:
        """The trouble is over, if there was one."""
        if not self._trouble:
            return []
        self._trouble = ""
        return [self._word("OPEN")]
