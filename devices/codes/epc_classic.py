"""The EPC schemes with a partition value, from TDS 1: SGTIN, GRAI, GIAI, SSCC, SGLN, GDTI, GSRN, SGCN.

    3066C4409047E140075BCD15      SGTIN-96
    30 | 011 | 001 | 95060001343 (37 bits) | 05 (7 bits) | 123456789 (38 bits)
    header filter partition company prefix   reference     serial

One rule for the editor: a field that overflows its digits is refused, never trimmed. A tray of tags is read many
times a second, and most of it is one model: what its tags have in common is worked out once.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Literal, NamedTuple

from devices.codes.check_digit import check_digit
from devices.codes.epc_value import Epc, EpcClass, pure_identity, text_reader, write_text
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


class _Keyed(NamedTuple):
    """How a scheme's key becomes GS1 elements: those that are whole without the serial, and the one it ends."""

    whole_ai: str = ""
    serial_ai: str = ""
    serial_begins: str | None = None
    absent: str = ""


_KEYED = {
    "sgtin": _Keyed(whole_ai="01", serial_ai="21"),
    "sscc": _Keyed(whole_ai="00"),
    "grai": _Keyed(serial_ai="8003", serial_begins="0"),
    "sgln": _Keyed(whole_ai="414", serial_ai="254", absent="0"),
    "gdti": _Keyed(serial_ai="253", serial_begins=""),
    "gsrn": _Keyed(whole_ai="8018"),
    "gsrnp": _Keyed(whole_ai="8017"),
    "sgcn": _Keyed(serial_ai="255", serial_begins=""),
}
"""`serial_begins` is what stands before the key where key and serial are one value, None where they are two. A place
whose extension is `absent` has none."""


def _referenced_reader(scheme: Scheme) -> Reader:
    """All but GIAI: a reference of fixed digits, then a serial. Classes are remembered: a tray holds few."""
    usual_digits, spare = _usual_digits(scheme), -scheme.bits % 16
    low_bits = scheme.serial_bits + spare
    spare_mask, low_mask = (1 << spare) - 1, (1 << low_bits) - 1
    read_serial = _SERIALS[scheme.serial](scheme.serial_bits, spare)

    known: dict[int, EpcClass | Problem] = {}
    remembered = known.get

    def class_of(head: int) -> EpcClass | Problem:
        return _keep(known, head, _class(scheme, head))

    def read(text: str, value: int) -> Epc | Problem:
        if len(text) != usual_digits:
            cut = _cut(scheme, text, value)
            if isinstance(cut, Problem):
                return cut
            value = cut << spare
        head = value >> low_bits
        epc_class = remembered(head) or class_of(head)
        if isinstance(epc_class, Problem):
            return epc_class
        serial = read_serial(value & low_mask)
        if serial is not None:
            return Epc(text, epc_class, serial)
        return _trailing(scheme) if value & spare_mask else _bad_serial(scheme)

    return read


def _keep(known: dict[int, EpcClass | Problem], head: int, made: EpcClass | Problem) -> EpcClass | Problem:
    if len(known) >= CLASSES_MAX:
        known.clear()
    known[head] = made
    return made


def _class(scheme: Scheme, head: int) -> EpcClass | Problem:
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
    return _keyed(scheme, head >> scheme.pair_bits + 3 & 7, company, reference)


def _keyed(scheme: Scheme, filter_value: int, company: str, reference: str) -> EpcClass:
    """A class with its key, check digit included, as GS1 elements."""
    is_reference_first = scheme.name.startswith(("sgtin", "sscc"))  # then its first digit leads the key
    digits = reference[0] + company + reference[1:] if is_reference_first else company + reference
    key, rule = digits + check_digit(digits), _KEYED[scheme.name.partition("-")[0]]
    parts = (company, reference) if scheme.serial == "none" else (company, reference, "")
    return EpcClass(
        scheme.name,
        filter_value,
        (company, reference),
        pure_identity(scheme.name, parts),
        elements=((rule.whole_ai, key),) if rule.whole_ai else (),
        ai=rule.serial_ai,
        key="" if rule.serial_begins is None else rule.serial_begins + key,
        absent=rule.absent,
    )


