"""Contactless cards by PC/SC readers (CCID: ACR122U, ACR1252U, OMNIKEY 5x22 ...): warrant, door and staff cards.

    FF CA 00 00 00                    to the card: your number (GET DATA, UID)
    04 A1 B2 C3 D4 E5 80  90 00       a UID of seven bytes; 90 00: well
    08 5A 1F C3  90 00                a UID of four bytes from 08: another at every touch (phones, privacy cards)
    6A 81                             not supported: a contact card, or a reader that does not tell

One rule for the editor: one presentation is one reading, and a card that was there before anybody asked is none. A UID
can be copied: it names a card, and never proves who holds it.
"""

from collections.abc import Mapping

from devices.codes.identify import identity_of_card
from devices.driver import Driver, Note, Packet, UsbId
from devices.evidence import garbled, raw_hex
from devices.options import choose, seconds
from devices.pcsc.atr import Atr, read_atr
from devices.pcsc.packets import CARD, COMMAND, COMMANDS, GET_UID, LYING, REMOVED, WELL, WORDS
from devices.readings import CardPresented, Reading

NAME = "pcsc-card-reader"

OPTIONS = {
    "uid_order": ("sent", "sent|reversed: reversed for the few readers that give the last byte first"),
    "quiet_s": ("1.0", "seconds that a card must be away before it counts as presented again"),
}

UID_BYTES = frozenset((4, 7, 8, 10))
"""ISO 14443A has 4, 7 or 10; ISO 14443B 4; ISO 15693 and FeliCa 8."""

VICINITY_FIRST = 0xE0
"""Every ISO 15693 UID begins so; many readers give it from its other end."""


class PcscCardReader:
    """Turns cards on a reader into readings. `repeated` counts those that had not been away."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        self._is_reversed = chosen["uid_order"] == "reversed"
        self._quiet_s = seconds(NAME, "quiet_s", chosen["quiet_s"])
        self._card = Atr()
        self._uid: str | None = None
        self._left: tuple[str, float] | None = None
        self._reply = b""
        self._notes: list[Note] = []
        self.repeated = 0

    def opening(self) -> bytes:
        """Nothing: there is nobody to talk to before a card comes."""
        return b""

    def packet(self, packet: Packet, at_s: float) -> list[Reading]:
        """Take what happened at the reader (`devices.pcsc.packets`); a topic of none of them is a response."""
        if packet.topic in (CARD, LYING):
            self._put_down(packet)
            return []
        if packet.topic == REMOVED:
            self._taken_away(at_s)
            return []
        if packet.topic == COMMAND:
            self._note("command", command=COMMANDS.get(packet.payload, packet.payload.hex().upper()))
            return []
        return self._response(packet.payload, at_s)

    def idle(self, at_s: float) -> list[Reading]:
        """Nothing: a card that lies still has been read."""
        del at_s
        return []

    def take_replies(self) -> bytes:
        """The question for its number, when a card has come."""
        reply, self._reply = self._reply, b""
        return reply

    def take_notes(self) -> list[Note]:
        """Cards that came and went, and what kind they are."""
        notes, self._notes = self._notes, []
        return notes

    def _put_down(self, packet: Packet) -> None:
        self._card, self._uid = read_atr(packet.payload), None
        self._reply = GET_UID if packet.topic == CARD else b""
        said = {"standard": self._card.standard, "name": self._card.name, "ats": self._card.ats}
        facts = {name: value for name, value in said.items() if value is not None}
        self._note(packet.topic, atr=packet.payload.hex().upper(), **facts)

    def _taken_away(self, at_s: float) -> None:
        if self._uid is not None:
            self._left = self._uid, at_s
        self._uid, self._reply = None, b""
        self._note("removed")

    def _response(self, data: bytes, at_s: float) -> list[Reading]:
        if data[-2:] != WELL:
            code = data[-2:].hex().upper()
            why = WORDS.get(code, f"status {code or 'missing'}")
            detail = f"The card's number cannot be read ({why}). A contact card has none; try another reader."
            return [garbled("NO_UID", detail, data)]
        number = data[:-2]
        if len(number) not in UID_BYTES:
            return [
                garbled("UID_LENGTH", f"A UID has 4, 7, 8 or 10 bytes, and this has {len(number)}.", data)
            ]
        technology = self._card.technology or ("ISO15693" if len(number) == 8 else "ISO14443A")
        uid = _canonical(number[::-1] if self._is_reversed else number, technology).hex().upper()
        self._uid = uid
        if self._left is not None and self._left[0] == uid and at_s - self._left[1] < self._quiet_s:
            self.repeated += 1  # at the edge of the field a card comes and goes
            return []
        card = CardPresented(technology=technology, uid=uid, raw_hex=raw_hex(data))
        problem = identity_of_card(card).problem
        if problem is not None:
            self._note("not for enrolment", why=problem.sentence)
        return [card]

    def _note(self, what: str, **facts: str) -> None:
        self._notes = [*self._notes[-63:], Note(what=what, facts=facts)]


def _canonical(number: bytes, technology: str) -> bytes:
    """A UID from its most significant byte. ISO 15693 says by its first byte where it begins."""
    is_backwards = technology == "ISO15693" and number[0] != VICINITY_FIRST and number[-1] == VICINITY_FIRST
    return number[::-1] if is_backwards else number


DRIVER = Driver(
    name=NAME,
    title="Contactless cards by a PC/SC reader (CCID)",
    transport="pcsc",
    decoder=PcscCardReader,
    options=OPTIONS,
    usb_ids=(
        UsbId(0x072F, None, "ACS: ACR122U, ACR1252U and others; opened by pcscd, which needs no rule"),
        UsbId(0x076B, None, "HID OMNIKEY; opened by pcscd, which needs no rule"),
    ),
)
