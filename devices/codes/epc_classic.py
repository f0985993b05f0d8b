"""The EPC schemes with a partition value, from TDS 1: SGTIN, GRAI, GIAI, SSCC in 96 bits and the long ones.

    3066C4409047E140075BCD15      SGTIN-96
    30 | 011 | 001 | 95060001343 (37 bits) | 05 (7 bits) | 123456789 (38 bits)
    header filter partition company prefix   reference     serial

One rule for the editor: a field that overflows its digits is refused, never trimmed. Every pair of header and
partition has its own reader, made once, so that a tag costs one look-up and a few shifts: a tray of tags is
read many times a second.
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


Reader = Callable[[str, int], Epc | Problem]
"""Takes the upper-case hex of a whole tag, and its number."""


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
    decoded = READERS[value >> scheme.bits - 14](text, value << padding)
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


def _referenced_reader(scheme: Scheme, filter_value: int, partition: int) -> Reader:
    """SGTIN, GRAI and SSCC: a reference of fixed digits, then a serial."""
    whole_digits = _whole_digits(scheme)
    name, elements_of, is_sscc = scheme.name, _ELEMENTS[scheme.header], scheme.header == _SSCC
    serial_bits, serial_mask, is_text = scheme.serial_bits, (1 << scheme.serial_bits) - 1, scheme.is_text
    company_bits, company_digits = _COMPANY_BITS[partition], 12 - partition
    company_shift, company_mask = scheme.bits - 14 - company_bits, (1 << company_bits) - 1
    reference_mask = (1 << scheme.pair_bits - company_bits) - 1
    reference_digits = scheme.pair_digits - company_digits
    company_end, reference_end = 10**company_digits, 10**reference_digits

    def read(text: str, value: int) -> Epc | Problem:
        if len(text) != whole_digits:
            cut = _cut(scheme, text, value)
            if isinstance(cut, Problem):
                return cut
            value = cut
        company_number = value >> company_shift & company_mask
        if company_number >= company_end:
            return _overflow("company prefix", company_digits)
        reference_number = value >> serial_bits & reference_mask
        if reference_number >= reference_end:
            return _overflow("reference", reference_digits)
        company = str(company_number).zfill(company_digits)
        reference = str(reference_number).zfill(reference_digits) if reference_digits else ""
        tail = value & serial_mask
        if is_sscc:
            if tail:
                return Problem("EPC_TRAILING", "The last 24 bits of sscc-96 must be zero.")
            return Epc(text, name, filter_value, (company, reference), elements_of(company, reference, ""))
        serial = read_text(tail, serial_bits) if is_text else str(tail)
        if serial is None:
            return _bad_text(name)
        elements = elements_of(company, reference, serial)
        return Epc(text, name, filter_value, (company, reference, serial), elements)

    return read


def _giai_reader(scheme: Scheme, filter_value: int, partition: int) -> Reader:
    """GIAI: the rest is one asset reference, with no fixed length."""
    name, is_text, whole_digits = scheme.name, scheme.is_text, _whole_digits(scheme)
    company_bits, company_digits = _COMPANY_BITS[partition], 12 - partition
    reference_bits, company_end = scheme.pair_bits - company_bits, 10**company_digits
    company_mask, reference_mask = (1 << company_bits) - 1, (1 << reference_bits) - 1

    def read(text: str, value: int) -> Epc | Problem:
        if len(text) != whole_digits:
            cut = _cut(scheme, text, value)
            if isinstance(cut, Problem):
                return cut
            value = cut
        company_number = value >> reference_bits & company_mask
        if company_number >= company_end:
            return _overflow("company prefix", company_digits)
        company = str(company_number).zfill(company_digits)
        tail = value & reference_mask
        reference = read_text(tail, reference_bits) if is_text else str(tail)
        if reference is None:
            return _bad_text(name)
        key = company + reference
        if len(key) > _GIAI_CHARACTERS_MAX:
            return Problem("EPC_REFERENCE", f"A GIAI has at most {_GIAI_CHARACTERS_MAX} characters.")
        return Epc(text, name, filter_value, (company, reference), (("8004", key),))

    return read


def _whole_digits(scheme: Scheme) -> int:
    """The hex digits of a tag that ends with its scheme; 0 where none can, as its bits are no whole digits."""
    return 0 if scheme.bits % 4 else scheme.bits // 4


def _cut(scheme: Scheme, text: str, value: int) -> int | Problem:
    """`value` without the zeros that fill the EPC to whole words."""
    spare = 4 * len(text) - scheme.bits
    if spare < 0:
        return Problem("EPC_TOO_SHORT", f"{scheme.name} has {scheme.bits} bits; {-spare} are missing.")
    if value & (1 << spare) - 1:
        return Problem("EPC_TRAILING", f"Bits follow after the {scheme.bits} of {scheme.name}.")
    return value >> spare


def _overflow(field: str, digits: int) -> Problem:
    code = "EPC_PREFIX" if field == "company prefix" else "EPC_REFERENCE"
    return Problem(code, f"The {field} overflows its {digits} digits.")


def _bad_text(name: str) -> Problem:
    return Problem("EPC_CHARACTER", f"The text of this {name} is empty or holds what no GS1 serial may hold.")


def _sgtin_elements(company: str, reference: str, serial: str) -> Elements:
    body = reference[0] + company + reference[1:]
    return (("01", body + check_digit(body)), ("21", serial))


def _grai_elements(company: str, reference: str, serial: str) -> Elements:
    body = company + reference
    return (("8003", "0" + body + check_digit(body) + serial),)


def _sscc_elements(company: str, reference: str, _serial: str) -> Elements:
    body = reference[0] + company + reference[1:]
    return (("00", body + check_digit(body)),)


_SSCC = 0x31

_ELEMENTS: dict[int, Callable[[str, str, str], Elements]] = {
    0x30: _sgtin_elements,
    0x36: _sgtin_elements,
    0x33: _grai_elements,
    0x37: _grai_elements,
    _SSCC: _sscc_elements,
}

READERS: dict[int, Reader] = {
    scheme.header << 6 | filter_value << 3 | partition: make(scheme, filter_value, partition)
    for scheme in SCHEMES
    for make in (_referenced_reader if scheme.pair_digits else _giai_reader,)
    for filter_value in range(8)
    for partition in range(7)
}
"""By the first 14 bits of the tag."""

HEADERS = frozenset(scheme.header for scheme in SCHEMES)
