"""Pages of plain type, rules and boxes as a PDF file: what is printed, and what must be there when nothing else is.

One rule for the editor: only what a sheet of paper needs, drawn by ReportLab. Type is Helvetica and Courier, which
every reader has and no file carries (PDF 1.7, ISO 32000-1, 9.6.2.2); what they lack becomes a question mark.

Lengths are points (1/72 inch) from the top left of a page; A4 is 595 by 842.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from unicodedata import normalize

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

A4 = (595.0, 842.0)
FONTS = {"plain": "Helvetica", "bold": "Helvetica-Bold", "serial": "Courier", "code": "Courier-Bold"}


def printable(text: str) -> str:
    """The text with what the fonts lack: a letter without its accent where that is all, else a question mark."""
    kept = "".join(each if _is_in_fonts(each) else normalize("NFKD", each)[0] for each in text)
    return "".join(each if each.isprintable() else "?" for each in kept.encode("cp1252", "replace").decode("cp1252"))


def _is_in_fonts(letter: str) -> bool:
    return letter.encode("cp1252", "ignore") != b""


def width(text: str, size: float, font: str = "plain") -> float:
    """How wide a text is."""
    return float(stringWidth(printable(text), FONTS[font], size))


def fitted(text: str, size: float, room: float, font: str = "plain") -> str:
    """The text, cut with an ellipsis where it is wider than the room."""
    if width(text, size, font) <= room:
        return text
    while text and width(text + "…", size, font) > room:
        text = text[:-1]
    return text + "…"


def begun(title: str) -> tuple[Canvas, BytesIO]:
    """A file to draw pages on, and where it is saved to. What is drawn alike is the same file, byte for byte."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setCreator("kitstore")
    canvas.setProducer("kitstore")
    canvas.setViewerPreference("PrintScaling", "None")
    return canvas, out


@dataclass(slots=True)
class Sheet:
    """One page. What is put on it stays; a text's place is that of its base line."""

    wide: float = A4[0]
    high: float = A4[1]
    _drawn: list[Callable[[Canvas], None]] = field(default_factory=list)

    def text(self, x: float, y: float, words: str, size: float = 9, font: str = "plain") -> None:
        """Words from `x` on."""

        def draw(canvas: Canvas) -> None:
            canvas.setFont(FONTS[font], size)
            canvas.drawString(x, self.high - y, printable(words))

        self._drawn.append(draw)

    def line(self, x: float, y: float, to_x: float, to_y: float, thick: float = 0.5) -> None:
        """A rule."""

        def draw(canvas: Canvas) -> None:
            canvas.setLineWidth(thick)
            canvas.line(x, self.high - y, to_x, self.high - to_y)

        self._drawn.append(draw)

    def box(self, x: float, y: float, wide: float, high: float, grey: float | None = None) -> None:
        """A box from its top left corner: drawn, or filled with a grey (0 black, 1 white)."""

        def draw(canvas: Canvas) -> None:
            canvas.saveState()
            canvas.setLineWidth(0.5)
            if grey is not None:
                canvas.setFillGray(grey)
            canvas.rect(x, self.high - y - high, wide, high, stroke=int(grey is None), fill=int(grey is not None))
            canvas.restoreState()

        self._drawn.append(draw)

    def put_on(self, canvas: Canvas) -> None:
        """Draw the page, and end it."""
        canvas.setPageSize((self.wide, self.high))
        for each in self._drawn:
            each(canvas)
        canvas.showPage()


def pdf(title: str, sheets: list[Sheet]) -> bytes:
    """The file of these pages."""
    canvas, out = begun(title)
    for sheet in sheets:
        sheet.put_on(canvas)
    canvas.save()
    return out.getvalue()
