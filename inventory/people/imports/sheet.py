"""What an import is given: the bytes of a CSV file, or a sheet that was read out of a workbook.

One rule for the editor: a cell is the text that a person sees in it. Whoever reads workbooks makes it; a cell whose
text cannot be trusted is `Unsound`, and never guessed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unsound:
    """A cell, or a whole workbook, that cannot be taken: what it shows, and what was expected instead."""

    shown: str
    expected: str


Cell = str | Unsound


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows that are not empty, each with its number as the sheet shows it.

    `others` are the workbook's other sheets that hold anything. With a `trouble` there is nothing else.
    """

    name: str
    rows: tuple[tuple[int, tuple[Cell, ...]], ...] = ()
    others: tuple[str, ...] = ()
    trouble: Unsound | None = None


Source = bytes | Sheet


def lines_of(source: Source) -> int:
    """An upper bound of the rows that a source holds."""
    return len(source.rows) if isinstance(source, Sheet) else source.count(b"\n") + source.count(b"\r") + 1
