"""What is printed with a report, on a screen, on paper, in a workbook and in a terminal.

One rule for the editor: the definition and the trap are never left out.
"""

from dataclasses import dataclass

from inventory.oversight.reports.finding import Found
from inventory.oversight.reports.report import Cell, Column
from inventory.oversight.reports.wording import cell_said, given_said
from inventory.people.calendar import moment_said


@dataclass(frozen=True, slots=True)
class Asker:
    """Who had the file made, in words, for the file itself."""

    said: str


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
