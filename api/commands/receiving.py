"""`kitstore receive` puts a supplier's own list beside a delivery; `kitstore labels` prints labels of items.

One rule for the editor: a list receives nothing; the exit code says whether rows were left out.
"""

from pathlib import Path

import click
import msgspec
import sqlalchemy as sa

from api.commands.opened import reading, told, writing
from api.commands.said import Said
from api.commands.terminal import out
from api.deliveries import ListBody, list_of
from api.labels import PDF, PRINT, of_delivery, of_items
from api.settings import Settings
from api.zpl import CODE_128, DATA_MATRIX, Label, Tape, zpl
from inventory.custody.receiving.listing import IDS_A_ROW, ListReport, take_list
from inventory.custody.receiving.reading import Delivery, Purchase, purchase_of_delivery
from inventory.custody.receiving.writing import NotReceived
from inventory.schema.fast import Fast, among
from inventory.schema.receiving import delivery
from inventory.schema.stock import item

SHOWN_MAX = 50
_BY_NOTE = Fast(sa.select(delivery.c.id).where(delivery.c.note_ref == sa.bindparam("note")))
_BY_SERIAL = Fast(sa.select(item.c.id, item.c.serial).where(among(item.c.serial, "serials", texts=True)))


@click.command("receive")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--delivery", "note", required=True, help="The number on the delivery note, as it was written down."
)
@click.option("--sheet", default="", help="Sheet of a workbook (default: its first).")
@click.option(
    "--column", "columns", multiple=True, help="COLUMN=FIELD, where a column is not seen by its name."
)
@click.pass_obj
def receive_list(settings: Settings, file: Path, note: str, sheet: str, columns: tuple[str, ...]) -> None:
    """Put a supplier's own list (CSV, XLSX) beside a delivery: serials, lots, dates (docs/receiving.md).

    It receives nothing: every label is still read twice and signed for by two. Exit code 0: every row was good; 1: some
    were left out, each named.
    """
    body = ListBody(
        file_name=file.name, content=file.read_bytes(), sheet=sheet, columns=dict(map(_column, columns))
    )
    with writing(settings) as database:
        with told(), database.reading() as conn:
            number = _noted(conn, note)
        with told():
            listed = list_of(number, body, None)
        ids = IDS_A_ROW * (len(listed.grid.rows) + 1)
        try:
            report: ListReport = database.write(lambda tx: take_list(tx, listed), ids=ids)
        except NotReceived as problem:
            raise Said(str(problem)) from problem
    _show(report)


def _column(text: str) -> tuple[str, str]:
    name, equals, field = text.partition("=")
    if not (equals and name.strip() and field.strip()):
        raise click.UsageError(f"--column: expected COLUMN=FIELD, got {text!r}")
    return name.strip(), field.strip()


def _noted(conn: sa.Connection, note: str) -> int:
    rows = _BY_NOTE.rows(conn, {"note": note.strip().upper()})
    if len(rows) != 1:
        said = "no delivery" if not rows else "more than one delivery"
        raise Said(
            f"--delivery: expected the number of one delivery note; {said} has {note.strip().upper()!r}"
        )
    return int(rows[0][0])


def _show(report: ListReport) -> None:
    taken = ", ".join(f"{column}: {field}" for column, field in report.columns.items())
    out.print(f"{report.listed} listed, {report.before} listed before ({taken})", markup=False)
    for problem in report.problems[:SHOWN_MAX]:
        out.print(f"  {problem}", markup=False)
    if report.problems:
        out.print(f"{report.refused} rows were left out")
        raise SystemExit(1)


@click.command("labels")
@click.argument("serials", nargs=-1)
@click.option(
    "--delivery", "note", default="", help="Everything read in the delivery of this note, instead of SERIALS."
)
@click.option(
    "--out", "target", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write."
)
@click.option("--zpl", "is_zpl", is_flag=True, help="For a label printer (ZPL II), not a PDF of A4 sheets.")
@click.option("--sheet", default="L7160", show_default=True, help="L7160, L7163, L7651 or L4731.")
@click.option("--code128", is_flag=True, help="A bar code, not a Data Matrix.")
@click.option("--start", default=1, show_default=True, help="The first free label of the sheet.")
@click.option(
    "--move", type=(float, float), default=(0.0, 0.0), help="Move the print, mm to the right and down."
)
@click.pass_obj
def print_labels(
    settings: Settings, /, serials: tuple[str, ...], note: str, target: Path, **how: object
) -> None:
    """Write labels of items to a file, to be printed; nothing is bound before a label is scanned on its item."""
    asked = msgspec.convert(how, _How)
    if bool(serials) == bool(note):
        raise click.UsageError("name SERIALS, or --delivery")
    with told(), reading(settings) as conn:
        labels = _of_note(conn, note) if note else of_items(conn, [_item(conn, each) for each in serials])
    if not labels:
        raise Said("nothing with a serial is read in this delivery yet")
    with told():
        target.write_bytes(asked.made(labels))
    out.print(f"{len(labels)} labels: {target}", markup=False)


class _How(msgspec.Struct, frozen=True):
    """How labels are printed, as it was typed."""

    is_zpl: bool
    sheet: str
    code128: bool
    start: int
    move: tuple[float, float]

    def made(self, labels: list[Label]) -> bytes:
        """The file."""
        symbol = CODE_128 if self.code128 else DATA_MATRIX
        if self.is_zpl:
            return zpl(labels, Tape(dx_mm=self.move[0], dy_mm=self.move[1]), symbol).encode()
        made: bytes = PDF()(labels, PRINT()(self.sheet, symbol, self.start, *self.move))
        return made


def _of_note(conn: sa.Connection, note: str) -> list[Label]:
    number = _noted(conn, note)
    of: Purchase | None = purchase_of_delivery(conn, number)
    assert of is not None, "it was found a moment ago"
    at: Delivery = of.delivery(number)
    return of_delivery(of, at.id)


def _item(conn: sa.Connection, serial: str) -> int:
    rows = _BY_SERIAL.rows(conn, {"serials": [serial.strip().upper()]})
    if len(rows) != 1:
        said = "no item has it" if not rows else "several items have it: print it from its page"
        raise Said(f"serial {serial.strip().upper()!r}: {said}")
    return int(rows[0][0])
