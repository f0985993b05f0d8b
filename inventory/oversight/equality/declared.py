"""Declarations from HR: a file of who said what of themselves, kept until a newer one says otherwise, and no longer.

One rule for the editor: what is wrong in a file is told by line and column, never by what stood there; and nothing here
answers with a person. Only a file of HR writes here: this service asks nobody.

Source: design `domain.md` 7.1 (special category data kept apart); UK GDPR art. 5(1)(c), (e), 9.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.oversight.equality.answers import ANSWERS, TAKEN_BACK
from inventory.people.capabilities import may
from inventory.schema.equality import equality_declared, equality_file
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.people import person
from inventory.schema.tx import Tx

ANALYST = "EQUALITY_ANALYST"
ROWS_MAX = 60_000
SHOWN_MAX = 200
REF = "ref"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A cell that was left out: the line (the heading is 1), the column, and what was expected there."""

    line: int
    field: str
    expected: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file did, in counts: rows read, declarations new or other than before, and what was left out."""

    file_id: int
    rows: int
    changed: int
    left_out: int
    faults: tuple[LeftOut, ...]


_FILE = Inserter(equality_file)
_DECLARED = Inserter(equality_declared)
_NOW = Fast(
    sa.select(equality_declared.c.person_id, equality_declared.c.characteristic, equality_declared.c.answer).where(
        among(equality_declared.c.person_id, "people")
    )
)
_REFS = Fast(sa.select(person.c.ref, sa.func.coalesce(person.c.same_as, person.c.id)))
_REPLACED = sa.delete(equality_declared).where(
    sa.exists(
        sa.select(sa.literal(1)).where(
            (newer := equality_declared.alias("newer")).c.person_id == equality_declared.c.person_id,
            newer.c.characteristic == equality_declared.c.characteristic,
            newer.c.recorded_us > equality_declared.c.recorded_us,
            newer.c.file_id == sa.bindparam("file_id"),
        )
    )
)
"""What the file replaced is erased in the same act."""

Cells = dict[tuple[int, str], str | None]


def take_file(tx: Tx, body: bytes, document: str, by_person: int) -> Taken:
    """Take in a CSV file: a column `ref` (the force's number of a person) and any of the characteristics, in words.

    An empty cell says nothing; WITHDRAWN takes a declaration back. Raises PermissionError for who may not, ValueError
    naming what of the whole file is not right.
    """
    if not may(tx.conn, by_person, ANALYST, None, tx.now_us):
        raise PermissionError("Equality data is taken in by the equality analyst alone.")
    if len(document.strip()) < 2:
        raise ValueError("document: by what HR sent it")
    rows, faults, cells = read(body, dict(_REFS.rows(tx.conn)))
    file_id = tx.ids.take()
    _FILE.add(tx.conn, [{
        "id": file_id, "digest": hashlib.sha256(body).hexdigest(), "document": document.strip(), "rows": rows,
        "left_out": len(faults), "taken_us": tx.now_us, "taken_by": by_person,
    }])  # fmt: skip
    known = {(who, what): answer for who, what, answer in _NOW.rows(tx.conn, {"people": sorted({w for w, _ in cells})})}
    fresh = {cell: answer for cell, answer in cells.items() if cell not in known or known[cell] != answer}
    _DECLARED.add(tx.conn, [
        {"id": tx.ids.take(), "file_id": file_id, "person_id": who, "characteristic": what, "answer": answer,
         "recorded_us": tx.now_us}
        for (who, what), answer in fresh.items()
    ])  # fmt: skip
    tx.conn.execute(_REPLACED, {"file_id": file_id})
    return Taken(file_id, rows, len(fresh), len(faults), tuple(faults[:SHOWN_MAX]))


def read(body: bytes, people: Mapping[str, int]) -> tuple[int, list[LeftOut], Cells]:
    """A file's rows, what cannot be taken, and what is said; `people` by the force's number. Raises ValueError."""
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        heads = [(each or "").strip().upper() for each in reader.fieldnames or ()]
    except (UnicodeDecodeError, csv.Error):
        raise ValueError("body: a CSV file in UTF-8 with headings") from None
    if REF.upper() not in heads or not set(heads) & set(ANSWERS):
        raise ValueError(f"body: a heading `{REF}` and at least one of {', '.join(ANSWERS)}")
    reader.fieldnames = heads
    faults: list[LeftOut] = []
    cells: Cells = {}
    rows = 0
    for line, row in _lines(reader):
        rows += 1
        who = people.get((row.get(REF.upper()) or "").strip())
        if who is None:
            faults.append(LeftOut(line, REF, "the number of a person that the force has"))
            continue
        for what in ANSWERS:
            _take_cell(cells, faults, (line, who, what), (row.get(what) or "").strip().upper())
    return rows, faults, cells


def _take_cell(cells: Cells, faults: list[LeftOut], where: tuple[int, int, str], said: str) -> None:
    line, who, what = where
    if not said:
        return
    if said not in (*ANSWERS[what], TAKEN_BACK):
        faults.append(LeftOut(line, what, f"one of {', '.join(ANSWERS[what])}, {TAKEN_BACK}, or nothing"))
        return
    cells[who, what] = None if said == TAKEN_BACK else said


def _lines(reader: "csv.DictReader[str]") -> Iterable[tuple[int, dict[str, str]]]:
    try:
        for row in reader:
            if reader.line_num > ROWS_MAX:
                raise ValueError(f"body: at most {ROWS_MAX} rows")
            yield reader.line_num, row
    except csv.Error:
        raise ValueError(f"body: a CSV file that can be read; line {reader.line_num} cannot") from None
