"""The EPC schemes with a partition value, from TDS 1: SGTIN, GRAI, GIAI, SSCC, SGLN, GDTI, GSRN, SGCN.

    3066C4409047E140075BCD15      SGTIN-96
    30 | 011 | 001 | 95060001343 (37 bits) | 05 (7 bits) | 123456789 (38 bits)
    header filter partition company prefix   reference     serial

One rule for the editor: a field that overflows its digits is refused, never trimmed. A tray of tags is read many
times a second, and most of it is one model: what its tags have in common is worked out once.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

from devices.codes.check_digit import check_digit
from devices.codes.epc_value import Epc, read_text, write_text
from devices.codes.gs1 import Elements
from devices.codes.problem import Problem


class Scheme(NamedTuple):
    """A binary scheme: its bits, those of prefix and reference together, their digits, the serial's bits and
    how it is written."""

    header: int
    name: str
    bits: int
    pair_bits: int
    pair_digits: int
    serial_bits: int
    serial: "Serial"


Serial = Literal["number", "text", "digits", "none"]
"""A number without leading zeros; characters of 7 bits; digits behind a 1, so that zeros stay; only zero bits."""

SCHEMES = (
    Scheme(0x2C, "gdti-96", 96, 41, 12, 41, "number"),
    Scheme(0x2D, "gsrn-96", 96, 58, 17, 24, "none"),
    Scheme(0x2E, "gsrnp-96", 96, 58, 17, 24, "none"),
    Scheme(0x30, "sgtin-96", 96, 44, 13, 38, "number"),
    Scheme(0x31, "sscc-96", 96, 58, 17, 24, "none"),
    Scheme(0x32, "sgln-96", 96, 41, 12, 41, "number"),
    Scheme(0x33, "grai-96", 96, 44, 12, 38, "number"),
    Scheme(0x34, "giai-96", 96, 82, 0, 0, "number"),
    Scheme(0x36, "sgtin-198", 198, 44, 13, 140, "text"),
    Scheme(0x37, "grai-170", 170, 44, 12, 112, "text"),
    Scheme(0x38, "giai-202", 202, 188, 0, 0, "text"),
    Scheme(0x39, "sgln-195", 195, 41, 12, 140, "text"),
    Scheme(0x3A, "gdti-113", 113, 41, 12, 58, "digits"),
    Scheme(0x3E, "gdti-174", 174, 41, 12, 119, "text"),
    Scheme(0x3F, "sgcn-96", 96, 41, 12, 41, "digits"),
)
"""TDS 14.6. A pair of 0 digits: the asset reference has no fixed length."""

_COMPANY_BITS = (40, 37, 34, 30, 27, 24, 20)
"""By partition; the company prefix then has 12 digits less the partition."""

_GIAI_CHARACTERS_MAX = 30

CLASSES_MAX = 1024
"""Most classes remembered of one scheme."""


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
            _field("reference", reference, reference_bits, "number" if scheme.pair_digits else scheme.serial),
            reference_bits,
        ),
        (_field("serial", serial, scheme.serial_bits, scheme.serial), scheme.serial_bits),
    )
    value = 0
    for field, bits in fields:
        value = value << bits | field
    padding = -scheme.bits % 16
    text = f"{value << padding:0{(scheme.bits + padding) // 4}X}"
    decoded = READERS[text[:2]](text, value << padding)
    if not isinstance(decoded, Epc) or decoded.parts != parts:
        raise ValueError(f"parts {parts}: {name} cannot hold them")
    return text


def _field(name: str, value: str, bits: int, kind: Serial) -> int:
    if kind == "text" and bits:
        return write_text(value, bits)
    if kind == "digits":
        value = "1" + value
    if value and not (value.isascii() and value.isdigit()):
        raise ValueError(f"{name} {value!r}: expected digits")
    number = int(value or "0")
    if number >> bits:
        raise ValueError(f"{name} {value!r}: expected at most {bits} bits")
    return number


class _Class(NamedTuple):
    """What many tags have in common: all up to the serial. `key` has its check digit."""

    filter: int
    company: str
    reference: str
    key: str


def _referenced_reader(scheme: Scheme) -> Reader:
    """All but GIAI: a reference of fixed digits, then a serial. Classes are remembered: a tray holds few."""
    whole_digits, name, serial_bits = _whole_digits(scheme), scheme.name, scheme.serial_bits
    serial_mask, read_serial = (1 << serial_bits) - 1, _SERIALS[scheme.serial]
    finish = _FINISH[name.partition("-")[0]]

    @lru_cache(CLASSES_MAX)
    def class_of(head: int) -> _Class | Problem:
        return _class(scheme, head)

    def read(text: str, value: int) -> Epc | Problem:
        if len(text) != whole_digits:
            cut = _cut(scheme, text, value)
            if isinstance(cut, Problem):
                return cut
            value = cut
        found = class_of(value >> serial_bits)
        if isinstance(found, Problem):
            return found
        serial = read_serial(value & serial_mask, serial_bits)
        if serial is None:
            return _bad_serial(scheme)
        filter_value, company, reference, key = found
        parts = (company, reference, serial) if serial else (company, reference)
        return Epc(text, name, filter_value, parts, finish(key, serial))

    return read


def _class(scheme: Scheme, head: int) -> _Class | Problem:
    """The class in the bits before the serial: header, filter, partition, prefix and reference."""
    partition = head >> scheme.pair_bits & 7
    if partition == 7:
        return _NO_PARTITION
    company_digits, reference_bits = 12 - partition, scheme.pair_bits - _COMPANY_BITS[partition]
    company_number = head >> reference_bits & (1 << _COMPANY_BITS[partition]) - 1
    if company_number >= 10**company_digits:
        return _overflow("company prefix", company_digits)
    company, reference_digits = str(company_number).zfill(company_digits), scheme.pair_digits - company_digits
    reference_number = head & (1 << reference_bits) - 1
    if reference_number >= 10**reference_digits:
        return _overflow("reference", reference_digits)
    reference = str(reference_number).zfill(reference_digits) if reference_digits else ""
    leads = scheme.name.startswith(
        ("sgtin", "sscc")
    )  # their reference's first digit stands before the prefix
    body = reference[0] + company + reference[1:] if leads else company + reference
    return _Class(head >> scheme.pair_bits + 3 & 7, company, reference, body + check_digit(body))


def _giai_reader(scheme: Scheme) -> Reader:
    """GIAI: the rest is one asset reference, with no fixed length. Companies are remembered: a force has one."""
    name, whole_digits, pair_bits = scheme.name, _whole_digits(scheme), scheme.pair_bits
    partition_at = pair_bits  # then the filter, then the header
    read_reference = _SERIALS[scheme.serial]
    tails = [(pair_bits - width, (1 << pair_bits - width) - 1) for width in _COMPANY_BITS] + [(pair_bits, 0)]

    @lru_cache(CLASSES_MAX)
    def company_of(head: int, partition: int) -> tuple[int, str] | Problem:
        return _giai_company(head, partition)

    def read(text: str, value: int) -> Epc | Problem:
        if len(text) != whole_digits:
            cut = _cut(scheme, text, value)
            if isinstance(cut, Problem):
                return cut
            value = cut
        partition = value >> partition_at & 7
        reference_bits, reference_mask = tails[partition]
        found = company_of(value >> reference_bits, partition)
        if isinstance(found, Problem):
            return found
        reference = read_reference(value & reference_mask, reference_bits)
        if reference is None:
            return _bad_text(name)
        filter_value, company = found
        key = company + reference
        if len(key) > _GIAI_CHARACTERS_MAX:
            return Problem("EPC_REFERENCE", f"A GIAI has at most {_GIAI_CHARACTERS_MAX} characters.")
        return Epc(text, name, filter_value, (company, reference), (("8004", key),))

    return read


def _giai_company(head: int, partition: int) -> tuple[int, str] | Problem:
    """Filter and company prefix in the bits before the reference."""
    if partition == 7:
        return _NO_PARTITION
    width, digits = _COMPANY_BITS[partition], 12 - partition
    number = head & (1 << width) - 1
    if number >= 10**digits:
        return _overflow("company prefix", digits)
    return head >> width + 3 & 7, str(number).zfill(digits)


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


def _bad_serial(scheme: Scheme) -> Problem:
    if scheme.serial == "none":
        return Problem("EPC_TRAILING", f"The last {scheme.serial_bits} bits of {scheme.name} must be zero.")
    if scheme.serial == "digits":
        return Problem("EPC_SERIAL", f"The serial of this {scheme.name} is no digits behind a 1.")
    return _bad_text(scheme.name)


def _read_number(tail: int, _bits: int) -> str | None:
    return str(tail)


def _read_digits(tail: int, _bits: int) -> str | None:
    digits = str(tail)
    return digits[1:] if digits[0] == "1" and len(digits) > 1 else None


def _read_none(tail: int, _bits: int) -> str | None:
    return None if tail else ""


_SERIALS: dict[Serial, Callable[[int, int], str | None]] = {
    "number": _read_number,
    "text": read_text,
    "digits": _read_digits,
    "none": _read_none,
}


def _sgln(key: str, extension: str) -> Elements:
    return (("414", key),) if extension == "0" else (("414", key), ("254", extension))


_FINISH: dict[str, Callable[[str, str], Elements]] = {
    "sgtin": lambda key, serial: (("01", key), ("21", serial)),
    "sscc": lambda key, _: (("00", key),),
    "grai": lambda key, serial: (("8003", "0" + key + serial),),
    "sgln": _sgln,
    "gdti": lambda key, serial: (("253", key + serial),),
    "gsrn": lambda key, _: (("8018", key),),
    "gsrnp": lambda key, _: (("8017", key),),
    "sgcn": lambda key, serial: (("255", key + serial),),
}

_NO_PARTITION = Problem("EPC_PARTITION", "Partition 7 is reserved.")

READERS: dict[str, Reader] = {
    f"{scheme.header:02X}": (_referenced_reader if scheme.pair_digits else _giai_reader)(scheme)
    for scheme in SCHEMES
}
"""By header."""
