"""XLSX files for tests, made as an office makes them, and damaged as a test wants them."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl

Rows = Sequence[Sequence[Any]]


def workbook(change: Callable[[Any], None] | None = None, **sheets: Rows) -> bytes:
    """An XLSX file with these sheets; `change` is given the workbook before it is saved."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change is not None:
        change(book)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def rewritten(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            part = old.read(each)
            new.writestr(each, change(part) if each.endswith(name) else part)
    return kept.getvalue()
