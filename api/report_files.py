"""A report as a file: CSV, XLSX and PDF, each with its definition, its trap, what it was asked with and its hash.

One rule for the editor: a file says what the screen says. Ids become names; times are London's in what people open
(XLSX, PDF) and UTC in what programs read (CSV), and the file says which.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from api.csv_out import as_csv, utc_said
from api.report_paper import paper
from api.report_words import Asker, about
from api.workbook_out import Table, workbook
from inventory.oversight.reports.finding import Found
from inventory.oversight.reports.report import Cell, Column
from inventory.people.calendar import LONDON

WIDTHS = {"moment": 20, "day": 12, "percent": 10, "hours": 10, "count": 10, "yes": 8}


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made: its bytes, what it is, and the SHA-256 of the bytes in hex."""

    name: str
    media: str
    body: bytes

    @property
    def sha256(self) -> str:
        """The hash that its line in the processing log holds."""
        return sha256(self.body).hexdigest()

    @property
    def repr_digest(self) -> str:
        """The same as the header that says it (RFC 9530)."""
        return f"sha-256=:{b64encode(sha256(self.body).digest()).decode()}:"


def made(found: Found, form: str, asker: Asker) -> Made:
    """The report as a file of this form ("csv", "xlsx", "pdf"). Raises KeyError for another."""
    media, write = FORMS[form]
    return Made(f"{found.report.name}.{form}", media, write(found, asker))


# ---- CSV ---------------------------------------------------------------------------------------------------


def _csv(found: Found, _asker: Asker) -> bytes:
    """The table alone, as spreadsheets and programs read it: keys for heads, names for ids, UTC for times."""
    columns = found.report.columns
    pairs = (zip(row, columns, strict=True) for row in found.answer.rows)
    rows = ([_plain(cell, column, found) for cell, column in row] for row in pairs)
    return bytes(as_csv(f"{found.report.name}.csv", [each.key for each in columns], rows).content)


def _plain(cell: Cell, column: Column, found: Found) -> object:
    if cell is None:
        return ""
    if column.kind == "moment" and isinstance(cell, int):
        return utc_said(cell)
    if column.kind in ("item", "person", "store"):
        return found.names.of(column.kind, cell)
    return ("yes" if cell else "no") if column.kind == "yes" else cell


# ---- XLSX --------------------------------------------------------------------------------------------------


def _xlsx(found: Found, asker: Asker) -> bytes:
    """Two sheets: the table with typed cells, and what it is."""
    columns = found.report.columns
    table = Table(
        "Report", tuple(WIDTHS.get(each.kind, 26) for each in columns), tuple(each.title for each in columns),
        _typed(found), is_filtered=bool(found.answer.rows),
    )  # fmt: skip
    lines = [*about(found, asker), ("Times", "London; the CSV file and the API give UTC")]
    said = Table(
        "What this is", (24, 110), ("", ""), ([(title, "head"), (words, "text")] for title, words in lines)
    )
    return workbook(found.report.title, (table, said))


def _typed(found: Found) -> Iterator[list[tuple[Any, str]]]:
    for row in found.answer.rows:
        pairs = zip(row, found.report.columns, strict=True)
        yield [(_value(cell, column, found), column.kind) for cell, column in pairs]


def _value(cell: Cell, column: Column, found: Found) -> Any:
    """What a spreadsheet can reckon with: numbers, dates and times as such."""
    if cell is None:
        return None
    if column.kind == "moment" and isinstance(cell, int):
        return datetime.fromtimestamp(cell // 1_000_000, LONDON).replace(tzinfo=None)
    if column.kind == "day" and isinstance(cell, str):
        return date.fromisoformat(cell)
    if column.kind in ("item", "person", "store"):
        return found.names.of(column.kind, cell)
    return ("yes" if cell else "no") if column.kind == "yes" else cell


# ---- PDF ---------------------------------------------------------------------------------------------------


def _pdf(found: Found, asker: Asker) -> bytes:
    return paper(found, about(found, asker))


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS: Mapping[str, tuple[str, Callable[[Found, Asker], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "xlsx": (XLSX, _xlsx),
    "pdf": ("application/pdf", _pdf),
}
"""Ending of a file -> what it is, and what writes it."""
