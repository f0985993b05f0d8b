"""A vendor's file as a grid: its columns' names, and its rows with their lines.

One rule for the editor: nothing a file holds can make this raise, and nothing is guessed twice: what was taken for
the separator and the encoding is told, and a person may say otherwise.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inventory.people.imports.report import RowProblem, Tally
from inventory.people.imports.sheet import Cell, Sheet, Source, Unsound
from inventory.people.imports.table import BYTES_MAX, ROWS_MAX

COLUMNS_MAX = 100
NAME_CHARS_MAX = 100
SEPARATORS = (",", ";", "\t", "|")
"""What is tried where nobody says; any one character may be said."""

ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAYS_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
_LOOKED_AT = 4096


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read; "" and 0 leave it to the file. `heading_row` is the line of the columns' names."""

    delimiter: str = ""
    encoding: str = ""
    heading_row: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """A file that was read. With `problems` of line 1 it has no rows.

    `columns` are unlike each other: one without a name is "column 3", a name that comes again is "State (2)".
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[Cell, ...]], ...] = ()
    problems: tuple[RowProblem, ...] = ()
    delimiter: str = ""
    encoding: str = ""
    heading_line: int = 0
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()

    @property
    def headings(self) -> str:
        """What this set of columns is known again by, whatever their order and case: a SHA-256 in hex."""
        return hashlib.sha256("\n".join(sorted(plain(each) for each in self.columns)).encode()).hexdigest()


def plain(name: str) -> str:
    """A column's name as it is compared: lower case, one space for every other sign."""
    return re.sub(r"[^a-z0-9%]+", " ", name.lower()).strip()


def read_grid(data: Source, how: Reading) -> Grid:
    """The grid in `data`; what cannot be read is a problem with its line."""
    if isinstance(data, Sheet):
        return _of_sheet(data, how)
    tally = Tally()
    decoded = _decoded(data, how.encoding, tally)
    if decoded is None:
        return Grid(problems=tuple(tally.problems))
    content, encoding = decoded
    skipped = _SAYS_SEPARATOR.match(content)
    delimiter = how.delimiter or (skipped[1] if skipped else _delimiter(content, how.heading_row))
    lines = _records(content, delimiter, bool(skipped), tally)
    found = _made(list(lines), how.heading_row, tally, is_sheet=False)
    return Grid(*found, tuple(tally.problems), delimiter, encoding, _heading_line(found, how))


def _of_sheet(sheet: Sheet, how: Reading) -> Grid:
    tally = Tally()
    if sheet.trouble is not None:
        tally.refuse(1, "file", sheet.trouble.shown, sheet.trouble.expected)
        return Grid(problems=tuple(tally.problems), sheet=sheet.name)
    found = _made(list(sheet.rows), how.heading_row, tally, is_sheet=True)
    return Grid(
        *found, tuple(tally.problems), heading_line=how.heading_row, sheet=sheet.name, other_sheets=sheet.others
    )


def _heading_line(found: tuple[tuple[str, ...], tuple[tuple[int, tuple[Cell, ...]], ...]], how: Reading) -> int:
    return how.heading_row or (1 if found[0] else 0)


# ---- text ------------------------------------------------------------------------------------------


def _decoded(data: bytes, wanted: str, tally: Tally) -> tuple[str, str] | None:
    if len(data) > BYTES_MAX:
        tally.refuse(1, "file", f"{len(data)} bytes", f"at most {BYTES_MAX} bytes")
        return None
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked and wanted in ("", "utf-8", "utf-16"):
        tried: tuple[str, ...] = (marked,)
    else:
        tried = (wanted,) if wanted else _likely(data)
    line, value = 1, ""
    for encoding in tried:
        try:
            return data.decode(encoding).removeprefix("\ufeff"), encoding
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            value = data[error.start : error.start + 8].hex(" ")
    tally.refuse(line, "encoding", value, f"text in {' or '.join(tried)}")
    return None


def _likely(data: bytes) -> tuple[str, ...]:
    """UTF-16 without a mark shows by its noughts: every other byte of Latin text is one."""
    begun = data[:_LOOKED_AT]
    if begun[1::2].count(0) * 2 > len(begun[1::2]) > 0:
        return ("utf-16-le",)
    if begun[0::2].count(0) * 2 > len(begun[0::2]) > 0:
        return ("utf-16-be",)
    return ("utf-8", "cp1252")


def _delimiter(content: str, heading_row: int) -> str:
    lines = (line for line in content[: _LOOKED_AT * 8].splitlines()[max(0, heading_row - 1) :] if line.strip())
    bare = re.sub(r'"[^"]*"', "", next(lines, ""))
    return max(SEPARATORS, key=bare.count)


def _records(content: str, delimiter: str, skips_one: bool, tally: Tally) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Every record that is not empty, with the line it starts on; a damaged rest is one problem."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    if skips_one:
        next(reader, None)
    count = 0
    while count <= ROWS_MAX:
        start = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            tally.refuse(start, "file", error, "rows of cells, quoted cells closed, none longer than 131,072")
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            count += 1
            yield start, tuple(cells)
    tally.refuse(start, "file", f"more than {ROWS_MAX} rows", f"at most {ROWS_MAX} rows in one file")


# ---- columns and rows ------------------------------------------------------------------------------


def _made(
    lines: Sequence[tuple[int, tuple[Cell, ...]]], heading_row: int, tally: Tally, *, is_sheet: bool
) -> tuple[tuple[str, ...], tuple[tuple[int, tuple[Cell, ...]], ...]]:
    begins = next((at for at, (line, _) in enumerate(lines) if line >= heading_row), None)
    if begins is None or (heading_row and lines[begins][0] != heading_row):
        tally.refuse(heading_row or 1, "heading", "", "a line with the names of the columns")
        return (), ()
    line, heading = lines[begins]
    columns = _named(heading)
    if len(columns) > COLUMNS_MAX:
        tally.refuse(line, "heading", f"{len(columns)} columns", f"at most {COLUMNS_MAX} columns")
        return (), ()
    rows = []
    for number, cells in lines[begins + 1 :]:
        fitted = _fitted(cells, len(columns), is_sheet)
        if fitted is None:
            tally.refuse(number, "row", f"{len(cells)} cells", f"{len(columns)} cells, as in the heading")
        else:
            rows.append((number, fitted))
    return columns, tuple(rows)


def _named(heading: Sequence[Cell]) -> tuple[str, ...]:
    cells = [each.shown if isinstance(each, Unsound) else each for each in heading]
    while cells and not cells[-1].strip():
        cells.pop()
    names: list[str] = []
    seen: dict[str, int] = {}
    for place, cell in enumerate(cells, 1):
        name = " ".join(cell.split())[:NAME_CHARS_MAX] or f"column {place}"
        seen[plain(name)] = seen.get(plain(name), 0) + 1
        names.append(name if seen[plain(name)] == 1 else f"{name} ({seen[plain(name)]})")
    return tuple(names)


def _fitted(cells: tuple[Cell, ...], width: int, is_sheet: bool) -> tuple[Cell, ...] | None:
    """The cells as wide as the heading: a row may end with empty cells more, a sheet's row with its last filled one."""
    while len(cells) > width and cells[-1] == "":
        cells = cells[:-1]
    if is_sheet and len(cells) < width:
        return cells + ("",) * (width - len(cells))
    return cells if len(cells) == width else None
