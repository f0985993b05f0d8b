"""An item's page: what it is, who has it, what stands against its leaving, and its life on one time line.

One rule for the editor: everybody named on the page is in the log line of the look at it.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api import items
from api.context import Ctx
from api.guards import signed_in
from api.pages import life, looks, strips
from api.pages.frame import PAGE, html, page_of
from api.pages.render import render
from api.problems import not_found
from api.processing import CONSULTS
from inventory.custody.life import item_life


@dataclass(frozen=True, slots=True)
class ItemShown:
    """Everything the page shows."""

    one: items.OneItem
    stores: dict[int, str]
    bay: dict[str, Any] | None
    entries: int
    days: list[tuple[str, list[life.Event]]]
    spans: list[life.Span]
    axis: strips.Axis
    bars: list[strips.Bar]
    people: frozenset[int]


def item_shown(conn: sa.Connection, item_id: int, now_us: int) -> ItemShown | None:
    """What the page of an item shows; None where there is no such item."""
    one = items.one_of(conn, item_id)
    if one is None:
        return None
    stores = {row["id"]: row["name"] for row in looks.stores(conn)}
    entries = item_life(conn, item_id)
    events = [life.entry_event(row, stores) for row in entries]
    events += [life.check_event(row) for row in looks.checks(conn, item_id)]
    for row in one.alarms:
        events += life.alarm_events({name: getattr(row, name) for name in row.__struct_fields__})
    spans = life.spans(entries, stores)
    axis = strips.custody_axis(spans, now_us)
    people = {known["id"] for row in entries for known in row["people"].values()}
    return ItemShown(
        one=one, stores=stores, bay=looks.bay_of(conn, item_id), entries=len(events), days=life.by_day(events),
        spans=spans, axis=axis, bars=strips.custody_bars(spans, axis), people=frozenset(people),
    )  # fmt: skip


@get("/items/{item_id:int}", guards=[signed_in], opt=CONSULTS, **PAGE)
async def item_page(
    item_id: FromPath[int], ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One item."""
    shown = await ctx.read(lambda conn: item_shown(conn, item_id, ctx.now_us))
    if shown is None:
        raise not_found("item with this number")
    ctx.about(*shown.people, *(alarm.person_id for alarm in shown.one.alarms))
    found = shown.one.item
    page = page_of(ctx, request, f"{found.kind_label} {found.serial}")
    return html(render("item.html", page, shown=shown, item=found))


ROUTES = [item_page]
