"""One decoded EPC, and the 7-bit text that EPC schemes share.

One rule for the editor: no scheme is known here; the readers of schemes import this, never the reverse.
"""

import re

import msgspec

from devices.codes.gs1 import Elements, bracketed

TEXT_82 = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*""")
"""The characters that a GS1 serial may hold (TDS table A-1, General Specifications figure 7.11-1)."""

_82 = [character for character in map(chr, range(128)) if TEXT_82.fullmatch(character)]
_PAIRS = {ord(one) << 7 | ord(other): one + other for one in _82 for other in _82}
_PAIRS |= {ord(one) << 7: one for one in _82}
"""Two characters by their 14 bits; the last of a text may stand alone. A tray is read two at a time, for speed."""

_URI_ESCAPES = {ord(character): f"%{ord(character):02X}" for character in '"#%&/<>?'}


class Epc(msgspec.Struct, frozen=True, gc=False):
    """One decoded EPC: `hex` as read, upper-case; `parts` the fields of its URI, company prefix first.

    `filter` is the tag's object type (0 to 63), None where the scheme has none. A "+" scheme has no URI parts.
    `hostname` is what a "++" scheme names to ask about the thing; nobody is asked.
    """

    hex: str
    scheme: str
    filter: int | None
    parts: tuple[str, ...]
    elements: Elements
    hostname: str = ""

    @property
    def element_string(self) -> str:
        """The GS1 elements as printed: (01)09506000134352(21)123456789. Empty for GID-96."""
        return bracketed(self.elements)

    @property
    def epc_uri(self) -> str:
        """The pure identity, urn:epc:id:..., where the scheme has parts."""
        return f"urn:epc:id:{self.scheme.partition('-')[0]}:{self._body()}" if self.parts else ""

    @property
    def tag_uri(self) -> str:
        """The tag's URI, urn:epc:tag:..., filter included, where the scheme has parts."""
        lead = "" if self.filter is None else f"{self.filter}."
        return f"urn:epc:tag:{self.scheme}:{lead}{self._body()}" if self.parts else ""

    def _body(self) -> str:
        return ".".join(part.translate(_URI_ESCAPES) for part in self.parts)


def read_text(value: int, bits: int) -> str | None:
    """The characters packed 7 bits each from the top of a field, zeros after them; None if it is not so."""
    used = bits + 1 - (value & -value).bit_length()  # up to the last bit that is set
    if not value or used + -used % 7 > bits:
        return None
    end = used + -used % 14
    value = value >> bits - end if end <= bits else value << end - bits
    try:
        text = "".join([_PAIRS[value >> shift & 0x3FFF] for shift in range(end - 14, -1, -14)])
    except KeyError:
        return None
    return text if len(text) == (used + 6) // 7 else None  # or a zero stands between the characters


def write_text(text: str, bits: int) -> int:
    """The inverse of `read_text`. Raises ValueError where `text` has other characters or too many."""
    if TEXT_82.fullmatch(text) is None or 7 * len(text) > bits:
        raise ValueError(f"text {text!r}: expected at most {bits // 7} characters of GS1 set 82")
    value = 0
    for character in text:
        value = value << 7 | ord(character)
    return value << bits - 7 * len(text)
