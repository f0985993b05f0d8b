"""Barcode scanners on a serial line: USB CDC-ACM or RS-232. All makers offer it, and it alone keeps GS (1D).

    5D 43 30  58 33 30 30 30 31 32 33 34  0D          aim:    ]C0 X30001234 CR
    44        31 30 35 38 37 34 30 ...    0D 0A       zebra:  D 1058740... CR LF
    02        58 33 30 30 30 31 32 33 34  03          none:   STX X30001234 ETX
    prefix    content                     suffix      (9600 8N1 on RS-232; CDC ignores the rate)

One rule for the editor: the prefix is the scanner's setting and never guessed; a frame without the prefix
that is configured is garbled. Content must be UTF-8 (ASCII is): other bytes above 7E mean a wrong baud rate
or parity, or a scanner that sends another character set, and no label of ours needs either.

A decoder does not know its device's configured name: the station puts it into `DeviceReported.device`.
"""

from collections.abc import Mapping
from typing import cast

from devices.codes.presented import presented
from devices.codes.symbology import PrefixStyle
from devices.driver import Driver, UsbId
from devices.evidence import garbled_piece
from devices.framing import FAULTS, GAP_NO_SUFFIX_S, GAP_S, NO_SUFFIX, LineFramer, Piece
from devices.options import choose
from devices.readings import DeviceReported, Reading

NAME = "serial-scanner"

OPTIONS = {
    "prefix": (
        "none",
        "none|aim|zebra: the code identifier that the scanner is set to send before each code",
    ),
    "suffix": ("any", "any|none: any of CR, LF, ETX; none waits longer and tells you to set one"),
}


class SerialScanner:
    """Turns a scanner's bytes into codes. `repeated` stays 0: every scan is a new one."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        self._style = cast(PrefixStyle, chosen["prefix"])
        self._framer = LineFramer(GAP_NO_SUFFIX_S if chosen["suffix"] == "none" else GAP_S)
        self.repeated = 0

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return the readings they complete."""
        return [self._read(piece) for piece in self._framer.feed(data, at_s)]

    def idle(self, at_s: float) -> list[Reading]:
        """Give up a partial that is older than the gap; say once that no suffix is set."""
        return [self._read(piece) for piece in self._framer.idle(at_s)]

    def _read(self, piece: Piece) -> Reading:
        if piece.fault == NO_SUFFIX:
            return DeviceReported(device=NAME, driver=NAME, word="MISCONFIGURED", detail=FAULTS[NO_SUFFIX])
        if piece.fault:
            return garbled_piece(piece)
        return presented(piece.data, self._style)


def frame(text: str, symbology: str = "", suffix: bytes = b"\r") -> bytes:
    """The bytes that a scanner set to AIM identifiers (or to none, without `symbology`) sends for `text`."""
    return (symbology + text).encode() + suffix


DRIVER = Driver(
    name=NAME,
    title="Barcode scanner on a serial line (USB CDC-ACM or RS-232)",
    transport="serial",
    decoder=SerialScanner,
    baud=9600,
    options=OPTIONS,
    reads_codes=True,
    usb_ids=(
        UsbId(0x05E0, 0x1701, "Zebra, USB CDC host"),
        UsbId(0x05F9, 0x4204, "Datalogic, USB-COM"),
        UsbId(0x0C2E, 0x0CAA, "Honeywell 1450g, USB serial"),
        UsbId(0x1EAB, None, "Newland; product ids that end in 06 are serial"),
    ),
)
