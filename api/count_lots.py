"""Lots in a count: counted by quantity by several at once, settled by a movement, and listed with the count.

One rule for the editor: while a blind count is open nobody is told what the ledger says of a lot.
"""

from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import Id
from api.context import Ctx
from api.csv_out import as_csv
from api.params import PathId
from api.problems import Problem, not_found
from api.processing import ALTERS, COLLECTS, CONSULTS
from api.stocktake_rows import COUNTERS, OPT, found
from api.stocktakes import SETTLERS, Reason
from inventory.custody.stocktake.counting import NotPossible
from inventory.custody.stocktake.lots import (
    PIECES_MAX,
    LotCounted,
    LotLine,
    LotSettling,
    count_lot,
    lots_in,
    settle_lot,
)
from inventory.custody.stocktake.reading import Count
from inventory.schema.tx import Tx
from inventory.stock.kinds import title


class LotCountSent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many pieces of a lot stand there. `key` is the sender's own, the same when it is sent again."""

    lot_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=0, le=PIECES_MAX)]
    key: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{8,100}$")] | None = None


class LotSettlingAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be done about a lot of a closed count, and why."""

    lot_id: Id
    act: Literal["WRITTEN_OFF", "TAKEN_IN"]
    reason: Reason


class LotLineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lot of a count. `quantity` null: not counted; `balance` and `out_by` null while a blind count is open."""

    lot_id: int
    kind: str
    lot_no: str
    product: str
    quantity: int | None
    balance: int | None
    out_by: int | None
    at_us: int | None
    by_person: int | None
    act: str
    settled: str | None


def row_of(each: LotLine, count: Count) -> LotLineRow:
    """A line as clients have it."""
    hides = count.hides
    return LotLineRow(
        lot_id=each.lot_id, kind=each.kind, lot_no=each.lot_no, product=each.product, quantity=each.quantity,
        balance=None if hides else each.balance, out_by=None if hides or each.quantity is None else each.out_by,
        at_us=each.at_us, by_person=each.by_person, act="" if count.is_open else each.act, settled=each.settled,
    )  # fmt: skip


def lot_rows(conn: sa.Connection, count: Count) -> list[LotLineRow]:
    """The lots of a count; of a blind one that is open, all that may be told."""
    return [row_of(each, count) for each in lots_in(conn, count)]


@post("/counts/{count_id:int}/lots", operation_id="count_lot", opt=COLLECTS, status_code=200, **OPT)
async def count_a_lot(
    count_id: PathId, data: JSONBody[LotCountSent], ctx: NamedDependency[Ctx]
) -> LotLineRow:
    """Count a lot: the newest number of an open count stands."""

    def act(tx: Tx) -> LotLineRow:
        count = found(tx.conn, count_id)
        ctx.need_any(COUNTERS, count.store_id)
        ctx.about(ctx.person_id)
        said = LotCounted(count_id, data.lot_id, data.quantity, ctx.person_id, data.key or f"count/{tx.id}")
        try:
            return row_of(count_lot(tx, said), count)
        except NotPossible as told:
            raise Problem(409, "not-possible", str(told)) from None
        except LookupError:
            raise not_found("lot with this id") from None

    return await ctx.write(act, (f"count{count_id}",))


@post("/counts/{count_id:int}/lots/settle", operation_id="settle_lot", opt=ALTERS, status_code=200, **OPT)
async def settle_a_lot(
    count_id: PathId, data: JSONBody[LotSettlingAsk], ctx: NamedDependency[Ctx]
) -> LotLineRow:
    """Settle a lot that is short or over by the movement that answers it, which names this count."""
    asked = LotSettling(count_id, data.lot_id, data.act, ctx.person_id, data.reason)

    def act(tx: Tx) -> LotLineRow:
        count = found(tx.conn, count_id)
        ctx.need_any(SETTLERS, count.store_id)
        ctx.about(ctx.person_id)
        try:
            return row_of(settle_lot(tx, asked), count)
        except NotPossible as told:
            raise Problem(409, "not-possible", str(told)) from None

    return await ctx.write(act, (f"count{count_id}", f"l{data.lot_id}"))


async def _rows(ctx: Ctx, count_id: int) -> list[LotLineRow]:
    count = await ctx.read(lambda conn: found(conn, count_id))
    ctx.need_any(COUNTERS, count.store_id)
    rows = await ctx.read(lambda conn: lot_rows(conn, count))
    ctx.about(*(each.by_person for each in rows))
    return rows


@get("/counts/{count_id:int}/lots", operation_id="list_count_lots", opt=CONSULTS, **OPT)
async def list_lots(count_id: PathId, ctx: NamedDependency[Ctx]) -> list[LotLineRow]:
    """The lots of a count: those counted, and those that are still to be."""
    return await _rows(ctx, count_id)


HEADS = ("lot", "kind", "product", "counted", "by the ledger", "out by", "settled by")


@get("/counts/{count_id:int}/lots.csv", operation_id="export_count_lots", opt=CONSULTS, **OPT)
async def lots_csv(count_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The lots of a count as a file."""
    rows = [
        (each.lot_no, title(each.kind), each.product, each.quantity, each.balance, each.out_by, each.settled)
        for each in await _rows(ctx, count_id)
    ]
    return as_csv(f"count-{count_id}-lots.csv", HEADS, [["" if one is None else one for one in row] for row in rows])


ROUTES = [count_a_lot, settle_a_lot, list_lots, lots_csv]
