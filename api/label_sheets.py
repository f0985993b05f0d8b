"""Sheets of labels as PDF: where each label is on the sheet, its symbol and its words, in millimetres.

One rule for the editor: a symbol is drawn from the encoder's own cells, in whole cells of one width, and never scaled
as a picture; a sheet whose labels are too narrow for it is refused, for what does not scan is worse than nothing.

The encoder is the one that draws the scanners' test card (zxing-cpp).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import zxingcpp
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from api.pdf import FONTS, begun, printable
from api.zpl import CODE_128, DATA_MATRIX, Label
from inventory.people.errors import BadField

A4_MM = (210.0, 297.0)
CELLS_MM = (0.38, 0.9)
"""Smallest and largest cell of a Data Matrix; what a scanner of 660 nm reads at arm's length begins at the first."""
BARS_MM = (0.19, 0.42)
"""Narrowest bar of a Code 128: 0.19 mm is 7.5 mil."""
PAD_MM = 1.5
Cells = list[list[bool]]
"""A symbol's cells, row by row from the top: True is dark."""
_FORMATS = {DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix, CODE_128: zxingcpp.BarcodeFormat.Code128}


@dataclass(frozen=True, slots=True)
class Sheet:
    """An A4 sheet of labels, in millimetres: how many across and down, each one's size, the margin to the first, and
    from one to the next."""

    name: str
    across: int
    down: int
    width: float
    height: float
    left: float
    top: float
    step_x: float
    step_y: float

    @property
    def places(self) -> int:
        """How many labels a sheet has."""
        return self.across * self.down


SHEETS = {
    each.name: each
    for each in (
        Sheet("L7160", 3, 7, 63.5, 38.1, 7.25, 15.15, 66.0, 38.1),
        Sheet("L7163", 2, 7, 99.1, 38.1, 4.65, 15.15, 101.6, 38.1),
        Sheet("L7651", 5, 13, 38.1, 21.2, 4.75, 10.7, 40.6, 21.2),
        Sheet("L4731", 7, 27, 25.4, 10.0, 8.6, 13.5, 27.9, 10.0),
    )
}
"""Sheets that are sold everywhere, by the number that Avery gives them; margins are equal on both sides of an A4."""


@dataclass(frozen=True, slots=True)
class Print:
    """How labels are put on sheets: from which place of the first sheet (1: its first), and moved so far (right, down)
    in millimetres, where a printer does not meet the labels."""

    sheet: str = "L7160"
    symbol: str = DATA_MATRIX
    start: int = 1
    dx_mm: float = 0.0
    dy_mm: float = 0.0


def pdf(labels: Sequence[Label], how: Print) -> bytes:
    """The labels as a PDF of A4 pages. Raises BadField for a sheet, place or offset that cannot be."""
    sheet = SHEETS.get(how.sheet)
    if sheet is None:
        raise BadField("sheet", how.sheet, f"one of {', '.join(SHEETS)}")
    if not 1 <= how.start <= sheet.places:
        raise BadField("start", how.start, f"1 to {sheet.places}, the labels of a sheet {sheet.name}")
    if not (abs(how.dx_mm) <= 20 and abs(how.dy_mm) <= 20):
        raise BadField("dx_mm", how.dx_mm, "at most 20 mm either way")
    canvas, out = begun("Labels")
    canvas.setPageSize((A4_MM[0] * mm, A4_MM[1] * mm))
    for number, label in enumerate(labels, how.start - 1):
        place = number % sheet.places
        if place == 0 and number > 0:
            canvas.showPage()
        row, column = divmod(place, sheet.across)
        x = sheet.left + column * sheet.step_x + how.dx_mm
        y = A4_MM[1] - sheet.top - row * sheet.step_y - sheet.height - how.dy_mm
        _draw(canvas, label, sheet, how.symbol, (x, y))
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, label: Label, sheet: Sheet, symbol: str, corner: tuple[float, float]) -> None:
    """One label, its lower left corner at `corner`; nothing of it is outside it. Millimetres from here on."""
    canvas.saveState()
    canvas.translate(corner[0] * mm, corner[1] * mm)
    canvas.scale(mm, mm)
    edge = canvas.beginPath()
    edge.rect(0, 0, sheet.width, sheet.height)
    canvas.clipPath(edge, stroke=0, fill=0)
    cells = _cells(label.code, symbol)
    (_beside if symbol == DATA_MATRIX else _below)(canvas, cells, label, sheet)
    canvas.restoreState()


