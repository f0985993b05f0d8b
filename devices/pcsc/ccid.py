"""CCID, the messages of card readers (USB CCID 1.1), and the frames that carry them over a serial line.

    6F  05000000  00    01   00  0000  FFCA000000         to the reader: exchange a block (XfrBlock), as USB carries it
    type length   slot  seq  BWI level data
    80  06000000  00    01   02  81  00  A29F47159000     from it: a block of data; 02 status, 81 error
    type length   slot  seq  status error chain  data

    02 ... XOR 03       the same over a serial line (ACS ACR122S): STX, message, XOR of its bytes, ETX
    02 00 00 03         the reader took the frame; FF its XOR was wrong, FE its length, FD its end, 99 it was too slow

Sources: USB-IF, CCID revision 1.1, section 6; ACS, ACR122S Communication Protocol 2.01, sections 4 and 5.

One rule for the editor: lengths count from the low byte, and are believed only when the end stands where they say.
"""

from typing import NamedTuple

from devices.framing import CHECKSUM, ETX, LENGTH, NOISE, STX
from devices.seeking import WAIT

POWER_ON, POWER_OFF, SLOT_STATUS, ESCAPE, EXCHANGE = 0x62, 0x63, 0x65, 0x6B, 0x6F
COMMANDS = {
    POWER_ON: "IccPowerOn", POWER_OFF: "IccPowerOff", SLOT_STATUS: "GetSlotStatus", ESCAPE: "Escape",
    EXCHANGE: "XfrBlock",
}  # fmt: skip
DATA, STATUS, PARAMETERS, ESCAPED = 0x80, 0x81, 0x82, 0x83
ANSWERS = {DATA: "DataBlock", STATUS: "SlotStatus", PARAMETERS: "Parameters", ESCAPED: "Escape"}

TAKEN = 0x00
REFUSED = {0xFF: "wrong check", 0xFE: "wrong length", 0xFD: "no end", 0x99: "too slow"}
"""What a reader says of a frame that it does not take."""

HEAD_BYTES = 10
DATA_BYTES_MAX = 512
"""Longest data taken; a short APDU and its answer have at most 261 bytes."""

WRONG_LENGTH = "dwLength"
_SHORT_FRAME_BYTES = 4


class Message(NamedTuple):
    """One message. `specific` are the three bytes that each type has for itself; an answer's first two are its status
    and its error."""

    type: int
    slot: int
    seq: int
    specific: bytes
    payload: bytes

    @property
    def state(self) -> int:
        """Of an answer: its two low bits tell whether a card is there, its two high ones whether the command failed."""
        return self.specific[0]

    @property
    def error(self) -> int:
        """Of an answer that failed: why."""
        return self.specific[1]


def read_message(data: bytes) -> Message | str:
    """The message that is all of `data`; WRONG_LENGTH where its length does not say so."""
    if len(data) < HEAD_BYTES or int.from_bytes(data[1:5], "little") != len(data) - HEAD_BYTES:
        return WRONG_LENGTH
    return Message(data[0], data[5], data[6], data[7:10], data[10:])


def message(
    type_: int, payload: bytes = b"", seq: int = 0, specific: bytes = bytes(3), slot: int = 0
) -> bytes:
    """The bytes of a message."""
    return bytes((type_,)) + len(payload).to_bytes(4, "little") + bytes((slot, seq)) + specific + payload


def frame(data: bytes) -> bytes:
    """`data`, a message or a single status byte, as a serial line carries it."""
    return bytes((STX,)) + data + bytes((_xor(data), ETX))


def look(held: bytearray, at: int, is_end: bool) -> int | str:
    """What begins at `at`: see `devices.seeking`."""
    if held[at] != STX:
        return NOISE
    if len(held) == at + 1:
        return LENGTH if is_end else WAIT
    kind = held[at + 1]
    if kind == TAKEN or kind in REFUSED:
        return _ended(held, at, _SHORT_FRAME_BYTES, is_end)
    if kind not in COMMANDS and kind not in ANSWERS:
        return NOISE
    data_bytes = int.from_bytes(held[at + 2 : at + 6], "little") if len(held) >= at + 6 else 0
    if data_bytes > DATA_BYTES_MAX:
        return LENGTH
    return _ended(held, at, 1 + HEAD_BYTES + data_bytes + 2, is_end)


def _ended(held: bytearray, at: int, frame_bytes: int, is_end: bool) -> int | str:
    end = at + frame_bytes
    if len(held) < end:
        return LENGTH if is_end else WAIT
    if held[end - 1] != ETX:
        return LENGTH
    return frame_bytes if _xor(held[at + 1 : end - 2]) == held[end - 2] else CHECKSUM


def _xor(data: bytes | bytearray) -> int:
    check = 0
    for byte in data:
        check ^= byte
    return check
