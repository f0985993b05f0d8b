"""Sheets of labels as PDF: where each label is on the sheet, its symbol and its words, in millimetres.

One rule for the editor: a symbol is drawn from the encoder's own cells, in whole cells of one width, and never scaled
as a picture; a sheet whose labels are too narrow for it is refused, for what does not scan is worse than nothing.

The encoder is the one that draws the scanners' test card (zxing-cpp). The file is written here: rectangles and two of
the fonts that every reader of PDF has (ISO 32000-1, 9.6.2.2) need no library.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import zxingcpp

from api.zpl import CODE_128, DATA_MATRIX, Label
from inventory.people.errors import BadField

A4_MM = (210.0, 297.0)
POINTS_A_MM = 72 / 25.4
CELLS_MM = (0.38, 0.9)
"""Smallest and largest cell of a Data Matrix; what a scanner of 660 nm reads at arm's length begins at the first."""
BARS_MM = (0.19, 0.42)
"""Narrowest bar of a Code 128: 0.19 mm is 7.5 mil."""
PAD_MM = 1.5
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
    pages: dict[int, list[str]] = {0: []}
    for number, label in enumerate(labels, how.start - 1):
        page, place = divmod(number, sheet.places)
        row, column = divmod(place, sheet.across)
        x = sheet.left + column * sheet.step_x + how.dx_mm
        y = A4_MM[1] - sheet.top - row * sheet.step_y - sheet.height - how.dy_mm
        pages.setdefault(page, []).append(_drawn(label, sheet, how.symbol, (x, y)))
    return _file(["\n".join(pages[each]) for each in sorted(pages)])


def _drawn(label: Label, sheet: Sheet, symbol: str, corner: tuple[float, float]) -> str:
    """One label, its lower left corner at `corner`; nothing of it is outside it."""
    cells = _cells(label.code, symbol)
    parts = _beside(cells, label, sheet) if symbol == DATA_MATRIX else _below(cells, label, sheet)
    x, y = (each * POINTS_A_MM for each in corner)
    clip = f"0 0 {_pt(sheet.width)} {_pt(sheet.height)} re W n"
    return "\n".join([f"q 1 0 0 1 {x:.3f} {y:.3f} cm", clip, *parts, "Q"])


def _cells(text: str, symbol: str) -> list[list[bool]]:
    """The symbol's cells, row by row from the top, without its quiet zone; of a bar code the one row."""
    barcode = zxingcpp.create_barcode(text, _FORMATS[symbol])
    image: Any = zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False)
    dots: Any = memoryview(image).tolist()
    rows = [[dot == 0 for dot in row] for row in dots]
    return rows if symbol == DATA_MATRIX else rows[:1]


def _beside(cells: list[list[bool]], label: Label, sheet: Sheet) -> Iterator[str]:
    """A square symbol on the left with its quiet zone (one cell), the words on its right."""
    size = len(cells)
    cell = min(CELLS_MM[1], (sheet.height - 2 * PAD_MM) / (size + 2), sheet.width * 0.45 / (size + 2))
    _check("DATA_MATRIX", cell, CELLS_MM[0], sheet)
    bottom = (sheet.height - cell * size) / 2
    yield from _rectangles(cells, (PAD_MM + cell, bottom), (cell, cell))
    left = PAD_MM + cell * (size + 2) + 1
    yield from _words(label, (left, sheet.height - PAD_MM), (sheet.width - PAD_MM, PAD_MM))


def _below(cells: list[list[bool]], label: Label, sheet: Sheet) -> Iterator[str]:
    """Bars across the top with their quiet zones (ten bars each), the words below."""
    bar = min(BARS_MM[1], (sheet.width - 2) / (len(cells[0]) + 20))
    _check("CODE_128", bar, BARS_MM[0], sheet)
    high = sheet.height * 0.42
    left = (sheet.width - bar * len(cells[0])) / 2
    yield from _rectangles(cells, (left, sheet.height - PAD_MM - high), (bar, high))
    yield from _words(
        label, (PAD_MM + 1, sheet.height - PAD_MM - high - 0.8), (sheet.width - PAD_MM, PAD_MM / 2)
    )


def _check(symbol: str, cell: float, least: float, sheet: Sheet) -> None:
    if cell < least:
        said = f"labels wide enough for it: on {sheet.name} its cells would be {cell:.2f} mm, and {least} mm is needed"
        raise BadField("symbol", symbol, said)


def _rectangles(
    cells: list[list[bool]], corner: tuple[float, float], cell: tuple[float, float]
) -> Iterator[str]:
    """The dark cells, those beside each other in one rectangle."""
    yield "0 g"
    for number, row in enumerate(reversed(cells)):
        start = 0
        for place, dark in enumerate([*row, False]):
            if dark:
                continue
            if place > start:
                x, y = corner[0] + start * cell[0], corner[1] + number * cell[1]
                yield f"{_pt(x)} {_pt(y)} {_pt((place - start) * cell[0])} {_pt(cell[1])} re f"
            start = place + 1


def _words(label: Label, top_left: tuple[float, float], low_right: tuple[float, float]) -> Iterator[str]:
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
        font = "F2" if is_code else "F1"
        y = top - number * room - room * 0.78
        yield f"BT /{font} {size * POINTS_A_MM:.2f} Tf {_pt(left)} {_pt(y)} Td ({_text(text)}) Tj ET"


def _pt(millimetres: float) -> str:
    return f"{millimetres * POINTS_A_MM:.3f}"


def _text(text: str) -> str:
    """A string of a PDF, in the characters that its standard fonts have (WinAnsi)."""
    plain = text.encode("cp1252", "replace").decode("latin-1")
    escaped = plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return "".join(each if each.isprintable() or ord(each) > 127 else "?" for each in escaped)


def _file(pages: Sequence[str]) -> bytes:
    """A PDF of these pages' contents."""
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(len(pages)))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    size = f"[0 0 {A4_MM[0] * POINTS_A_MM:.3f} {A4_MM[1] * POINTS_A_MM:.3f}]"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox {size} >>",
        "<< /Font << /F1 4 0 R /F2 5 0 R >> >>", font.format("Helvetica"), font.format("Courier-Bold"),
    ]  # fmt: skip
    for number, content in enumerate(pages):
        objects.append(f"<< /Type /Page /Parent 2 0 R /Resources 3 0 R /Contents {7 + 2 * number} 0 R >>")
        length = len(content.encode("latin-1"))
        objects.append(f"<< /Length {length} >>\nstream\n{content}\nendstream")
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
