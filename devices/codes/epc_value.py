"""One decoded EPC, and the 7-bit text that EPC schemes share.

One rule for the editor: no scheme is known here; the readers of schemes import this, never the reverse.
"""

import re

import msgspec

from devices.codes.gs1 import Elements, bracketed

TEXT_82 = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*""")
"""The characters that a GS1 serial may hold (TDS table A-1, General Specifications figure 7.11-1)."""

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
    text = ""
    for shift in range(bits - 7, -1, -7):
        code = value >> shift & 0x7F
        if not code:
            value &= (1 << shift) - 1
            break
        text += chr(code)
    else:
        value &= (1 << bits % 7) - 1
    return text if text and not value and TEXT_82.fullmatch(text) else None


def write_text(text: str, bits: int) -> int:
    """The inverse of `read_text`. Raises ValueError where `text` has other characters or too many."""
    if TEXT_82.fullmatch(text) is None or 7 * len(text) > bits:
        raise ValueError(f"text {text!r}: expected at most {bits // 7} characters of GS1 set 82")
    value = 0
    for character in text:
        value = value << 7 | ord(character)
    return value << bits - 7 * len(text)
