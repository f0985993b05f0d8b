"""An item's page: what it is, who has it, what stands against its leaving, and its life on one time line.

One rule for the editor: everybody named on the page is in the log line of the look at it.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import items, store_reads
from api.alarms import SEERS, SETTLERS
from api.context import Ctx
from api.guards import signed_in
from api.magazines import LOADERS
from api.packs import DISCLOSERS
from api.pages import life, looks, strips
from api.pages.corrections import corrections_shown
from api.pages.frame import PAGE, has_any, html, page_of, stores_of
from api.pages.kept import kept_times
from api.pages.losses import losses_of
from api.pages.magazine import LoadingShown, loading_shown
from api.pages.passages import PassagesShown, is_of_several, passages_shown
from api.pages.render import render
from api.pages.uses import USES_SAID
from api.params import PathId
from api.passages import SEERS as SEES_PASSAGES
from api.problems import not_found
from api.processing import CONSULTS
from api.reservations import SEERS as SEES_KEPT
from api.store_reads import Rows
from api.uses import SEERS as SEES_USES
from api.vendor_imports import SEERS as SEES_VENDORS
from api.vendor_imports import vendor_words
from inventory.custody.corrections.reading import of_item
from inventory.custody.hatch_names import people_said
from inventory.custody.life import item_life
from inventory.custody.uses.points import POINTS as USE_POINTS
from inventory.custody.uses.reading import Use, uses_of_item
from inventory.gate.camera_ready import statements
from inventory.people.imports.vendor.mapping import FIELDS
from inventory.stock.last_seen import last_seen

EVENTS_SHOWN = 150
FACTS_SAID = {field.fact: field.says.partition(",")[0] for field in FIELDS.values() if field.fact}


@dataclass(frozen=True, slots=True)
class ItemShown:
    """Everything the page shows."""

    one: items.OneItem
    alarms: Rows
    stores: dict[int, str]
    bay: dict[str, Any] | None
    entries: int
    days: list[tuple[str, list[life.Event]]]
    spans: list[life.Span]
    axis: strips.Axis
    bars: list[strips.Bar]
    people: frozenset[int]
    skip: int
    received: int | None = None
    seqs: dict[int, int] = field(default_factory=dict)

    @property
    def older(self) -> int | None:
        """How many to skip to see what came before; None where nothing did."""
        return self.skip + EVENTS_SHOWN if self.entries > self.skip + EVENTS_SHOWN else None

    @property
    def newer(self) -> int | None:
        """How many to skip to see what came after; None where these are the newest."""
        return max(0, self.skip - EVENTS_SHOWN) if self.skip else None


def item_shown(
    conn: sa.Connection, item_id: int, now_us: int, skip: int = 0, *, sees_alarms: bool = False
) -> ItemShown | None:
    """What the page of an item shows, the newest `skip` events left out; None where there is no such item.

    Who settled an alarm and with what words is for those alone who may see alarms.
    """
    one = items.one_of(conn, item_id)
    if one is None:
        return None
    stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
    entries = item_life(conn, item_id)
    corrected = {each.corrects: each.entry_id for each in of_item(conn, item_id)}
    events = [life.entry_event(row, stores, corrected) for row in entries]
    events += [life.check_event(row) for row in looks.checks(conn, item_id)]
    alarms = looks.alarms_of(conn, item_id)
    by = sorted({row["settled_by"] for row in alarms if row["settled_by"] and sees_alarms})
    settlers = people_said(conn, by) if by else {}
    for row in alarms:
        events += life.alarm_events(row, settlers)
    events.sort(key=lambda event: event.at_us, reverse=True)
    spans = life.spans(entries, stores)
    axis = strips.custody_axis(spans, now_us)
    people = {known["id"] for row in entries for known in row["people"].values()} | settlers.keys()
    return ItemShown(
        one=one, alarms=[row for row in alarms if row["settled_us"] is None], stores=stores,
        bay=looks.bay_of(conn, item_id), entries=len(events),
        days=life.by_day(events[skip : skip + EVENTS_SHOWN]), spans=spans, axis=axis,
        bars=strips.custody_bars(spans, axis), people=frozenset(people), skip=skip,
        seqs={row["id"]: row["seq"] for row in entries},
        received=next((row["id"] for row in entries if row["kind"] == "RECEIVED"), None),
    )  # fmt: skip


@get("/items/{item_id:int}", guards=[signed_in], opt=CONSULTS, **PAGE)
async def item_page(
    item_id: PathId,
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    skip: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
) -> Response[str]:
    """One item. Its life is shown from the newest event, or from the one after `skip` of them."""
    sees = has_any(ctx.who, SEERS)
    shown = await ctx.read(lambda conn: item_shown(conn, item_id, ctx.now_us, skip, sees_alarms=sees))
    if shown is None:
        raise not_found("item with this number")
    ctx.about(*shown.people, *(alarm.person_id for alarm in shown.one.alarms))
    found = shown.one.item
    page = page_of(ctx, request, f"{found.kind_label} {found.serial}")
    policy, now_us = ctx.service.policies.now, ctx.now_us
    loading = await ctx.read(lambda conn: loading_shown(conn, item_id, found.kind, policy, now_us))
    settles = stores_of(ctx.who, SETTLERS)
    loads = _may_load(ctx, found, loading)
    passages = await _passages(ctx, item_id)
    corrections = await ctx.read(lambda conn: corrections_shown(ctx, conn, item_id, shown.received))
    losses = await ctx.read(lambda conn: losses_of(ctx, conn, found))
    seen_by = await ctx.read(lambda conn: last_seen(conn, item_id))
    ready = (await ctx.read(lambda conn: statements(conn, [item_id], policy, now_us))).get(item_id)
    uses = await _uses(ctx, item_id, found)
    people = await ctx.read(lambda conn: _named(conn, uses, ready.assigned_to if ready else None))
    ctx.about(*people)
    words = await ctx.read(lambda conn: vendor_words(conn, item_id)) if has_any(ctx.who, SEES_VENDORS) else []
    kept = await ctx.read(lambda conn: kept_times(conn, item_id, now_us))
    seen = {"shown": shown, "item": found, "settles": settles, "loading": loading, "loads": loads, "seen_by": seen_by,
            "losses": losses, "passages": passages, "is_of_several": is_of_several}  # fmt: skip
    seen |= {"uses": uses, "said": USES_SAID, "points": USE_POINTS, "ready": ready, "people": people}
    seen["corrections"] = corrections
    seen |= {"kept": kept, "sees_kept": has_any(ctx.who, SEES_KEPT)}
    seen["discloses"] = has_any(ctx.who, DISCLOSERS)
    return html(render("item.html", page, **seen, vendor_words=words, facts_said=FACTS_SAID))


async def _uses(ctx: Ctx, item_id: int, found: items.ItemRow) -> list[Use]:
    """What it was used for, the newest first, as far as this person may see the uses of the stores they were declared
    in."""
    if found.kind == "BWV_CAMERA" or not has_any(ctx.who, SEES_USES):
        return []
    every = await ctx.read(lambda conn: uses_of_item(conn, item_id))
    return [each for each in every if any(ctx.may(one, each.store_id) for one in SEES_USES)]


def _named(conn: sa.Connection, uses: list[Use], assigned_to: int | None) -> dict[int, str]:
    """Everybody named in these uses, and whose own it is."""
    ids = {person for each in uses for person in each.people} | ({assigned_to} if assigned_to else set())
    return people_said(conn, sorted(ids)) if ids else {}


async def _passages(ctx: Ctx, item_id: int) -> PassagesShown | None:
    """What may be done with it, for who has any part in that; None for anybody else."""
    if not has_any(ctx.who, SEES_PASSAGES):
        return None
    policy, now_us, mine = ctx.service.policies.now, ctx.now_us, ctx.person_id
    return await ctx.read(lambda conn: passages_shown(conn, item_id, policy, now_us, mine)[0])


def _may_load(ctx: Ctx, found: items.ItemRow, loading: LoadingShown) -> bool:
    """Whether it is a magazine in a store where this person may load one."""
    stores = stores_of(ctx.who, LOADERS)
    here = found.holder == "STORE" and (stores is None or found.holder_id in stores)
    return here and loading.magazine is not None


ROUTES = [item_page]