def _cells(text: str, symbol: str) -> Cells:
    """The symbol's cells, row by row from the top, without its quiet zone; of a bar code the one row."""
    barcode = zxingcpp.create_barcode(text, _FORMATS[symbol])
    image: Any = zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False)
    dots: Any = memoryview(image).tolist()
    rows = [[dot == 0 for dot in row] for row in dots]
    return rows if symbol == DATA_MATRIX else rows[:1]


def _beside(canvas: Canvas, cells: Cells, label: Label, sheet: Sheet) -> None:
    """A square symbol on the left with its quiet zone (one cell), the words on its right."""
    size = len(cells)
    cell = min(CELLS_MM[1], (sheet.height - 2 * PAD_MM) / (size + 2), sheet.width * 0.45 / (size + 2))
    _check("DATA_MATRIX", cell, CELLS_MM[0], sheet)
    bottom = (sheet.height - cell * size) / 2
    _rectangles(canvas, cells, (PAD_MM + cell, bottom), (cell, cell))
    left = PAD_MM + cell * (size + 2) + 1
    _words(canvas, label, (left, sheet.height - PAD_MM), (sheet.width - PAD_MM, PAD_MM))


def _below(canvas: Canvas, cells: Cells, label: Label, sheet: Sheet) -> None:
    """Bars across the top with their quiet zones (ten bars each), the words below."""
    bar = min(BARS_MM[1], (sheet.width - 2) / (len(cells[0]) + 20))
    _check("CODE_128", bar, BARS_MM[0], sheet)
    high = sheet.height * 0.42
    left = (sheet.width - bar * len(cells[0])) / 2
    _rectangles(canvas, cells, (left, sheet.height - PAD_MM - high), (bar, high))
    top_left = (PAD_MM + 1, sheet.height - PAD_MM - high - 0.8)
    _words(canvas, label, top_left, (sheet.width - PAD_MM, PAD_MM / 2))


def _check(symbol: str, cell: float, least: float, sheet: Sheet) -> None:
    if cell < least:
        said = f"labels wide enough for it: on {sheet.name} its cells would be {cell:.2f} mm, and {least} mm is needed"
        raise BadField("symbol", symbol, said)


def _rectangles(canvas: Canvas, cells: Cells, corner: tuple[float, float], cell: tuple[float, float]) -> None:
    """The dark cells, those beside each other in one rectangle."""
    for number, row in enumerate(reversed(cells)):
        start = 0
        for place, dark in enumerate([*row, False]):
            if dark:
                continue
            if place > start:
                x, y = corner[0] + start * cell[0], corner[1] + number * cell[1]
                canvas.rect(x, y, (place - start) * cell[0], cell[1], stroke=0, fill=1)
            start = place + 1


def _words(canvas: Canvas, label: Label, top_left: tuple[float, float], low_right: tuple[float, float]) -> None:
    """The serial, the lines and the code, as large as they fit, from the top."""
    texts = (label.serial, *label.lines, label.code)
    left, top = top_left
    room = min(5.2, (top - low_right[1]) / len(texts))
    if room < 1.6:
        texts, room = texts[:1], min(3.5, top - low_right[1])
    for number, text in enumerate(texts):
        is_code = number in (0, len(texts) - 1)
        size = min(room * 0.82, (low_right[0] - left) / (0.6 * max(1, len(text))))
        if size < 0.9:
            continue
        canvas.setFont(FONTS["code" if is_code else "plain"], size)
        canvas.drawString(left, top - number * room - room * 0.78, printable(text))
