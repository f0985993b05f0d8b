"""A pack on paper: A4 upright, a cover, what is in it and on which page, then sections of words, figures and tables.

One rule for the editor: whoever holds one page alone sees of which pack it is, which content it was made of (the hash),
and that it is page so many of so many. The same content is the same file, byte for byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.pdf import Sheet, fitted, pdf, width
from api.plots import Figure
from api.report_paper import draw, wrapped

LEFT, RIGHT, TOP, FOOT = 56.0, 539.0, 84.0, 780.0
ROOM = RIGHT - LEFT
SIZE, LINE = 9.5, 13.5
CELL, ROW, SMALLEST = 8.0, 11.0, 5.6
CONTENTS_A_PAGE = 42


@dataclass(frozen=True, slots=True)
class Cover:
    """What the front says: whose it is, what it is, of what and when, how it is to be kept, and its hash."""

    force: str
    title: str
    subtitle: str
    facts: Sequence[tuple[str, str]]
    marking: str
    digest: str


@dataclass(frozen=True, slots=True)
class Grid:
    """How a table is set: how wide each column is, and how large its type."""

    wides: Sequence[float]
    size: float


@dataclass(slots=True)
class Book:
    """A pack being laid out."""

    cover: Cover
    sheets: list[Sheet] = field(default_factory=list)
    contents: list[tuple[str, int]] = field(default_factory=list)
    y: float = FOOT + 1

    # ---- pages ---------------------------------------------------------------------------------------

    def turn(self) -> Sheet:
        """A new page."""
        self.sheets.append(Sheet())
        self.y = TOP
        return self.sheets[-1]

    def room(self, high: float) -> Sheet:
        """The page that has so much room left: this one, or a new one."""
        return self.sheets[-1] if self.sheets and self.y + high <= FOOT else self.turn()

    # ---- what stands on them ---------------------------------------------------------------------------

    def section(self, title: str) -> None:
        """A section begins: on a page of its own, unless there is a good half left of this one."""
        if self.sheets and self.y < (TOP + FOOT) / 2:
            self.y += 26
        else:
            self.turn()
        sheet = self.sheets[-1]
        self.contents.append((title, len(self.sheets)))
        for line in wrapped(title, 19, ROOM):
            sheet.text(LEFT, self.y + 6, line, 19, "bold")
            self.y += 24
        sheet.line(LEFT, self.y - 8, RIGHT, self.y - 8, 1.4)
        self.y += 12

    def heading(self, words: str) -> None:
        """A heading within a section."""
        self.y += 8
        sheet = self.room(70)
        sheet.text(LEFT, self.y, fitted(words, 11.5, ROOM, "bold"), 11.5, "bold")
        self.y += 17

    def words(self, text: str, size: float = SIZE, *, quiet: bool = False) -> None:
        """A paragraph."""
        for line in wrapped(text, size, ROOM):
            self.room(LINE).text(LEFT, self.y, line, size - 1 if quiet else size)
            self.y += LINE * size / SIZE
        self.y += 5

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names and values, one under the other."""
        for name, value in pairs:
            lines = list(wrapped(value, SIZE, ROOM - 150)) or ["–"]
            sheet = self.room(min(len(lines), 6) * LINE)
            sheet.text(LEFT, self.y, fitted(name, SIZE, 142, "bold"), SIZE, "bold")
            for line in lines:
                self.room(LINE).text(LEFT + 150, self.y, line, SIZE)
                self.y += LINE
            self.y += 1.5
        self.y += 6

    def serials(self, lines: Sequence[str], size: float = 7.5) -> None:
        """Hashes and commands, as they are typed."""
        for line in lines:
            self.room(LINE).text(LEFT, self.y, line, size, "serial")
            self.y += LINE - 2
        self.y += 6

    def figure(self, figure: Figure) -> None:
        """A picture of a report, as wide as the page lets it be."""
        scale = min(ROOM / figure.wide, (FOOT - TOP - 60) / figure.high)
        sheet = self.room(figure.high * scale + 10)
        draw(sheet, figure, (LEFT, self.y), scale)
        self.y += figure.high * scale + 14

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], most: int = 400) -> None:
        """A table; a cell that is too long goes on below, a table that is too long says what was left out."""
        if not rows:
            self.words("Nothing.", quiet=True)
            return
        grid = _grid(heads, rows[:most])
        self._heads(heads, grid)
        for number, row in enumerate(rows[:most]):
            cells = [list(wrapped(cell, grid.size, wide - 5))[:6] for cell, wide in zip(row, grid.wides, strict=True)]
            high = ROW * max(len(each) for each in cells) + 3
            if self.y + high > FOOT:
                self.turn()
                self._heads(heads, grid)
            if number % 2 == 0:
                self.sheets[-1].box(LEFT, self.y - ROW + 2, ROOM, high, 0.95)
            self._cells(cells, grid)
            self.y += high
        if len(rows) > most:
            self.words(f"{len(rows) - most} more rows stand in the files of this pack.", quiet=True)
        self.y += 8

    def _heads(self, heads: Sequence[str], grid: Grid) -> None:
        lines = [list(wrapped(head, grid.size, wide - 7))[:3] for head, wide in zip(heads, grid.wides, strict=True)]
        high = ROW * max(len(each) for each in lines)
        self.room(high + 40)
        self._cells(lines, grid, "bold")
        self.y += high
        self.sheets[-1].line(LEFT, self.y - ROW + 4, RIGHT, self.y - ROW + 4, 0.8)
        self.y += 4

    def _cells(self, cells: Sequence[Sequence[str]], grid: Grid, font: str = "plain") -> None:
        x = LEFT
        for cell, wide in zip(cells, grid.wides, strict=True):
            for number, line in enumerate(cell):
                said = fitted(line, grid.size, wide - 3, font)
                self.sheets[-1].text(x + 2, self.y + number * ROW, said, grid.size, font)
            x += wide

    # ---- the whole -------------------------------------------------------------------------------------

    def made(self) -> bytes:
        """The file."""
        front = [_front(self.cover), *(_contents(self) if len(self.contents) > 1 else ())]
        sheets = [*front, *self.sheets]
        for number, sheet in enumerate(sheets[1:], start=2):
            _foot(sheet, self.cover, number, len(sheets))
        return pdf(f"{self.cover.title}, {self.cover.subtitle}", sheets)


