"""Pages of counting: a store's counts and what it owes, one count while it is made and after, its certificate on paper.

One rule for the editor: of a blind count that is open a page shows what was seen and nothing that was expected.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.count_lots import LotLineRow, lot_rows
from api.guards import holding
from api.pages.frame import PAGE, html, page_of
from api.pages.render import render
from api.params import PathId
from api.problems import not_found
from api.processing import CONSULTS
from api.stocktake_rows import COUNTERS, LineRow, OneCount, found, one_of, rows_of
from api.stocktakes import CLOSERS, SETTLERS
from inventory.custody.hatch_names import people_said
from inventory.custody.stocktake.due import due_counts
from inventory.custody.stocktake.reading import items_named, open_counts, settled_of, sightings_of
from inventory.people.capabilities import who_may
from inventory.schema.words import ITEM_KINDS
from inventory.stock.counting import SAYS
from inventory.stock.last_seen import longest_unseen

SHOWN = 40
UNSEEN_SHOWN = 15
COUNTS_SHOWN = 60
TONES: dict[str, tuple[str, str, str]] = {
    "MISSING": ("bad", "warning", "Missing"),
    "STRAYED": ("warn", "moved", "Strayed"),
    "UNKNOWN": ("warn", "card", "Not known"),
    "BESIDE": ("still", "dot", "Not counted here"),
    "WENT": ("back", "moved", "Went meanwhile"),
    "CAME": ("back", "returned", "Came meanwhile"),
    "FOUND": ("good", "tick", "Found"),
}
"""Word -> tone, shape, heading."""
NOW = {
    "OPEN": "to be settled", "SETTLED": "settled by a movement", "SEEN_SINCE": "seen since",
    "MOVED_SINCE": "moved since",
}  # fmt: skip
LOT_ACTS = {"WRITTEN_OFF": "Write off what is short", "TAKEN_IN": "Take in what was missed"}
ACTS = {
    "REPORTED_MISSING": "Report it unaccounted for",
    "TAKEN_BACK": "Take it back into this store",
    "TAKEN_OVER": "Take it over from its store",
}


@dataclass(frozen=True, slots=True)
class CountShown:
    """Everything the page of a count shows."""

    one: OneCount
    store: str
    place: str | None
    seen: list[dict[str, Any]]
    seen_items: int
    names: dict[int, str]
    seconds: dict[int, str]
    settled: dict[int, Any]
    serials: dict[int, str]
    hides: bool
    lots: list[LotLineRow]

    def of(self, word: str) -> list[LineRow]:
        """The lines that say a word."""
        return [line for line in self.one.lines if line.word == word]

    @property
    def strange(self) -> int:
        """How many codes were read that are not one known item."""
        return len({row["code"] for row in self.seen if row["item_id"] is None})


def count_shown(conn: sa.Connection, count_id: int, me: int, now_us: int) -> CountShown:
    """What the page of a count shows. Raises the 404 problem."""
    count, one = found(conn, count_id), one_of(conn, count_id)
    seen = sightings_of(conn, count_id, 20_000 if count.hides else SHOWN)
    places = {row["id"]: row["name"] for row in store_reads.places(conn, count.store_id)}
    settled = settled_of(conn, count_id)
    seconds = [each for each in who_may(conn, COUNTERS, count.store_id, now_us) if each != me]
    held = [line.holder_id for line in one.lines if line.holder == "PERSON" and line.holder_id]
    by = {count.opened_by, count.closed_by, count.second_person, *held, *(row["by_person"] for row in seen)}
    lots = lot_rows(conn, count)
    by |= {each.by_person for each in lots}
    by |= {who for each in settled.values() for who in (each.by_person, each.second_person)}
    ids = [row["item_id"] for row in seen[:SHOWN] if row["item_id"] is not None]
    return CountShown(
        one=one, store=_store_name(conn, count.store_id), place=places.get(count.place_id or 0), seen=seen,
        seen_items=len({row["item_id"] for row in seen if row["item_id"] is not None}),
        names=people_said(conn, sorted({each for each in by if each is not None})),
        seconds=people_said(conn, seconds) if seconds else {}, settled=settled,
        serials={item_id: named[2] for item_id, named in items_named(conn, ids).items()}, hides=count.hides,
        lots=lots,
    )  # fmt: skip


def _store_name(conn: sa.Connection, store_id: int) -> str:
    return next(
        (str(row["name"]) for row in store_reads.stores(conn) if row["id"] == store_id), "a closed store"
    )


@get("/counts/{count_id:int}", guards=[holding(*COUNTERS)], opt=CONSULTS, **PAGE)
async def count_page(
    count_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One count: made here by scan, sweep and touch; afterwards what it came to, and what is still to be settled."""
    return await _page(ctx, request, count_id, "count.html")


@get("/counts/{count_id:int}/certificate", guards=[holding(*COUNTERS)], opt=CONSULTS, **PAGE)
async def certificate_page(
    count_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """The register and certificate of a closed count, to be printed and signed."""
    return await _page(ctx, request, count_id, "certificate.html")


async def _page(ctx: Ctx, request: Request[Any, Any, Any], count_id: int, template: str) -> Response[str]:
    me, now_us = ctx.person_id, ctx.now_us
    shown = await ctx.read(lambda conn: count_shown(conn, count_id, me, now_us))
    at = shown.one.count.store_id
    ctx.need_any(COUNTERS, at)
    if template == "certificate.html" and shown.one.count.outcome != "CLOSED":
        raise not_found("certificate: the count is not closed")
    ctx.about(*shown.names, *shown.seconds)
    page = page_of(ctx, request, f"{shown.one.count.sort.capitalize()} count, {shown.store}")
    may = {
        "closes": any(ctx.may(each, at) for each in CLOSERS),
        "settles": any(ctx.may(each, at) for each in SETTLERS),
    }
    said = {"tones": TONES, "now_words": NOW, "acts": ACTS, "lot_acts": LOT_ACTS, "says": SAYS}
    return html(render(template, page, shown=shown, **said, **may))


@get("/stores/{store_id:int}/counts", guards=[holding(*COUNTERS)], opt=CONSULTS, **PAGE)
async def counts_page(
    store_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """A store's counts: what it owes, what is being counted, what was, and what nobody has seen for longest."""
    ctx.need_any(COUNTERS, store_id)
    policy = ctx.service.policies.now

    def look(conn: sa.Connection) -> dict[str, Any]:
        store = next((row for row in store_reads.stores(conn) if row["id"] == store_id), None)
        if store is None:
            raise not_found("store with this number")
        rows = rows_of(conn, store_id, COUNTS_SHOWN)
        by = {
            each
            for row in rows
            for each in (row.opened_by, row.closed_by, row.second_person)
            if each is not None
        }
        return {
            "store": store, "rows": rows, "names": people_said(conn, sorted(by)),
            "places": store_reads.places(conn, store_id),
            "owed": due_counts(conn, policy, store_id), "unseen": longest_unseen(conn, store_id, UNSEEN_SHOWN),
            "open_sorts": {each.sort: each.id for each in open_counts(conn, store_id)},
        }  # fmt: skip

    shown = await ctx.read(look)
    ctx.about(*shown["names"])
    page = page_of(ctx, request, f"Counts, {shown['store']['name']}")
    return html(render("counts.html", page, kinds=ITEM_KINDS, **shown))


ROUTES = [counts_page, count_page, certificate_page]
