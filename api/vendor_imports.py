"""Vendors' files over HTTP: their columns, a look at what one would do, taking it in, and what was taken in before.

One rule for the editor: nothing is written before a file is taken in; looking it over reads only.
"""

import asyncio
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.context import Ctx
from api.guards import holding
from api.imports import BODY_MAX, opened
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import PathId
from api.problems import bad_field, errors, not_found
from api.processing import COLLECTS, CONSULTS
from api.vendor_files import (
    NEEDS,
    ColumnsAsked,
    ColumnsShown,
    MappingBody,
    VendorAnswer,
    VendorUpload,
    answer_of,
    columns_shown,
    file_of,
    mapping_in,
    mapping_out,
    take_vendor,
)
from inventory.people.imports.run import ImportRun
from inventory.people.imports.vendor.grid import Reading, read_grid
from inventory.people.imports.vendor.judge import said
from inventory.people.imports.vendor.mapping import VendorMapping, checked_reading, from_json
from inventory.people.imports.vendor.rows import Value
from inventory.people.imports.vendor.vendor_file import (
    VendorFile,
    VendorReport,
    keep_mapping,
    look_over,
    mapping_for,
    mapping_of,
)
from inventory.schema.fast import Fast
from inventory.schema.tx import Tx
from inventory.schema.vendor import vendor_fact, vendor_import, vendor_mapping, vendor_refusal
from inventory.schema.words import VENDOR_FACTS

SEERS = (*NEEDS, "ISSUER", "AUDITOR")
"""Who may read what a vendor said of an item: whom it assigns it to among it."""

UPLOAD_MAX = BODY_MAX * 4 // 3 + (1 << 16)
"""A file of BODY_MAX in base64, and what stands round it."""


class MappingRow(msgspec.Struct, frozen=True, kw_only=True):
    """The mapping in force under a name."""

    id: int
    made_us: int
    made_by: int | None
    mapping: MappingBody


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was taken in: what it was, by whom, when, and how many rows of each sort."""

    id: int
    mapping_id: int
    mapping: str
    vendor: str
    file_name: str
    sha256: str
    size: int
    sheet: str
    as_of_us: int | None
    at_us: int
    by_person: int | None
    row_count: int
    taken: int
    unchanged: int
    unknown: int
    refused: int
    contradicted: int


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was wrong with a row that was left out, and its mapped cells as they stood (JSON)."""

    line: int
    field: str
    value: str
    expected: str
    raw: str


