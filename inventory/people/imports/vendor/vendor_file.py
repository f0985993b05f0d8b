"""A vendor's file, looked over and taken in.

One rule for the editor: looking over and taking in are one judgement, so that what a person saw is what is written;
and whoever sends a file twice changes nothing. Custody is never touched: contradictions are handed back, for the
caller to raise.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from inventory.people.imports.report import RowProblem, Tally
from inventory.people.imports.run import ImportRun
from inventory.people.imports.vendor.grid import Grid
from inventory.people.imports.vendor.judge import (
    REFUSED,
    SAYS_NEW,
    TAKES,
    UNKNOWN,
    Contradiction,
    Judge,
    Judged,
)
from inventory.people.imports.vendor.mapping import VendorMapping, from_json, to_json
from inventory.people.imports.vendor.on_record import on_record
from inventory.people.imports.vendor.rows import AsOf, raw_of, rows_of
from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import inspection
from inventory.schema.vendor import vendor_fact, vendor_import, vendor_mapping, vendor_refusal

REFUSALS_KEPT = 5000
"""Most problems of one file that are kept with their rows; they are counted all the same."""

IDS_A_ROW = 4
"""More ids than a row needs: a check that it was docked, an alarm, and what was wrong with it."""


@dataclass(frozen=True, slots=True)
class VendorFile:
    """A file as it was sent: its grid, what it was called, its SHA-256 in hex and its size in bytes.

    `as_of_us` is when it was exported; None where each row says when it was so.
    """

    grid: Grid
    mapping: VendorMapping
    name: str
    sha256: str
    size: int
    as_of_us: int | None

    @property
    def ids_needed(self) -> int:
        """An upper bound of the ids that taking it in needs."""
        return IDS_A_ROW * (len(self.grid.rows) + len(self.grid.problems)) + 16


@dataclass(frozen=True, slots=True)
class VendorReport:
    """What a file amounts to. `problems` name line, field, value and what was expected.

    `import_id` is the import it was written as; None where it was only looked over, and `before_id` the earlier
    import of the same file by the same mapping, which left nothing to write.
    """

    rows: tuple[Judged, ...]
    problems: tuple[RowProblem, ...]
    row_count: int
    refused: int
    import_id: int | None = None
    before_id: int | None = None
    person_ids: frozenset[int] = frozenset()

    def count(self, word: str) -> int:
        """How many rows are of a word of the judge's."""
        return sum(each.word == word for each in self.rows)

    @property
    def unchanged(self) -> int:
        """Rows about known items that say nothing new."""
        return len(self.rows) - self.count(SAYS_NEW) - self.count(UNKNOWN)

    @property
    def contradictions(self) -> list[Contradiction]:
        """Every contradiction that has not been told before, in the order of the rows."""
        return [found for each in self.rows for found in each.contradictions if found.is_new]


_BEFORE = Fast(
    sa.select(vendor_import.c.id, vendor_mapping.c.body, vendor_import.c.as_of_us)
    .select_from(vendor_import.join(vendor_mapping, vendor_mapping.c.id == vendor_import.c.mapping_id))
    .where(vendor_import.c.sha256 == sa.bindparam("sha256"))
    .order_by(vendor_import.c.id.desc())
)
_NAMED = Fast(
    sa.select(vendor_mapping.c.id, vendor_mapping.c.body, vendor_mapping.c.headings)
    .where(vendor_mapping.c.name == sa.bindparam("name"))
    .order_by(vendor_mapping.c.id.desc())
    .limit(1)
)
_BY_ID = Fast(
    sa.select(vendor_mapping.c.id, vendor_mapping.c.body).where(vendor_mapping.c.id == sa.bindparam("mapping_id"))
)
_FOR_HEADINGS = Fast(
    sa.select(vendor_mapping.c.id, vendor_mapping.c.body)
    .where(vendor_mapping.c.headings == sa.bindparam("headings"))
    .order_by(vendor_mapping.c.id.desc())
    .limit(1)
)
_CHANGE = Fast(
    sa.update(vendor_fact)
    .where(vendor_fact.c.item_id == sa.bindparam("of_item"), vendor_fact.c.fact == sa.bindparam("of_fact"))
    .values({name: sa.bindparam(name) for name in ("number", "words", "at_us", "import_id", "line")})
)
_ADD_FACT, _ADD_CHECK = Inserter(vendor_fact), Inserter(inspection)
_ADD_MAPPING, _ADD_IMPORT, _ADD_REFUSAL = Inserter(vendor_mapping), Inserter(vendor_import), Inserter(vendor_refusal)


