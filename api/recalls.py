"""Recalls: opened by the CED single point of contact, chased line by line, closed when all is accounted for, or lifted.

One rule for the editor: nothing is decided here. What a recall refuses is told whole, with what is possible instead
(409 `not-possible`).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api import store_reads
from api.context import Ctx
from api.csv_out import as_csv
from api.guards import holding
from api.paging import Cursor, Limit, Page, key_of, page_of
from api.params import PathId
from api.problems import Problem, bad_field, errors, not_found
from api.processing import ALTERS, CONSULTS, Log
from api.recall_rows import (
    CSV_COLUMNS,
    FitsRow,
    LineEnded,
    RecallAsked,
    RecallClosing,
    RecallLifting,
    RecallOpened,
    RecallPage,
    RecallRow,
    ToldOf,
    chase_row,
    csv_line,
    fits_row,
    recall_page,
    recall_row,
)
from inventory.custody.recalls import acts
from inventory.custody.recalls.acts import SPOC, WATCHES, RecallRefused
from inventory.custody.recalls.reading import EVER, Line, Recall, page_of_recalls, recalls
from inventory.custody.recalls.which import check_criteria, matches
from inventory.schema.tx import Tx

SEERS = (*WATCHES, "AUDITOR", "EXHIBITS", "PSD")
SEE_ALL = ("CED_SPOC", "AUDITOR", "DUTY_INSPECTOR")
"""Who sees every line of a chase list; others see those of their stores."""
T = TypeVar("T")


class RecallMade(msgspec.Struct, frozen=True, kw_only=True):
    """A recall that was opened."""

    id: int
    items: int
    outstanding: int


READ: dict[str, Any] = {"guards": [holding(*SEERS)], "opt": CONSULTS, "tags": ["recalls"]}
ACT: dict[str, Any] = {
    "guards": [holding(*WATCHES)], "opt": ALTERS, "status_code": 200, "tags": ["recalls"],
    "responses": errors(401, 403, 404, 409, 422),
}  # fmt: skip


@get("/recalls", operation_id="list_recalls", responses=errors(400, 401, 403), **READ)
async def list_recalls(ctx: NamedDependency[Ctx], limit: Limit = 100, cursor: Cursor = None) -> Page[RecallRow]:
    """Recalls, newest first, each with how its lines stand."""
    before = key_of(cursor, int)[0] if cursor else EVER
    found = await ctx.read(lambda conn: page_of_recalls(conn, limit + 1, before))
    ctx.about(*(each.opened_by for each in found))
    rows = [recall_row(each) for each in found]
    return page_of(rows, limit, [(row.id,) for row in rows])


@post("/recalls/matches", operation_id="match_recall", status_code=200, guards=[holding(*SPOC)], opt=CONSULTS,
      responses=errors(401, 403, 422), tags=["recalls"])  # fmt: skip
async def match_recall(data: JSONBody[RecallAsked], ctx: NamedDependency[Ctx]) -> FitsRow:
    """What a recall would hold, over every store and holder. Nothing is held by asking."""
    asked = data.criteria()
    _named(lambda: check_criteria(asked))
    return fits_row(await ctx.read(lambda conn: matches(conn, asked)))


@post("/recalls", operation_id="open_recall", guards=[holding(*SPOC)], opt=ALTERS,
      responses=errors(401, 403, 409, 422), tags=["recalls"])  # fmt: skip
async def open_recall(data: JSONBody[RecallOpened], ctx: NamedDependency[Ctx]) -> RecallMade:
    """Open a recall: everything that fits is held in this act and stands on the chase list. What comes later and fits
    is held as it arrives, until the recall is lifted."""
    notice = acts.Notice(data.criteria(), str(data.notice_from), data.notice_ref, data.detail, ctx.person_id)

    def act(tx: Tx) -> RecallMade:
        recall_id = _refused(lambda: acts.open_recall(tx, notice))
        of = recalls(tx.conn, [recall_id])[recall_id]
        _about(ctx, of.lines)
        return RecallMade(id=of.id, items=len(of.lines), outstanding=len(of.outstanding))

    return await ctx.write(act)


@get("/recalls/{recall_id:int}", operation_id="get_recall", responses=errors(401, 403, 404), **READ)
async def get_recall(recall_id: PathId, ctx: NamedDependency[Ctx]) -> RecallPage:
    """One recall with its chase list."""
    return _page(ctx, await ctx.read(lambda conn: recalls(conn, [recall_id])), recall_id)


@get("/recalls/{recall_id:int}/lines.csv", operation_id="export_recall", guards=[holding(*SEERS)],
     opt={"log": Log("DISCLOSURE", "whoever is given the file")}, responses=errors(401, 403, 404),
     tags=["recalls"])  # fmt: skip
async def export_recall(recall_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The chase list as a table for a spreadsheet."""

    def look(conn: sa.Connection) -> tuple[dict[int, Recall], dict[int, str]]:
        return recalls(conn, [recall_id]), {row["id"]: row["name"] for row in store_reads.stores(conn)}

    found, stores = await ctx.read(look)
    of = seen_recall(found, recall_id)
    lines = lines_for(ctx, of)
    _about(ctx, lines)
    terms = ctx.service.policies.now.chases
    rows = [csv_line(chase_row(line, terms, ctx.now_us), stores) for line in lines]
    return as_csv(f"recall-{recall_id}.csv", CSV_COLUMNS, rows)


