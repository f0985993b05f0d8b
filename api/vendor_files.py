"""Vendors' files as the API, the page and the command take them: the structs, and the act of taking one in.

One rule for the editor: what is shown and what is written come of one judgement (`people.imports.vendor`), and what
contradicts the ledger becomes an alarm in the same commit. Nothing here can name a holder.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from api.imports import SHOWN_MAX, BadRow, opened
from api.params import ID_MAX
from inventory.custody.alarms import Raise, raise_alarms
from inventory.people.errors import BadField
from inventory.people.imports.report import RowProblem
from inventory.people.imports.run import ImportRun
from inventory.people.imports.sheet import Source, Unsound
from inventory.people.imports.vendor.grid import Grid, Reading, plain, read_grid
from inventory.people.imports.vendor.judge import SAYS_NEW, TAKES, UNKNOWN, Judged
from inventory.people.imports.vendor.mapping import VendorMapping, checked, guessed
from inventory.people.imports.vendor.vendor_file import VendorFile, VendorReport, hashed, import_vendor
from inventory.schema.tx import Tx
from inventory.stock.firmware import Bearer, saw, store_of

NEEDS = ("TECHNICIAN", "STORE_MANAGER", "CED_SPOC")
"""Who may take a vendor's file in. It may speak of every store, and what it says of a dock the gate may count."""

ALARMS_MAX = 100
"""Most alarms of single items that one file raises."""

SAMPLES = 3
SAMPLE_CHARS = 60
ROWS_LOOKED_AT = 200

Text = Annotated[str, msgspec.Meta(max_length=100)]


class MappingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a vendor's file is read. `columns`: column of the file -> field.

    `maker` and `kind` are for the whole file, where no column says them. `times` (ISO, DMY, MDY, EPOCH_S, EPOCH_MS)
    and `zone` (UTC, Europe/London) are needed where a time or date is mapped. "" and 0 leave `delimiter`, `encoding`
    and `heading_row` to the file.
    """

    name: Text
    vendor: Text
    columns: Annotated[dict[str, str], msgspec.Meta(max_length=100)]
    maker: Text = ""
    kind: Text = ""
    times: Text = ""
    zone: Text = ""
    delimiter: Text = ""
    encoding: Text = ""
    heading_row: int = 0


class Upload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file: CSV or XLSX, its bytes in base64. `sheet`: of a workbook, its first where empty."""

    file_name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    content: bytes
    sheet: Annotated[str, msgspec.Meta(max_length=60)] = ""


