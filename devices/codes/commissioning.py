"""The test card that proves a scanner: what is printed on it, and what is set wrong where something else arrives.

One rule for the editor: a symbol is right when its text arrives exactly, and with its symbology. Every other
arrival names the setting to change, as far as it can be told from the text; what cannot be told is said to be so.
"""

from collections.abc import Callable
from typing import NamedTuple

from devices.codes.problem import Problem
from devices.codes.symbology import PrefixStyle, split_prefix
from devices.readings import CodePresented, DeviceReported, Garbled, Reading

GS = "\x1d"


class Symbol(NamedTuple):
    """One symbol of the card: what it holds, as whom it may present itself, and what it proves."""

    name: str
    text: str
    symbologies: tuple[str, ...]
    proves: str


CODE_128 = Symbol(
    "Code 128", "1-Kit-aAqQwWyYzZ", ("]C0",), "Letters keep their case and their keyboard's places."
)
CODE_39 = Symbol(
    "Code 39",
    "2-KITCARD",
    tuple(f"]A{digit}" for digit in range(8)),
    "No check digit and no stars come along.",
)
GS1_DATA_MATRIX = Symbol(
    "GS1 DataMatrix",
    f"01095060001343521726123110Kit1{GS}21Card1",
    ("]d2",),
    "The group separator arrives, so a serial number stays apart from its lot.",
)
QR_CODE = Symbol(
    "QR Code", '4-Kit@"#~\\|£', ("]Q1",), "Punctuation and characters beyond ASCII arrive as printed."
)

SYMBOLS = (CODE_128, CODE_39, GS1_DATA_MATRIX, QR_CODE)
"""None begins with one of Zebra's code characters: a scanner that sends none must not seem to send one."""

OTHER, UNKNOWN = "OTHER_SYMBOL", "NOT_ON_THE_CARD"

IDENTIFIER_ON = (
    'Turn AIM identifiers on at the scanner, before the code, and set prefix = "aim" for this station.'
)
NO_SUFFIX = "Set the scanner's suffix to CR (carriage return)."
UTF_8 = "Set the scanner's character set for QR codes to UTF-8."
CABLE = "Check the cable and the baud rate, and that driver and scanner speak the same protocol."

GARBLED: dict[str, str] = {
    "AIM_ID_MISSING": "The code came without an AIM identifier. Turn them on at the scanner, before the code.",
    "AIM_ID_UNKNOWN": "What stands where the AIM identifier should be is none. Send nothing else before the code.",
    "ZEBRA_CODE_UNKNOWN": "The code came without Zebra's code character. Set Transmit Code ID to Symbol, or to AIM "
    'with prefix = "aim".',
    "GAP": f"The bytes of the code never ended. {NO_SUFFIX}",
    "RESYNC": f"The bytes came in pieces. {NO_SUFFIX} If it is, check the cable.",
    "RESTARTED": f"A code began before another had ended. {NO_SUFFIX}",
}
"""What each reason of a garbled reading asks for; any other is the line's."""


def judge(symbol: Symbol, reading: Reading) -> tuple[Problem, ...]:
    """What is wrong with `reading` as the arrival of `symbol`, each with the setting to change; none if it is
    right. The first one's code is OTHER_SYMBOL or NOT_ON_THE_CARD where it is something else altogether."""
    if isinstance(reading, Garbled):
        return (_garbled(reading),)
    if isinstance(reading, DeviceReported):
        return (Problem("DEVICE", reading.detail or f"The device says {reading.word}."),)
    if not isinstance(reading, CodePresented):
        return (Problem(UNKNOWN, "That was no code."),)
    return tuple(_text_problems(symbol, reading.text, reading.symbology))


def visible(text: str) -> str:
    """`text` for a person to compare: control characters by name, <GS> the group separator, <0B> others."""
    return "".join(it if it.isprintable() else _NAMES.get(it, f"<{ord(it):02X}>") for it in text)


_NAMES = {GS: "<GS>", "\r": "<CR>", "\n": "<LF>", "\t": "<TAB>"}


def _garbled(reading: Garbled) -> Problem:
    if reading.reason == "BYTES_ABOVE_7E":
        is_pound = b"\xa3" in bytes.fromhex(reading.raw_hex)
        return Problem(reading.reason, UTF_8 if is_pound else f"{reading.detail} {CABLE}")
    return Problem(reading.reason, GARBLED.get(reading.reason, f"{reading.detail} {CABLE}"))


def _text_problems(symbol: Symbol, text: str, symbology: str | None) -> list[Problem]:
    """The problems of a text and its symbology: first what was put around it, then what became of it."""
    if text == symbol.text:
        return _symbology_problems(symbol, symbology)
    other = next((it for it in SYMBOLS if it is not symbol and it.text == text), None)
    if other is not None:
        return [Problem(OTHER, f"That was the {other.name}.")]
    for style, sentence in _PREFIXES:
        split = split_prefix(text, style)
        if symbology is None and not isinstance(split, Problem) and _resembles(symbol, split.text):
            return [Problem("PREFIX_NOT_TAKEN_OFF", sentence), *_inner(symbol, split.text)]
    return _inner(symbol, text)


