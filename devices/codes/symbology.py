"""What kind of symbol a scanner read: AIM identifiers (ISO/IEC 15424) and Zebra's own code characters.

One rule for the editor: the style is a setting of each scanner and is never guessed. `DAP00838418592059`
is a Code 128 holding "AP00..." to one setting and a serial number to the other.

    none   X30001234          nothing is stripped
    aim    ]C0 X30001234      "]", letter, modifier
    zebra  D X30001234        one character, or three when the first is P (Zebra "Symbol" code id)
"""

from typing import Literal, NamedTuple

from devices.codes.problem import Problem

PrefixStyle = Literal["none", "aim", "zebra"]

AIM_LETTERS = {
    "A": "Code 39", "B": "Telepen", "C": "Code 128", "D": "Code One", "E": "EAN/UPC", "F": "Codabar",
    "G": "Code 93", "H": "Code 11", "I": "Interleaved 2 of 5", "J": "DotCode", "K": "Code 16K", "L": "PDF417",
    "M": "MSI", "N": "Anker", "O": "Codablock", "P": "Plessey", "Q": "QR Code", "R": "Straight 2 of 5",
    "S": "Straight 2 of 5", "T": "Code 49", "U": "MaxiCode", "X": "Other", "Z": "Not a barcode",
    "c": "Channel Code", "d": "Data Matrix", "e": "GS1 DataBar or composite", "g": "Grid Matrix",
    "h": "Han Xin", "o": "OCR", "p": "PosiCode", "s": "SuperCode", "z": "Aztec",
}  # fmt: skip

_ZEBRA = {
    "A": (None, "UPC/EAN"), "B": ("]A0", "Code 39"), "C": ("]F0", "Codabar"), "D": ("]C0", "Code 128"),
    "E": ("]G0", "Code 93"), "F": ("]I0", "Interleaved 2 of 5"), "G": ("]S0", "Discrete 2 of 5"),
    "H": ("]H0", "Code 11"), "J": ("]M0", "MSI"), "K": ("]C1", "GS1-128"), "L": ("]X0", "Bookland"),
    "M": ("]X0", "Trioptic"), "N": ("]X0", "Coupon"), "R": ("]e0", "GS1 DataBar"),
    "S": ("]X0", "Matrix 2 of 5"), "T": ("]e0", "Composite"), "U": ("]X0", "Chinese 2 of 5"),
    "X": ("]L0", "PDF417"), "z": ("]z0", "Aztec"), "P00": ("]d1", "Data Matrix"),
    "P01": ("]Q1", "QR Code"), "P02": ("]U0", "MaxiCode"), "P0C": ("]X0", "Mailmark"),
    "P0D": ("]g0", "Grid Matrix"), "P0G": ("]d2", "GS1 Data Matrix"), "P0H": ("]h0", "Han Xin"),
    "P0Q": ("]Q3", "GS1 QR Code"), "P0X": ("]X0", "Signature"),
}  # fmt: skip

_AIM_OF_EAN_LENGTH = {13: "]E0", 8: "]E4"}
"""Zebra says "A" for all of UPC/EAN; only these lengths are AIM's packets. UPC-A keeps its 12 digits."""


class Split(NamedTuple):
    """A frame's text without its prefix, and the AIM identifier that the prefix stands for, if it had one."""

    text: str
    symbology: str | None


def split_prefix(frame: str, style: PrefixStyle) -> Split | Problem:
    """Take the prefix of `style` off `frame`. A frame that has none, or an unknown one, is a Problem."""
    if style == "none":
        return Split(frame, None)
    return _split_aim(frame) if style == "aim" else _split_zebra(frame)


def symbology_name(identifier: str) -> str:
    """What an AIM identifier stands for, for a person: "]C1" is "Code 128"."""
    return AIM_LETTERS.get(identifier[1:2], "unknown")


def _split_aim(frame: str) -> Split | Problem:
    if len(frame) < 3 or frame[0] != "]":
        sentence = "The scanner is set to send AIM identifiers, but this scan has none (such as ]C0)."
        return Problem("AIM_ID_MISSING", sentence)
    if frame[1] not in AIM_LETTERS or not (frame[2].isascii() and frame[2].isalnum()):
        return Problem("AIM_ID_UNKNOWN", f"No symbology has the AIM identifier {frame[:3]!a}.")
    return Split(frame[3:], frame[:3])


def _split_zebra(frame: str) -> Split | Problem:
    code = frame[:3] if frame[:1] == "P" else frame[:1]
    if code not in _ZEBRA:
        sentence = f"The scanner is set to send Zebra code characters, and {code!a} is none of them."
        return Problem("ZEBRA_CODE_UNKNOWN", sentence)
    text = frame[len(code) :]
    return Split(text, _ZEBRA[code][0] or _AIM_OF_EAN_LENGTH.get(len(text), "]X0"))


def zebra_name(code: str) -> str:
    """What one of Zebra's code characters stands for: "P00" is "Data Matrix"; "unknown" for none of them."""
    return _ZEBRA[code][1] if code in _ZEBRA else "unknown"
