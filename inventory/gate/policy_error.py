"""Where a policy file is wrong: the file, the line, the key, and what was expected there.

One rule for the editor: whoever reads the message can open the file and mend it without asking us.
"""

import re

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
    """The line (from 1) on which the dotted `key` is set in TOML `text`, or the nearest part of it; 1 if none."""
    best, length = 1, 0
    prefix = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := HEADER.match(line):
            prefix = _plain(match["name"])
            here = prefix
        elif match := ENTRY.match(line):
            here = f"{prefix}.{_plain(match['key'])}".lstrip(".")
        else:
            continue
        fits = key == here or key.startswith(f"{here}.")
        if fits and len(here) > length:
            best, length = number, len(here)
    return best


def _plain(name: str) -> str:
    return re.sub(r"[\"'\s]*\.[\"'\s]*", ".", name).strip("\"' ")