@post("/recalls/{recall_id:int}/told", operation_id="tell_of_recall", **ACT)
async def told_of_recall(recall_id: PathId, data: JSONBody[ToldOf], ctx: NamedDependency[Ctx]) -> RecallPage:
    """Somebody was told of one or more lines."""

    def act(tx: Tx) -> None:
        for line_id in data.line_ids:
            telling = acts.Telling(recall_id, line_id, ctx.person_id, data.told, data.detail, data.happened_us)
            acts.tell(tx, telling)

    return await _do(ctx, recall_id, act)


@post("/recalls/{recall_id:int}/lines/{line_id:int}/end", operation_id="end_recall_line", **ACT)
async def end_recall_line(
    recall_id: PathId, line_id: PathId, data: JSONBody[LineEnded], ctx: NamedDependency[Ctx]
) -> RecallPage:
    """How a line ended."""
    ending = acts.Ending(recall_id, line_id, ctx.person_id, data.outcome, data.reference, data.detail)
    return await _do(ctx, recall_id, lambda tx: acts.end(tx, ending))


@post("/recalls/{recall_id:int}/close", operation_id="close_recall", **ACT)
async def close_recall(
    recall_id: PathId, data: JSONBody[RecallClosing], ctx: NamedDependency[Ctx]
) -> RecallPage:
    """Every line is accounted for: the chase is over. What is held stays held."""
    return await _do(ctx, recall_id, lambda tx: acts.close(tx, recall_id, ctx.person_id, data.detail))


@post("/recalls/{recall_id:int}/lift", operation_id="lift_recall", **ACT)
async def lift_recall(recall_id: PathId, data: JSONBody[RecallLifting], ctx: NamedDependency[Ctx]) -> RecallPage:
    """The whole recall is lifted by authority, and nothing is held for it any more."""
    return await _do(
        ctx, recall_id, lambda tx: acts.lift(tx, recall_id, ctx.person_id, data.authority, data.detail)
    )


def seen_recall(found: dict[int, Recall], recall_id: int) -> Recall:
    """The recall; the 404 problem where there is none."""
    of = found.get(recall_id)
    if of is None:
        raise not_found("recall with this id")
    return of


def lines_for(ctx: Ctx, of: Recall) -> list[Line]:
    """The lines that whoever asks may see."""
    stores = {each.store_id for each in ctx.who.held if each.capability in SEERS}
    sees_all = None in stores or any(each.capability in SEE_ALL for each in ctx.who.held)
    return [line for line in of.lines if sees_all or line.store_id in stores]


def _about(ctx: Ctx, lines: list[Line] | tuple[Line, ...]) -> None:
    ctx.about(*(line.holder_id for line in lines if line.holder == "PERSON"))
    ctx.about(*(each.by_person for line in lines for each in line.events))


def _page(ctx: Ctx, found: dict[int, Recall], recall_id: int) -> RecallPage:
    of = seen_recall(found, recall_id)
    lines = lines_for(ctx, of)
    _about(ctx, lines)
    ctx.about(of.opened_by)
    return recall_page(of, lines, ctx.service.policies.now.chases, ctx.now_us)


async def _do(ctx: Ctx, recall_id: int, run: Callable[[Tx], object]) -> RecallPage:
    def act(tx: Tx) -> RecallPage:
        _refused(lambda: run(tx))
        return _page(ctx, recalls(tx.conn, [recall_id]), recall_id)

    return await ctx.write(act, (f"recall{recall_id}",))


def _refused(run: Callable[[], T]) -> T:
    """What `run` gives; the problem for what it refuses."""
    try:
        return _named(run)
    except LookupError:
        raise not_found("recall or line with this id") from None


def _named(run: Callable[[], T]) -> T:
    try:
        return run()
    except RecallRefused as told:
        refusals = [{"sentence": each} for each in told.bars]
        instead = [{"instead": each} for each in told.instead]
        raise Problem(409, "not-possible", str(told), refusals=[*refusals, *instead]) from None
    except ValueError as told:
        name, _, expected = str(told).partition(": ")
        raise bad_field(name, expected) from None


ROUTES = [
    list_recalls, match_recall, open_recall, get_recall, export_recall, told_of_recall, end_recall_line, close_recall,
    lift_recall,
]  # fmt: skip