def _giai_reader(scheme: Scheme) -> Reader:
    """GIAI: the rest is one asset reference, with no fixed length. Companies are remembered: a force has one."""
    usual_digits, spare = _usual_digits(scheme), -scheme.bits % 16
    spare_mask, above = (1 << spare) - 1, scheme.pair_bits + spare
    partitions = tuple(map(partial(_giai_partition, scheme), range(8)))

    def read(text: str, value: int) -> Epc | Problem:
        if len(text) != usual_digits:
            cut = _cut(scheme, text, value)
            if isinstance(cut, Problem):
                return cut
            value = cut << spare
        bits, mask, read_reference, company_of = partitions[value >> above & 7]
        epc_class = company_of(value >> bits)
        if isinstance(epc_class, Problem):
            return epc_class
        reference = read_reference(value & mask)
        if reference is None:
            return _trailing(scheme) if value & spare_mask else _bad_serial(scheme)
        if len(reference) > _GIAI_CHARACTERS_MAX - len(epc_class.key):
            return Problem("EPC_REFERENCE", f"A GIAI has at most {_GIAI_CHARACTERS_MAX} characters.")
        return Epc(text, epc_class, reference)

    return read


class _GiaiPartition(NamedTuple):
    """Of one partition: the bits from the reference on, their mask, what reads them, and what reads those before."""

    low_bits: int
    mask: int
    read: Callable[[int], str | None]
    company_of: Callable[[int], EpcClass | Problem]


def _giai_partition(scheme: Scheme, partition: int) -> _GiaiPartition:
    width = (*_COMPANY_BITS, 0)[partition]
    bits = scheme.pair_bits - width

    @lru_cache(CLASSES_MAX)
    def company_of(head: int) -> EpcClass | Problem:
        if partition == 7:
            return _NO_PARTITION
        number, digits = head & (1 << width) - 1, 12 - partition
        if number >= 10**digits:
            return _overflow("company prefix", digits)
        company = str(number).zfill(digits)
        uri = pure_identity(scheme.name, (company, ""))
        return EpcClass(scheme.name, head >> width + 3 & 7, (company,), uri, ai="8004", key=company)

    spare = -scheme.bits % 16
    low_bits = bits + spare
    return _GiaiPartition(low_bits, (1 << low_bits) - 1, _SERIALS[scheme.serial](bits, spare), company_of)


def _usual_digits(scheme: Scheme) -> int:
    """The hex digits of a tag of this scheme, in whole words."""
    return (scheme.bits + -scheme.bits % 16) // 4


def _cut(scheme: Scheme, text: str, value: int) -> int | Problem:
    """`value` without the zeros that fill the EPC to whole words."""
    spare = 4 * len(text) - scheme.bits
    if spare < 0:
        return Problem("EPC_TOO_SHORT", f"{scheme.name} has {scheme.bits} bits; {-spare} are missing.")
    return _trailing(scheme) if value & (1 << spare) - 1 else value >> spare


def _trailing(scheme: Scheme) -> Problem:
    return Problem("EPC_TRAILING", f"Bits follow after the {scheme.bits} of {scheme.name}.")


def _overflow(field: str, digits: int) -> Problem:
    code = "EPC_PREFIX" if field == "company prefix" else "EPC_REFERENCE"
    return Problem(code, f"The {field} overflows its {digits} digits.")


def _bad_serial(scheme: Scheme) -> Problem:
    if scheme.serial == "none":
        return Problem("EPC_TRAILING", f"The last {scheme.serial_bits} bits of {scheme.name} must be zero.")
    if scheme.serial == "digits":
        return Problem("EPC_SERIAL", f"The serial of this {scheme.name} is no digits behind a 1.")
    return Problem(
        "EPC_CHARACTER", f"The text of this {scheme.name} is empty or holds what no GS1 serial may hold."
    )


def _digits_reader(_bits: int, spare_bits: int) -> Callable[[int], str | None]:
    spare_mask = (1 << spare_bits) - 1

    def read(tail: int) -> str | None:
        digits = str(tail >> spare_bits)
        return digits[1:] if digits[0] == "1" and len(digits) > 1 and not tail & spare_mask else None

    return read


def _read_none(tail: int) -> str | None:
    return None if tail else ""


_SERIALS: dict[Serial, Callable[[int, int], Callable[[int], str | None]]] = {
    "number": lambda _bits, _spare: str,
    "text": text_reader,
    "digits": _digits_reader,
    "none": lambda _bits, _spare: _read_none,
}
"""What reads the serial in a field of so many bits, with the zeros after it that fill the EPC to whole words. The
schemes with a number, or with nothing, are whole words."""

_NO_PARTITION = Problem("EPC_PARTITION", "Partition 7 is reserved.")

READERS: dict[str, Reader] = {
    f"{scheme.header:02X}": (_referenced_reader if scheme.pair_digits else _giai_reader)(scheme)
    for scheme in SCHEMES
}
"""By header."""
