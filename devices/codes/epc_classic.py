"""The EPC schemes with a partition value, from TDS 1: SGTIN, GRAI, GIAI, SSCC in 96 bits and the long ones.

    3066C4409047E140075BCD15      SGTIN-96
    30 | 011 | 001 | 95060001343 (37 bits) | 05 (7 bits) | 123456789 (38 bits)
    header filter partition company prefix   reference     serial

One rule for the editor: a field that overflows its digits is refused, never trimmed. Every pair of header and
partition has one row, computed once, so that a tag costs two table look-ups and a few shifts.
"""

from collections.abc import Callable
from typing import NamedTuple

from devices.codes.check_digit import check_digit
from devices.codes.epc_value import Epc, read_text, write_text
from devices.codes.gs1 import Elements
from devices.codes.problem import Problem


class Scheme(NamedTuple):
    """A binary scheme: its bits, those of prefix and reference together, their digits, the serial's bits."""

    header: int
    name: str
    bits: int
    pair_bits: int
    pair_digits: int
    serial_bits: int
    is_text: bool


NUMBER, TEXT = False, True

SCHEMES = (
    Scheme(0x30, "sgtin-96", 96, 44, 13, 38, NUMBER),
    Scheme(0x31, "sscc-96", 96, 58, 17, 24, NUMBER),
    Scheme(0x33, "grai-96", 96, 44, 12, 38, NUMBER),
    Scheme(0x34, "giai-96", 96, 82, 0, 0, NUMBER),
    Scheme(0x36, "sgtin-198", 198, 44, 13, 140, TEXT),
    Scheme(0x37, "grai-170", 170, 44, 12, 112, TEXT),
    Scheme(0x38, "giai-202", 202, 188, 0, 0, TEXT),
)
"""TDS 14.6.1 to 14.6.6. A pair of 0 digits: the asset reference has no fixed length."""

_COMPANY_BITS = (40, 37, 34, 30, 27, 24, 20)
"""By partition; the company prefix then has 12 digits less the partition."""

_GIAI_CHARACTERS_MAX = 30


class Layout(NamedTuple):
    """Where the fields of one header and partition lie."""

    scheme: Scheme
    read: Callable[["Layout", str, str, int], Epc | Problem]
    company_shift: int
    company_mask: int
    company_digits: int
    reference_bits: int
    reference_digits: int


def decode(layout: Layout, text: str) -> Epc | Problem:
    """The EPC in the upper-case hex `text`, which begins with the header and partition of `layout`."""
    value, spare = int(text, 16), 4 * len(text) - layout.scheme.bits
    if spare < 0:
        return Problem(
            "EPC_TOO_SHORT", f"{layout.scheme.name} has {layout.scheme.bits} bits; {-spare} are missing."
        )
    if spare:
        if value & (1 << spare) - 1:
            return Problem(
                "EPC_TRAILING", f"Bits follow after the {layout.scheme.bits} of {layout.scheme.name}."
            )
        value >>= spare
    company = str(value >> layout.company_shift & layout.company_mask).zfill(layout.company_digits)
    if len(company) > layout.company_digits:
        return Problem("EPC_PREFIX", f"The company prefix overflows its {layout.company_digits} digits.")
    return layout.read(layout, text, company, value)


def encode(name: str, filter_value: int, parts: tuple[str, ...]) -> str:
    """The hex of an EPC with these URI parts, zero-filled to whole 16-bit words: the inverse of `decode`.

    Raises ValueError naming what does not fit: scheme, filter, company prefix (6 to 12 digits) or a part.
    """
    company, reference, serial = (*parts, "", "")[:3]
    scheme = next((scheme for scheme in SCHEMES if scheme.name == name), None)
    if scheme is None or not 0 <= filter_value <= 7:
        raise ValueError(f"scheme {name!r} with filter {filter_value}: no such scheme or filter")
    if not (company.isascii() and company.isdigit() and 6 <= len(company) <= 12):
        raise ValueError(f"company prefix {company!r}: expected 6 to 12 digits")
    partition = 12 - len(company)
    reference_bits = scheme.pair_bits - _COMPANY_BITS[partition]
    fields = (
        (scheme.header, 8),
        (filter_value, 3),
        (partition, 3),
        (int(company), _COMPANY_BITS[partition]),
        (
            _field("reference", reference, reference_bits, scheme.is_text and not scheme.pair_digits),
            reference_bits,
        ),
        (_field("serial", serial, scheme.serial_bits, scheme.is_text), scheme.serial_bits),
    )
    value = 0
    for field, bits in fields:
        value = value << bits | field
    padding = -scheme.bits % 16
    text = f"{value << padding:0{(scheme.bits + padding) // 4}X}"
    decoded = decode(LAYOUTS[value >> scheme.bits - 14], text)
    if not isinstance(decoded, Epc) or decoded.parts != parts:
        raise ValueError(f"parts {parts}: {name} cannot hold them")
    return text


