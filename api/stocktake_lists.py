"""Looking at counts: one, its sightings, a store's, what it owes, what was longest unseen; each list as CSV too.

One rule for the editor: whoever is named in a list is in the log line of the look at it.
"""

from dataclasses import asdict
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from api.context import Ctx
from api.csv_out import as_csv
from api.paging import Limit
from api.params import PathId
from api.processing import CONSULTS, NOTHING_PERSONAL
from api.stocktake_rows import COUNTERS, OPT, CountRow, DueRow, OneCount, UnseenRow, found, one_of, rows_of
from inventory.custody.stocktake.due import due_counts
from inventory.custody.stocktake.reading import sightings_of
from inventory.stock.kinds import title
from inventory.stock.last_seen import longest_unseen


@get("/counts/{count_id:int}", operation_id="get_count", opt=CONSULTS, **OPT)
async def get_count(count_id: PathId, ctx: NamedDependency[Ctx]) -> OneCount:
    """One count and its lines."""
    one = await ctx.read(lambda conn: one_of(conn, count_id))
    ctx.need_any(COUNTERS, one.count.store_id)
    ctx.about(*_people(one))
    return one


def _people(one: OneCount) -> list[int | None]:
    held = [line.holder_id for line in one.lines if line.holder == "PERSON"]
    return [one.count.opened_by, one.count.closed_by, one.count.second_person, *held]


LINE_HEADS = (
    "word",
    "kind",
    "model",
    "serial",
    "code",
    "last seen (UTC us)",
    "times seen",
    "held by",
    "held by id",
    "now",
)


@get("/counts/{count_id:int}/lines.csv", operation_id="export_count", opt=CONSULTS, **OPT)
async def lines_csv(count_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The lines of a count as a CSV file."""
    one = await ctx.read(lambda conn: one_of(conn, count_id))
    ctx.need_any(COUNTERS, one.count.store_id)
    ctx.about(*_people(one))
    rows = [
        (each.word, each.kind and title(each.kind), each.model, each.serial, each.code, each.seen_us, each.times,
         each.holder, each.holder_id, each.now) for each in one.lines
    ]  # fmt: skip
    return as_csv(f"count-{count_id}.csv", LINE_HEADS, rows)


@get("/counts/{count_id:int}/sightings", operation_id="list_count_sightings", opt=CONSULTS, **OPT)
async def list_sightings(
    count_id: PathId, ctx: NamedDependency[Ctx], limit: Limit = 100
) -> list[dict[str, Any]]:
    """The newest sightings of a count, with the evidence of what was not known."""
    count = await ctx.read(lambda conn: found(conn, count_id))
    ctx.need_any(COUNTERS, count.store_id)
    rows = await ctx.read(lambda conn: sightings_of(conn, count_id, limit))
    ctx.about(*[row["by_person"] for row in rows])
    return rows


@get("/stores/{store_id:int}/counts", operation_id="list_counts", opt=CONSULTS, **OPT)
async def list_counts(store_id: PathId, ctx: NamedDependency[Ctx], limit: Limit = 100) -> list[CountRow]:
    """The counts of a store, newest first. What each came to stands with it; of an open one, its own page tells."""
    ctx.need_any(COUNTERS, store_id)
    rows = await ctx.read(lambda conn: rows_of(conn, store_id, limit))
    ctx.about(*[each for row in rows for each in (row.opened_by, row.closed_by, row.second_person)])
    return rows


COUNT_HEADS = ("count", "sort", "opened (UTC us)", "closed (UTC us)", "outcome", "expected", "found", "missing",
               "strayed", "unknown", "SHA-256")  # fmt: skip


@get("/stores/{store_id:int}/counts.csv", operation_id="export_counts", opt=CONSULTS, **OPT)
async def counts_csv(store_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The counts of a store as a CSV file."""
    ctx.need_any(COUNTERS, store_id)
    rows = await ctx.read(lambda conn: rows_of(conn, store_id, 1000))
    told = [
        (each.id, each.sort, each.opened_us, each.closed_us, each.outcome or "OPEN", each.expected,
         *((each.tally or {}).get(word) for word in ("FOUND", "MISSING", "STRAYED", "UNKNOWN")), each.result_hash)
        for each in rows
    ]  # fmt: skip
    return as_csv(f"counts-of-store-{store_id}.csv", COUNT_HEADS, told)


@get("/stores/{store_id:int}/counts/due", operation_id="list_due_counts", opt=NOTHING_PERSONAL, **OPT)
async def list_due(store_id: PathId, ctx: NamedDependency[Ctx]) -> list[DueRow]:
    """Which counts the store owes by the policy, and when each is due."""
    ctx.need_any(COUNTERS, store_id)
    policy, now_us = ctx.service.policies.now, ctx.now_us
    return await ctx.read(lambda conn: [
        DueRow(
            sort=each.sort, every_hours=each.terms.every_hours, kinds=list(each.terms.kinds), blind=each.terms.blind,
            two_person=each.terms.two_person, last_us=each.last_us, due_us=each.due_us, overdue=each.due_us < now_us,
            origin=each.terms.origin, source=each.terms.source,
        ) for each in due_counts(conn, policy, store_id)
    ])  # fmt: skip


@get("/stores/{store_id:int}/unseen", operation_id="list_unseen", opt=NOTHING_PERSONAL, **OPT)
async def list_unseen(store_id: PathId, ctx: NamedDependency[Ctx], limit: Limit = 100) -> list[UnseenRow]:
    """What the store has by the ledger, the longest unseen first."""
    ctx.need_any(COUNTERS, store_id)
    rows = await ctx.read(lambda conn: longest_unseen(conn, store_id, limit))
    return [UnseenRow(**asdict(each)) for each in rows]


@get("/stores/{store_id:int}/unseen.csv", operation_id="export_unseen", opt=NOTHING_PERSONAL, **OPT)
async def unseen_csv(store_id: PathId, ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """What the store has, the longest unseen first, as a CSV file."""
    ctx.need_any(COUNTERS, store_id)
    rows = await ctx.read(lambda conn: longest_unseen(conn, store_id, 10_000))
    heads = ("kind", "model", "serial", "last seen (UTC us)", "way", "by")
    told = [(each.kind, each.model, each.serial, each.seen_us, each.way, each.device) for each in rows]
    return as_csv(f"unseen-in-store-{store_id}.csv", heads, told)


ROUTES = [get_count, lines_csv, list_sightings, list_counts, counts_csv, list_due, list_unseen, unseen_csv]
