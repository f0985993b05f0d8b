"""A grid's rows by a mapping: which item each is about, when it was so, and what it says of it.

One rule for the editor: a cell that cannot be taken is a problem with its line, column, value and what was expected,
and its row is left out whole; an empty cell says nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass

from inventory.people.imports import fields
from inventory.people.imports.fields import Unfit
from inventory.people.imports.report import Tally
from inventory.people.imports.sheet import Cell, Unsound
from inventory.people.imports.vendor import when
from inventory.people.imports.vendor.grid import Grid, plain
from inventory.people.imports.vendor.mapping import (
    DAY,
    FIELDS,
    KIND,
    PERCENT,
    TEXT,
    TIME,
    UPPER,
    VendorMapping,
    to_kind,
)

_PERCENT = re.compile(r"(\d{1,3})(?:\.0+)? ?%?")
RAW_CHARS_MAX = 200
TIMED = ("DOCKED", "LOG_SYNCED")
"""Facts that are times: each is as of itself."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell says: a number (percent, UTC microseconds) or words, and as of when in UTC microseconds."""

    number: int | None
    words: str | None
    at_us: int


@dataclass(frozen=True, slots=True)
class VendorRow:
    """One good row. `kind` is "" where nothing says it."""

    line: int
    maker: str
    kind: str
    serial: str
    facts: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class AsOf:
    """When a file's facts were so, where no row says it; and now: nothing was so later. UTC microseconds."""

    file_us: int | None
    now_us: int


def rows_of(grid: Grid, mapping: VendorMapping, as_of: AsOf, tally: Tally) -> Iterator[VendorRow | None]:
    """Each row; None, and what is wrong in `tally`, where it cannot be taken."""
    places = _places(grid)
    missing = [column for column, _ in mapping.columns if column not in places]
    for column in missing:
        tally.refuse(grid.heading_line or 1, "heading", ", ".join(grid.columns), f"a column named {column}")
    if missing:
        return
    if "as_of" not in mapping.fields and as_of.file_us is None:
        tally.refuse(1, "as_of", "", "when the file was exported, or a column that says it")
        return
    if (as_of.file_us or 0) > as_of.now_us:
        tally.refuse(1, "as_of", "", "a time that is not in the future")
        return
    placed = [(places[column], name) for column, name in mapping.columns]
    for line, cells in grid.rows:
        yield _row(line, {name: cells[place] for place, name in placed}, mapping, as_of, tally)


def raw_of(grid: Grid, mapping: VendorMapping, lines: Set[int]) -> dict[int, dict[str, str]]:
    """The mapped cells of these lines as they stood, by field; whom an item is assigned to is left out."""
    places = _places(grid)
    placed = [(places[c], name) for c, name in mapping.columns if c in places and not FIELDS[name].personal]
    return {
        line: {name: _shown(cells[place])[:RAW_CHARS_MAX] for place, name in placed}
        for line, cells in grid.rows
        if line in lines
    }


def _places(grid: Grid) -> dict[str, int]:
    return {plain(column): place for place, column in enumerate(grid.columns)}


def _row(
    line: int, cells: Mapping[str, Cell], mapping: VendorMapping, as_of: AsOf, tally: Tally
) -> VendorRow | None:
    before = len(tally.problems)
    taken = {name: found for name, cell in cells.items() if (found := _taken(line, name, cell, mapping, tally))}
    for name in ("serial", "maker"):
        if name in cells and name not in taken and len(tally.problems) == before:
            tally.refuse(line, name, "", "a value")
    at_us = taken["as_of"][0] if "as_of" in taken else as_of.file_us
    if at_us is None and len(tally.problems) == before:
        tally.refuse(line, "as_of", "", "when this was so: the file says it of no row without it")
    for name in ("as_of", "docked", "log_synced"):
        if name in taken and (taken[name][0] or 0) > as_of.now_us:
            tally.refuse(line, name, _shown(cells[name]), "a time that is not in the future")
    if at_us is None or len(tally.problems) != before:
        return None
    facts = {
        fact: Value(number, words, number if fact in TIMED and number is not None else at_us)
        for name, (number, words) in taken.items()
        if (fact := FIELDS[name].fact)
    }
    _as_docked(facts)
    named = {name: (taken[name][1] if name in taken else "") or "" for name in ("maker", "kind", "serial")}
    return VendorRow(line, named["maker"] or mapping.maker, named["kind"] or mapping.kind, named["serial"], facts)


def _as_docked(facts: dict[str, Value]) -> None:
    """Where it stood, is as of when it stood there."""
    docked = facts.get("DOCKED")
    for fact in ("DOCK", "BAY"):
        if docked is not None and fact in facts:
            facts[fact] = Value(None, facts[fact].words, docked.at_us)


def _shown(cell: Cell) -> str:
    return cell.shown if isinstance(cell, Unsound) else cell.strip()


def _taken(
    line: int, name: str, cell: Cell, mapping: VendorMapping, tally: Tally
) -> tuple[int | None, str | None] | None:
    """A cell as (number, words); None where it is empty, or is refused."""
    if isinstance(cell, Unsound):
        tally.refuse(line, name, cell.shown, cell.expected)
        return None
    text = cell.strip()
    if not text:
        return None
    try:
        if len(text) > FIELDS[name].chars_max:
            raise Unfit(f"at most {FIELDS[name].chars_max} characters")
        return _PARSERS[FIELDS[name].holds](text, mapping)
    except Unfit as error:
        # A name typed where a number belongs is nobody's business in a list of refused rows.
        tally.refuse(line, name, "" if FIELDS[name].personal else text, error.expected)
        return None


def _percent(text: str) -> int:
    match = _PERCENT.fullmatch(text)
    if match is None or not 0 <= int(match[1]) <= 100:
        raise Unfit("a whole percentage, 97 or 97 %")
    return int(match[1])


_PARSERS: dict[str, Callable[[str, VendorMapping], tuple[int | None, str | None]]] = {
    UPPER: lambda text, _: (None, fields.upper(text)),
    TIME: lambda text, mapping: (when.moment(text, mapping.clocks), None),
    DAY: lambda text, mapping: (None, when.day(text, mapping.clocks)),
    PERCENT: lambda text, _: (_percent(text), None),
    KIND: lambda text, _: (None, to_kind(text)),
    TEXT: lambda text, _: (None, fields.text(text)),
}
