"""Labels as ZPL II, for label printers: what is sent is text, and the printer draws the symbol.

One rule for the editor: no character of what is printed reaches the printer as it is, but letters, digits and a few
signs; all others are written in hex, so that no serial can be a command.

Commands, as Zebra's ZPL II Programming Guide describes them: ^XA ^XZ begin and end a label; ^CI28 says UTF-8; ^PW and
^LL its width and length, ^LH its home, in dots; ^FO places a field; ^BX draws a Data Matrix (orientation, cell in dots,
quality: 200 is ECC 200), ^BC a Code 128 (orientation, height, text below, text above, check digit, mode), whose bars
^BY makes so many dots wide; ^A0 is the scalable font (orientation, height, width); ^FH_ says that _XX in the next ^FD
is a byte in hex; ^FS ends a field. Hex is undone before ^BX and ^BC look for escapes of their own (_ or ~, and >), so
what is in a symbol may only be letters and digits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inventory.people.errors import BadField

DATA_MATRIX, CODE_128 = "DATA_MATRIX", "CODE_128"
DOTS_A_MM = {203: 8, 300: 12, 600: 24}
"""Printers' dots to the inch -> dots to the millimetre, as their makers count them."""
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .-/")
CODE = re.compile(r"[A-Z0-9]{1,40}")
CELL_MM, BAR_MM = 0.5, 0.25


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says: the code in its symbol, the serial in large, and a line or two below."""

    code: str
    serial: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tape:
    """What is in the printer: labels of this size in millimetres, its dots to the inch, and how far to move the print
    (right, down) in millimetres."""

    width_mm: float = 50.0
    height_mm: float = 25.0
    dpi: int = 203
    dx_mm: float = 0.0
    dy_mm: float = 0.0


def zpl(labels: Sequence[Label], tape: Tape, symbol: str = DATA_MATRIX) -> str:
    """The labels, one ^XA … ^XZ each. Raises BadField for a printer or a size that cannot be."""
    if tape.dpi not in DOTS_A_MM:
        raise BadField("dpi", tape.dpi, f"one of {', '.join(map(str, DOTS_A_MM))}")
    if not (15 <= tape.width_mm <= 150 and 8 <= tape.height_mm <= 150):
        raise BadField("width_mm", tape.width_mm, "labels of 15 to 150 mm by 8 to 150 mm")
    for each in labels:
        if not CODE.fullmatch(each.code):
            raise BadField(
                "code", each.code, "capital letters and digits: other signs are commands within ^BX and ^BC"
            )
    draw = {DATA_MATRIX: _matrix, CODE_128: _bars}[symbol]
    return "".join(_framed(tape, draw(each, tape)) for each in labels)


def escaped(text: str) -> str:
    """`text` for a ^FD after ^FH_: whatever is not plain as the hex of its UTF-8 bytes."""
    return "".join(
        each if each in _PLAIN else "".join(f"_{byte:02X}" for byte in each.encode("utf-8", "replace"))
        for each in text
    )


def _framed(tape: Tape, fields: list[str]) -> str:
    dots = DOTS_A_MM[tape.dpi]
    size = f"^PW{round(tape.width_mm * dots)}^LL{round(tape.height_mm * dots)}"
    home = f"^LH{max(0, round(tape.dx_mm * dots))},{max(0, round(tape.dy_mm * dots))}"
    return "\n".join(["^XA", "^CI28", size + home, *fields, "^XZ", ""])


def _matrix(label: Label, tape: Tape) -> list[str]:
    dots = DOTS_A_MM[tape.dpi]
    cell, edge = round(CELL_MM * dots), 2 * dots
    beside = edge + 20 * cell + dots
    symbol = f"^FO{edge},{edge}^BXN,{cell},200^FH_^FD{escaped(label.code)}^FS"
    return [symbol, *_texts(label, tape, beside, edge)]


def _bars(label: Label, tape: Tape) -> list[str]:
    dots = DOTS_A_MM[tape.dpi]
    bar, edge = round(BAR_MM * dots), 2 * dots
    height = round(tape.height_mm * dots * 0.4)
    symbol = f"^FO{edge + 10 * bar},{edge}^BY{bar}^BCN,{height},N,N,N,N^FH_^FD{escaped(label.code)}^FS"
    return [symbol, *_texts(label, tape, edge, edge + height + dots)]


def _texts(label: Label, tape: Tape, left: int, top: int) -> list[str]:
    """The serial in large, then the lines, as far as they fit: each line of text is 3 mm high, the serial 4."""
    dots = DOTS_A_MM[tape.dpi]
    fields, bottom = [], round(tape.height_mm * dots) - dots
    for number, line in enumerate((label.serial, *label.lines, label.code)):
        high = (4 if number == 0 else 3) * dots
        if top + high > bottom:
            break
        fields.append(f"^FO{left},{top}^A0N,{high},{round(high * 0.8)}^FH_^FD{escaped(line)}^FS")
        top += high + dots // 2
    return fields
