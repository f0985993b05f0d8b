"""On which line of a TOML file a value stands, so that a wrong one can be pointed at.

One rule for the editor: this only finds lines for messages; the values come from the standard library's
parser. It reads headers and `key =` at the start of a line, which is how configuration is written; a key
inside an inline table or a wrapped list is said to stand where that table or list begins.
"""

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-\"']+)\s*\]")
_KEY = re.compile(r"^\s*([\w\-\"'.]+)\s*=")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


def line_of(text: str, place: str) -> int:
    """The line (from 1) of `place`, written as msgspec writes it: "$.station[1].driver"; the nearest
    enclosing thing where that very key is not in the file."""
    wanted = tuple(part or number for part, number in _STEP.findall(place))
    lines = _places(text)
    while wanted and wanted not in lines:
        wanted = wanted[:-1]
    return lines.get(wanted, 1)


def _places(text: str) -> dict[tuple[str, ...], int]:
    lines: dict[tuple[str, ...], int] = {}
    counts: dict[str, int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _table(header, counts)
            lines.setdefault(table[:1], number)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_names(key[1])), number)
    return lines


def _table(header: re.Match[str], counts: dict[str, int]) -> tuple[str, ...]:
    names = _names(header[2])
    if header[1] == "[[":
        counts[names[0]] = counts.get(names[0], -1) + 1
    if names[0] not in counts:
        return names
    return (names[0], str(counts[names[0]]), *names[1:])


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in dotted.split("."))