def _field(name: str, value: str, bits: int, is_text: bool) -> int:
    if is_text and bits:
        return write_text(value, bits)
    if value and not (value.isascii() and value.isdigit()):
        raise ValueError(f"{name} {value!r}: expected digits")
    number = int(value or "0")
    if number >> bits:
        raise ValueError(f"{name} {value!r}: expected at most {bits} bits")
    return number


def _read_referenced(layout: Layout, text: str, company: str, value: int) -> Epc | Problem:
    """SGTIN, GRAI and SSCC: a reference of fixed digits, then a serial."""
    scheme = layout.scheme
    tail = value & (1 << scheme.serial_bits) - 1
    reference = str(value >> scheme.serial_bits & (1 << layout.reference_bits) - 1)
    reference = reference.zfill(layout.reference_digits) if layout.reference_digits else reference.strip("0")
    if len(reference) > layout.reference_digits:
        return Problem("EPC_REFERENCE", f"The reference overflows its {layout.reference_digits} digits.")
    serial = read_text(tail, scheme.serial_bits) if scheme.is_text else str(tail)
    if serial is None:
        return _bad_text(scheme)
    parts: tuple[str, ...] = (company, reference, serial)
    if scheme.header == 0x31:
        if tail:
            return Problem("EPC_TRAILING", "The last 24 bits of sscc-96 must be zero.")
        parts = (company, reference)
    elements = _ELEMENTS[scheme.name[:4]](company, reference, serial)
    return Epc(text, scheme.name, value >> scheme.bits - 11 & 7, parts, elements)


def _read_giai(layout: Layout, text: str, company: str, value: int) -> Epc | Problem:
    """GIAI: the rest is one asset reference."""
    scheme = layout.scheme
    tail = value & (1 << layout.reference_bits) - 1
    reference = read_text(tail, layout.reference_bits) if scheme.is_text else str(tail)
    if reference is None:
        return _bad_text(scheme)
    if len(company) + len(reference) > _GIAI_CHARACTERS_MAX:
        return Problem("EPC_REFERENCE", f"A GIAI has at most {_GIAI_CHARACTERS_MAX} characters.")
    elements = (("8004", company + reference),)
    return Epc(text, scheme.name, value >> scheme.bits - 11 & 7, (company, reference), elements)


def _bad_text(scheme: Scheme) -> Problem:
    return Problem(
        "EPC_CHARACTER", f"The text of this {scheme.name} is empty or holds what no GS1 serial may hold."
    )


def _sgtin_elements(company: str, reference: str, serial: str) -> Elements:
    body = reference[0] + company + reference[1:]
    return (("01", body + check_digit(body)), ("21", serial))


def _grai_elements(company: str, reference: str, serial: str) -> Elements:
    body = company + reference
    return (("8003", f"0{body}{check_digit(body)}{serial}"),)


def _sscc_elements(company: str, reference: str, _serial: str) -> Elements:
    body = reference[0] + company + reference[1:]
    return (("00", body + check_digit(body)),)


_ELEMENTS: dict[str, Callable[[str, str, str], Elements]] = {
    "sgti": _sgtin_elements,
    "grai": _grai_elements,
    "sscc": _sscc_elements,
}


def _layout(scheme: Scheme, partition: int) -> Layout:
    company_bits, company_digits = _COMPANY_BITS[partition], 12 - partition
    return Layout(
        scheme=scheme,
        read=_read_referenced if scheme.pair_digits else _read_giai,
        company_shift=scheme.bits - 14 - company_bits,
        company_mask=(1 << company_bits) - 1,
        company_digits=company_digits,
        reference_bits=scheme.pair_bits - company_bits,
        reference_digits=max(0, scheme.pair_digits - company_digits),
    )


LAYOUTS = {
    scheme.header << 6 | filter_value << 3 | partition: layout
    for scheme in SCHEMES
    for partition in range(7)
    for layout in (_layout(scheme, partition),)
    for filter_value in range(8)
}
"""By the first 14 bits of the tag."""

HEADERS = frozenset(scheme.header for scheme in SCHEMES)
