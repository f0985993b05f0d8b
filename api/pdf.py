"""Pages of plain type, rules and boxes as a PDF file: what is printed, and what must be there when nothing else is.

One rule for the editor: only what a sheet of paper needs. Type is Helvetica and Courier, which every reader has and no
file carries (PDF 1.7, ISO 32000-1, 9.6.2.2), in WinAnsi; a character that it lacks becomes a question mark.

Lengths are points (1/72 inch) from the top left of a page; A4 is 595 by 842.
"""

import zlib
from dataclasses import dataclass, field

A4 = (595.0, 842.0)
FONTS = {"plain": "Helvetica", "bold": "Helvetica-Bold", "serial": "Courier"}
_NAMES = {name: f"F{number}" for number, name in enumerate(FONTS, start=1)}
_NARROW, _WIDE = "iljtfrI.,:;'|!()[]/- ", "mwMWGOQ@%"
SERIAL_WIDTH = 0.6
"""How wide a character of Courier is, of its size."""


def width(text: str, size: float, font: str = "plain") -> float:
    """How wide a text is, near enough to lay a table out: Helvetica's own widths in three classes."""
    if font == "serial":
        return len(text) * size * SERIAL_WIDTH
    units = sum(0.3 if each in _NARROW else 0.86 if each in _WIDE else 0.57 for each in text)
    return units * size * (1.06 if font == "bold" else 1.0)


def fitted(text: str, size: float, room: float, font: str = "plain") -> str:
    """The text, cut with an ellipsis where it is wider than the room."""
    if width(text, size, font) <= room:
        return text
    while text and width(text + "…", size, font) > room:
        text = text[:-1]
    return text + "…"


@dataclass(slots=True)
class Sheet:
    """One page. What is put on it stays; a text's place is that of its base line."""

    wide: float = A4[0]
    high: float = A4[1]
    _said: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, words: str, size: float = 9, font: str = "plain") -> None:
        """Words from `x` on."""
        body = words.encode("cp1252", "replace").decode("latin-1")
        for each in ("\\", "(", ")"):
            body = body.replace(each, f"\\{each}")
        self._said.append(f"BT /{_NAMES[font]} {size:g} Tf {x:.2f} {self.high - y:.2f} Td ({body}) Tj ET")

    def line(self, x: float, y: float, to_x: float, to_y: float, thick: float = 0.5) -> None:
        """A rule."""
        self._said.append(f"{thick:g} w {x:.2f} {self.high - y:.2f} m {to_x:.2f} {self.high - to_y:.2f} l S")

    def box(self, x: float, y: float, wide: float, high: float, grey: float | None = None) -> None:
        """A box from its top left corner: drawn, or filled with a grey (0 black, 1 white)."""
        at = f"{x:.2f} {self.high - y - high:.2f} {wide:.2f} {high:.2f} re"
        self._said.append(f"0.5 w {at} S" if grey is None else f"q {grey:g} g {at} f Q")

    def drawn(self) -> bytes:
        """What stands on the page, as PDF draws it."""
        return "\n".join(self._said).encode("latin-1")


def pdf(title: str, sheets: list[Sheet]) -> bytes:
    """The file of these pages."""
    pages = [6 + 2 * number for number in range(len(sheets))]
    fonts = " ".join(f"/{_NAMES[name]} {number} 0 R" for number, name in enumerate(FONTS, start=3))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{each} 0 R' for each in pages)}] /Count {len(pages)} >>".encode(),
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
            for name in FONTS.values()
        ),
    ]
    for number, sheet in zip(pages, sheets, strict=True):
        body = zlib.compress(sheet.drawn())
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {sheet.wide:g} {sheet.high:g}]"
            f" /Resources << /Font << {fonts} >> >> /Contents {number + 1} 0 R >>".encode()
        )
        objects.append(
            f"<< /Length {len(body)} /Filter /FlateDecode >>\nstream\n".encode() + body + b"\nendstream"
        )
    said = title.encode("ascii", "replace").decode().translate(str.maketrans("()\\", "---"))
    objects.append(f"<< /Title ({said}) /Producer (kitstore) >>".encode())
    return _filed(objects)


def _filed(objects: list[bytes]) -> bytes:
    """Header, objects, the table of where each begins, and the trailer that finds it (ISO 32000-1, 7.5)."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    begins = []
    for number, body in enumerate(objects, start=1):
        begins.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{at:010d} 00000 n \n".encode() for at in begins)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n".encode()
    return bytes(out + f"startxref\n{table}\n%%EOF\n".encode())
