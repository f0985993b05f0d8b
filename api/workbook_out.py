"""Workbooks that we make: sheets of typed cells, written row by row.

One rule for the editor: a text is a text, also one that begins as a formula does; what a workbook cannot hold is left
out of a cell, never a row.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

CELL_CHARS_MAX = 32_767
"""As many characters as a cell of a spreadsheet holds."""
ROWS_MAX = 1_000_000
"""Rows of one sheet: a sheet ends at 1,048,576 (ECMA-376)."""
NOT_HELD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
BOLD = Font(bold=True)
FORMATS = {"moment": "yyyy-mm-dd hh:mm:ss", "day": "yyyy-mm-dd", "percent": '0.0" %"', "hours": "0.0"}
"""Kind of a cell -> how a spreadsheet shows it."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet: how wide its columns are (in characters), their heads, and rows of (value, kind) cells; a kind as in
    FORMATS, "head" for bold, any other as it is."""

    name: str
    widths: Sequence[float]
    heads: Sequence[str]
    rows: Iterable[Sequence[tuple[Any, str]]]
    is_filtered: bool = False


def workbook(title: str, tables: Iterable[Table]) -> bytes:
    """The XLSX file of these sheets. Heads that are all empty are left out."""
    book = Workbook(write_only=True)
    book.properties.creator, book.properties.title = "kitstore", title
    for each in tables:
        _sheet(book, each)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Any, table: Table) -> None:
    sheet = book.create_sheet(table.name)
    for number, wide in enumerate(table.widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = wide
    if any(table.heads):
        sheet.freeze_panes = "A2"
        sheet.append([_cell(sheet, head, "head") for head in table.heads])
    rows = 1
    for row in table.rows:
        if rows == ROWS_MAX:
            break
        sheet.append([_cell(sheet, value, kind) for value, kind in row])
        rows += 1
    if table.is_filtered:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.heads))}{rows}"


def _cell(sheet: Any, value: Any, kind: str) -> Any:
    is_text = isinstance(value, str)
    cell = WriteOnlyCell(sheet, NOT_HELD.sub("", value)[:CELL_CHARS_MAX] if is_text else value)
    if is_text:
        cell.data_type = "s"
    if kind == "head":
        cell.font = BOLD
    elif kind in FORMATS and not is_text:
        cell.number_format = FORMATS[kind]
    return cell
