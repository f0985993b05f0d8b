"""Files that change who may draw, over HTTP: their columns, a look at what one would do, and taking it in as a second
act.

One rule for the editor: nothing is taken in that was not looked over, and looking over leaves nothing behind but the
file itself and what was seen. Whoever takes it in may write that kind of record (`api.imports.NEEDS`).
"""

import asyncio
import base64
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from api.context import Ctx
from api.csv_out import as_csv
from api.file_preview_rows import (
    CSV_HEADS,
    FileColumnsAsked,
    FileColumnsShown,
    FileMappingBody,
    FileUpload,
    PreviewAnswer,
    PreviewRow,
    answer_of,
    checked_source,
    columns_shown,
    csv_rows,
    effect_rows,
    file_of,
    listed,
    mapping_in,
    mapping_out,
    preview_row,
    taken_rows,
)
from api.guards import holding
from api.imports import BODY_MAX, NEEDS, ids_for, opened
from api.imports import look_over as look_over_after
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import PathId
from api.problems import Problem, bad_field, errors, not_found
from api.processing import ALTERS, COLLECTS, CONSULTS, Log
from api.second_person import Second, second_person
from inventory.custody.file_previews import (
    FileToTake,
    Moved,
    NeedsSecond,
    Preview,
    Signed,
    Taken,
    body_of,
    keep_preview,
    look_over,
    preview_of,
    take_in,
)
from inventory.people.capabilities import held_by
from inventory.people.errors import BadField
from inventory.people.imports.mapped import FileMapping, from_json, to_json
from inventory.people.imports.run import ImportRun
from inventory.people.imports.vendor.grid import Reading, read_grid
from inventory.people.imports.vendor.mapping import checked_reading
from inventory.people.imports.vendor.vendor_file import hashed
from inventory.schema.fast import Fast, Inserter
from inventory.schema.feeds import file_mapping
from inventory.schema.tx import Tx
from inventory.schema.words import PREVIEWED_FILES

TAKERS = tuple(sorted({name for kind in PREVIEWED_FILES for name in NEEDS[kind]}))
SECONDS = ("TRAINING_RECORDER", "CED_SPOC", "DUTY_INSPECTOR", "STORE_MANAGER")
"""Who may sign as the second person where many would newly be refused."""

UPLOAD_MAX = BODY_MAX * 4 // 3 + (1 << 16)
ROUTE: dict[str, Any] = {"guards": [holding(*TAKERS)], "tags": ["training"]}
Kind = Annotated[str | None, QueryParameter(max_length=20, description="Kind of file; all kinds where left out")]


class TakeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Taking a file in: the fingerprint (SHA-256) that was seen, and the second person where one is asked for."""

    sha256: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
    second: Second | None = None
    ticket: Annotated[str, msgspec.Meta(max_length=100)] = ""


class MappingKept(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping in force under a name, and for which kind of file."""

    id: int
    kind: str
    made_us: int
    made_by: int | None
    mapping: FileMappingBody


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file is: rows done of rows in all; nought of nought where nothing is under way."""

    done: int
    total: int


_NEWEST = sa.select(sa.func.max(file_mapping.c.id)).group_by(file_mapping.c.kind, file_mapping.c.name)
_MAPPINGS = Fast(
    sa.select(
        file_mapping.c.id, file_mapping.c.kind, file_mapping.c.made_us, file_mapping.c.made_by, file_mapping.c.body
    )
    .where(file_mapping.c.id.in_(_NEWEST))
    .order_by(file_mapping.c.kind, file_mapping.c.name)
)
_FOR_HEADINGS = Fast(
    sa.select(file_mapping.c.body)
    .where(file_mapping.c.headings == sa.bindparam("headings"), file_mapping.c.kind == sa.bindparam("of_kind"))
    .order_by(file_mapping.c.id.desc())
    .limit(1)
)
_BY_ID = Fast(sa.select(file_mapping.c.body).where(file_mapping.c.id == sa.bindparam("mapping_id")))
_SAME = Fast(
    sa.select(sa.func.max(file_mapping.c.id)).where(
        file_mapping.c.headings == sa.bindparam("headings"), file_mapping.c.body == sa.bindparam("of_body")
    )
)
_ADD_MAPPING = Inserter(file_mapping)


# ---- its columns -----------------------------------------------------------------------------------


@post("/file-previews/columns", operation_id="look_at_file_columns", opt=CONSULTS, status_code=200,
      request_max_body_size=UPLOAD_MAX, responses=errors(401, 403, 413, 422), **ROUTE)  # fmt: skip
async def look_at_columns(data: JSONBody[FileColumnsAsked], ctx: NamedDependency[Ctx]) -> FileColumnsShown:
    """The columns of a file, a few values of each, and the fields proposed for them. Writes nothing."""
    _need(ctx, data.kind)
    how = checked_reading(Reading(data.delimiter, data.encoding, data.heading_row))
    grid = await asyncio.to_thread(lambda: read_grid(opened(_content(data.content), data.sheet), how))
    asked = {"headings": grid.headings, "of_kind": data.kind}
    saved = await ctx.read(lambda conn: _FOR_HEADINGS.rows(conn, asked))
    return columns_shown(data.kind, grid, from_json(saved[0][0]) if saved else None)


@get("/file-mappings", operation_id="list_file_mappings", opt=CONSULTS, responses=errors(401, 403), **ROUTE)
async def list_mappings(ctx: NamedDependency[Ctx]) -> list[MappingKept]:
    """How files are read that change who may draw: the mapping in force under each kind and name."""
    found = [
        MappingKept(id=row[0], kind=row[1], made_us=row[2], made_by=row[3], mapping=mapping_out(from_json(row[4])))
        for row in await ctx.read(_MAPPINGS.rows)
    ]
    ctx.about(*(each.made_by for each in found))
    return found


# ---- looking over ----------------------------------------------------------------------------------


@post("/file-previews", operation_id="preview_file", opt=COLLECTS, status_code=200,
      request_max_body_size=UPLOAD_MAX, responses=errors(401, 403, 404, 413, 422), **ROUTE)  # fmt: skip
async def preview(data: JSONBody[FileUpload], ctx: NamedDependency[Ctx]) -> PreviewAnswer:
    """What taking a file in would do: its rows, and who would newly be refused or allowed, now and at their next duty.

    The file and what was seen are kept; nothing of the file is taken in.
    """
    _need(ctx, data.kind)
    mapping = await _mapping(ctx, data)
    source = checked_source(data.source)
    if not data.file_name.isprintable():
        raise bad_field("file_name", "a name without control characters")
    file = await asyncio.to_thread(file_of, mapping, source, _content(data.content), data.sheet)
    grid = await asyncio.to_thread(lambda: read_grid(opened(data.content, data.sheet), mapping.reading))
    ctx.query = f"{data.kind} from {source}, {data.file_name}, {len(data.content)} bytes"
    policy, working = ctx.service.policies.now, ctx.service.working

    def act(tx: Tx) -> int:
        run = ImportRun(tx.conn, tx.ids, tx.now_us, working.teller(data.ticket))
        found = look_over(tx, policy, file, run)
        seen = Preview(
            0, data.kind, source, _keep_mapping(tx, mapping, grid.headings, ctx.person_id), data.file_name,
            hashed(data.content), len(data.content), data.sheet, tx.now_us, ctx.person_id, found,
        )  # fmt: skip
        ctx.about(*found.person_ids)
        tx.record([ctx.line()])
        return keep_preview(tx, seen, base64.b64encode(data.content).decode())

    preview_id = await _in_bulk(ctx, act, file, data.ticket)
    return await _told(ctx, preview_id)


@get("/file-previews/progress/{ticket:str}", operation_id="get_file_progress", opt=CONSULTS,
     responses=errors(401, 403), **ROUTE)  # fmt: skip
async def progress(ticket: FromPath[str], ctx: NamedDependency[Ctx]) -> Progress:
    """How far the file of a ticket is, at this instance of the service."""
    done, total = ctx.service.working.of(ticket)
    return Progress(done=done, total=total)


@get("/file-previews", operation_id="list_file_previews", opt=CONSULTS, responses=errors(401, 403, 422), **ROUTE)
async def list_previews(
    ctx: NamedDependency[Ctx], kind: Kind = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[PreviewRow]:
    """The files that were looked over, the latest first, and which of them were taken in."""
    before = key_of(cursor, int)[0] if cursor else 2**62
    found = await ctx.read(lambda conn: rows_listed(conn, ctx, kind, before, limit + 1))
    return page_of(found, limit, [(row.id,) for row in found])


@get("/file-previews/{preview_id:int}", operation_id="get_file_preview", opt=CONSULTS, responses=errors(401, 403, 404),
     **ROUTE)  # fmt: skip
async def one_preview(preview_id: PathId, ctx: NamedDependency[Ctx]) -> PreviewAnswer:
    """A file that was looked over: what was seen then, and what became of it."""
    return await _told(ctx, preview_id)


@get("/file-previews/{preview_id:int}/people.csv", operation_id="export_file_preview",
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403, 404), **ROUTE)  # fmt: skip
async def people_csv(preview_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """Everybody who would newly be refused or allowed, as CSV."""
    seen = await seen_by(ctx, preview_id)
    rows = await ctx.read(lambda conn: effect_rows(conn, seen.outcome.effects))
    ctx.about(*(row.person_id for row in rows))
    return as_csv(f"{seen.kind}-{seen.id}.csv", CSV_HEADS, csv_rows(rows))


# ---- taking in -------------------------------------------------------------------------------------


@post("/file-previews/{preview_id:int}/take", operation_id="take_previewed_file", opt=ALTERS, status_code=200,
      responses=errors(401, 403, 404, 409, 422, 429), **ROUTE)  # fmt: skip
async def take(preview_id: PathId, data: JSONBody[TakeBody], ctx: NamedDependency[Ctx]) -> PreviewAnswer:
    """Take in exactly the file that was looked over, where it still does what was seen; whoever holds kit and no longer
    may is raised in the same commit."""
    seen = await seen_by(ctx, preview_id)
    second = await second_person(ctx, data.second) if data.second else None
    await _check_second(ctx, second)
    body = base64.b64decode(await ctx.read(lambda conn: body_of(conn, seen.sha256)))
    mapping = await ctx.read(lambda conn: _on_record(conn, seen.mapping_id))
    file = await asyncio.to_thread(file_of, mapping, seen.source, body, seen.sheet)
    signed = Signed(data.sha256, ctx.person_id, second)
    policy, working = ctx.service.policies.now, ctx.service.working

    def act(tx: Tx) -> Taken:
        run = ImportRun(tx.conn, tx.ids, tx.now_us, working.teller(data.ticket))
        taken = take_in(tx, policy, seen, file, signed, run)
        ctx.about(*taken.report.person_ids_changed)
        tx.record([ctx.line()])
        return taken

    try:
        taken = await _in_bulk(ctx, act, file, data.ticket)
    except Moved as error:
        raise Problem(409, "moved", f"{error} Nothing was taken in. Look the file over again.") from error
    except NeedsSecond as error:
        raise Problem(409, "second-person-needed", f"{error}.") from error
    await asyncio.to_thread(look_over_after, ctx.service.database, taken.report)
    return await _told(ctx, preview_id)


# ---- parts -----------------------------------------------------------------------------------------


def rows_listed(conn: sa.Connection, ctx: Ctx, kind: str | None, before: int, most: int) -> list[PreviewRow]:
    """The previews that the person signed in may see, the latest first."""
    mine = [each for each in PREVIEWED_FILES if kind in (None, each) and any(ctx.may(n, None) for n in NEEDS[each])]
    seen = listed(conn, mine, before, most)
    taken = taken_rows(conn, [each.id for each in seen])
    ctx.about(*(each.by_person for each in seen))
    return [preview_row(each, taken.get(each.id)) for each in seen]


def _need(ctx: Ctx, kind: str) -> None:
    if kind not in PREVIEWED_FILES:
        raise bad_field("kind", f"one of {', '.join(PREVIEWED_FILES)}", kind)
    ctx.need_any(NEEDS[kind], None)


def _content(content: bytes) -> bytes:
    if not content.strip():
        raise bad_field("content", "a CSV file or an XLSX workbook with headings, in base64")
    return content


async def _mapping(ctx: Ctx, data: FileUpload) -> FileMapping:
    if (data.mapping is None) == (data.mapping_id is None):
        raise bad_field("mapping", "a mapping, or the mapping_id of one on record")
    if data.mapping is not None:
        return mapping_in(data.kind, data.mapping)
    mapping_id = data.mapping_id or 0
    found = await ctx.read(lambda conn: _on_record(conn, mapping_id))
    if found.kind != data.kind:
        raise bad_field("mapping_id", f"a mapping of {data.kind}", mapping_id)
    return found


def _on_record(conn: sa.Connection, mapping_id: int) -> FileMapping:
    rows = _BY_ID.rows(conn, {"mapping_id": mapping_id})
    if not rows:
        raise not_found("mapping with this id")
    return from_json(rows[0][0])


def mapping_named(conn: sa.Connection, kind: str, name: str) -> FileMapping:
    """The mapping in force for a kind of file under a name. Raises BadField where there is none."""
    for row in _MAPPINGS.rows(conn):
        found = from_json(row[4])
        if (row[1], found.name) == (kind, name):
            return found
    raise BadField("mapping", name, f"the name of a mapping of {kind} on record")


def _keep_mapping(tx: Tx, mapping: FileMapping, headings: str, by_person: int) -> int:
    """The id of this very mapping for these columns; a new one where it is not on record."""
    body = to_json(mapping)
    known = _SAME.rows(tx.conn, {"headings": headings, "of_body": body})[0][0]
    if known is not None:
        return int(known)
    new_id = tx.ids.take()
    row = {"id": new_id, "kind": mapping.kind, "name": mapping.name, "headings": headings, "body": body}
    _ADD_MAPPING.add(tx.conn, [row | {"made_us": tx.now_us, "made_by": by_person}])
    return new_id


async def seen_by(ctx: Ctx, preview_id: int) -> Preview:
    """A preview, for whoever may take such a file in. Raises the 404 or the 403 problem."""
    seen = await ctx.read(lambda conn: preview_of(conn, preview_id))
    if seen is None:
        raise not_found("file that was looked over with this id")
    _need(ctx, seen.kind)
    return seen


async def _told(ctx: Ctx, preview_id: int) -> PreviewAnswer:
    seen = await seen_by(ctx, preview_id)
    terms = ctx.service.policies.now.imports
    answer = await ctx.read(lambda conn: answer_of(conn, seen, terms.newly_refused_max, terms.holds_us))
    ctx.about(seen.by_person, *(row.person_id for row in answer.effects))
    return answer


async def _check_second(ctx: Ctx, second: int | None) -> None:
    if second is None:
        return
    held = (await ctx.read(lambda conn: held_by(conn, [second], ctx.now_us)))[second]
    if not any(each.capability in SECONDS for each in held):
        raise bad_field("second.name", f"somebody who is one of {', '.join(SECONDS)}")


async def _in_bulk(ctx: Ctx, act: Any, file: FileToTake, ticket: str) -> Any:
    """Write what takes more ids than an act does, beside the event loop."""
    try:
        ids = ids_for(file.source)
        done = await asyncio.to_thread(ctx.service.database.write, act, None, ids=ids)
    finally:
        ctx.service.working.end(ticket)
    ctx.logged = True
    return done


ROUTES = [
    look_at_columns, list_mappings, preview, progress, list_previews, one_preview, people_csv, take,
]  # fmt: skip