def hashed(data: bytes) -> str:
    """What a file is known again by: SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


# ---- looking over ----------------------------------------------------------------------------------


def look_over(conn: sa.Connection, file: VendorFile, now_us: int) -> VendorReport:
    """What taking `file` in would do. Reads only."""
    tally = Tally(problems=list(file.grid.problems))
    read = rows_of(file.grid, file.mapping, AsOf(file.as_of_us, now_us), tally)
    rows = [row for row in read if row is not None]
    known = on_record(conn, rows)
    judge = Judge(known, file.mapping.vendor, tally)
    judged = tuple(each for each in map(judge.judge, rows) if each.word != REFUSED)
    ordered = sorted(tally.problems, key=lambda each: each.line)
    people = {found.person_id for each in judged for found in each.contradictions} | set(known.collars.values())
    return VendorReport(
        rows=judged,
        problems=tuple(replace(each, sheet=file.grid.sheet) for each in ordered),
        row_count=len(file.grid.rows),
        refused=len({each.line for each in ordered} - {each.row.line for each in judged}),
        before_id=_taken_before(conn, file),
        person_ids=frozenset(each for each in people if each is not None),
    )


def _taken_before(conn: sa.Connection, file: VendorFile) -> int | None:
    body = to_json(file.mapping)
    for import_id, its_body, as_of_us in _BEFORE.rows(conn, {"sha256": file.sha256}):
        if its_body == body and ("as_of" in file.mapping.fields or as_of_us == file.as_of_us):
            return int(import_id)
    return None


# ---- taking in -------------------------------------------------------------------------------------


def import_vendor(run: ImportRun, file: VendorFile, by_person: int | None) -> VendorReport:
    """Take `file` in, in the open transaction. One that says nothing new and was taken before writes nothing."""
    report = look_over(run.conn, file, run.now_us)
    if report.before_id is not None and not report.count(SAYS_NEW):
        return report
    import_id = run.ids.take()
    counts = {
        "row_count": report.row_count, "taken": report.count(SAYS_NEW), "unchanged": report.unchanged,
        "unknown": report.count(UNKNOWN), "refused": report.refused, "contradicted": len(report.contradictions),
    }  # fmt: skip
    of = {
        "id": import_id, "mapping_id": keep_mapping(run, file.mapping, file.grid.headings, by_person),
        "file_name": file.name, "sha256": file.sha256, "size": file.size, "sheet": file.grid.sheet,
        "as_of_us": file.as_of_us, "at_us": run.now_us, "by_person": by_person,
    }  # fmt: skip
    _ADD_IMPORT.add(run.conn, [of | counts])
    _write_facts(run, report.rows, import_id)
    by_file = f"{file.mapping.vendor}, vendor file {import_id}"
    _ADD_CHECK.add(run.conn, list(_checks(run, report.rows, by_file)))
    _ADD_REFUSAL.add(run.conn, list(_refusals(run, file, report, import_id)))
    return replace(report, import_id=import_id)


def _write_facts(run: ImportRun, rows: Sequence[Judged], import_id: int) -> None:
    """Only the last word of each fact is written: a file may speak of an item several times."""
    last: dict[tuple[int, str], dict[str, Any]] = {}
    is_new: dict[tuple[int, str], bool] = {}
    for each in rows:
        for change in each.changes:
            if each.item is None or change.word not in TAKES:
                continue
            key = (each.item.id, change.fact)
            is_new.setdefault(key, not change.before)
            value = change.value
            last[key] = {
                "number": value.number, "words": value.words, "at_us": value.at_us, "import_id": import_id,
                "line": each.row.line,
            }  # fmt: skip
    _ADD_FACT.add(run.conn, [{"item_id": i, "fact": f, **row} for (i, f), row in last.items() if is_new[i, f]])
    changed = [{"of_item": i, "of_fact": f, **row} for (i, f), row in last.items() if not is_new[i, f]]
    _CHANGE.many(run.conn, changed)


def _checks(run: ImportRun, rows: Sequence[Judged], detail: str) -> Iterator[dict[str, Any]]:
    for each in rows:
        if each.item is not None and each.counts_as_docked is not None:
            yield {
                "id": run.ids.take(), "item_id": each.item.id, "kind": "DOCKED", "at_us": each.counts_as_docked,
                "by_person": None, "passed": 1, "detail": detail,
            }  # fmt: skip


def _refusals(run: ImportRun, file: VendorFile, report: VendorReport, import_id: int) -> Iterator[dict[str, Any]]:
    """What was wrong with each row that was left out, and its mapped cells as they stood."""
    kept = report.problems[:REFUSALS_KEPT]
    raw = raw_of(file.grid, file.mapping, {each.line for each in kept})
    for each in kept:
        yield {
            "id": run.ids.take(), "import_id": import_id, "line": each.line, "field": each.field,
            "value": _storable(each.value), "expected": _storable(each.expected),
            "raw": json.dumps(raw.get(each.line, {})),
        }  # fmt: skip


def _storable(text: str) -> str:
    """Text that both databases keep: PostgreSQL refuses NUL. The raw cells keep it, as JSON writes it."""
    return text.replace("\0", "\ufffd")


# ---- mappings --------------------------------------------------------------------------------------


def keep_mapping(run: ImportRun, mapping: VendorMapping, headings: str, by_person: int | None) -> int:
    """The id of `mapping` as it stands on record; a changed one is a new row beside the old, under the same name."""
    body = to_json(mapping)
    held = _NAMED.rows(run.conn, {"name": mapping.name})
    if held and held[0][1] == body and (not headings or held[0][2] == headings):
        return int(held[0][0])
    mapping_id = run.ids.take()
    row = {
        "id": mapping_id, "name": mapping.name, "vendor": mapping.vendor, "headings": headings, "body": body,
        "made_us": run.now_us, "made_by": by_person,
    }  # fmt: skip
    _ADD_MAPPING.add(run.conn, [row])
    return mapping_id


def mapping_named(conn: sa.Connection, name: str) -> VendorMapping | None:
    """The mapping in force under a name."""
    return _first(_NAMED.rows(conn, {"name": name}))


def mapping_of(conn: sa.Connection, mapping_id: int) -> VendorMapping | None:
    """A mapping by its id."""
    return _first(_BY_ID.rows(conn, {"mapping_id": mapping_id}))


def mapping_for(conn: sa.Connection, headings: str) -> VendorMapping | None:
    """The mapping last made for a file with this set of columns (`Grid.headings`)."""
    return _first(_FOR_HEADINGS.rows(conn, {"headings": headings}))


def _first(rows: Sequence[Sequence[Any]]) -> VendorMapping | None:
    return from_json(rows[0][1]) if rows else None
