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
from api.workbook_out import Table, workbook
from inventory.oversight.reports.finding import Found
from inventory.oversight.reports.report import Cell, Column
from inventory.oversight.reports.wording import cell_said, given_said
from inventory.people.calendar import LONDON, moment_said

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


@dataclass(frozen=True, slots=True)
class Asker:
    """Who had the file made, in words, for the file itself."""

    said: str


def made(found: Found, form: str, asker: Asker) -> Made:
    """The report as a file of this form ("csv", "xlsx", "pdf"). Raises KeyError for another."""
    media, write = FORMS[form]
    return Made(f"{found.report.name}.{form}", media, write(found, asker))


def about(found: Found, asker: Asker) -> list[tuple[str, str]]:
    """What is printed with a report, a line each: (title, words)."""
    report = found.report
    return [
        ("Report", f"{report.title} ({report.question}, {report.name})"),
        ("What is counted", report.definition),
        ("Do not take it for", report.trap),
        ("Source", report.source),
        *((f"Asked: {title}", words) for title, words in given_said(report, found.given, found.names)),
        ("Made", f"{moment_said(found.made_us)}, for {asker.said}"),
        ("Policy", found.policy),
        ("Rows", str(len(found.answer.rows))),
        *((f"In all: {title}", words) for title, words in totals_said(found)),
        *(("Note", note) for note in found.answer.notes),
        ("SHA-256 of the data", found.digest),
    ]  # fmt: skip


def totals_said(found: Found) -> list[tuple[str, str]]:
    """The sums and counts of the whole report in words; a total named after a column is read as one."""
    columns = {each.key: each for each in found.report.columns}
    return [_total_said(found, key, columns.get(key), value) for key, value in found.answer.totals.items()]


def _total_said(found: Found, key: str, column: Column | None, value: Cell) -> tuple[str, str]:
    if column is None:
        return key.replace("_", " ").capitalize(), cell_said(value, "text", found.names)
    kind = column.kind if column.kind in ("percent", "hours") else "count"
    return column.title, cell_said(value, kind, found.names)


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
