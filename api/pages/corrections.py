"""What a page shows of corrections: on an item's page what may be put right and by what form, and a store's list.

One rule for the editor: reads only; the doing is `api.corrections`, the same act as for programs.
"""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import store_reads
from api.context import Ctx
from api.corrections import SEERS, SHOWN_MAX, asks_of, found_of
from api.guards import holding
from api.pages.frame import PAGE, html, page_of
from api.pages.render import render
from api.params import PathId
from api.problems import not_found
from api.processing import CONSULTS
from inventory.custody.corrections.reading import EntryRead, entry_of, of_item
from inventory.custody.corrections.sets import last_entries
from inventory.custody.corrections.terms import SORTS, Sort, sorts_of
from inventory.custody.hatch_names import people_said

CONDITIONS_SAID = (
    ("GOOD", "Good"), ("DAMAGED", "Damaged"), ("WET", "Wet"), ("USED", "Used"), ("FAULTY", "Faulty"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry that this person may put right, and as what: (sort, the fields it asks for)."""

    entry_id: int
    sorts: tuple[tuple[Sort, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class CorrectionsShown:
    """What an item's page needs: entry -> the entry that put it right, and what may be put right still."""

    corrected: dict[int, int]
    offers: dict[int, Offer]
    stores: list[tuple[int, str]]
    conditions: tuple[tuple[str, str], ...] = field(default=CONDITIONS_SAID)


def corrections_shown(ctx: Ctx, conn: sa.Connection, item_id: int, received: int | None) -> CorrectionsShown:
    """What there is to show of an item's corrections. `received` is the entry of its receipt."""
    corrected = {each.corrects: each.entry_id for each in of_item(conn, item_id)}
    last = last_entries(conn, [item_id]).get(item_id)
    offers = {}
    open_ones = {last.entry_id if last else None, received} - {None} - corrected.keys()
    for entry_id in sorted(each for each in open_ones if each is not None):
        offer = _offer(ctx, entry_of(conn, entry_id))
        if offer.sorts:
            offers[entry_id] = offer
    stores = [(row["id"], row["name"]) for row in store_reads.stores(conn)] if offers else []
    return CorrectionsShown(corrected, offers, stores)


def _offer(ctx: Ctx, entry: EntryRead) -> Offer:
    at = entry.store_id or entry.home_store_id
    mine = [
        (each, tuple(asks_of(each)))
        for each in sorts_of(entry.kind)
        if (entry.is_last or each.word == "WRONG_SERIAL") and any(ctx.may(who, at) for who in each.who)
    ]
    return Offer(entry.id, tuple(mine))


@get("/stores/{store_id:int}/corrections", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def corrections_page(
    store_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """What was put right in a store, the newest first: which entry was wrong, and which makes up for it."""
    found = await found_of(ctx, store_id, SHOWN_MAX)
    stores = {row["id"]: row["name"] for row in await ctx.read(store_reads.stores)}
    if store_id not in stores:
        raise not_found("store with this number")
    by = sorted({each for row in found for each in (row.by_person, row.second_person) if each is not None})
    people = await ctx.read(lambda conn: people_said(conn, by)) if by else {}
    page = page_of(ctx, request, f"Corrections, {stores[store_id]}")
    said = {"rows": found, "people": people, "sorts": SORTS, "store_id": store_id, "store": stores[store_id]}
    return html(render("corrections.html", page, **said))


ROUTES = [corrections_page]
