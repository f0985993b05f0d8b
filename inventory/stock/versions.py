"""Firmware versions as makers write them, put in order: "1.24.3", "v2.01b", "FW 1.9-rc2", "PAABKS00-003-R02".

One rule for the editor: what cannot be read, or is of another family, is said to be so. Nothing is guessed, because
a guess here lets kit out that the force wanted held back, or holds back what is sound.

    v 1 . 24 . 3 b              a word in front that says no more than "version" is left out
    PAABKS 00 - 003 - R 02      any other is the family: two families are never compared
    1.9 - rc 2                  a word for "not yet": before the version without it
    12.5 (type 0A)              what stands in brackets at the end is a remark

Numbers are compared as numbers (1.9 before 1.10) and noughts at the end say nothing (2.0 is 2.0.0). One letter
after a number is a later issue of it (2.1 before 2.1a before 2.1.1), as is "build 7". What follows "+" orders
nothing, as in Semantic Versioning 2.0.0, section 10; that a word for "not yet" comes first is its section 11.
"""

import re
from dataclasses import dataclass
from typing import Literal

LENGTH_MAX = 60
"""Longest version read, in characters; a bridge sends no longer one (`devices.readings.Short`)."""
DIGITS_MAX = 18
LETTERS_MAX = 2
"""Most single letters among the numbers: with more it is a hash or a part number, and has no order."""

Standing = Literal["ENOUGH", "BELOW", "UNREADABLE"]
"""How what runs stands to the least that is asked for. UNREADABLE: the two cannot be compared."""

_TOKEN = re.compile(r"(?P<number>[0-9]+)|(?P<word>[a-z]+)|(?P<gap>[ ._:/,-])")
_REMARK = re.compile(r"\s*(\([^()]*\)|\+[0-9a-z.-]*)$")
_NO_FAMILY = frozenset({"v", "ver", "version", "fw", "firmware", "r", "rel", "release", "rev", "sw", "software"})
_NOT_YET = {"dev": 0, "snapshot": 0, "alpha": 1, "beta": 2, "pre": 3, "preview": 3, "rc": 4}
_LATER = frozenset({"build"})

_Token = tuple[int, int, str]
_END: _Token = (1, 0, "")
"""Tokens in order: a word for "not yet", the end, a letter or "build", a number."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version that was read. Those of one `family` have one order; others are not to be compared."""

    family: str
    key: tuple[_Token, ...]


def read_version(text: str) -> Version | None:
    """The version in `text`; None where it is in no shape known here. Never raises."""
    rest = text.strip().casefold()
    rest = _REMARK.sub("", rest)
    if len(text) > LENGTH_MAX or not rest.isascii():
        return None
    tokens = _tokens(rest)
    if tokens is None:
        return None
    start = next((n for n, token in enumerate(tokens) if token[0] == "number"), None)
    if start is None:
        return None
    key = _key(tokens[start:])
    family = " ".join(word for _, word in tokens[:start] if word not in _NO_FAMILY)
    return None if key is None else Version(family, key)


def standing(runs: str, least: str) -> Standing:
    """How the version that runs stands to the least that is asked for."""
    have, need = read_version(runs), read_version(least)
    if have is None or need is None or have.family != need.family:
        return "UNREADABLE"
    return "ENOUGH" if have >= need else "BELOW"


def _tokens(text: str) -> list[tuple[str, str]] | None:
    """Numbers and words in order; None where anything else stands among them."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(match[0]) > DIGITS_MAX:
            return None
        if match.lastgroup != "gap":
            found.append((str(match.lastgroup), match[0]))
        at = match.end()
    return found


def _key(tokens: list[tuple[str, str]]) -> tuple[_Token, ...] | None:
    key: list[_Token] = []
    letters = 0
    for kind, text in tokens:
        if kind == "number":
            key.append((3, int(text), ""))
            continue
        _drop_noughts(key)
        letters += len(text) == 1
        if text in _NOT_YET:
            key.append((0, _NOT_YET[text], ""))
        elif text in _LATER or (len(text) == 1 and letters <= LETTERS_MAX):
            key.append((2, 0, text))
        else:
            return None
    _drop_noughts(key)
    return (*key, _END)


def _drop_noughts(key: list[_Token]) -> None:
    while key and key[-1] == (3, 0, ""):
        key.pop()
