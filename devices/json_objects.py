"""The JSON objects of one message, however its sender put them together.

    {"type": ...}{"type": ...}         back to back, with nothing between them
    [{"type": ...}, {"type": ...}]     batched
    {"type": ...} CR LF                a line each

One rule for the editor: an object is believed from its first byte to its last or not at all, and a broken one costs
no other. Everything is bounded: the message, its nesting, its numbers, and how often the search begins again. All text
in it can be written as UTF-8.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MESSAGE_BYTES_MAX = 65_535
"""Longest message taken. The transport cuts at one byte more, so what is longer has lost its end."""

SEARCHES_MAX = 64
"""How often the next object is looked for behind a broken one, before the rest is given up."""

DIGITS_MAX = 20
"""A longer whole number is taken as a decimal one: no field of any reader needs more."""

NOT_JSON, CUT_OFF, TOO_LONG, TWICE = "NOT_JSON", "CUT_OFF", "TOO_LONG", "NAMED_TWICE"
_NESTED = "Nested too deeply."

_LONE = re.compile(
    r"[\ud800-\udfff]"  # a byte that is no UTF-8, as `surrogateescape` keeps it
    r"|\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
_BETWEEN = re.compile(r"[ \t\r\n,\[\]]*")
_NEXT = re.compile(r"(?<=\})\s*(?=\{)")


class Said(NamedTuple):
    """One object and the bytes it stood in; or, where `fault` says why, bytes that are none."""

    raw: bytes
    facts: Mapping[str, Any]
    fault: str = ""
    detail: str = ""


def objects(payload: bytes) -> Iterator[Said]:
    """What `payload` holds, in order. Nothing comes of white space alone, and nothing is ever raised."""
    text = payload[:MESSAGE_BYTES_MAX].decode("utf-8", "surrogateescape")
    is_cut = len(payload) > MESSAGE_BYTES_MAX
    at, depth, searches, broken = 0, 0, 0, False
    while True:
        between = _BETWEEN.match(text, at)
        depth += between[0].count("[") - between[0].count("]") if between else 0
        at = between.end() if between else at
        if at == len(text):
            break
        end, said = _one(text, at) if searches < SEARCHES_MAX else (len(text), _lost(text[at:], "Given up."))
        broken = bool(said.fault)
        searches += broken
        if broken and is_cut and end == len(text):
            said = said._replace(fault=TOO_LONG, detail=f"At most {MESSAGE_BYTES_MAX} bytes of it are taken.")
        yield said
        at = end
    if depth > 0 and not broken:
        yield Said(payload, {}, CUT_OFF, "The array has no end; what stood in it is taken.")


def _one(text: str, at: int) -> tuple[int, Said]:
    """The object that begins at `at`, or what stands there instead; and where to go on."""
    if text[at] != "{":
        found = text.find("{", at)
        end = len(text) if found < 0 else found
        return end, _lost(text[at:end], "A message is made of JSON objects, and this is none.")
    twice: list[str] = []
    try:
        facts, end = _decoder(twice).raw_decode(text, at)
        if (sound := _LONE.sub(_replaced, text[at:end])) != text[at:end]:
            facts, _ = _decoder(twice).raw_decode(sound)
    except (ValueError, RecursionError) as error:
        behind = _NEXT.search(text, at + 1)
        end = behind.end() if behind else len(text)
        return end, _lost(text[at:end], _NESTED if isinstance(error, RecursionError) else _why(error))
    if twice:
        return end, Said(_bytes(text[at:end]), {}, TWICE, f"An object has two values called {twice[0]!a}.")
    return end, Said(_bytes(text[at:end]), facts)


def _decoder(twice: list[str]) -> json.JSONDecoder:
    """A decoder that adds to `twice` each name that one object gives two values."""

    def gathered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice.append(Counter(name for name, _ in pairs).most_common(1)[0][0][:60])
        return found

    # NaN and the infinities are no JSON: as lists they fit no field that takes a number.
    return json.JSONDecoder(object_pairs_hook=gathered, parse_int=_whole, parse_constant=list)


def _replaced(found: re.Match[str]) -> str:
    """U+FFFD for half a surrogate pair or a byte that is no UTF-8: no such text can be sent on, stored or shown
    (RFC 8259 section 8.2). The object's bytes keep what stood there."""
    return "\ufffd" if found[1] or found[0][0] != "\\" else found[0]


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= DIGITS_MAX else float(digits)


def _why(error: Exception) -> str:
    return f"A message is made of JSON objects: {error}"


def _lost(text: str, detail: str) -> Said:
    return Said(_bytes(text), {}, NOT_JSON, detail)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
