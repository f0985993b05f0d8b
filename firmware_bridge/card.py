"""The scanner test card as a page to print: one HTML file with nothing to fetch.

One rule for the editor: what is drawn comes from `devices.codes.commissioning` alone, so that the card and the
check can never differ; and it is drawn at a size that a scanner at the end of its reach still reads.
"""

import html
import re

import zxingcpp

from devices.codes.commissioning import CODE_39, CODE_128, GS1_DATA_MATRIX, QR_CODE, SYMBOLS, Symbol, visible

LINE_MM, CELL_MM = 0.35, 0.75
"""Width of the narrowest bar, and of one cell of a matrix."""

_SCALE = 4

FORMATS = {
    CODE_128.name: zxingcpp.BarcodeFormat.Code128,
    CODE_39.name: zxingcpp.BarcodeFormat.Code39,
    GS1_DATA_MATRIX.name: zxingcpp.BarcodeFormat.DataMatrix,
    QR_CODE.name: zxingcpp.BarcodeFormat.QRCode,
}

GS1_IN_BRACKETS = "(01)09506000134352(17)261231(10)Kit1(21)Card1"
"""What the GS1 symbol is made from: the encoder puts the separators where the standard wants them."""

_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"[^>]*>')

_STYLE = """
:root { font: 11pt/1.4 system-ui, sans-serif; color: #111; background: #fff; }
body { margin: 12mm auto; max-width: 180mm; padding: 0 6mm; }
h1 { font-size: 18pt; margin: 0 0 2mm; }
ol.symbols { list-style: none; margin: 8mm 0; padding: 0; display: grid; gap: 8mm;
  grid-template-columns: repeat(auto-fit, minmax(min(78mm, 100%), 1fr)); }
ol.symbols li { border: 0.3mm solid #888; border-radius: 2mm; padding: 5mm; break-inside: avoid; }
h2 { font-size: 12pt; margin: 0 0 3mm; }
svg { display: block; max-width: 100%; }
svg.lines { height: 18mm; }
code { overflow-wrap: anywhere; font-size: 10pt; }
p { margin: 2mm 0 0; }
@page { size: A4; margin: 12mm; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
"""

_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Scanner test card</title><style>{style}</style></head>
<body><main>
<h1>Scanner test card</h1>
<p>Print at 100 %, on white paper. Then start <code>kit-bridge commission</code> and scan each symbol when it is
asked for. The scanner may go live when all {count} have arrived exactly as printed here.</p>
<ol class="symbols">
{symbols}
</ol>
<p><small>&lt;GS&gt; stands for the group separator, byte 1D. The card names no kit and no person.</small></p>
</main></body></html>
"""

_ITEM = """<li><h2>{number}. {name}</h2>
{drawing}
<p><code>{text}</code></p>
<p>{proves}</p></li>"""


def card_page() -> str:
    """The page."""
    items = (_item(number, symbol) for number, symbol in enumerate(SYMBOLS, 1))
    return _PAGE.format(style=_STYLE, count=len(SYMBOLS), symbols="\n".join(items))


def drawn(symbol: Symbol) -> zxingcpp.Barcode:
    """The symbol as a barcode. Text beyond ASCII goes in as UTF-8, as label printers put it."""
    if symbol is GS1_DATA_MATRIX:
        return zxingcpp.create_barcode(GS1_IN_BRACKETS, FORMATS[symbol.name], gs1=True)
    content = symbol.text if symbol.text.isascii() else symbol.text.encode()
    return zxingcpp.create_barcode(content, FORMATS[symbol.name])


def _item(number: int, symbol: Symbol) -> str:
    return _ITEM.format(
        number=number,
        name=html.escape(symbol.name),
        drawing=_svg(symbol),
        text=html.escape(visible(symbol.text)),
        proves=html.escape(symbol.proves),
    )


def _svg(symbol: Symbol) -> str:
    """The drawing, in millimetres: without the prologue of a file of its own, and without its ids."""
    svg = drawn(symbol).to_svg(scale=_SCALE)
    found = _SIZE.search(svg)
    if found is None:
        raise ValueError("the encoder draws another kind of SVG")
    width, height = int(found[1]), int(found[2])
    is_matrix = symbol in (GS1_DATA_MATRIX, QR_CODE)
    across_mm = width / _SCALE * (CELL_MM if is_matrix else LINE_MM)
    shape = "" if is_matrix else ' class="lines" preserveAspectRatio="none"'
    label = html.escape(f"{symbol.name}: {visible(symbol.text)}", quote=True)
    head = (
        f'<svg viewBox="0 0 {width} {height}" style="width:{across_mm:.1f}mm"{shape} role="img" '
        f'aria-label="{label}" shape-rendering="crispEdges" xmlns="http://www.w3.org/2000/svg">'
    )
    body = svg[found.end() :].replace(' id="barcode"', "")
    return head + re.sub(r"<desc>.*?</desc>", "", body).strip()