def _front(cover: Cover) -> Sheet:
    sheet = Sheet()
    sheet.box(0, 0, sheet.wide, 12, 0.15)
    sheet.text(LEFT, 92, cover.force, 12)
    y = 250.0
    for line in wrapped(cover.title, 30, ROOM):
        sheet.text(LEFT, y, line, 30, "bold")
        y += 37
    for line in wrapped(cover.subtitle, 15, ROOM):
        sheet.text(LEFT, y + 2, line, 15)
        y += 21
    sheet.line(LEFT, y + 12, LEFT + 120, y + 12, 3)
    y += 48
    for name, value in cover.facts:
        sheet.text(LEFT, y, fitted(name, 10, 125, "bold"), 10, "bold")
        for line in wrapped(value, 10, ROOM - 135):
            sheet.text(LEFT + 135, y, line, 10)
            y += 15
    sheet.text(LEFT, 760, cover.marking, 10, "bold")
    sheet.text(LEFT, 778, "SHA-256 of the content", 8)
    sheet.text(LEFT, 790, cover.digest, 8.5, "serial")
    return sheet


def _contents(book: Book) -> list[Sheet]:
    lists = max(1, -(-len(book.contents) // CONTENTS_A_PAGE))
    sheets = []
    for number in range(lists):
        sheet = Sheet()
        sheet.text(LEFT, TOP + 6, "What is in this pack", 19, "bold")
        sheet.line(LEFT, TOP + 16, RIGHT, TOP + 16, 1.4)
        y = TOP + 46
        for title, page in book.contents[number * CONTENTS_A_PAGE : (number + 1) * CONTENTS_A_PAGE]:
            said, at = fitted(title, 10.5, ROOM - 60), str(page + 1 + lists)
            sheet.text(LEFT, y, said, 10.5)
            sheet.text(RIGHT - width(at, 10.5), y, at, 10.5)
            sheet.line(LEFT + width(said, 10.5) + 6, y - 1, RIGHT - width(at, 10.5) - 6, y - 1, 0.2)
            y += 16
        sheets.append(sheet)
    return sheets


def _foot(sheet: Sheet, cover: Cover, number: int, of: int) -> None:
    sheet.text(LEFT, 50, fitted(f"{cover.title}: {cover.subtitle}", 8, ROOM - 130), 8)
    sheet.text(RIGHT - width(cover.marking, 8, "bold"), 50, cover.marking, 8, "bold")
    sheet.line(LEFT, 56, RIGHT, 56, 0.4)
    sheet.line(LEFT, 798, RIGHT, 798, 0.4)
    sheet.text(LEFT, 810, f"Content {cover.digest[:32]}", 7, "serial")
    said = f"Page {number} of {of}"
    sheet.text(RIGHT - width(said, 8), 810, said, 8)


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    """How wide each column is: as its words ask for, within bounds, and all of them as wide as the page."""
    asked = []
    for place, head in enumerate(heads):
        longest = max(width(row[place], CELL) for row in rows)
        words = [*head.split(), *(each for row in rows for each in row[place].split())]
        word = max((width(each, CELL, "bold") for each in words), default=0)
        asked.append(max(min(longest, 170.0), min(word, 96.0), 24.0) + 9)
    spare = ROOM / sum(asked)
    return Grid([each * spare for each in asked], CELL if spare >= 0.9 else max(CELL * spare / 0.9, SMALLEST))