class ColumnsAsked(Upload, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file whose columns are to be shown; how it is read, where it is not seen rightly by itself."""

    delimiter: Text = ""
    encoding: Text = ""
    heading_row: int = 0


class VendorUpload(Upload, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file and how it is read: a mapping on record, or one that is kept with the file when it is taken in.

    `as_of_us`: when it was exported, needed where no column says it.
    """

    mapping_id: Annotated[int, msgspec.Meta(ge=1, le=ID_MAX)] | None = None
    mapping: MappingBody | None = None
    as_of_us: Annotated[int, msgspec.Meta(ge=0, le=ID_MAX)] | None = None


class ColumnShown(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a file: a few of its values, and the field that is proposed for it."""

    name: str
    samples: list[str]
    field: str | None


class ColumnsShown(msgspec.Struct, frozen=True, kw_only=True):
    """A file's columns. `mapping` is the one last made for the same set of columns; else fields are by likely names."""

    columns: list[ColumnShown]
    row_count: int
    delimiter: str
    encoding: str
    heading_line: int
    sheet: str | None
    other_sheets: tuple[str, ...]
    bad: list[BadRow]
    mapping: MappingBody | None


class ChangeShown(msgspec.Struct, frozen=True, kw_only=True):
    """One fact: what is held, what the file says, and which that is: NEW, CHANGED, CONFIRMED, SAME or OLDER."""

    fact: str
    before: str
    after: str
    word: str


class Contradicted(msgspec.Struct, frozen=True, kw_only=True):
    """Where a row and our records disagree, in a sentence; an alarm, where its word `is_new`."""

    says: str
    is_new: bool


class RowShown(msgspec.Struct, frozen=True, kw_only=True):
    """One row about a known item, or (UNKNOWN) about none.

    `counts_as_docked`: the gate's rule about the docking period may count it.
    """

    line: int
    serial: str
    kind: str
    item_id: int | None
    word: str
    changes: list[ChangeShown]
    contradicts: list[Contradicted]
    notes: tuple[str, ...]
    counts_as_docked: bool


class VendorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a file amounts to, looked over or taken in (`import_id`).

    `rows` are the first five hundred that say something; `bad` the first five hundred problems. `before_id` is the
    earlier import of the same file by the same mapping.
    """

    import_id: int | None
    before_id: int | None
    row_count: int
    new: int
    unchanged: int
    unknown: int
    refused: int
    contradicted: int
    rows: list[RowShown]
    bad: list[BadRow]


# ---- from a request to a file ------------------------------------------------------------------------------


def mapping_in(body: MappingBody) -> VendorMapping:
    """The mapping of a body. Raises BadField where it cannot be used."""
    return checked(
        VendorMapping(
            body.name, body.vendor, tuple(body.columns.items()), body.maker, body.kind, body.times, body.zone,
            Reading(body.delimiter, body.encoding, body.heading_row),
        )
    )  # fmt: skip


def mapping_out(mapping: VendorMapping) -> MappingBody:
    """A mapping as a body; its columns' names are in lower case."""
    return MappingBody(
        name=mapping.name, vendor=mapping.vendor, columns=dict(mapping.columns), maker=mapping.maker,
        kind=mapping.kind, times=mapping.times, zone=mapping.zone, delimiter=mapping.reading.delimiter,
        encoding=mapping.reading.encoding, heading_row=mapping.reading.heading_row,
    )  # fmt: skip


def file_of(name: str, data: bytes, sheet: str, mapping: VendorMapping, as_of_us: int | None) -> VendorFile:
    """A file to be looked over. Raises BadField for a name of control characters, or a sheet of a CSV file."""
    if not name.isprintable():
        raise BadField("file_name", name, "a name without control characters")
    source: Source = opened(data, sheet)
    as_of_us = None if "as_of" in mapping.fields else as_of_us
    return VendorFile(read_grid(source, mapping.reading), mapping, name, hashed(data), len(data), as_of_us)


def take_vendor(tx: Tx, file: VendorFile, by_person: int | None) -> VendorReport:
    """Take a file in, in the open transaction; what contradicts our records is raised, and the firmware it names is
    noted as seen."""
    report = import_vendor(ImportRun(tx.conn, tx.ids, tx.now_us), file, by_person)
    if report.import_id is not None:
        raise_alarms(tx, _alarms(file, report))
        _note_firmware(tx, report)
    return report


def _note_firmware(tx: Tx, report: VendorReport) -> None:
    """What a vendor says of an item's firmware counts from when it was so, as a dock's word does; an older word than
    the last one changes nothing."""
    told = [
        (it.value.at_us, each.item, each.row.serial, it.value.words)
        for each in report.rows
        for it in each.changes
        if each.item is not None and it.fact == "FIRMWARE" and it.word in TAKES
    ]
    for at_us, item, serial, version in sorted(told, key=lambda it: it[0]):
        store_id = store_of(tx.conn, "ITEM", str(item.id)) or item.home_store_id
        saw(tx, Bearer("ITEM", str(item.id), serial, store_id, item_id=item.id), version, at_us)


def _alarms(file: VendorFile, report: VendorReport) -> list[Raise]:
    """An alarm for each contradiction; of very many (a wrong mapping, a cloud left to itself) one more for the rest."""
    found = [
        Raise(each.kind, each.detail, store_id=each.store_id, item_id=each.item_id, person_id=each.person_id)
        for each in report.contradictions
    ]
    if len(found) <= ALARMS_MAX:
        return found
    rest = (
        f"{file.mapping.vendor} contradicts our records {len(found)} times in one file ({file.name}, taken in as"
        f" {report.import_id}); {ALARMS_MAX} of them have alarms of their own. Look first whether its columns were"
        " mapped rightly."
    )
    return [*found[:ALARMS_MAX], Raise("VENDOR_FILE_CONTRADICTS", rest)]


# ---- from a report to an answer ----------------------------------------------------------------------------


def columns_shown(grid: Grid, saved: VendorMapping | None) -> ColumnsShown:
    """A file's columns with a few values of each, and what is proposed for them."""
    fields = dict(saved.columns) if saved else {plain(name): field for name, field in guessed(grid.columns).items()}
    return ColumnsShown(
        columns=[
            ColumnShown(name=name, samples=samples_of(grid, place), field=fields.get(plain(name)))
            for place, name in enumerate(grid.columns)
        ],
        row_count=len(grid.rows), delimiter=grid.delimiter, encoding=grid.encoding, heading_line=grid.heading_line,
        sheet=grid.sheet or None, other_sheets=grid.other_sheets, bad=bad_rows(grid.problems),
        mapping=mapping_out(saved) if saved else None,
    )  # fmt: skip


def samples_of(grid: Grid, place: int) -> list[str]:
    """A few values of a column, each once."""
    cells = (cells[place] for _, cells in grid.rows[:ROWS_LOOKED_AT])
    texts = ((cell.shown if isinstance(cell, Unsound) else cell).strip()[:SAMPLE_CHARS] for cell in cells)
    return list(dict.fromkeys(text for text in texts if text))[:SAMPLES]


def answer_of(report: VendorReport) -> VendorAnswer:
    """A report as an answer."""
    telling = [each for each in report.rows if each.word in (SAYS_NEW, UNKNOWN) or each.contradictions or each.notes]
    return VendorAnswer(
        import_id=report.import_id, before_id=report.before_id, row_count=report.row_count,
        new=report.count(SAYS_NEW), unchanged=report.unchanged, unknown=report.count(UNKNOWN), refused=report.refused,
        contradicted=len(report.contradictions), rows=[_row(each) for each in telling[:SHOWN_MAX]],
        bad=bad_rows(report.problems),
    )  # fmt: skip


def _row(judged: Judged) -> RowShown:
    return RowShown(
        line=judged.row.line, serial=judged.row.serial, kind=judged.item.kind if judged.item else judged.row.kind,
        item_id=judged.item.id if judged.item else None, word=judged.word,
        changes=[
            ChangeShown(fact=each.fact, before=each.before, after=each.after, word=each.word)
            for each in judged.changes
        ],
        contradicts=[Contradicted(says=each.detail, is_new=each.is_new) for each in judged.contradictions],
        notes=judged.notes,
        counts_as_docked=judged.counts_as_docked is not None,
    )  # fmt: skip


def bad_rows(problems: Sequence[RowProblem]) -> list[BadRow]:
    """Problems as rows of an answer, the first five hundred."""
    return [
        BadRow(sheet=each.sheet or None, line=each.line, field=each.field, value=each.value, expected=each.expected)
        for each in problems[:SHOWN_MAX]
    ]
