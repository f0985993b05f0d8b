"""The "+" and "++" schemes of TDS 2: whole keys in decimal nibbles, then a serial written the shortest way.

    F7 | 3 | 79521141123453 | 100 00101 0110011 0110010 1100001 0101111 1100010      SGTIN+, serial 32a/b
    header toggle and filter  indicator 4 (7-bit), length 5, characters
    FD | 3 | the same         | a host name (`epc_host`)                             SGTIN++

One rule for the editor: the nibbles are read as hex digits of the text itself, so a digit is a digit and A
to F is a fault. Data that the toggle bit announces after the EPC is not read; other bits there are refused.
"""

from collections.abc import Callable
from typing import NamedTuple

from devices.codes.epc_host import read_units
from devices.codes.epc_value import TEXT_82, Epc, EpcClass
from devices.codes.gs1 import Elements, check_value
from devices.codes.gs1_table import RULES
from devices.codes.problem import Problem

_BASE_64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CODE_40 = "\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"
_DATE_AIS = ("11", "13", "15", "16", "17", "7006", "7007")
"""By date type indicator (TDS 14.5.3)."""


class _Faulty(Exception):
    """Carries a Problem out of the field readers; never leaves this file."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = Problem(code, sentence)


class _Read(NamedTuple):
    """Elements read so far and the bit after them."""

    elements: Elements
    at_bit: int


def decode(text: str) -> Epc | Problem:
    """The EPC in the upper-case hex `text`, its header in SCHEMES."""
    name, read = SCHEMES[text[:2]]
    try:
        toggle_and_filter = _bits(text, 8, 4)
        elements, at_bit = read(text)
        hostname = ""
        if name.endswith("++"):
            hostname, at_bit = _hostname(text, at_bit)
        if not toggle_and_filter & 8:
            _refuse_rest(name, text, at_bit)
    except _Faulty as fault:
        return fault.problem
    for ai, value in elements:
        problem = check_value(RULES[ai], value)
        if problem is not None:
            return Problem("EPC_VALUE", problem.sentence)
    return Epc(text, EpcClass(name, toggle_and_filter & 7, elements=elements), hostname=hostname)


def _keyed(ai: str, digits: int) -> Callable[[str], _Read]:
    """A key of so many digits, and nothing more."""

    def read(text: str) -> _Read:
        return _Read(((ai, _digits(text, 3, digits)),), 4 * (3 + digits))

    return read


def _with_serial(ai: str, digits: int, serial_max: int, serial_ai: str = "") -> Callable[[str], _Read]:
    """A key and a serial, which has an identifier of its own or ends the key."""

    def read(text: str) -> _Read:
        key = _digits(text, 3, digits)
        serial, at_bit = _alphanumeric(text, 4 * (3 + digits), serial_max)
        elements = ((ai, key), (serial_ai, serial)) if serial_ai else ((ai, key + serial),)
        return _Read(elements, at_bit)

    return read


def _read_sgln(text: str) -> _Read:
    read = _with_serial("414", 13, 20, "254")(text)
    return read._replace(elements=read.elements[:1]) if read.elements[1] == ("254", "0") else read


def _read_sgcn(text: str) -> _Read:
    serial, at_bit = _number(text, 4 * 16)
    return _Read((("255", _digits(text, 3, 13) + serial),), at_bit)


def _read_cpi(text: str) -> _Read:
    part, at_bit = _delimited(text, "#")
    serial, at_bit = _number(text, at_bit)
    return _Read((("8010", part), ("8011", serial)), at_bit)


def _read_giai(text: str) -> _Read:
    asset, at_bit = _delimited(text)
    return _Read((("8004", asset),), at_bit)


def _read_dsgtin(text: str) -> _Read:
    kind, date = _bits(text, 12, 4), _bits(text, 16, 16)
    if kind >= len(_DATE_AIS):
        raise _Faulty("EPC_DATE", f"Date type {kind} is reserved.")
    gtin = _digits(text, 8, 14)
    serial, at_bit = _alphanumeric(text, 22 * 4, 20)
    yymmdd = f"{date >> 9:02}{date >> 5 & 15:02}{date & 31:02}"
    if len(yymmdd) > 6:
        raise _Faulty("EPC_DATE", "The year of the date has more than two digits.")
    return _Read((("01", gtin), ("21", serial), (_DATE_AIS[kind], yymmdd)), at_bit)


_READERS: dict[str, Callable[[str], _Read]] = {
    "cpi": _read_cpi,
    "dsgtin": _read_dsgtin,
    "gdti": _with_serial("253", 13, 17),
    "giai": _read_giai,
    "grai": _with_serial("8003", 14, 16),
    "gsrn": _keyed("8018", 18),
    "gsrnp": _keyed("8017", 18),
    "itip": _with_serial("8006", 18, 20, "21"),
    "sgcn": _read_sgcn,
    "sgln": _read_sgln,
    "sgtin": _with_serial("01", 14, 20, "21"),
    "sscc": _keyed("00", 18),
}

_HEADERS = {
    "cpi": ("F0", "E6"), "grai": ("F1", "EB"), "sgln": ("F2", "E9"), "itip": ("F3", "ED"), "gsrn": ("F4", "E7"),
    "gsrnp": ("F5", "E8"), "gdti": ("F6", "EA"), "sgtin": ("F7", "FD"), "sgcn": ("F8", "EC"), "sscc": ("F9", "EF"),
    "giai": ("FA", "EE"), "dsgtin": ("FB", "FC"),
}  # fmt: skip
"""TDS table 14-1: without and with a host name."""

SCHEMES: dict[str, tuple[str, Callable[[str], _Read]]] = {
    header: (scheme + plus, _READERS[scheme])
    for scheme, headers in _HEADERS.items()
    for header, plus in zip(headers, ("+", "++"), strict=True)
}


def _hostname(text: str, at_bit: int) -> tuple[str, int]:
    """The host name at a bit, and where it ends: an indicator, its length in 6 bits, its characters."""
    is_seven_bits, length = _bits(text, at_bit, 1), _bits(text, at_bit + 1, 6)
    at_bit += 7
    bits = 7 * length if is_seven_bits else -(-length // 3) * 16
    value = _bits(text, at_bit, bits)
    name = read_units(value, length) if is_seven_bits else _write_code_40(value, length).lower()
    if not name or (not is_seven_bits and len(name) != length):
        raise _Faulty("EPC_HOST", "The host name is empty or holds a code that means nothing.")
    return name, at_bit + bits


def _number(text: str, at_bit: int) -> tuple[str, int]:
    """Digits behind their count (TDS 14.5.13): 4 bits how many, then the number; and where it ends."""
    length = _bits(text, at_bit, 4)
    if not 1 <= length <= 12:
        raise _Faulty("EPC_LENGTH", f"A serial of {length} digits: expected 1 to 12.")
    bits = (10**length - 1).bit_length()
    digits = str(_bits(text, at_bit + 4, bits)).zfill(length)
    if len(digits) > length:
        raise _Faulty("EPC_CHARACTER", f"The serial overflows its {length} digits.")
    return digits, at_bit + 4 + bits


def _delimited(text: str, also: str = "") -> tuple[str, int]:
    """Digits ended by F, or by E and then text (TDS 14.5.5); and where it ends."""
    end = next((at for at in range(3, len(text)) if text[at] in "EF"), len(text))
    if end == len(text):
        raise _Faulty("EPC_TOO_SHORT", "The digits at the head of this key have no end.")
    digits = _digits(text, 3, end - 3)
    if text[end] == "F":
        return digits, 4 * (end + 1)
    rest, at_bit = _alphanumeric(text, 4 * (end + 1), 30, also)
    return digits + rest, at_bit


def _digits(text: str, start: int, count: int) -> str:
    digits = text[start : start + count]
    if len(digits) < count:
        raise _Faulty("EPC_TOO_SHORT", f"The key has {len(digits)} of its {count} digits.")
    if not digits.isdigit():
        raise _Faulty(
            "EPC_NIBBLE", f"Digits {start + 1} to {start + count} hold {digits!a}: not decimal nibbles."
        )
    return digits


def _bits(text: str, at_bit: int, count: int) -> int:
    """`count` bits of the hex `text` from bit `at_bit`, as a number."""
    end = at_bit + count
    if end > 4 * len(text):
        raise _Faulty(
            "EPC_TOO_SHORT", f"The serial runs {end - 4 * len(text)} bits beyond the end of the EPC."
        )
    last = -(-end // 4)
    return int(text[at_bit // 4 : last] or "0", 16) >> 4 * last - end & (1 << count) - 1


def _alphanumeric(text: str, at_bit: int, characters_max: int, also: str = "") -> tuple[str, int]:
    """A variable-length field (TDS 14.5.6): 3 bits how, 5 how long, the characters; and where it ends. `also` is a
    character that it may hold besides those of a serial."""
    how, length = _bits(text, at_bit, 3), _bits(text, at_bit + 3, 5)
    at_bit += 8
    if not 1 <= length <= characters_max:
        raise _Faulty("EPC_LENGTH", f"A serial of {length} characters: expected 1 to {characters_max}.")
    if how >= len(_METHODS):
        raise _Faulty("EPC_METHOD", f"Encoding indicator {how} is reserved.")
    bits_for, write = _METHODS[how]
    count = bits_for(length)
    serial = write(_bits(text, at_bit, count), length)
    if len(serial) != length or TEXT_82.fullmatch(serial.replace(also, "") if also else serial) is None:
        raise _Faulty("EPC_CHARACTER", "The serial holds what no GS1 serial may hold.")
    return serial, at_bit + count


def _refuse_rest(name: str, text: str, at_bit: int) -> None:
    spare = 4 * len(text) - at_bit
    if int(text, 16) & (1 << spare) - 1:
        raise _Faulty("EPC_TRAILING", f"Bits follow after this {name}, and its toggle announces none.")


def _fixed(alphabet: str, width: int) -> tuple[Callable[[int], int], Callable[[int, int], str]]:
    """A method of `width` bits a character, looked up in `alphabet`."""

    def write(value: int, length: int) -> str:
        shifts = range(width * (length - 1), -1, -width)
        return "".join(alphabet[value >> shift & (1 << width) - 1] for shift in shifts)

    return lambda length: width * length, write


def _write_code_40(value: int, length: int) -> str:
    text = ""
    for group in range(-(-length // 3) - 1, -1, -1):
        triple = (value >> 16 * group & 0xFFFF) - 1
        if not 0 <= triple < 64_000:
            return ""
        text += _CODE_40[triple // 1600] + _CODE_40[triple // 40 % 40] + _CODE_40[triple % 40]
    return text.rstrip("\0")


_METHODS: tuple[tuple[Callable[[int], int], Callable[[int, int], str]], ...] = (
    (lambda length: (10**length - 1).bit_length(), lambda value, length: str(value).zfill(length)),
    _fixed("0123456789ABCDEF", 4),
    _fixed("0123456789abcdef", 4),
    _fixed(_BASE_64, 6),
    _fixed("".join(map(chr, range(128))), 7),
    (lambda length: -(-length // 3) * 16, _write_code_40),
)
"""By encoding indicator: how many bits so many characters take, and the characters (TDS table E)."""
