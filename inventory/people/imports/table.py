"""A file's bytes, or a workbook's sheet, to rows of values, and a problem for every cell that does not fit.

One rule for the editor: nothing a file holds can make this raise; what cannot be read is a problem with its
line.

Understood: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252; comma, semicolon or tab; quoted
cells. Headings match by name or alias, whatever their case, spaces and signs.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory.people.imports.fields import Parser, Unfit, text
from inventory.people.imports.report import RowProblem, Tally
from inventory.people.imports.sheet import Cell, Sheet, Source, Unsound

BYTES_MAX = 64 * 1024 * 1024
ROWS_MAX = 500_000
CELL_CHARS_MAX = 200
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Column:
    """A column a file may have. A `needed` one must be in the heading and filled in every row."""

    name: str
    parse: Parser = text
    aliases: tuple[str, ...] = ()
    needed: bool = False
    chars_max: int = CELL_CHARS_MAX


@dataclass(frozen=True, slots=True)
class Row:
    """One good row: its line and its values by column name.

    A column that the file does not have is not in `values`; an empty cell is None.
    """

    line: int
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self.values


@dataclass(frozen=True, slots=True)
class Table:
    """The good rows of a file, the problems of the others, and headings and sheets that were left aside."""

    rows: tuple[Row, ...]
    problems: tuple[RowProblem, ...]
    ignored: tuple[str, ...] = ()
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()


def read(data: Source, columns: Sequence[Column]) -> Table:
    """The table in `data`. One without a usable heading has no rows and says in its first line what is missing."""
    tally = Tally()
    is_sheet = isinstance(data, Sheet)
    lines = _sheet_rows(data, tally) if isinstance(data, Sheet) else _csv_rows(data, tally)
    first, heading = next(lines, (1, []))
    placed, ignored = ({}, ()) if tally.problems else _heading(first, _texts(heading), columns, tally)
    rows = []
    for line, cells in () if tally.problems else lines:
        row = _row(line, _as_wide(cells, len(heading)) if is_sheet else cells, placed, len(heading), tally)
        if row is not None:
            rows.append(row)
    name, others = (data.name, data.others) if isinstance(data, Sheet) else ("", ())
    return Table(tuple(rows), tuple(tally.problems), ignored, name, others)


def _csv_rows(data: bytes, tally: Tally) -> Iterator[tuple[int, list[Cell]]]:
    content = _decode(data, tally)
    return iter(()) if content is None else _records(content, tally)


def _sheet_rows(sheet: Sheet, tally: Tally) -> Iterator[tuple[int, list[Cell]]]:
    if sheet.trouble is not None:
        tally.refuse(1, "file", sheet.trouble.shown, sheet.trouble.expected)
    for line, cells in sheet.rows:
        yield line, list(cells)


def _as_wide(cells: list[Cell], width: int) -> list[Cell]:
    """A sheet's row ends with its last filled cell: it is as wide as the heading all the same."""
    return cells + [""] * (width - len(cells))


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [cell.shown if isinstance(cell, Unsound) else cell for cell in cells]


def _decode(data: bytes, tally: Tally) -> str | None:
    if len(data) > BYTES_MAX:
        tally.refuse(1, "file", f"{len(data)} bytes", f"at most {BYTES_MAX} bytes")
        return None
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            value = data[error.start : error.start + 8].hex(" ")
    tally.refuse(line, "file", value, "text in UTF-8 (or UTF-16 with a mark, or Windows-1252)")
    return None


def _records(content: str, tally: Tally) -> Iterator[tuple[int, list[Cell]]]:
    """Every record that is not empty, with the line it starts on; a damaged rest is one problem."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=_delimiter(content))
    start = count = 0
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            tally.refuse(start, "file", error, "rows of cells, quoted cells closed, none longer than 131,072")
            return
        if cells is None:
            return
        count += 1
        if count > ROWS_MAX:
            tally.refuse(start, "file", f"more than {ROWS_MAX} rows", f"at most {ROWS_MAX} rows in one file")
            return
        if any(cell.strip() for cell in cells):
            yield start, [*cells]


def _delimiter(content: str) -> str:
    heading = content[: content.find("\n")] if "\n" in content else content
    return max(",;\t", key=heading[:10_000].count)


def _name(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")


def _heading(
    line: int, heading: list[str], columns: Sequence[Column], tally: Tally
) -> tuple[dict[int, Column], tuple[str, ...]]:
    """Which cell belongs to which column, and the headings that belong to none."""
    known = {_name(name): column for column in columns for name in (column.name, *column.aliases)}
    placed: dict[int, Column] = {}
    ignored = []
    for place, cell in enumerate(heading):
        column = known.get(_name(cell))
        if column is None:
            ignored.append(cell.strip()[:CELL_CHARS_MAX])
        elif column in placed.values():
            tally.refuse(line, column.name, cell, "each column once")
        else:
            placed[place] = column
    for column in columns:
        if column.needed and column not in placed.values():
            names = " or ".join((column.name, *column.aliases))
            tally.refuse(line, column.name, ", ".join(heading), f"a column named {names}")
    return placed, tuple(each for each in ignored if each)


def _row(line: int, cells: list[Cell], placed: dict[int, Column], width: int, tally: Tally) -> Row | None:
    if len(cells) != width:
        tally.refuse(line, "row", f"{len(cells)} cells", f"{width} cells, as in the heading")
        return None
    values: dict[str, Any] = {}
    good = True
    for place, column in placed.items():
        shown, expected = _taken(column, cells[place], values)
        if expected:
            tally.refuse(line, column.name, shown, expected)
            good = False
    return Row(line, values) if good else None


def _taken(column: Column, cell: Cell, values: dict[str, Any]) -> tuple[str, str | None]:
    """Put the cell's value into `values`; what it shows, and what was expected instead where it does not fit."""
    if isinstance(cell, Unsound):
        return cell.shown, cell.expected
    shown = cell.strip()
    return shown, _expected(column, shown, values)


def _expected(column: Column, cell: str, values: dict[str, Any]) -> str | None:
    """Put the cell's value into `values`; what was expected instead, where it does not fit."""
    if not cell:
        values[column.name] = None
        return "a value" if column.needed else None
    if len(cell) > column.chars_max:
        return f"at most {column.chars_max} characters"
    try:
        values[column.name] = column.parse(cell)
    except Unfit as error:
        return error.expected
    return None