_PREFIXES: tuple[tuple[PrefixStyle, str], ...] = (
    ("aim", 'The scanner sends AIM identifiers. Set prefix = "aim" for this station.'),
    (
        "zebra",
        'The scanner sends Zebra\'s code characters. Set prefix = "zebra" for this station, or AIM at both.',
    ),
)


def _inner(symbol: Symbol, text: str) -> list[Problem]:
    if text == symbol.text:
        return []
    for code, applies, sentence in _CHANGES:
        if applies(symbol.text, text):
            return [Problem(code, sentence)]
    return [Problem(UNKNOWN, f"That is not on the card: {visible(text)[:80]}")]


def _symbology_problems(symbol: Symbol, symbology: str | None) -> list[Problem]:
    if symbology is None:
        return [Problem("NO_IDENTIFIER", f"Nothing says which kind of code it was. {IDENTIFIER_ON}")]
    if symbology not in symbol.symbologies:
        sentence = (
            f"It came as {symbology} and is {symbol.symbologies[0]} ({symbol.name}). Enable that kind of code at the "
            "scanner, and send AIM identifiers."
        )
        return [Problem("WRONG_IDENTIFIER", sentence)]
    return []


def _resembles(symbol: Symbol, text: str) -> bool:
    return text == symbol.text or any(applies(symbol.text, text) for _, applies, _ in _CHANGES[:-2])


def _lost_separator(expected: str, text: str) -> bool:
    return GS in expected and text == expected.replace(GS, "")


def _replaced_separator(expected: str, text: str) -> bool:
    before, separator, after = expected.partition(GS)
    is_longer = len(text) > len(before) + len(after)
    return bool(separator) and is_longer and text.startswith(before) and text.endswith(after)


def _brackets(expected: str, text: str) -> bool:
    bare = text.replace("(", "").replace(")", "").replace("[", "").replace("]", "")
    return bare != text and bare in (expected, expected.replace(GS, ""))


def _bytes_as_letters(expected: str, text: str) -> bool:
    return text == expected.encode().decode("latin-1")


def _other_keys(expected: str, text: str) -> bool:
    changed = sum(one != other for one, other in zip(expected, text, strict=False))
    return len(text) == len(expected) and changed * 4 <= len(expected) * 3


_CHANGES: tuple[tuple[str, Callable[[str, str], bool], str], ...] = (
    ("SEPARATOR_LOST", _lost_separator,
     "The group separator is lost. Set the scanner to transmit GS (FNC1), over a serial port: keyboard mode cannot."),
    ("SEPARATOR_FIRST", lambda expected, text: GS in expected and text == GS + expected,
     "A group separator comes first. Turn off transmission of the first FNC1; the identifier stands for it."),
    ("SEPARATOR_REPLACED", _replaced_separator,
     "Something else stands for the group separator. Turn off its replacement, so that it is byte 1D."),
    ("BRACKETS", _brackets, "Brackets were added. Turn off the scanner's GS1 formatting (AI in brackets)."),
    ("CASE", lambda expected, text: text.casefold() == expected.casefold(),
     "Capitals and small letters are changed. Turn off case conversion at the scanner, and Caps Lock."),
    ("CHARACTER_SET", _bytes_as_letters, UTF_8),
    ("STARS", lambda expected, text: text == f"*{expected}*",
     "Start and stop characters come along. Turn them off for Code 39."),
    ("ENDED_BY_MORE", lambda expected, text: text.startswith(expected) and not text[len(expected):].isprintable(),
     "Characters were added at the end. Set the suffix to CR alone."),
    ("CHECK_DIGIT", lambda expected, text: text[:-1] == expected,
     "One character more has come. Turn off transmission of the check digit for this kind of code."),
    ("ADDED_AT_THE_END", lambda expected, text: text.startswith(expected),
     "Characters were added at the end. Remove every suffix but CR, and any data formatting rule."),
    ("ADDED_BEFORE", lambda expected, text: text.endswith(expected),
     "Characters were added before the code. Remove every prefix but the AIM identifier."),
    ("CUT_SHORT", lambda expected, text: bool(text) and expected.startswith(text),
     "The end is missing. Remove the scanner's length limits for this kind of code."),
    ("CUT_AT_THE_START", lambda expected, text: bool(text) and expected.endswith(text),
     "The beginning is missing. Remove any data formatting rule; with a keyboard, send more slowly."),
    ("OTHER_KEYS", _other_keys,
     "Characters are exchanged. Set the scanner's keyboard layout to United Kingdom, or use a serial port."),
)  # fmt: skip
"""(code, whether it is this, what to change), the more particular first."""
