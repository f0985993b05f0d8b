"""Labels as they are printed: another program draws the sheet and reads each symbol; printers are sent plain text."""

import re

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from api.label_sheets import A4_MM, SHEETS, Print, pdf
from api.pdf import printable
from api.zpl import CODE_128, DATA_MATRIX, Label, Tape, escaped, zpl
from inventory.people.errors import BadField
from inventory.stock.labels import label_code

DPI = 300
PARENS = Label(label_code(17), "X(1)\\2é", ("TASER handle T7", "Medway"))


def labels(count: int) -> list[Label]:
    return [Label(label_code(10_000 + n), f"X{n:05d}", ("TASER handle T7",)) for n in range(count)]


def read_off(data: bytes) -> list[list[tuple[str, float, float]]]:
    """What a scanner reads on each page: the codes and where they begin, in millimetres from the upper left."""
    pages = []
    document = pypdfium2.PdfDocument(data)
    for page in document:
        assert tuple(round(each / 72 * 25.4, 1) for each in page.get_size()) == A4_MM
        bitmap = page.render(scale=DPI / 72, grayscale=True)
        image = memoryview(bitmap.buffer).cast("B", (bitmap.height, bitmap.stride))
        found = zxingcpp.read_barcodes(image)
        mm = 25.4 / DPI
        pages.append(
            [(each.text, each.position.top_left.x * mm, each.position.top_left.y * mm) for each in found]
        )
    return pages


@pytest.mark.parametrize(("name", "symbol"), [("L7160", DATA_MATRIX), ("L7651", CODE_128)])
def test_every_label_of_a_sheet_is_read_back_where_it_belongs(name: str, symbol: str) -> None:
    sheet = SHEETS[name]
    every = labels(sheet.places)
    (page,) = read_off(pdf(every, Print(name, symbol)))
    assert sorted(text for text, _, _ in page) == sorted(each.code for each in every)
    place_of = {each.code: n for n, each in enumerate(every)}
    for text, x, y in page:
        row, column = divmod(place_of[text], sheet.across)
        assert sheet.left + column * sheet.step_x < x < sheet.left + column * sheet.step_x + sheet.width
        assert sheet.top + row * sheet.step_y < y < sheet.top + (row + 1) * sheet.step_y


def test_a_sheet_is_begun_where_it_has_labels_left_and_moved_as_the_printer_needs() -> None:
    first, moved = (
        read_off(pdf([*labels(2), PARENS], Print("L7160", start=20, dx_mm=dx, dy_mm=dx))) for dx in (0, 1.5)
    )
    assert [[text for text, _, _ in sorted(page, key=lambda each: each[1])] for page in first] == [
        [each.code for each in labels(2)], [PARENS.code],
    ]  # fmt: skip
    at = {text: (x, y) for page in first for text, x, y in page}
    for text, x, y in (each for page in moved for each in page):
        assert (x - at[text][0], y - at[text][1]) == (
            pytest.approx(1.5, abs=0.2),
            pytest.approx(1.5, abs=0.2),
        )
    text = pypdfium2.PdfDocument(pdf([PARENS], Print()))[0].get_textpage().get_text_range()
    assert {"X(1)\\2é", "TASER handle T7", PARENS.code} <= {line.strip() for line in text.splitlines()}


def test_the_smallest_sheet_takes_a_data_matrix_and_refuses_bars_it_has_no_room_for() -> None:
    (page,) = read_off(pdf(labels(3), Print("L4731")))
    assert len(page) == 3
    with pytest.raises(BadField, match="wide enough"):
        pdf([Label(label_code(2**53), "X1")], Print("L4731", CODE_128))
    for wrong in (Print("A5"), Print(start=22), Print(start=0), Print(dx_mm=21)):
        with pytest.raises(BadField):
            pdf(labels(1), wrong)


def test_a_printer_is_told_what_to_draw_in_its_own_words() -> None:
    said = zpl([Label("KS7PS2", "X^1~_", ("TASER handle T7",))], Tape(dx_mm=1))
    assert said.splitlines() == [
        "^XA",
        "^CI28",
        "^PW400^LL200^LH8,0",
        "^FO16,16^BXN,4,200^FH_^FDKS7PS2^FS",
        "^FO104,16^A0N,32,26^FH_^FDX_5E1_7E_5F^FS",
        "^FO104,52^A0N,24,19^FH_^FDTASER handle T7^FS",
        "^FO104,80^A0N,24,19^FH_^FDKS7PS2^FS",
        "^XZ",
    ]
    bars = zpl([Label("KS7PS2", "X1")], Tape(dpi=300), CODE_128)
    assert "^BY3^BCN,120,N,N,N,N^FH_^FDKS7PS2^FS" in bars
    for wrong in (Tape(dpi=72), Tape(width_mm=1)):
        with pytest.raises(BadField):
            zpl(labels(1), wrong)
    for code in ("KS~1", "KS>8", "KS_1"):
        with pytest.raises(BadField, match="commands within"):
            zpl([Label(code, "X1")], Tape())


@given(st.text(max_size=30))
@settings(max_examples=60)
def test_no_text_can_be_a_command_of_the_printer(text: str) -> None:
    sent = escaped(text)
    assert not set(sent) & set("^~\r\n\x00")
    back = re.sub(rb"_([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), sent.encode())
    assert back == text.encode("utf-8", "replace")


def test_a_letter_that_the_fonts_lack_loses_its_accent_or_is_a_question_mark() -> None:
    assert printable("Medway – Zoë Dvořák ☃ Ł\x07") == "Medway – Zoë Dvorák ? ??"
