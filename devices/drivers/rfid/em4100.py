"""EM4100 tags at 125 kHz by RDM6300 and ID-12LA readers: key fobs, tray tags, old door cards. 9600 8N1.

    02  36 32 45 33 30 38 36 43 45 44  30 38  [0D 0A]  03
    STX ten hex digits: 62E3086CED     XOR 08  ID-12LA  ETX
        version byte, then 4 bytes     of the five bytes

    printed number   3808980205     the last four bytes as ten decimal digits
    or               008,27885      byte 3, then bytes 4 and 5 ("facility,card")

One rule for the editor: the tag repeats while it is held, and one presentation is one reading. An EM4100
holds no secret: it names a tray, a key or a card, and never proves who holds it.
"""

import re
from collections.abc import Mapping

from devices.debounce import Debounce
from devices.driver import Driver, UsbId
from devices.evidence import garbled, garbled_piece, raw_hex
from devices.framing import FixedFramer, Piece
from devices.options import choose, seconds
from devices.readings import CardPresented, Reading

NAME = "em4100"

OPTIONS = {
    "checksum": ("xor", "xor|sum: sum for the few readers that add the five bytes instead"),
    "printed": ("number", "number|facility: what the force's cards have printed on them"),
    "quiet_s": ("1.0", "seconds that a tag must be away before it counts as presented again"),
}

_BODY = re.compile(rb"([0-9A-Fa-f]{10})([0-9A-Fa-f]{2})(?:\r\n)?")
_LENGTHS = frozenset((12, 14))


class Em4100:
    """Turns a reader's bytes into cards. `repeated` counts the frames of a tag that was still there."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        self._checksum = _xor if chosen["checksum"] == "xor" else _sum
        self._printed = printed_number if chosen["printed"] == "number" else facility_and_card
        self._debounce = Debounce(seconds(NAME, "quiet_s", chosen["quiet_s"]))
        self._framer = FixedFramer(_LENGTHS)

    @property
    def repeated(self) -> int:
        """Frames held back because their tag had not been away."""
        return self._debounce.repeated

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return the readings they complete."""
        readings = (self._read(piece, at_s) for piece in self._framer.feed(data, at_s))
        return [reading for reading in readings if reading is not None]

    def idle(self, at_s: float) -> list[Reading]:
        """Give up a partial frame that is older than the gap."""
        return [garbled_piece(piece) for piece in self._framer.idle(at_s)]

    def _read(self, piece: Piece, at_s: float) -> Reading | None:
        if piece.fault:
            return garbled_piece(piece)
        body = _BODY.fullmatch(piece.data)
        if body is None:
            return garbled("NOT_HEX", "The frame must hold ten hex digits and two of checksum.", piece.data)
        number = bytes.fromhex(body[1].decode())
        expected, found = self._checksum(number), int(body[2], 16)
        if found != expected:
            detail = f"The checksum is {found:02X} and should be {expected:02X}."
            return garbled("CHECKSUM", detail, piece.data)
        uid = number.hex().upper()
        if not self._debounce.fresh(uid, at_s):
            return None
        return CardPresented(
            technology="EM4100", uid=uid, printed=self._printed(uid), raw_hex=raw_hex(piece.data)
        )


def printed_number(uid: str) -> str:
    """The ten digits printed on the token of this uid (ten hex digits)."""
    return f"{int(uid[2:], 16):010}"


def facility_and_card(uid: str) -> str:
    """The number printed as facility and card ("123,14706") on the token of this uid (ten hex digits)."""
    return f"{int(uid[4:6], 16):03},{int(uid[6:], 16):05}"


def frame(uid: str, tail: bytes = b"") -> bytes:
    """The bytes that an RDM6300 sends for `uid` (ten hex digits); with tail CR LF, those of an ID-12LA."""
    body = f"{uid}{_xor(bytes.fromhex(uid)):02X}".upper().encode()
    return b"\x02" + body + tail + b"\x03"


def _xor(number: bytes) -> int:
    check = 0
    for byte in number:
        check ^= byte
    return check


def _sum(number: bytes) -> int:
    return sum(number) & 0xFF


DRIVER = Driver(
    name=NAME,
    title="EM4100 125 kHz reader (RDM6300, ID-12LA) on a serial line",
    transport="serial",
    decoder=Em4100,
    baud=9600,
    options=OPTIONS,
    usb_ids=(
        UsbId(0x0403, 0x6001, "FTDI serial adapter; suggests, does not prove"),
        UsbId(0x0403, 0x6015, "FTDI serial adapter; suggests, does not prove"),
        UsbId(0x1A86, 0x7523, "CH340 serial adapter; suggests, does not prove"),
        UsbId(0x10C4, 0xEA60, "CP210x serial adapter; suggests, does not prove"),
    ),
)
