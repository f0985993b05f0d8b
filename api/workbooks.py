"""XLSX workbooks: one sheet of one, as the rows of texts that imports take.

One rule for the editor: a cell becomes the text that a person sees in it, or is `Unsound`; nothing is repaired. A
workbook is somebody else's file: whatever is in it, the answer is a sheet, if only one that says what is wrong.
"""

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import repeat, zip_longest
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.cell.read_only import EMPTY_CELL

from inventory.people.imports.sheet import Cell, Sheet, Unsound
from inventory.people.imports.table import BYTES_MAX, ROWS_MAX

UNPACKED_MAX = 256 * 1024 * 1024
"""Most bytes of a workbook as it unpacks; a few kilobytes can be made to unpack to a full disk."""

COLUMNS_MAX = 100
LAST_ROW = 1_048_576
"""The last row a sheet can have (ECMA-376); a file that says otherwise is cut there."""

DIGITS_MAX = 15
"""A spreadsheet keeps so many digits of a number and makes the others 0."""

EXPECTED = "an XLSX workbook without a password, or a CSV file"
DAMAGED: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, zlib.error, struct.error, ParseError, EOFError, OSError, LookupError, ValueError, TypeError,
    AttributeError, ArithmeticError, NotImplementedError, RuntimeError, AssertionError,
)  # fmt: skip
"""What the library raises for workbooks that are damaged or made up."""

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_PADDED = re.compile(r"0{2,}")


def read(data: bytes, wanted: str = "") -> Sheet:
    """The sheet named `wanted`, or the first that is not hidden. What cannot be read is the sheet's `trouble`."""
    try:
        trouble = _too_large(data)
        if trouble is not None:
            return Sheet(wanted, trouble=trouble)
        with _opened(data, values=True) as book, _formulas(data) as written:
            return _sheet(book, written, wanted)
    except DAMAGED as problem:
        return Sheet(wanted, trouble=Unsound(str(problem).partition("\n")[0] or type(problem).__name__, EXPECTED))


def _too_large(data: bytes) -> Unsound | None:
    if len(data) > BYTES_MAX:
        return Unsound(f"{len(data)} bytes", f"at most {BYTES_MAX} bytes")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        unpacked = sum(each.file_size for each in packed.infolist())
    if unpacked > UNPACKED_MAX:
        return Unsound(f"{unpacked} bytes unpacked", f"a workbook of at most {UNPACKED_MAX} bytes unpacked")
    return None


@contextmanager
def _opened(data: bytes, *, values: bool) -> Iterator[Any]:
    """The workbook with its cells' values, or with their formulas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that the library does not keep
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values, keep_links=False)
        try:
            yield book
        finally:
            book.close()


@contextmanager
def _formulas(data: bytes) -> Iterator[Any]:
    """The workbook with its formulas, None where it has none: then it need not be read twice."""
    if not _has_formulas(data):
        yield None
        return
    with _opened(data, values=False) as book:
        yield book


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return any(
            _FORMULA.search(packed.read(name)) for name in packed.namelist() if "worksheets/" in name
        )


def _sheet(book: Any, written: Any, wanted: str) -> Sheet:
    names = [each.title for each in book.worksheets if each.title == wanted or each.sheet_state == "visible"]
    name = wanted or next(iter(names), "")
    if name not in names:
        sheets = ", ".join(each.title for each in book.worksheets)
        return Sheet(name, trouble=Unsound(name, f"the name of a sheet in this workbook: {sheets}"))
    rows = []
    for row in _rows(book[name], written and written[name]):
        rows.append(row)
        if len(rows) > ROWS_MAX:
            return Sheet(name, trouble=Unsound(f"more than {ROWS_MAX} rows", f"at most {ROWS_MAX} rows in one sheet"))
    others = [each for each in names if each != name and next(_rows(book[each], None), None)]
    return Sheet(name, tuple(rows), tuple(others))


def _rows(sheet: Any, written: Any) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """The rows that hold anything, with their numbers, each as far as its last filled cell."""
    span = {"max_row": LAST_ROW, "max_col": COLUMNS_MAX}
    formulas: Iterable[Any] = repeat(()) if written is None else written.iter_rows(**span)
    for number, (cells, beside) in enumerate(zip(sheet.iter_rows(**span), formulas, strict=False), start=1):
        if all(cell is EMPTY_CELL for cell in cells):  # a sheet may say that it is a million rows long
            continue
        texts = [_text(cell, formula) for cell, formula in zip_longest(cells, beside)]
        while texts and not texts[-1]:
            texts.pop()
        if any(isinstance(each, Unsound) or each.strip() for each in texts):
            yield number, tuple(texts)


def _text(cell: Any, formula: Any) -> Cell:
    """A cell as a person sees it."""
    value = cell.value
    if value is None:
        if formula is not None and formula.data_type == "f":
            return Unsound("a formula", "a value: open the workbook and save it, so that its formulas have results")
        return ""
    if cell.data_type == "e":
        return Unsound(str(value), "a value; a spreadsheet shows an error here")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, cell)
    return _when(value) if isinstance(value, date | time | timedelta) else str(value)


def _number(value: float, cell: Any) -> Cell:
    if abs(value) >= 10**DIGITS_MAX:
        return Unsound(f"{value:.0f}", f"text: a spreadsheet does not keep numbers of more than {DIGITS_MAX} digits")
    if value != int(value):
        return f"{value:.{DIGITS_MAX}g}"
    shown = cell.number_format
    return f"{int(value):0{len(shown)}d}" if _PADDED.fullmatch(shown) else str(int(value))


def _when(value: date | time | timedelta) -> str:
    """A date, a time of day or hours as fields take them; times to the second, without seconds where there are none."""
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    if isinstance(value, datetime):
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat("minutes") if isinstance(value, time) and not value.second else value.isoformat()
