"""Lists as CSV files, for whoever takes them into a spreadsheet.

One rule for the editor: a cell that a spreadsheet would take for a formula is given a leading apostrophe.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from litestar import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response[bytes]:
    """A CSV file called `name`, UTF-8 with the mark that spreadsheets look for."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_cell(each) for each in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)


def utc_said(at_us: int | None) -> str:
    """A moment as spreadsheets read it, "2026-11-22T07:00:00+00:00"; "" for None."""
    return "" if at_us is None else datetime.fromtimestamp(at_us // 1_000_000, UTC).isoformat()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
