"""Files of ours whose columns another system named: which column says what, and the file as our own imports read it.

One rule for the editor: nothing is judged here. What a person mapped becomes a sheet with our headings and the file's
own lines, and the ordinary import reads that: a mapped file and one made for us can never be judged differently.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from inventory.people.calendar import SECOND_US
from inventory.people.errors import BadField
from inventory.people.imports import fields
from inventory.people.imports.authority_file import GRANT_COLUMNS, STOP_COLUMNS
from inventory.people.imports.duty_file import GATE_COLUMNS, RESTRICTION_COLUMNS
from inventory.people.imports.fields import Unfit
from inventory.people.imports.sheet import Cell, Sheet, Unsound
from inventory.people.imports.table import Column
from inventory.people.imports.training_file import COLUMNS as TRAINING_COLUMNS
from inventory.people.imports.vendor import when
from inventory.people.imports.vendor.grid import COLUMNS_MAX, Grid, Reading, plain
from inventory.people.imports.vendor.mapping import checked_reading
from inventory.people.imports.vendor.when import SHAPES, ZONES, Clocks

COLUMNS_OF: Mapping[str, tuple[Column, ...]] = {
    "training": TRAINING_COLUMNS,
    "authorisations": GRANT_COLUMNS,
    "suspensions": STOP_COLUMNS,
    "restrictions": RESTRICTION_COLUMNS,
    "gates": GATE_COLUMNS,
}
"""Kind of file -> the columns that its import knows: what a column of another system may be mapped to."""

NAME_CHARS_MAX = 60
WORDS_MAX = 200
_TIMED = (fields.day, fields.moment)


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How another system's file of one kind is read. `columns` are (column of the file, field).

    `fixed` are (field, value) that hold for every row, `words` (field, their word, ours) what another system calls
    something. `times` is a shape of `when.SHAPES` and `zone` one of `when.ZONES`, "" where no time is mapped.
    """

    kind: str
    name: str
    columns: tuple[tuple[str, str], ...]
    fixed: tuple[tuple[str, str], ...] = ()
    words: tuple[tuple[str, str, str], ...] = ()
    times: str = ""
    zone: str = ""
    reading: Reading = field(default_factory=Reading)


def is_timed(column: Column) -> bool:
    """Whether a column of ours holds a date or a time."""
    return column.parse in _TIMED


def checked(mapping: FileMapping) -> FileMapping:
    """`mapping`, trimmed. Raises BadField where it cannot be used, naming the field as the API does."""
    if mapping.kind not in COLUMNS_OF:
        raise BadField("kind", mapping.kind, f"one of {', '.join(COLUMNS_OF)}")
    tidy = FileMapping(
        mapping.kind, mapping.name.strip(), tuple((plain(column), name) for column, name in mapping.columns),
        tuple((name, value.strip()) for name, value in mapping.fixed if value.strip()),
        tuple((name, theirs.strip(), ours.strip()) for name, theirs, ours in mapping.words if theirs.strip()),
        mapping.times, mapping.zone, checked_reading(mapping.reading),
    )  # fmt: skip
    if not (1 <= len(tidy.name) <= NAME_CHARS_MAX and tidy.name.isprintable()):
        raise BadField("name", tidy.name, f"1 to {NAME_CHARS_MAX} characters")
    _check_fields(tidy)
    _check_times(tidy)
    return tidy


def _check_fields(mapping: FileMapping) -> None:
    known = {each.name for each in COLUMNS_OF[mapping.kind]}
    named = [name for _, name in mapping.columns] + [name for name, _ in mapping.fixed]
    places = [column for column, _ in mapping.columns]
    for where, name in [*mapping.columns, *((f"fixed.{name}", name) for name, _ in mapping.fixed)]:
        if name not in known:
            raise BadField(f"columns.{where}", name, f"one of {', '.join(sorted(known))}")
        if named.count(name) > 1 or places.count(where) > 1:
            raise BadField(f"columns.{where}", name, "each column and each field once")
    if len(mapping.columns) > COLUMNS_MAX or len(mapping.words) > WORDS_MAX:
        raise BadField("columns", len(mapping.columns), f"at most {COLUMNS_MAX} columns and {WORDS_MAX} words")
    for column in COLUMNS_OF[mapping.kind]:
        if column.needed and column.name not in named:
            raise BadField("columns", ", ".join(named), f"a column for {column.name}, or one value for every row")
    for name, theirs, ours in mapping.words:
        if name not in known or not ours:
            raise BadField("words", f"{name}: {theirs}", "a field of this kind of file, and our word")


