"""Contactless cards by serial readers that speak CCID (ACS ACR122S): warrant, door and staff cards. 9600 8N1.

    02 62 00000000 00 00 01 0000 63 03               be ready (IccPowerOn): before it no card can be asked
    02 6F 05000000 00 01 00 0000 FFCA000000 5E 03    to the card that lies there, if one does: your number
    02 00 00 03                                      the reader took that
    02 80 06000000 00 01 02 81 00 A29F4715 9000 FB 03    a number of four bytes, and 90 00: well
    02 80 02000000 00 01 ..       6300 .. 03             63 00: no card lies there

The reader says nothing by itself, so it is asked a few times a second; the same number again and again is one card
that lies there. Its status byte says "no card" even beside a number, for it speaks of the reader's other slot (a SAM):
only the two bytes at the end of the data tell. Frames and sources: `devices.pcsc.ccid`; and a public capture.

One rule for the editor: what a card is and when it counts is said once, in `pcsc_card_reader`; here is only the line.
"""

from collections.abc import Mapping

from devices.dialogue import Command, Dialogue
from devices.driver import Driver, Note, Packet
from devices.drivers.rfid.pcsc_card_reader import OPTIONS as CARD_OPTIONS
from devices.drivers.rfid.pcsc_card_reader import PcscCardReader
from devices.evidence import garbled_piece
from devices.framing import Piece
from devices.options import choose, number
from devices.pcsc import ccid
from devices.pcsc.packets import CARD, GET_UID, LYING, REMOVED, RESPONSE, WELL
from devices.readings import DeviceReported, Reading
from devices.seeking import SeekingFramer

NAME = "serial-card-reader"

OPTIONS = {
    **CARD_OPTIONS,
    "poll_s": ("0.3", "seconds between two questions whether a card is there, 0.1 to 5"),
}

SEQ_READY, SEQ_UID = 0, 1
BE_READY = ccid.frame(ccid.message(ccid.POWER_ON, seq=SEQ_READY, specific=b"\x01\x00\x00"))
ASK = ccid.frame(ccid.message(ccid.EXCHANGE, GET_UID, SEQ_UID))
NO_CARD = bytes.fromhex("6300")

NOTES_MAX = 64


class SerialCardReader:
    """Turns a reader's bytes into cards. `repeated` counts those that had not been away."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        self._cards = PcscCardReader({name: chosen[name] for name in CARD_OPTIONS})
        self._framer = SeekingFramer(ccid.look)
        poll_s = number(NAME, chosen, "poll_s", (0.1, 5))
        self._dialogue = Dialogue([Command(BE_READY, SEQ_READY)], [Command(ASK, SEQ_UID)], poll_s)
        self._is_first = False
        self._there = b""
        self._notes: list[Note] = []

    @property
    def repeated(self) -> int:
        """Cards held back because they had not been away."""
        return self._cards.repeated

    def opening(self) -> bytes:
        """The word to be ready. What lies there at the first question lay there before."""
        self._is_first = True
        return self._dialogue.take()

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return the readings they complete."""
        pieces = self._framer.feed(data, at_s)
        return [reading for piece in pieces for reading in self._read(piece, at_s)] + self._at(at_s)

    def idle(self, at_s: float) -> list[Reading]:
        """Give up a partial frame that is older than the gap; find out that the reader answers nothing."""
        pieces = self._framer.idle(at_s)
        return [reading for piece in pieces for reading in self._read(piece, at_s)] + self._at(at_s)

    def take_replies(self) -> bytes:
        """The next question, if it is due."""
        return self._dialogue.take()

    def take_notes(self) -> list[Note]:
        """Cards that came and went, and what the reader was told or refused."""
        notes = [*self._notes, *self._cards.take_notes()]
        self._notes.clear()
        return notes

    def _read(self, piece: Piece, at_s: float) -> list[Reading]:
        if piece.fault:
            return [garbled_piece(piece)]
        inner = piece.data[1:-2]
        said = ccid.read_message(inner)
        if isinstance(said, str):
            return self._taken(inner[0], at_s)
        if said.type in ccid.COMMANDS:
            self._note("command", command=ccid.COMMANDS[said.type], payload=said.payload.hex().upper())
            return []
        self._dialogue.heard(said.seq, at_s)
        if said.type == ccid.DATA and said.seq == SEQ_UID:
            return self._answer(said.payload, at_s)
        self._note("answer", answer=ccid.ANSWERS[said.type], state=said.state, error=said.error)
        return []

    def _taken(self, word: int, at_s: float) -> list[Reading]:
        """The reader's word about a frame of ours; one that it refused is sent again when its time is over."""
        self._dialogue.heard(None, at_s)
        if word != ccid.TAKEN:
            self._note("refused", why=ccid.REFUSED[word])
        return []

    def _answer(self, answer: bytes, at_s: float) -> list[Reading]:
        """What the card answered, if one is there. One that lay there before anybody asked is not presented."""
        lay_there, self._is_first = self._is_first, False
        if not answer:
            self._dialogue.start_again()  # switched off and on, it has forgotten that it must be ready
        there = b"" if answer in (b"", NO_CARD) else answer
        if there == self._there or (_is_random(there) and _is_random(self._there)):
            return []  # a phone that is asked again gives another random number, and is still the same phone
        if self._there:
            self._cards.packet(Packet(REMOVED, b""), at_s)
        self._there = there
        if not there:
            return []
        self._cards.packet(Packet(LYING if lay_there else CARD, b""), at_s)
        return [] if lay_there else self._cards.packet(Packet(RESPONSE, there), at_s)

    def _at(self, at_s: float) -> list[Reading]:
        if not self._dialogue.tick(at_s):
            return []
        is_wedged = self._dialogue.is_wedged
        detail = "The reader answers nothing. Check its power, cable and baud rate." if is_wedged else None
        return [
            DeviceReported(device=NAME, driver=NAME, word="WEDGED" if is_wedged else "OPEN", detail=detail)
        ]

    def _note(self, what: str, **facts: str | int) -> None:
        self._notes = [*self._notes[-(NOTES_MAX - 1) :], Note(what=what, facts=facts)]


def _is_random(answer: bytes) -> bool:
    """Whether a card answered with a number that it draws anew each time (four bytes from 08), and 90 00."""
    return len(answer) == len(WELL) + 4 and answer[:1] == b"\x08" and answer.endswith(WELL)


DRIVER = Driver(
    name=NAME,
    title="Contactless cards by a reader that speaks CCID over a serial line (ACS ACR122S)",
    transport="serial",
    decoder=SerialCardReader,
    baud=9600,
    options=OPTIONS,
)
