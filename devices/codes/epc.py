"""What an RFID tag's EPC bank says: from hex to the GS1 key in it (GS1 Tag Data Standard 2.3, October 2025).

One rule for the editor: a decoded EPC is a hint, and the binding of the whole hex to an item decides. So
what cannot be decoded is refused with its reason and never repaired, and a header that means "wrong bank" or
"never written" names nothing at all.
"""

import re

from devices.codes import epc_classic, epc_plus
from devices.codes.epc_value import Epc
from devices.codes.problem import Problem

HEX_DIGITS_MIN = 24
"""96 bits: the shortest scheme, once filled to whole words."""

HEX_DIGITS_MAX = 124
"""496 bits: the longest EPC that a Gen2 tag can announce (31 words)."""

_HEX = re.compile(f"[0-9A-Fa-f]{{1,{HEX_DIGITS_MAX}}}")

NOT_AN_EPC = {
    "E2": "Header E2 is that of a TID: the reader sent the wrong bank, or the tag was never written.",
    "00": "Header 00: the tag was never written.",
    "FF": "Header FF: the tag was erased.",
}
"""Headers that must never be bound to an item, and why."""


def decode(text: str) -> Epc | Problem:
    """The EPC in `text`, the hex of the EPC bank from its header on; or why it is refused."""
    if _HEX.fullmatch(text) is None:
        return Problem("EPC_NOT_HEX", f"An EPC is written in hex, at most {HEX_DIGITS_MAX} digits.")
    if len(text) < HEX_DIGITS_MIN:
        return Problem("EPC_TOO_SHORT", f"The EPC has {4 * len(text)} bits; no scheme has fewer than 96.")
    text = text.upper()
    value = int(text, 16)
    read = epc_classic.READERS.get(value >> 4 * len(text) - 14)
    if read is not None:
        return read(text, value)
    if text[:2] in epc_plus.SCHEMES:
        return epc_plus.decode(text)
    return _decode_gid(text) if text[:2] == "35" else _refuse(text[:2])


def _decode_gid(text: str) -> Epc | Problem:
    """GID-96 (TDS 14.6.7): manager, class and serial, with no GS1 key."""
    if text[24:].strip("0"):
        return Problem("EPC_TRAILING", "Bits follow after the 96 of gid-96.")
    parts = (str(int(text[2:9], 16)), str(int(text[9:15], 16)), str(int(text[15:24], 16)))
    return Epc(text, "gid-96", None, parts, ())


def _refuse(header: str) -> Problem:
    if header in NOT_AN_EPC:
        return Problem("EPC_HEADER", NOT_AN_EPC[header])
    if int(header, 16) in epc_classic.HEADERS:
        return Problem("EPC_PARTITION", "Partition 7 is reserved.")
    return Problem("EPC_HEADER", f"Header {header} is of no scheme that this service decodes.")
