"""A report on paper: A4 on its side, what it is first, then its picture, then its table, and its hash on every page.

One rule for the editor: whoever holds one page alone must see of which report it is, when and for whom it was made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from api.pdf import A4, Sheet, fitted, pdf, width
from api.plots import Figure, figure_of
from inventory.oversight.reports.finding import Found
from inventory.oversight.reports.wording import cell_said

WIDE, HIGH = A4[1], A4[0]
LEFT, RIGHT, TOP, FOOT = 36.0, A4[1] - 36.0, 70.0, A4[0] - 40.0
SIZE, ROW, LINE = 8.0, 12.5, 11.0
TITLE_WIDE = 130.0
ROWS_MAX = 3000
"""Rows that are printed; whoever wants more has the CSV and XLSX files, and the paper says so."""
GREYS = (0.25, 0.8, 0.5, 0.93, 0.65)
"""How light each tone is on paper; every second one is hatched as well."""
NUMBERS = ("count", "percent", "hours")


@dataclass(slots=True)
class Paper:
    """A report being laid out."""

    found: Found
    about: Sequence[tuple[str, str]]
    sheets: list[Sheet] = field(default_factory=list)
    y: float = 0.0

    def turn(self) -> Sheet:
        """A new page with its heading."""
        sheet = Sheet(WIDE, HIGH)
        report = self.found.report
        sheet.text(LEFT, 40, fitted(f"{report.title}", 15, RIGHT - LEFT - 240, "bold"), 15, "bold")
        sheet.text(LEFT, 54, f"{report.question}, kitstore report {report.name}", 8.5)
        sheet.text(RIGHT - 230, 40, fitted(dict(self.about)["Made"], 8.5, 230), 8.5)
        sheet.text(RIGHT - 230, 52, f"Policy {self.found.policy}, page {len(self.sheets) + 1}", 8.5)
        sheet.line(LEFT, 60, RIGHT, 60, 1.2)
        self.sheets.append(sheet)
        self.y = TOP + 8
        return sheet

    def room(self, high: float) -> Sheet:
        """The page that has so much room left: this one, or a new one."""
        return self.sheets[-1] if self.y + high <= FOOT else self.turn()


def paper(found: Found, about: Sequence[tuple[str, str]]) -> bytes:
    """The report as a PDF file. The same answer asked by the same person is the same file, byte for byte."""
    made = Paper(found, about)
    made.turn()
    _said(made)
    figure = figure_of(found)
    if figure is not None:
        _picture(made, figure)
    _table(made)
    for number, sheet in enumerate(made.sheets, start=1):
        foot = f"Page {number} of {len(made.sheets)}. SHA-256 of the data: {found.digest}"
        sheet.text(LEFT, HIGH - 20, foot + _names_people(found), 7)
    return pdf(found.report.title, made.sheets)


def _names_people(found: Found) -> str:
    return (
        ". It names people: lock it away, and shred it when it is done with."
        if found.report.names_people
        else "."
    )


def _said(made: Paper) -> None:
    for title, words in made.about[1:]:
        lines = list(wrapped(words, SIZE + 0.5, RIGHT - LEFT - TITLE_WIDE))
        for number, line in enumerate(lines):
            sheet = made.room(LINE)
            if not number:
                sheet.text(LEFT, made.y, title, SIZE + 0.5, "bold")
            sheet.text(LEFT + TITLE_WIDE, made.y, line, SIZE + 0.5)
            made.y += LINE
    made.y += 8


def wrapped(words: str, size: float, room: float) -> Iterator[str]:
    """The words on lines no wider than the room."""
    line = ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if line and width(longer, size) > room:
            yield line
            line = word
        else:
            line = longer
    yield fitted(line, size, room)


# ---- the picture -------------------------------------------------------------------------------------------


def _picture(made: Paper, figure: Figure) -> None:
    scale = min(1.0, (RIGHT - LEFT) / figure.wide, (FOOT - TOP - 20) / figure.high)
    sheet = made.room(figure.high * scale + 6)
    draw(sheet, figure, (LEFT, made.y), scale)
    made.y += figure.high * scale + 12


def draw(sheet: Sheet, figure: Figure, at: tuple[float, float], scale: float) -> None:
    """Put a figure on a page, its top left corner at a place, so many points to its pixel."""
    left, top = at
    for rule in figure.rules:
        thick = {"grid": 0.2, "axis": 0.8, "target": 2.0}[rule.style]
        sheet.line(
            left + rule.x * scale,
            top + rule.y * scale,
            left + rule.to_x * scale,
            top + rule.to_y * scale,
            thick,
        )
    for box in figure.boxes:
        x, y, wide, high = (each * scale for each in (box.x, box.y, box.wide, box.high))
        if wide > 0:
            sheet.box(left + x, top + y, wide, high, GREYS[box.tone])
            sheet.box(left + x, top + y, wide, high)
            if box.tone % 2:
                _hatched(sheet, (left + x, top + y), wide, high)
    for path in figure.paths:
        _path(sheet, [(left + x * scale, top + y * scale) for x, y in path.points], path.tone)
    for words in figure.words:
        size = 8.5 * scale if scale < 1 else 8.5
        back = {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor] * width(words.text, size)
        sheet.text(left + words.x * scale - back, top + words.y * scale, words.text, size)


def _hatched(sheet: Sheet, at: tuple[float, float], wide: float, high: float) -> None:
    """Lines from the top right to the bottom left, as far as they lie in the bar."""
    left, top = at
    x = 4.0
    while x < wide + high:
        over = max(0.0, x - wide)
        sheet.line(left + x - over, top + over, left + max(0.0, x - high), top + min(high, x), 0.3)
        x += 4.0


def _path(sheet: Sheet, points: Sequence[tuple[float, float]], tone: int) -> None:
    for (x, y), (to_x, to_y) in pairwise(points):
        sheet.line(x, y, to_x, to_y, 0.6 + 0.5 * tone)
    for x, y in points[:: max(1, len(points) // 30)]:
        size = 2.4 + 0.6 * (tone % 2)
        sheet.box(x - size / 2, y - size / 2, size, size, 1.0 if tone % 2 else 0.0)
        sheet.box(x - size / 2, y - size / 2, size, size)


# ---- the table ---------------------------------------------------------------------------------------------


def _table(made: Paper) -> None:
    found = made.found
    columns, rows = found.report.columns, found.answer.rows[:ROWS_MAX]
    cells = [
        [cell_said(cell, each.kind, found.names) for cell, each in zip(row, columns, strict=True)]
        for row in rows
    ]
    wides = _wides([each.title for each in columns], cells)
    made.room(ROW * 4)
    _heads(made, wides)
    for row in cells:
        if made.y + ROW > FOOT:
            made.turn()
            _heads(made, wides)
        sheet, x = made.sheets[-1], LEFT
        for words, wide, column in zip(row, wides, columns, strict=True):
            cut = fitted(words, SIZE, wide - 6)
            back = wide - 6 - width(cut, SIZE) if column.kind in NUMBERS else 0
            sheet.text(x + 3 + back, made.y, cut, SIZE)
            x += wide
        sheet.line(LEFT, made.y + 3.5, RIGHT, made.y + 3.5, 0.15)
        made.y += ROW
    if not rows:
        made.room(ROW).text(LEFT, made.y, "Nothing was found.", 9)
    if len(found.answer.rows) > ROWS_MAX:
        more = len(found.answer.rows) - ROWS_MAX
        made.room(ROW).text(
            LEFT, made.y + 4, f"and {more} more rows: the CSV and XLSX files have them all.", 9, "bold"
        )


def _heads(made: Paper, wides: Sequence[float]) -> None:
    sheet, x = made.sheets[-1], LEFT
    sheet.box(LEFT, made.y - 9, RIGHT - LEFT, ROW, 0.88)
    for column, wide in zip(made.found.report.columns, wides, strict=True):
        cut = fitted(column.title, SIZE, wide - 6, "bold")
        back = wide - 6 - width(cut, SIZE, "bold") if column.kind in NUMBERS else 0
        sheet.text(x + 3 + back, made.y, cut, SIZE, "bold")
        x += wide
    made.y += ROW + 2


def _wides(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """How wide each column is: what its longest words need, or its part of the page where all need more."""
    some = rows[:: max(1, len(rows) // 200)]
    needs = []
    for n, head in enumerate(heads):
        longest = max((row[n] for row in some), key=len, default="")
        needs.append(max(width(head, SIZE, "bold"), width(longest, SIZE)) + 10)
    room = RIGHT - LEFT
    if sum(needs) <= room:
        return [need + (room - sum(needs)) / len(needs) for need in needs]
    fair = room / len(needs)
    modest = sum(need for need in needs if need <= fair)
    greedy = sum(need for need in needs if need > fair)
    return [need if need <= fair else need * (room - modest) / greedy for need in needs]
