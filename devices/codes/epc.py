"""What an RFID tag's EPC bank says: from hex to the GS1 key in it (GS1 Tag Data Standard 2.3, October 2025).

One rule for the editor: a decoded EPC is a hint, and the binding of the whole hex to an item decides. So
what cannot be decoded is refused with its reason and never repaired, and a header that means "wrong bank" or
"never written" names nothing at all.
"""

import re
from binascii import a2b_hex
from collections.abc import Callable

from devices.codes import epc_classic, epc_plus, epc_rare
from devices.codes.epc_value import Epc
from devices.codes.problem import Problem

HEX_DIGITS_MIN = 24
"""96 bits: the shortest of the schemes of fixed length."""

HEX_DIGITS_MAX = 124
"""496 bits: the longest EPC that a Gen2 tag can announce (31 words)."""

BYTES_MIN, BYTES_MAX = HEX_DIGITS_MIN // 2, HEX_DIGITS_MAX // 2

_number = int.from_bytes  # the highest byte first
_is_hex = re.compile(f"[0-9A-Fa-f]{{1,{HEX_DIGITS_MAX}}}").fullmatch

NOT_AN_EPC = {
    "E2": "Header E2 is that of a TID: the reader sent the wrong bank, or the tag was never written.",
    "00": "Header 00: the tag was never written.",
    "FF": "Header FF: the tag was erased.",
}
"""Headers that must never be bound to an item, and why."""


def decode(text: str) -> Epc | Problem:
    """The EPC in `text`, the hex of the EPC bank from its header on; or why it is refused."""
    try:
        bank = a2b_hex(text)  # no spaces, signs or digits of other scripts pass here
    except ValueError:
        return _decode_odd(text)
    if not BYTES_MIN <= len(bank) <= BYTES_MAX:
        return _decode_odd(text)
    read = _READERS.get(bank[0])
    return read(text.upper(), _number(bank)) if read is not None else _refuse(text[:2].upper())


def _decode_odd(text: str) -> Epc | Problem:
    """An EPC of half a byte too many, a short one, or what is none."""
    if _is_hex(text) is None:
        return Problem("EPC_NOT_HEX", f"An EPC is written in hex, at most {HEX_DIGITS_MAX} digits.")
    text = text.upper()
    if len(text) >= HEX_DIGITS_MIN:
        read = _READERS.get(int(text[:2], 16))
        return read(text, int(text, 16)) if read is not None else _refuse(text[:2])
    if text[:2] in epc_plus.SCHEMES:
        return epc_plus.decode(text)
    return Problem("EPC_TOO_SHORT", f"The EPC has {4 * len(text)} bits; its scheme has at least 96.")


def _refuse(header: str) -> Problem:
    if header in NOT_AN_EPC:
        return Problem("EPC_HEADER", NOT_AN_EPC[header])
    return Problem("EPC_HEADER", f"Header {header} is of no scheme that this service decodes.")


_READERS: dict[int, Callable[[str, int], Epc | Problem]] = {
    int(header, 16): read
    for header, read in {
        **epc_classic.READERS,
        **epc_rare.READERS,
        **dict.fromkeys(epc_plus.SCHEMES, lambda text, _value: epc_plus.decode(text)),
    }.items()
}
"""By the header, the first byte."""
