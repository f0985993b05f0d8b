"""The paper fallback: the printed register of a store, pages that were written up from it, and what came of them.

One rule for the editor: nothing is decided here. A page is written up whole by two people with its scan, or refused
with everything that is wrong with it (409 `not-written-up`).
"""

from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import ITEMS_MAX, Id, ItemNamed, LotAsked, items_named
from api.collars import Collar, person_named
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.later import Later
from api.params import PathId
from api.problems import Problem, bad_field, denied, errors
from api.processing import ALTERS, CONSULTS, Log
from api.second_person import Second, second_person
from inventory.custody.paper.page import LINES_MAX, SCAN_BYTES_MAX, Page, PageRefused, Said
from inventory.custody.paper.reading import LineRead, PageRead, lines_of, page_of, pages_of, scan_of
from inventory.custody.paper.register import register_of
from inventory.custody.paper.writing_up import WrittenUp, write_up
from inventory.people.calendar import moment_said
from inventory.schema.tx import Tx
from inventory.schema.words import CAPABILITIES

REGISTER_PDF = Later("api.paper_pdf:register_pdf")
SEERS = ("ISSUER", "STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "AUDITOR", "ADMINISTRATOR")
PRINTERS = ("ISSUER", "STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR")
UPLOAD_MAX = SCAN_BYTES_MAX * 4 // 3 + (1 << 18)
SHOWN_MAX = 200
EXPORT_MAX = 2000
DISCLOSES: dict[str, Any] = {"log": Log("DISCLOSURE", "whoever keeps the store's paper")}

Moment = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class PaperLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a page: this person drew (or gave back) these things at `at_us` (UTC microseconds).

    A person is named by id or by collar. `issuer` handed them over. `fit` and `tested` are the page's ticks, `charge`
    the percent read off the battery, `condition` how it came back.
    """

    act: Literal["DRAWN", "RETURNED"]
    person_id: Id | None = None
    collar: Collar | None = None
    at_us: Moment
    items: Annotated[list[ItemNamed], msgspec.Meta(max_length=ITEMS_MAX)] = []
    lots: Annotated[list[LotAsked], msgspec.Meta(max_length=ITEMS_MAX)] = []
    issuer_id: Id | None = None
    issuer_collar: Collar | None = None
    fit: bool = False
    tested: bool = False
    charge: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    planned_return_us: Moment | None = None
    condition: Literal["GOOD", "DAMAGED", "WET", "USED", "FAULTY"] = "GOOD"


class PaperPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page with its scan (base64 of a PDF, JPEG or PNG). `register` and `page_no` are printed on a register of ours.

    OPENING_BALANCE and FOUND_IN_HAND are of kit that people have already: lines of DRAWN alone, judged as of now.
    """

    sort: Literal["REGISTER", "OPENING_BALANCE", "FOUND_IN_HAND"] = "REGISTER"
    document: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
    scan: bytes
    media: Literal["application/pdf", "image/jpeg", "image/png"]
    lines: Annotated[list[PaperLine], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    second: Second
    register: Annotated[str, msgspec.Meta(min_length=1, max_length=60)] | None = None
    page_no: Annotated[int, msgspec.Meta(ge=1, le=9999)] | None = None


class LineRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A line that the gate would have refused: its number, and the refusal as stored."""

    line_no: int
    decision_id: int


class PageWritten(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a page. `again`: it was written up before, and nothing was changed."""

    page_id: int
    entry_id: int
    again: bool
    late: bool
    refused: list[LineRefused]


class LineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a line. `refused` are the gate's sentences where it would have refused."""

    line_no: int
    act: str
    person_id: int
    issuer_id: int | None
    item_id: int | None
    lot_id: int | None
    quantity: int | None
    kind: str
    serial: str
    happened_us: int
    late: bool
    decision_id: int | None
    refused: list[str]
    entry_id: int


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it was written up. `refused` counts its lines that the gate would have refused."""

    id: int
    store_id: int
    sort: str
    document: str
    register: str | None
    page_no: int | None
    sha256: str
    media: str
    size: int
    by_person: int
    second_person: int
    at_us: int
    late: bool
    entry_id: int
    refused: int
    lines: list[LineRow]


OPT: dict[str, Any] = {"guards": [holding(*SEERS)], "responses": errors(401, 403, 404), "tags": ["paper"]}


@get("/stores/{store_id:int}/paper.pdf", operation_id="print_paper", guards=[holding(*PRINTERS)], opt=DISCLOSES,
     responses=errors(401, 403, 404), tags=["paper"])  # fmt: skip
async def paper_pdf(store_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The register to be printed: who may draw what for a day, what is on the shelf, blank lines. Void after a day."""
    ctx.need_any(PRINTERS, store_id)
    policy, now_us = ctx.service.policies.now, ctx.now_us
    register = await ctx.read(lambda conn: register_of(conn, store_id, policy, now_us))
    ctx.about(*register.person_ids)
    body = await ctx.read(lambda _conn: REGISTER_PDF()(register))
    headers = {"Content-Disposition": f'inline; filename="{register.number}.pdf"'}
    return Response(body, media_type="application/pdf", headers=headers)


@post("/stores/{store_id:int}/paper-pages", operation_id="write_up_page", guards=[holding(*CAPABILITIES)], opt=ALTERS,
      status_code=200, request_max_body_size=UPLOAD_MAX, responses=errors(401, 403, 404, 409, 413, 422, 429),
      tags=["paper"])  # fmt: skip
async def write_up_page(
    store_id: PathId, data: JSONBody[PaperPage], ctx: NamedDependency[Ctx]
) -> PageWritten:
    """Write a page of the paper register up: two people, its scan, and what the gate would have said of each line."""
    policy = ctx.service.policies.now
    ctx.need_any(policy.paper.written_by, store_id)
    if not 0 < len(data.scan) <= SCAN_BYTES_MAX:
        raise bad_field("scan", f"1 to {SCAN_BYTES_MAX} bytes")
    second = await second_person(ctx, data.second)
    lines = tuple([await _said(ctx, n, each) for n, each in enumerate(data.lines)])
    page = Page(
        store_id, data.sort, data.document, data.scan, data.media, ctx.person_id, second, lines, data.register,
        data.page_no,
    )  # fmt: skip
    ctx.about(second, *(each.person_id for each in lines), *(each.issuer_id for each in lines))

    def run(tx: Tx) -> PageWritten:
        try:
            return _answer(write_up(tx, page, policy))
        except PageRefused as told:
            refusals = [
                {"line": each.line_no, "sentence": each.sentence, "remedy": each.instead}
                for each in told.wrong
            ]
            raise Problem(409, "not-written-up", str(told)[:4000], refusals=refusals) from None

    keys = {f"i{each}" for line in lines for each in line.item_ids} | {
        f"l{lot}" for line in lines for lot, _ in line.lots
    }
    keys |= {f"p{each}" for each in (ctx.person_id, second, *(line.person_id for line in lines))}
    return await ctx.write(run, [*keys, f"paper{store_id}"])


async def _said(ctx: Ctx, number: int, line: PaperLine) -> Said:
    person_id = await person_named(ctx, line.person_id, line.collar, f"lines[{number}].collar")
    issuer_id = await person_named(ctx, line.issuer_id, line.issuer_collar, f"lines[{number}].issuer_collar")
    if person_id is None:
        raise bad_field(f"lines[{number}].person_id", "a person, by id or by collar")
    return Said(
        line.act, person_id, line.at_us, await items_named(ctx, line.items, f"lines[{number}].items"),
        tuple((each.lot_id, each.quantity) for each in line.lots), issuer_id, line.fit, line.tested, line.charge,
        line.planned_return_us, line.condition,
    )  # fmt: skip


def _answer(done: WrittenUp) -> PageWritten:
    refused = [LineRefused(line_no=line, decision_id=number) for line, number in done.refused]
    return PageWritten(
        page_id=done.page_id, entry_id=done.entry_id, again=done.again, late=done.late, refused=refused
    )


def rows_of(conn: sa.Connection, pages: list[PageRead]) -> list[PageRow]:
    """Pages as clients have them, with their lines."""
    lines: dict[int, list[LineRead]] = {each.id: [] for each in pages}
    for line in lines_of(conn, list(lines)):
        lines[line.page_id].append(line)
    return [_page_row(each, lines[each.id]) for each in pages]


def _page_row(page: PageRead, lines: list[LineRead]) -> PageRow:
    own = {name: getattr(page, name) for name in PageRead.__dataclass_fields__}
    refused = len({each.line_no for each in lines if each.decision_id is not None})
    rows = [
        LineRow(
            **{name: getattr(each, name) for name in LineRow.__struct_fields__ if name != "refused"},
            refused=list(each.refused),
        )
        for each in lines
    ]
    return PageRow(**own, refused=refused, lines=rows)


@get("/stores/{store_id:int}/paper-pages", operation_id="list_paper_pages", opt=CONSULTS, **OPT)
async def list_pages(store_id: PathId, ctx: NamedDependency[Ctx]) -> list[PageRow]:
    """A store's pages, the newest first: late ones and those the gate would have refused say so."""
    return await shown_of(ctx, store_id, SHOWN_MAX)


async def shown_of(ctx: Ctx, store_id: int, most: int) -> list[PageRow]:
    """A store's pages, for who may see them."""
    ctx.need_any(SEERS, store_id)
    found = await ctx.read(lambda conn: rows_of(conn, pages_of(conn, store_id, most)))
    for each in found:
        ctx.about(each.by_person, each.second_person, *(line.person_id for line in each.lines))
        ctx.about(*(line.issuer_id for line in each.lines))
    return found


HEADS = (
    "page", "document", "register", "page no", "written up", "by", "second person", "late page", "line", "act",
    "person", "handed over by", "kind", "serial or lot", "pieces", "happened", "late", "gate would have refused",
    "entry", "SHA-256",
)  # fmt: skip


@get("/stores/{store_id:int}/paper-pages.csv", operation_id="export_paper_pages", opt=CONSULTS, **OPT)
async def pages_csv(store_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The same list as a CSV file, a row a thing of a line."""
    found = await shown_of(ctx, store_id, EXPORT_MAX)
    return as_csv("paper.csv", HEADS, [_cells(page, line) for page in found for line in page.lines])


def _cells(page: PageRow, line: LineRow) -> tuple[object, ...]:
    return (
        page.id, page.document, page.register or "", page.page_no or "", moment_said(page.at_us), page.by_person,
        page.second_person, "yes" if page.late else "", line.line_no, line.act, line.person_id, line.issuer_id or "",
        line.kind, line.serial, line.quantity or 1, moment_said(line.happened_us), "yes" if line.late else "",
        " ".join(line.refused), line.entry_id, page.sha256,
    )  # fmt: skip


@get("/paper-pages/{page_id:int}", operation_id="get_paper_page", opt=CONSULTS, **OPT)
async def get_page(page_id: PathId, ctx: NamedDependency[Ctx]) -> PageRow:
    """One page and its lines."""
    found = await ctx.read(lambda conn: rows_of(conn, [page_of(conn, page_id)])[0])
    _need(ctx, found.store_id)
    ctx.about(found.by_person, found.second_person, *(line.person_id for line in found.lines))
    return found


@get("/paper-pages/{page_id:int}/scan", operation_id="get_paper_scan", opt=DISCLOSES, **OPT)
async def get_scan(page_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The scan of a page, as it came in."""
    page = await ctx.read(lambda conn: page_of(conn, page_id))
    _need(ctx, page.store_id)
    lines = await ctx.read(lambda conn: lines_of(conn, [page_id]))
    ctx.about(page.by_person, page.second_person, *(line.person_id for line in lines))
    body = await ctx.read(lambda conn: scan_of(conn, page_id))
    kind = page.media.rpartition("/")[2]
    headers = {"Content-Disposition": f'attachment; filename="page-{page_id}.{kind}"'}
    return Response(body, media_type=page.media, headers=headers)


def _need(ctx: Ctx, store_id: int) -> None:
    if not any(ctx.may(each, store_id) for each in SEERS):
        raise denied("This page is of a store that you do not look after.")


ROUTES = [paper_pdf, write_up_page, list_pages, pages_csv, get_page, get_scan]
