"""The register of a store on paper: who may draw what, what is on the shelf, and blank lines to write on.

One rule for the editor: every page says whose it is, when it was made and from when it is void, and the blank lines
have the columns that writing it up asks for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.pdf import A4, Sheet, fitted, pdf
from inventory.custody.paper.eligible import MayDraw
from inventory.custody.paper.register import OnShelf, Register
from inventory.people.calendar import moment_said
from inventory.stock.kinds import title

LEFT, RIGHT, TOP, FOOT = 36.0, 559.0, 96.0, 806.0
ROW, SERIAL_ROW = 15.0, 12.5
BLANK_PAGES, BLANK_ROWS = 2, 11
LINE_WIDE, LINE_HIGH = A4[1], A4[0]
COLUMNS = (
    ("No", 22), ("Time out", 48), ("Officer: collar, name", 104),
    ("Handle, battery, cartridges, camera: serials. Guards: how many", 180),
    ("Fit", 24), ("Test", 26), ("Batt %", 34), ("Due back", 48), ("Officer signs", 70), ("Issuer: collar, signs", 82),
    ("Time in", 46), ("Condition", 46), ("Signs", 40),
)  # fmt: skip
"""The columns of a blank line, and how wide each is: what writing a page up asks for (docs/paper.md)."""

NOTES = (
    "Use this only while the system is down. Check the officer against the list: letters stand for the duties below.",
    "Whoever is not listed draws nothing of that kind. A serial with a line through it stays on the shelf.",
    "Write one line a person and draw; both sign. Scan each page and write it up as soon as the system is back.",
)


@dataclass(slots=True)
class Paper:
    """A register being laid out: its pages so far."""

    register: Register
    sheets: list[Sheet]

    def upright(self, heading: str) -> Sheet:
        """A new upright page with its heading."""
        return self._new(Sheet(), heading)

    def lying(self, heading: str) -> Sheet:
        """A new page on its side, with its heading."""
        return self._new(Sheet(LINE_WIDE, LINE_HIGH), heading)

    def _new(self, sheet: Sheet, heading: str) -> Sheet:
        register = self.register
        right = sheet.wide - LEFT
        sheet.text(LEFT, 44, f"Kit store {register.store_name}", 16, "bold")
        sheet.text(LEFT, 60, heading, 10)
        sheet.text(right - 250, 40, f"Made {moment_said(register.made_us)}", 9)
        sheet.text(right - 250, 54, f"VOID from {moment_said(register.void_us)}", 11, "bold")
        sheet.text(right - 250, 67, f"Register {register.number}, page {len(self.sheets) + 1}", 9, "plain")
        sheet.line(LEFT, 74, right, 74, 1.5)
        self.sheets.append(sheet)
        return sheet


def register_pdf(register: Register) -> bytes:
    """The register as a PDF file, A4."""
    paper = Paper(register, [])
    _eligible(paper)
    _shelf(paper)
    for number in range(BLANK_PAGES):
        _blank(paper, number * BLANK_ROWS)
    for number, sheet in enumerate(paper.sheets, start=1):
        foot = f"Page {number} of {len(paper.sheets)}. It names officers: lock it away, and shred it when it is void."
        sheet.text(LEFT, sheet.high - 22, foot, 7.5)
    return pdf(f"Register {register.number}", paper.sheets)


# ---- who may draw what -------------------------------------------------------------------------------------


def _eligible(paper: Paper) -> None:
    may = paper.register.may
    heading = "Who may draw what, by the gate's own rules"
    sheet, y = paper.upright(heading), TOP
    for note in NOTES:
        sheet.text(LEFT, y, note, 8.5)
        y += 12
    y += 6
    for window in may.windows:
        sheet.text(LEFT, y, window.letter, 10, "bold")
        said = f"{window.name}: {moment_said(window.from_us)} to {moment_said(window.until_us)}"
        sheet.text(LEFT + 16, y, said, 9)
        y += 13
    y += 8
    wide = (RIGHT - LEFT - 190) / max(1, len(may.columns))
    _heads(sheet, y, may.columns, wide)
    y += ROW
    for person in may.people:
        if y > FOOT - ROW:
            sheet, y = paper.upright(f"{heading} (continued)"), TOP
            _heads(sheet, y, may.columns, wide)
            y += ROW
        _person(sheet, y, person, wide)
        y += ROW
    sheet.text(
        LEFT, y + 4, f"{may.nothing} more of this store's people may draw nothing in these duties.", 8.5
    )


def _heads(sheet: Sheet, y: float, columns: Sequence[tuple[str, str]], wide: float) -> None:
    sheet.box(LEFT, y - 11, RIGHT - LEFT, ROW, 0.9)
    sheet.text(LEFT + 3, y, "Officer", 9, "bold")
    for place, (kind, model) in enumerate(columns):
        sheet.text(
            LEFT + 190 + place * wide,
            y,
            fitted(_column(kind, model), 9, wide - 4, "bold"),
            9,
            "bold",
        )


def _column(kind: str, model: str) -> str:
    """Training is by model for TASERs alone."""
    return f"{title(kind)} {model}" if kind == "CED_HANDLE" else title(kind)


def _person(sheet: Sheet, y: float, person: MayDraw, wide: float) -> None:
    sheet.text(LEFT + 3, y, fitted(person.said, 9.5, 182), 9.5)
    for place, letters in enumerate(person.letters):
        sheet.text(
            LEFT + 190 + place * wide, y, " ".join(letters) or "–", 9.5, "bold" if letters else "plain"
        )
    sheet.line(LEFT, y + 4, RIGHT, y + 4, 0.25)


# ---- what is on the shelf ----------------------------------------------------------------------------------

PER_ROW = 5


def _shelf(paper: Paper) -> None:
    heading = "On the shelf. Crossed out: not to be issued"
    sheet, y = paper.upright(heading), TOP
    for said, rows in _shelf_rows(paper.register):
        if y > FOOT - 3 * SERIAL_ROW:
            sheet, y = paper.upright(f"{heading} (continued)"), TOP
        sheet.text(LEFT, y, said, 10, "bold")
        y += SERIAL_ROW + 2
        for row in rows:
            if y > FOOT - SERIAL_ROW:
                sheet, y = paper.upright(f"{heading} (continued)"), TOP
            _serials(sheet, y, row)
            y += SERIAL_ROW
        y += 8


def _shelf_rows(register: Register) -> Iterator[tuple[str, list[Sequence[OnShelf]]]]:
    for kind, found in register.of_kind().items():
        for model in sorted({each.model for each in found}):
            own = [each for each in found if each.model == model]
            good = sum(not each.why for each in own)
            said = f"{title(kind)}, {model}: {good} to be issued, {len(own) - good} not"
            yield said, list(_rows_of(own))
    for lot in register.lots:
        yield f"{title(lot.kind)}, {lot.product}, lot {lot.lot_no}: {lot.quantity} pieces", []


def _rows_of(found: Sequence[OnShelf]) -> Iterable[Sequence[OnShelf]]:
    return (found[at : at + PER_ROW] for at in range(0, len(found), PER_ROW))


def _serials(sheet: Sheet, y: float, row: Sequence[OnShelf]) -> None:
    wide = (RIGHT - LEFT) / PER_ROW
    for place, each in enumerate(row):
        x = LEFT + place * wide
        said = fitted(each.serial, 9, wide - 6, "serial")
        sheet.text(x, y, said, 9, "serial")
        if each.why:
            sheet.line(x - 1, y - 3, x + len(said) * 5.4 + 1, y - 3, 1)


# ---- blank lines -------------------------------------------------------------------------------------------


def _blank(paper: Paper, before: int) -> None:
    sheet = paper.lying("Register of draws and returns while the system is down")
    high = (LINE_HIGH - 90 - 44) / (BLANK_ROWS + 1)
    x, y = LEFT, 84.0
    right = x + sum(wide for _, wide in COLUMNS)
    sheet.box(x, y, right - x, high * 0.75, 0.9)
    for head, wide in COLUMNS:
        for number, words in enumerate(_wrapped(head, wide)):
            sheet.text(x + 2, y + 9 + 9 * number, words, 7.5, "bold")
        sheet.line(x, y, x, y + high * (BLANK_ROWS + 0.75))
        x += wide
    sheet.line(right, y, right, y + high * (BLANK_ROWS + 0.75))
    sheet.line(LEFT, y, right, y)
    for number in range(BLANK_ROWS):
        at = y + high * (number + 0.75)
        sheet.line(LEFT, at, right, at)
        sheet.text(LEFT + 3, at + 14, str(before + number + 1), 9)
    sheet.line(LEFT, y + high * (BLANK_ROWS + 0.75), right, y + high * (BLANK_ROWS + 0.75))


def _wrapped(words: str, wide: float) -> list[str]:
    """A heading on two or three short lines."""
    found = [""]
    for word in words.split():
        longer = f"{found[-1]} {word}".strip()
        if fitted(longer, 7.5, wide - 3, "bold") == longer:
            found[-1] = longer
        else:
            found.append(word)
    return [each for each in found if each][:3]
