"""Cells of reports in the words that people read, the same on a screen, on paper and in a terminal.

One rule for the editor: words only. A program reads the cell itself; what is not known is said as a dash.
"""

from collections.abc import Mapping
from datetime import date

from inventory.gate.wording import day_in_words
from inventory.oversight.reports.finding import Names
from inventory.oversight.reports.report import Cell, Parameter, Report
from inventory.people.calendar import moment_said

NOTHING = "–"


def cell_said(value: Cell, kind: str, names: Names) -> str:
    """A cell in words: "22 November 2026, 07:00 GMT", "12.5 h", "93 %", "PC Hollis 4417"."""
    if value is None or value == "":
        return NOTHING
    if kind in ("item", "person", "store"):
        return names.of(kind, value)
    if kind == "moment" and isinstance(value, int):
        return moment_said(value)
    if kind == "day" and isinstance(value, str):
        return day_in_words(date.fromisoformat(value))
    if kind == "yes":
        return "yes" if value else "no"
    return _number_said(value, kind)


def _number_said(value: Cell, kind: str) -> str:
    unit = {"percent": " %", "hours": " h"}.get(kind, "")
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0") + unit
    return f"{value}{unit}"


def given_said(report: Report, given: Mapping[str, Cell], names: Names) -> list[tuple[str, str]]:
    """What a report was asked with: (title, value in words); "any" where it was left out."""
    return [(each.title, _asked(each, given.get(each.key), names)) for each in report.parameters]


def _asked(parameter: Parameter, value: Cell, names: Names) -> str:
    if value is None:
        return "any" if parameter.kind != "store" else "every store"
    kind = parameter.kind if parameter.kind in ("store", "person", "moment", "day") else "text"
    return cell_said(value, kind, names)