class OneImport(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was taken in, and its rows that were left out: the first five thousand problems."""

    taken: ImportRow
    refused: list[RefusedRow]


_NEWEST = sa.select(sa.func.max(vendor_mapping.c.id)).group_by(vendor_mapping.c.name)
_MAPPINGS = Fast(
    sa.select(vendor_mapping.c.id, vendor_mapping.c.made_us, vendor_mapping.c.made_by, vendor_mapping.c.body)
    .where(vendor_mapping.c.id.in_(_NEWEST))
    .order_by(vendor_mapping.c.name)
)
_NAMES = ImportRow.__struct_fields__
_OTHERS = {"mapping": vendor_mapping.c.name, "vendor": vendor_mapping.c.vendor}
_IMPORT = sa.select(*(_OTHERS[name] if name in _OTHERS else vendor_import.c[name] for name in _NAMES)).select_from(
    vendor_import.join(vendor_mapping, vendor_mapping.c.id == vendor_import.c.mapping_id)
)
_IMPORTS = Fast(
    _IMPORT.where(vendor_import.c.id < sa.bindparam("before"))
    .order_by(vendor_import.c.id.desc())
    .limit(sa.bindparam("most"))
)
_ONE = Fast(_IMPORT.where(vendor_import.c.id == sa.bindparam("import_id")))
_REFUSED_NAMES = RefusedRow.__struct_fields__
_REFUSED = Fast(
    sa.select(*(vendor_refusal.c[name] for name in _REFUSED_NAMES))
    .where(vendor_refusal.c.import_id == sa.bindparam("import_id"))
    .order_by(vendor_refusal.c.line, vendor_refusal.c.id)
)


class VendorWord(msgspec.Struct, frozen=True, kw_only=True):
    """One fact that a vendor's own system said of an item, in words; times are London's. `at_us`: when it was so."""

    fact: str
    value: str
    at_us: int
    vendor: str
    import_id: int
    line: int


_WORDS = Fast(
    sa.select(
        vendor_fact.c.fact, vendor_fact.c.number, vendor_fact.c.words, vendor_fact.c.at_us, vendor_mapping.c.vendor,
        vendor_fact.c.import_id, vendor_fact.c.line,
    )
    .select_from(
        vendor_fact.join(vendor_import, vendor_import.c.id == vendor_fact.c.import_id).join(
            vendor_mapping, vendor_mapping.c.id == vendor_import.c.mapping_id
        )
    )
    .where(vendor_fact.c.item_id == sa.bindparam("item_id"))
)  # fmt: skip
_ORDER = {fact: place for place, fact in enumerate(VENDOR_FACTS)}


def vendor_words(conn: sa.Connection, item_id: int) -> list[VendorWord]:
    """What vendors' files last said of an item, in the order of the facts."""
    found = [
        VendorWord(
            fact=fact, value=said(fact, Value(number, words, at_us)), at_us=at_us, vendor=vendor, import_id=import_id,
            line=line,
        )
        for fact, number, words, at_us, vendor, import_id, line in _WORDS.rows(conn, {"item_id": item_id})
    ]  # fmt: skip
    return sorted(found, key=lambda each: _ORDER[each.fact])


def mappings(conn: sa.Connection) -> list[MappingRow]:
    """The mapping in force under every name."""
    return [
        MappingRow(id=row[0], made_us=row[1], made_by=row[2], mapping=mapping_out(from_json(row[3])))
        for row in _MAPPINGS.rows(conn)
    ]


def imports(conn: sa.Connection, before: int, most: int) -> list[ImportRow]:
    """The files that were taken in, the latest first."""
    rows = _IMPORTS.rows(conn, {"before": before, "most": most})
    return [ImportRow(**dict(zip(_NAMES, row, strict=True))) for row in rows]


def one_of(conn: sa.Connection, import_id: int) -> OneImport:
    """A file that was taken in. Raises the 404 problem where there is none of this id."""
    rows = _ONE.rows(conn, {"import_id": import_id})
    if not rows:
        raise not_found("vendor's file with this id")
    refused = (dict(zip(_REFUSED_NAMES, row, strict=True)) for row in _REFUSED.rows(conn, {"import_id": import_id}))
    taken = ImportRow(**dict(zip(_NAMES, rows[0], strict=True)))
    return OneImport(taken=taken, refused=[RefusedRow(**row) for row in refused])


ROUTE: dict[str, Any] = {"guards": [holding(*NEEDS)], "tags": ["administration"]}


@post("/vendor-imports/columns", operation_id="look_at_vendor_columns", opt=CONSULTS, status_code=200,
      request_max_body_size=UPLOAD_MAX, responses=errors(401, 403, 413, 422), **ROUTE)  # fmt: skip
async def look_at_columns(data: JSONBody[ColumnsAsked], ctx: NamedDependency[Ctx]) -> ColumnsShown:
    """The columns of a vendor's file, a few values of each, and the fields proposed for them. Writes nothing."""
    ctx.need_any(NEEDS, None)
    how = checked_reading(Reading(data.delimiter, data.encoding, data.heading_row))
    grid = await asyncio.to_thread(lambda: read_grid(opened(_content(data.content), data.sheet), how))
    saved = await ctx.read(lambda conn: mapping_for(conn, grid.headings))
    return columns_shown(grid, saved)


@post("/vendor-imports/preview", operation_id="preview_vendor_import", opt=CONSULTS, status_code=200,
      request_max_body_size=UPLOAD_MAX, responses=errors(401, 403, 404, 413, 422), **ROUTE)  # fmt: skip
async def preview(data: JSONBody[VendorUpload], ctx: NamedDependency[Ctx]) -> VendorAnswer:
    """What taking a vendor's file in would do, row by row. Writes nothing."""
    ctx.need_any(NEEDS, None)
    file = await _file(ctx, data)
    report = await ctx.read(lambda conn: look_over(conn, file, ctx.now_us))
    ctx.about(*report.person_ids)
    return answer_of(report)


@post("/vendor-imports", operation_id="take_vendor_import", opt=COLLECTS, status_code=200,
      request_max_body_size=UPLOAD_MAX, responses=errors(401, 403, 404, 413, 422), **ROUTE)  # fmt: skip
async def apply(data: JSONBody[VendorUpload], ctx: NamedDependency[Ctx]) -> VendorAnswer:
    """Take a vendor's file in: good rows kept, bad ones named, contradictions raised as alarms, custody untouched.

    The same file twice changes nothing.
    """
    ctx.need_any(NEEDS, None)
    file = await _file(ctx, data)
    ctx.query = f"{file.name}, {file.size} bytes, {file.mapping.vendor}"

    def act(tx: Tx) -> VendorReport:
        report = take_vendor(tx, file, ctx.person_id)
        ctx.about(*report.person_ids)
        tx.record([ctx.line()])
        return report

    report = await asyncio.to_thread(ctx.service.database.write, act, None, ids=file.ids_needed)
    ctx.logged = True
    return answer_of(report)


@get("/vendor-imports", operation_id="list_vendor_imports", opt=CONSULTS, responses=errors(401, 403), **ROUTE)
async def list_imports(ctx: NamedDependency[Ctx], limit: Limit = 100, cursor: Cursor = None) -> Page[ImportRow]:
    """The vendors' files that were taken in, the latest first."""
    ctx.need_any(NEEDS, None)
    before = key_of(cursor, int)[0] if cursor else 2**62
    found = await ctx.read(lambda conn: imports(conn, before, limit + 1))
    ctx.about(*(row.by_person for row in found))
    return page_of(found, limit, [(row.id,) for row in found])


@get("/vendor-imports/{import_id:int}", operation_id="get_vendor_import", opt=CONSULTS, responses=errors(401, 403, 404),
     **ROUTE)  # fmt: skip
async def one_import(import_id: PathId, ctx: NamedDependency[Ctx]) -> OneImport:
    """One vendor's file that was taken in, and its rows that were left out."""
    ctx.need_any(NEEDS, None)
    found = await ctx.read(lambda conn: one_of(conn, import_id))
    ctx.about(found.taken.by_person)
    return found


@get("/items/{item_id:int}/vendor-words", operation_id="get_vendor_words", opt=CONSULTS,
     responses=errors(401, 403), guards=[holding(*SEERS)], tags=["items"])  # fmt: skip
async def words_of_item(item_id: PathId, ctx: NamedDependency[Ctx]) -> list[VendorWord]:
    """What vendors' own systems last said of an item, by the files that were taken in."""
    return await ctx.read(lambda conn: vendor_words(conn, item_id))


@get("/vendor-mappings", operation_id="list_vendor_mappings", opt=CONSULTS, responses=errors(401, 403), **ROUTE)
async def list_mappings(ctx: NamedDependency[Ctx]) -> list[MappingRow]:
    """How vendors' files are read: the mapping in force under each name."""
    ctx.need_any(NEEDS, None)
    found = await ctx.read(mappings)
    ctx.about(*(row.made_by for row in found))
    return found


@post("/vendor-mappings", operation_id="make_vendor_mapping", opt=COLLECTS, responses=errors(401, 403, 422), **ROUTE)
async def make_mapping(data: JSONBody[MappingBody], ctx: NamedDependency[Ctx]) -> MappingRow:
    """Keep a mapping. One of the same name replaces the one in force; what was read by that one says so still."""
    ctx.need_any(NEEDS, None)
    mapping = mapping_in(data)

    def act(tx: Tx) -> int:
        ctx.about(ctx.person_id)
        return keep_mapping(ImportRun(tx.conn, tx.ids, tx.now_us), mapping, "", ctx.person_id)

    await ctx.write(act)
    found = await ctx.read(mappings)
    return next(row for row in found if row.mapping.name == mapping.name)


def _content(content: bytes) -> bytes:
    if not content.strip():
        raise bad_field("content", "a CSV file or an XLSX workbook with headings, in base64")
    return content


async def _file(ctx: Ctx, data: VendorUpload) -> VendorFile:
    """The file of a request, read beside the event loop."""
    mapping = await _mapping(ctx, data)
    content = _content(data.content)
    return await asyncio.to_thread(file_of, data.file_name, content, data.sheet, mapping, data.as_of_us)


async def _mapping(ctx: Ctx, data: VendorUpload) -> VendorMapping:
    if (data.mapping is None) == (data.mapping_id is None):
        raise bad_field("mapping", "a mapping, or the mapping_id of one on record")
    if data.mapping is not None:
        return mapping_in(data.mapping)
    mapping_id = data.mapping_id or 0
    found = await ctx.read(lambda conn: mapping_of(conn, mapping_id))
    if found is None:
        raise not_found("vendor mapping with this id")
    return found


ROUTES = [look_at_columns, preview, apply, list_imports, one_import, words_of_item, list_mappings, make_mapping]
