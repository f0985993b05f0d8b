"""One decoded EPC, and the 7-bit text that EPC schemes share.

One rule for the editor: no scheme is known here; the readers of schemes import this, never the reverse.
"""

import re
from collections.abc import Callable

import msgspec

from devices.codes.gs1 import Elements, bracketed

TEXT_82 = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*""")
"""The characters that a GS1 serial may hold (TDS table A-1, General Specifications figure 7.11-1)."""

_PAIRS: list[str | None] = [None] * (1 << 14)
for _one in filter(TEXT_82.fullmatch, map(chr, range(1, 128))):
    _PAIRS[ord(_one) << 7] = _one
    for _other in filter(TEXT_82.fullmatch, map(chr, range(1, 128))):
        _PAIRS[ord(_one) << 7 | ord(_other)] = _one + _other
"""Two characters by their 14 bits; the last of a text may stand alone. A tray is read two at a time, for speed."""

_SHIFTS = tuple(tuple(range(14 * (count + 1 >> 1) - 14, -1, -14)) for count in range(70))
"""By the number of characters: by how much each pair is shifted."""

_in_uri = {one: f"%{ord(one):02X}" if one in '"#%&/<>?' else one for one in map(chr, range(128))}.__getitem__
"""A character as it stands in a URI, with what has another use there escaped."""


class EpcClass(msgspec.Struct, frozen=True, gc=False):
    """What the tags of one class have in common: all that stands before their serial.

    `lead` are the first fields of the URI, company prefix first; a "+" scheme has none. `uri` is the pure identity up
    to the serial. `elements` are whole; `ai` and `key` begin the one that the serial ends, where `ai` is not empty and
    the serial is not `absent`.
    """

    scheme: str
    filter: int | None
    lead: tuple[str, ...] = ()
    uri: str = ""
    elements: Elements = ()
    ai: str = ""
    key: str = ""
    absent: str = ""


class Epc(msgspec.Struct, frozen=True, gc=False):
    """One decoded EPC: `hex` as read, upper-case; what it has in common with others, and what is its own.

    `hostname` is what a "++" scheme names to ask about the thing; nobody is asked.
    """

    hex: str
    epc_class: EpcClass
    serial: str = ""
    hostname: str = ""

    @property
    def scheme(self) -> str:
        """The binary scheme: sgtin-96."""
        return self.epc_class.scheme

    @property
    def filter(self) -> int | None:
        """The tag's object type (0 to 63), None where the scheme has none."""
        return self.epc_class.filter

    @property
    def parts(self) -> tuple[str, ...]:
        """The fields of the EPC's URI, company prefix first. A "+" scheme has none."""
        return (*self.epc_class.lead, self.serial) if self.serial else self.epc_class.lead

    @property
    def elements(self) -> Elements:
        """The GS1 elements. None in a GID-96."""
        epc_class = self.epc_class
        if not epc_class.ai or self.serial == epc_class.absent:
            return epc_class.elements
        return (*epc_class.elements, (epc_class.ai, epc_class.key + self.serial))

    @property
    def element_string(self) -> str:
        """The GS1 elements as printed: (01)09506000134352(21)123456789. Empty for GID-96."""
        return bracketed(self.elements)

    @property
    def epc_uri(self) -> str:
        """The pure identity, urn:epc:id:..., where the scheme has parts."""
        serial = self.serial
        return self.epc_class.uri + (serial if serial.isalnum() else escaped(serial))

    @property
    def tag_uri(self) -> str:
        """The tag's URI, urn:epc:tag:..., filter included, where the scheme has parts."""
        lead = "" if self.filter is None else f"{self.filter}."
        return f"urn:epc:tag:{self.scheme}:{lead}{body(self.parts)}" if self.parts else ""


def pure_identity(scheme: str, parts: tuple[str, ...]) -> str:
    """The URI of a binary scheme's pure identity with these parts: urn:epc:id:sgtin:9506000.013435.1."""
    return f"urn:epc:id:{scheme.partition('-')[0]}:{body(parts)}"


def body(parts: tuple[str, ...]) -> str:
    """URI parts as they stand in a URI."""
    return ".".join(map(escaped, parts))


def escaped(part: str) -> str:
    """One part as it stands in a URI. Its characters are ASCII, or it would not have been read."""
    return "".join(map(_in_uri, part))


def text_reader(bits: int, spare_bits: int = 0) -> Callable[[int], str | None]:
    """What reads the characters packed 7 bits each from the top of a field of so many bits, zeros after them; None if
    it is not so. What it is given ends in `spare_bits` more, which must be zeros too."""
    whole, field = bits + spare_bits + 7, bits + spare_bits

    def read(value: int) -> str | None:
        count = (whole - (value ^ value - 1).bit_length()) // 7  # up to the last bit that is set
        if not value or 7 * count > bits:
            return None
        shifts = _SHIFTS[count]
        spare = field - 14 * len(shifts)
        value = value >> spare if spare >= 0 else value << -spare
        try:
            text = "".join([_PAIRS[value >> shift & 0x3FFF] for shift in shifts])  # type: ignore[misc]
        except TypeError:  # a pair that is none
            return None
        return text if len(text) == count else None  # or a zero stands between the characters

    return read


def write_text(text: str, bits: int) -> int:
    """The inverse of `text_reader`. Raises ValueError where `text` has other characters or too many."""
    if TEXT_82.fullmatch(text) is None or 7 * len(text) > bits:
        raise ValueError(f"text {text!r}: expected at most {bits // 7} characters of GS1 set 82")
    value = 0
    for character in text:
        value = value << 7 | ord(character)
    return value << bits - 7 * len(text)