def _check_times(mapping: FileMapping) -> None:
    mapped = {name for _, name in mapping.columns}
    timed = any(is_timed(each) and each.name in mapped for each in COLUMNS_OF[mapping.kind])
    if (timed or mapping.times) and mapping.times not in SHAPES:
        raise BadField("times", mapping.times, f"how the file writes dates: one of {', '.join(SHAPES)}")
    if (timed or mapping.zone) and mapping.zone not in ZONES:
        raise BadField("zone", mapping.zone, f"the zone of the file's times: one of {', '.join(ZONES)}")


def guessed(kind: str, columns: Sequence[str]) -> dict[str, str]:
    """The likely field of each of `columns` (in plain letters) that has one: by the names that our import knows."""
    likely = {plain(name): each.name for each in COLUMNS_OF[kind] for name in (each.name, *each.aliases)}
    found: dict[str, str] = {}
    for column in map(plain, columns):
        if column in likely and likely[column] not in found.values():
            found[column] = likely[column]
    return found


def as_sheet(grid: Grid, mapping: FileMapping) -> Sheet:
    """The file as our own import of its kind reads it; a column that is missing is trouble of the whole file."""
    places = {plain(column): place for place, column in enumerate(grid.columns)}
    missing = [column for column, _ in mapping.columns if column not in places]
    if missing:
        trouble = Unsound(", ".join(grid.columns), f"a column named {' and one named '.join(missing)}")
        return Sheet(grid.sheet, trouble=trouble)
    heading = tuple(name for _, name in mapping.columns) + tuple(name for name, _ in mapping.fixed)
    first: tuple[int, tuple[Cell, ...]] = (max(1, grid.heading_line), heading)
    return Sheet(grid.sheet, (first, *_rows(grid, mapping, places)), grid.other_sheets)


def _rows(grid: Grid, mapping: FileMapping, places: Mapping[str, int]) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    by_name = {each.name: each for each in COLUMNS_OF[mapping.kind]}
    words = {(name, theirs.casefold()): ours for name, theirs, ours in mapping.words}
    clocks = Clocks(mapping.times or "ISO", mapping.zone or "UTC")
    taken = [(places[column], by_name[name]) for column, name in mapping.columns]
    fixed = tuple(value for _, value in mapping.fixed)
    for line, cells in grid.rows:
        yield line, (*(_cell(cells[place], column, words, clocks) for place, column in taken), *fixed)


def _cell(cell: Cell, column: Column, words: Mapping[tuple[str, str], str], clocks: Clocks) -> Cell:
    if isinstance(cell, Unsound):
        return cell
    text = cell.strip()
    if not text:
        return ""
    try:
        if column.parse is fields.day:
            return when.day(text, clocks)
        if column.parse is fields.moment:
            return datetime.fromtimestamp(when.moment(text, clocks) // SECOND_US, UTC).isoformat()
    except Unfit as error:
        return Unsound(text, error.expected)
    return words.get((column.name, text.casefold()), text)


def to_json(mapping: FileMapping) -> str:
    """A mapping as it is stored."""
    return json.dumps(asdict(mapping), sort_keys=True)


def from_json(text: str) -> FileMapping:
    """A mapping as it was stored."""
    told = json.loads(text)
    told["reading"] = Reading(**told["reading"])
    for name in ("columns", "fixed", "words"):
        told[name] = tuple(tuple(each) for each in told[name])
    return FileMapping(**told)
