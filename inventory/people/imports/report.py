"""What an import has to say: what it kept, and what was wrong with each row that it did not.

One rule for the editor: a problem names its line, its field, the value as it stood there and what was
expected.
"""

from dataclasses import dataclass, field, replace

VALUE_CHARS_SHOWN = 80


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong with one row; the row was left out.

    `line` counts from 1, the heading being line 1; in a workbook it is the row's number in the sheet named `sheet`.
    """

    line: int
    field: str
    value: str
    expected: str
    sheet: str = ""

    def __str__(self) -> str:
        where = f"sheet {self.sheet!r}, row {self.line}" if self.sheet else f"line {self.line}"
        return f"{where}, {self.field}: expected {self.expected}, got {self.value!r}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Rows counted as new, changed or unchanged, and the problems of the rest.

    `person_ids_changed` are people whose currency, authority or duty may have changed, for `custody.lapse`.
    `ignored` are headings that this kind of file does not know, and `other_sheets` a workbook's sheets that were left
    aside.
    """

    new: int
    changed: int
    unchanged: int
    problems: tuple[RowProblem, ...]
    person_ids_changed: frozenset[int] = frozenset()
    ignored: tuple[str, ...] = ()
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """The report while it is being made."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    people: set[int] = field(default_factory=set)

    def refuse(self, line: int, name: str, value: object, expected: str) -> None:
        """Note what is wrong with a row."""
        self.problems.append(RowProblem(line, name, str(value)[:VALUE_CHARS_SHOWN], expected))

    def report(
        self, ignored: tuple[str, ...], sheet: str = "", other_sheets: tuple[str, ...] = ()
    ) -> ImportReport:
        """The finished report, problems in the order of the lines, each with the sheet it is in."""
        ordered = sorted(self.problems, key=lambda each: each.line)
        placed = tuple(replace(each, sheet=sheet) for each in ordered)
        return ImportReport(
            self.new, self.changed, self.unchanged, placed, frozenset(self.people), ignored, sheet, other_sheets
        )
