"""Where a policy file is wrong: the file, the line, the key, and what was expected there.

One rule for the editor: whoever reads the message can open the file and mend it without asking us.
"""

import re
from collections.abc import Iterator

HEADER = re.compile(r"^\s*\[+\s*(?P<name>[^\]]+?)\s*\]+\s*(#.*)?$")
ENTRY = re.compile(r"^\s*(?P<key>[A-Za-z0-9_\"' .-]+?)\s*=")


class PolicyError(ValueError):
    """A policy that cannot be used. Carries `file`, `line` (from 1), `key` (dotted) and `expected`."""

    def __init__(self, file: str, line: int, key: str, expected: str) -> None:
        self.file = file
        self.line = line
        self.key = key
        self.expected = expected
        super().__init__(f"{file} line {line}, {key}: {expected}")


def line_of(text: str, key: str) -> int:
    """The line (from 1) on which the dotted `key` is set in TOML `text`, or the nearest thing to it; 1 if none.

    That is the first of its parts where only they are written, or else the longest part of it that is there.
    """
    best, length = 1, 0
    for number, here in _keys(text):
        if here.startswith(f"{key}.") and length == 0:
            return number
        if (key == here or key.startswith(f"{here}.")) and len(here) > length:
            best, length = number, len(here)
    return best


def _keys(text: str) -> Iterator[tuple[int, str]]:
    """Each line that opens a table or sets a key, with the dotted name of it."""
    prefix = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := HEADER.match(line):
            prefix = _plain(match["name"])
            yield number, prefix
        elif match := ENTRY.match(line):
            yield number, f"{prefix}.{_plain(match['key'])}".lstrip(".")


def _plain(name: str) -> str:
    return re.sub(r"[\"'\s]*\.[\"'\s]*", ".", name).strip("\"' ")
