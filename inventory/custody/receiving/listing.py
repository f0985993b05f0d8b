"""The supplier's own list of a delivery: which serials are in it, with their lots and dates. A list receives nothing.

One rule for the editor: a list is what the supplier says, and the label is still read twice; what the two say is
compared (decision record of delivery files). The same file twice changes nothing. Column names are likely ones of
ours, gathered from no supplier's document; a mapping that a person gave is used again for the same columns.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from inventory.custody.receiving.judging import SERIAL_CHARS_MAX, on_record
from inventory.custody.receiving.reading import Line, Purchase
from inventory.custody.receiving.writing import FILE, locked_delivery, write
from inventory.people.errors import BadField
from inventory.people.imports import fields
from inventory.people.imports.items_file import KIND_NAMES
from inventory.people.imports.report import RowProblem, Tally
from inventory.people.imports.sheet import Unsound
from inventory.people.imports.vendor.grid import Grid, plain
from inventory.schema import words
from inventory.schema.fast import Fast
from inventory.schema.receiving import delivery_file
from inventory.schema.tx import Tx

LIKELY: Mapping[str, tuple[str, ...]] = {
    "serial": ("serial", "serial number", "serial no", "device serial", "device serial number", "sn", "s n"),
    "kind": ("kind", "item kind", "device type", "type", "category", "product type"),
    "maker": ("maker", "manufacturer", "make", "brand"),
    "model": ("model", "product", "device model", "item", "description"),
    "lot": ("lot", "lot number", "lot no", "batch", "batch number"),
    "expires_on": ("expiry", "expiry date", "expires", "expiration", "expiration date", "use by"),
    "line_no": ("line", "line no", "order line", "po line", "line number"),
}
"""Field -> names that a column of it is likely to have."""
ROWS_MAX = 5000
IDS_A_ROW = 2

_PARSE: Mapping[str, Callable[[str], object]] = {
    "serial": fields.upper, "kind": fields.choice(words.ITEM_KINDS, KIND_NAMES), "maker": fields.upper,
    "model": fields.upper, "lot": fields.upper, "expires_on": fields.day, "line_no": fields.whole(1, 1000),
}  # fmt: skip
_BEFORE = Fast(
    sa.select(delivery_file.c.columns)
    .where(delivery_file.c.headings == sa.bindparam("headings"))
    .order_by(delivery_file.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class SupplierList:
    """A file: its grid, name, SHA-256 in hex, and column of the file -> field ({}: as before, or by likely names)."""

    delivery_id: int
    grid: Grid
    file_name: str
    sha256: str
    columns: Mapping[str, str] = field(default_factory=dict)
    by_person: int | None = None


@dataclass(frozen=True, slots=True)
class ListReport:
    """What a list amounts to: rows newly listed and listed before, and the problems of the rest."""

    listed: int
    before: int
    problems: tuple[RowProblem, ...]
    columns: Mapping[str, str]

    @property
    def refused(self) -> int:
        """How many rows were left out."""
        return len({each.line for each in self.problems})


def take_list(tx: Tx, of_file: SupplierList) -> ListReport:
    """Put a supplier's list beside its delivery. Good rows are kept, bad ones named.

    Raises BadField for a mapping that cannot be used, LookupError and NotReceived as every act on a delivery.
    """
    of, at = locked_delivery(tx, of_file.delivery_id)
    tally = Tally(problems=list(of_file.grid.problems))
    if len(of_file.grid.rows) > ROWS_MAX:
        raise BadField("file", len(of_file.grid.rows), f"at most {ROWS_MAX} rows")
    columns = mapped(tx.conn, of_file.grid, of_file.columns)
    have = {(each.line_id, each.serial) for each in at.listed}
    acts, before = [], 0
    rows = [row for row in _rows(of_file.grid, columns, tally) if row[1].get("serial")]
    taken = on_record(tx.conn, [str(row["serial"]) for _, row in rows])
    for number, row in rows:
        line = _line(of, row, number, tally)
        if line is None:
            continue
        serial = str(row["serial"])
        if (line.id, serial) in have:
            before += 1
        elif (line.maker, line.kind, serial) in taken:
            item_id = taken[line.maker, line.kind, serial]
            tally.refuse(number, "serial", serial, f"a serial that is not on record: this is item {item_id}")
        else:
            have.add((line.id, serial))
            facts = {name: row[name] for name in ("lot", "expires_on") if row.get(name)}
            acts.append({"act": "LISTED", "by_person": of_file.by_person, "line_id": line.id, "serial": serial,
                         "quantity": 1, "facts": facts})  # fmt: skip
    write(tx, at, acts)
    report = ListReport(len(acts), before, tuple(sorted(tally.problems, key=lambda each: each.line)), columns)
    if acts:
        _keep(tx, of_file, report)
    return report


def mapped(conn: sa.Connection, grid: Grid, said: Mapping[str, str]) -> dict[str, str]:
    """Column -> field, by the columns' plain names: as said, as the last file of the same columns, or by likely names.

    Raises BadField for a field there is not, a column the file does not have, or where no column says the serial."""
    have = {plain(each) for each in grid.columns}
    columns = {plain(column): name for column, name in said.items()}
    for column, name in columns.items():
        if name not in LIKELY:
            raise BadField(f"columns.{column}", name, f"one of {', '.join(LIKELY)}")
        if column not in have:
            raise BadField(f"columns.{column}", column, f"a column of the file: {', '.join(sorted(have))}")
    if not columns:
        rows = _BEFORE.rows(conn, {"headings": grid.headings})
        columns = json.loads(rows[0][0]) if rows else _likely(have)
    if grid.columns and "serial" not in columns.values():
        raise BadField("columns", ", ".join(grid.columns), "a column for the serial; say which one it is")
    return columns


def _likely(have: set[str]) -> dict[str, str]:
    found = ((next((each for each in names if each in have), None), name) for name, names in LIKELY.items())
    return {column: name for column, name in found if column is not None}


def _rows(grid: Grid, columns: Mapping[str, str], tally: Tally) -> Iterator[tuple[int, dict[str, object]]]:
    places = [(n, columns[plain(each)]) for n, each in enumerate(grid.columns) if plain(each) in columns]
    for number, cells in grid.rows:
        row: dict[str, object] = {}
        for n, name in places:
            cell = cells[n]
            text = cell.shown if isinstance(cell, Unsound) else cell.strip()
            try:
                row[name] = _value(name, text)
            except fields.Unfit as error:
                tally.refuse(number, name, text, error.expected)
                row = {}
                break
        else:
            if not row.get("serial"):
                tally.refuse(number, "serial", "", "the serial of one item")
        yield number, row


def _value(name: str, text: str) -> object:
    if not text:
        return None
    if name == "serial" and len(text) > SERIAL_CHARS_MAX:
        raise fields.Unfit(f"at most {SERIAL_CHARS_MAX} characters")
    return _PARSE[name](text)


def _line(of: Purchase, row: Mapping[str, object], number: int, tally: Tally) -> Line | None:
    """The one line of the order that a row fits; None, and told, where it fits none or several."""
    asked = [(name, row[name]) for name in ("line_no", "kind", "maker", "model") if row.get(name)]
    fits = [
        each
        for each in of.lines
        if not each.by_lot and all(str(getattr(each, n)) == str(v) for n, v in asked)
    ]
    if len(fits) == 1:
        return fits[0]
    lines = "; ".join(f"{each.line_no}: {each.name}" for each in of.lines if not each.by_lot)
    said = ", ".join(str(value) for _, value in asked) or str(row["serial"])
    tally.refuse(number, "line", said, f"what fits one line of the order ({lines})")
    return None


def _keep(tx: Tx, of_file: SupplierList, report: ListReport) -> None:
    row = {
        "id": tx.ids.take(), "tx_id": tx.id, "delivery_id": of_file.delivery_id, "file_name": of_file.file_name,
        "sha256": of_file.sha256, "headings": of_file.grid.headings, "columns": json.dumps(dict(report.columns)),
        "row_count": len(of_file.grid.rows), "taken": report.listed, "refused": report.refused, "at_us": tx.now_us,
        "by_person": of_file.by_person,
    }  # fmt: skip
    FILE.add(tx.conn, [row])
