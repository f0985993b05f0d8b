"""The fields of evidence that several passages ask for, and how what was written into a field is read.

One rule for the editor: evidence that does not fit its field is refused by name, with what was expected; nothing is
guessed, cut or left out silently.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from inventory.custody.passages.row import Field, Row, Value

DIGEST_CHARS = 64


class BadEvidence(ValueError):
    """A field of evidence is missing or is not what was expected."""

    def __init__(self, name: str, expected: str) -> None:
        super().__init__(f"{name}: expected {expected}")
        self.name, self.expected = name, expected


def said(name: str, asks: str, *, optional: bool = False) -> Field:
    """A few words or a reference."""
    return Field(name, asks, "text", optional=optional)


def sure(name: str, asks: str) -> Field:
    """Something that must be so: only a yes will do."""
    return Field(name, asks, "yes")


def one_of(name: str, asks: str, **options: str) -> Field:
    """One word of a few; `options` are word -> what people read."""
    return Field(name, asks, "choice", tuple(options.items()))


FUNCTION_TEST = sure("function_test", "Function test passed")
FULL_CHECK = sure("full_check", "Full function check passed")
FIRMWARE = said("firmware", "Firmware it runs")
CLOCK = sure("clock_in_step", "Its clock is set and in step (UTC)")
SERIAL_READ = said("serial_read", "Serial, read from its label a second time")
DETAIL = said("detail", "What was seen, in a few words")
REASON = said("reason", "Reason")
CERTIFICATE = said("certificate", "Certificate or reference of the disposal")
DIGEST = Field("digest", "SHA-256 of the stored download", "digest")


def read_evidence(row: Row, given: Mapping[str, Value], now_us: int) -> dict[str, Value]:
    """The evidence of an act, every field checked. Raises BadEvidence, also for a field the row does not ask for."""
    return read_fields(row.evidence, given, now_us)


def read_fields(asked: Sequence[Field], given: Mapping[str, Value], now_us: int) -> dict[str, Value]:
    """What was written into the fields asked for, every one checked. Raises BadEvidence as `read_evidence` does."""
    known = {each.name for each in asked}
    for name in given:
        if name not in known:
            raise BadEvidence(name, f"one of {', '.join(sorted(known)) or 'no fields'}")
    found: dict[str, Value] = {}
    for each in asked:
        value = given.get(each.name)
        is_empty = value is None or value == ""
        if is_empty and not each.optional:
            raise BadEvidence(each.name, expected_of(each))
        if value is not None and not is_empty:
            found[each.name] = _read(each, value, now_us)
    return found


def expected_of(each: Field) -> str:
    """What a field takes, in words."""
    return {
        "text": f"2 to {each.most} characters: {each.asks}",
        "choice": f"one of {', '.join(word for word, _ in each.options)}",
        "number": f"a whole number from {each.least} to {each.most}",
        "yes": f"true: {each.asks}",
        "day": "a date as 2026-11-22",
        "moment": "UTC microseconds, not after now",
        "digest": "64 hexadecimal digits (SHA-256)",
    }[each.kind]


def _read(each: Field, value: Value, now_us: int) -> Value:
    text = value.strip() if isinstance(value, str) else ""
    number = value if isinstance(value, int) and not isinstance(value, bool) else -1
    fits = {
        "text": 2 <= len(text) <= each.most and text.isprintable(),
        "choice": value in [word for word, _ in each.options],
        "number": each.least <= number <= each.most,
        "yes": value is True,
        "day": _is_day(text),
        "moment": 0 < number <= now_us,
        "digest": len(text) == DIGEST_CHARS and all(digit in "0123456789abcdefABCDEF" for digit in text),
    }[each.kind]
    if not fits:
        raise BadEvidence(each.name, expected_of(each))
    return text.lower() if each.kind == "digest" else text or value


def _is_day(text: str) -> bool:
    if len(text) != len("2026-11-22"):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
