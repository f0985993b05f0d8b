"""EPC schemes that kit seldom carries: GID, ITIP, CPI, and those of defence and aviation (TDS 14.6.7 to 14.6.13).

    35 | 0007AB7 (28 bits) | 042 5D4 (24) | 000000586 (36)          GID-96: manager, class, serial
    2F | 3 | " CAGEY" (6 x 8 bits) | 5678 (36)                      USDOD-96: filter, who, serial
    3B | 14 (6 bits) | " 35962" (6 x 6) | "PQ7VZ4" 000000 | "M37GXB92" 000000      ADI-var: 6-bit characters

One rule for the editor: what is padded is checked to be padding. A field with an end mark is bounded before it
is read.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from devices.codes.check_digit import check_digit
from devices.codes.epc_value import Epc, EpcClass, pure_identity, text_reader
from devices.codes.gs1 import Elements
from devices.codes.problem import Problem

CLASSES_MAX = 1024
"""Most classes of GIDs remembered."""

_COMPANY_BITS = (40, 37, 34, 30, 27, 24, 20)
_CPI_BITS = (11, 14, 17, 21, 24, 27, 31)
"""Of a CPI-96's part reference, by partition; it then has 3 digits at most, and one more for each."""

_PART_CHARACTERS = frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CAGE_CHARACTERS = frozenset("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")


class _Faulty(Exception):
    """Carries a Problem out of the field readers; never leaves this file."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = Problem(code, sentence)


class _Company(NamedTuple):
    partition: int
    digits: str


class _Bits:
    """The bits of a tag behind its header, taken from the front."""

    def __init__(self, text: str, value: int) -> None:
        self._value, self._left = value, 4 * len(text) - 8

    def take(self, count: int) -> int:
        """The next `count` bits as a number."""
        if count > self._left:
            raise _Faulty("EPC_TOO_SHORT", f"The EPC ends {count - self._left} bits too early.")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def digits(self, bits: int, count: int, name: str) -> str:
        """The next `bits` as so many decimal digits."""
        number = str(self.take(bits)).zfill(count)
        if len(number) > count:
            code = "EPC_PREFIX" if name == "company prefix" else "EPC_REFERENCE"
            raise _Faulty(code, f"The {name} overflows its {count} digits.")
        return number

    def characters(self, most: int) -> str:
        """6-bit characters up to the six zero bits that end them (TDS 14.3.6 and table G-1)."""
        found = ""
        while code := self.take(6):
            found += chr(code) if code >= 0x20 else chr(code | 0x40)
            if len(found) > most or found[-1] not in _PART_CHARACTERS:
                raise _Faulty(
                    "EPC_CHARACTER", f"Expected at most {most} of the characters # - / 0 to 9, A to Z."
                )
        return found

    def company(self) -> _Company:
        """Partition and company prefix."""
        partition = self.take(3)
        if partition == 7:
            raise _Faulty("EPC_PARTITION", "Partition 7 is reserved.")
        return _Company(partition, self.digits(_COMPANY_BITS[partition], 12 - partition, "company prefix"))

    def end(self, name: str) -> None:
        """What is left only fills the tag to whole words."""
        if self._value & (1 << self._left) - 1:
            raise _Faulty("EPC_TRAILING", f"Bits follow after the end of this {name}.")


def _gid(text: str, value: int) -> Epc | Problem:
    """Three numbers, and nothing that could be wrong but the length. Classes are remembered: a tray holds few."""
    if len(text) != 24:
        spare = 4 * len(text) - 96
        if value & (1 << spare) - 1:
            return Problem("EPC_TRAILING", "Bits follow after the end of this gid-96.")
        value >>= spare
    return Epc(text, _gid_class(value >> 36), str(value & 0xFFFFFFFFF))


@lru_cache(CLASSES_MAX)
def _gid_class(head: int) -> EpcClass:
    """Manager and class of object, in the bits before the serial."""
    lead = (str(head >> 24 & 0xFFFFFFF), str(head & 0xFFFFFF))
    return EpcClass("gid-96", None, lead, pure_identity("gid-96", (*lead, "")))


def _whole(text: str, scheme: str, filter_value: int, parts: tuple[str, ...], elements: Elements = ()) -> Epc:
    """An EPC that is not told apart by its last part alone."""
    return Epc(text, EpcClass(scheme, filter_value, parts, pure_identity(scheme, parts), elements))


def _usdod(text: str, bits: _Bits) -> Epc:
    filter_value = bits.take(4)
    cage = "".join(chr(bits.take(8)) for _ in range(6))
    return _whole(text, "usdod-96", filter_value, (_cage(cage), str(bits.take(36))))


def _adi(text: str, bits: _Bits) -> Epc:
    filter_value = bits.take(6)
    codes = [bits.take(6) for _ in range(6)]
    cage = "".join(chr(code) if code >= 0x20 else chr(code | 0x40) for code in codes)
    part, serial = bits.characters(32), bits.characters(30)
    if "#" in part or not serial or "#" in serial[1:]:
        raise _Faulty("EPC_CHARACTER", "The serial is empty, or a # stands where none may.")
    return _whole(text, "adi-var", filter_value, (_cage(cage), part, serial))


def _cage(characters: str) -> str:
    """Who: six characters, or five behind a space."""
    who = characters.removeprefix(" ")
    if not _CAGE_CHARACTERS.issuperset(who):
        raise _Faulty("EPC_CHARACTER", f"{characters!a} is no CAGE code and no DoDAAC.")
    return who


def _cpi(is_variable: bool) -> Callable[[str, _Bits], Epc]:
    """Component or part: (8010) and its serial (8011)."""

    def read(text: str, bits: _Bits) -> Epc:
        filter_value = bits.take(3)
        partition, company = bits.company()
        if is_variable:
            reference, serial = bits.characters(18 + partition), str(bits.take(40))
        else:
            reference = str(bits.take(_CPI_BITS[partition]))
            serial = str(bits.take(31))
        if not reference or (not is_variable and len(reference) > 3 + partition) or len(serial) > 12:
            raise _Faulty("EPC_REFERENCE", "The part reference or the serial is empty or too long.")
        name = "cpi-var" if is_variable else "cpi-96"
        elements = (("8010", company + reference), ("8011", serial))
        return _whole(text, name, filter_value, (company, reference, serial), elements)

    return read


def _itip(name: str, serial_bits: int) -> Callable[[str, _Bits], Epc]:
    """One piece of a trade item: (8006), piece and total, and the item's serial (21)."""

    def read(text: str, bits: _Bits) -> Epc:
        filter_value = bits.take(3)
        partition, company = bits.company()
        reference = bits.digits(44 - _COMPANY_BITS[partition], 1 + partition, "reference")
        piece, total = bits.digits(7, 2, "piece"), bits.digits(7, 2, "total")
        tail = bits.take(serial_bits)
        serial = str(tail) if serial_bits == 38 else text_reader(serial_bits)(tail)
        if serial is None:
            raise _Faulty("EPC_CHARACTER", "The serial is empty or holds what no GS1 serial may hold.")
        body = reference[0] + company + reference[1:]
        elements = (("8006", body + check_digit(body) + piece + total), ("21", serial))
        return _whole(text, name, filter_value, (company, reference, piece, total, serial), elements)

    return read


def _reader(name: str, read: Callable[[str, _Bits], Epc]) -> Callable[[str, int], Epc | Problem]:
    def whole(text: str, value: int) -> Epc | Problem:
        bits = _Bits(text, value)
        try:
            epc = read(text, bits)
            bits.end(name)
        except _Faulty as fault:
            return fault.problem
        return epc

    return whole


READERS: dict[str, Callable[[str, int], Epc | Problem]] = {
    "2F": _reader("usdod-96", _usdod),
    "35": _gid,
    "3B": _reader("adi-var", _adi),
    "3C": _reader("cpi-96", _cpi(is_variable=False)),
    "3D": _reader("cpi-var", _cpi(is_variable=True)),
    "40": _reader("itip-110", _itip("itip-110", 38)),
    "41": _reader("itip-212", _itip("itip-212", 140)),
}
"""By header: the tag's upper-case hex and its number to its EPC."""
