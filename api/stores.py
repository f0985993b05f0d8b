"""Stores: what stands on the shelf and whether it is ready, and the docks' bays.

One rule for the editor: ready is the gate's word (`gate.readiness`), never a dock's and never a stored one.
"""

from dataclasses import asdict
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import store_reads
from api.context import Ctx
from api.guards import holding
from api.paging import Limit
from api.params import PathId
from api.problems import errors, not_found
from api.processing import NOTHING_PERSONAL
from inventory.custody.life import shelf
from inventory.gate.kind_policy import Policy
from inventory.gate.readiness import ready
from inventory.stock.kinds import title
from inventory.stock.sightings import strangers

SEERS = ("ISSUER", "STORE_MANAGER", "TECHNICIAN", "CED_SPOC", "AUDITOR", "ADMINISTRATOR", "EXHIBITS", "PSD")


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A hatch, shelf, dock or other place of a store."""

    id: int
    name: str
    activity: str


class StoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """One kit store."""

    id: int
    code: str
    name: str
    division: str | None
    places: list[PlaceRow]


class ShelfRow(msgspec.Struct, frozen=True, kw_only=True):
    """One item on the shelf: ready when nothing `stops` it; `warnings` are said and stop nothing. The bay's last word
    stands beside it."""

    item_id: int
    kind: str
    kind_label: str
    model: str
    serial: str
    expires_on: str | None
    since_us: int
    ready: bool
    stops: list[str]
    warnings: list[str]
    dock: str | None
    bay: int | None
    word: str | None
    charge_percent: int | None
    files_pending: int | None
    received_us: int | None
    fault: str | None


class BayRow(msgspec.Struct, frozen=True, kw_only=True):
    """The last word of one bay."""

    dock: str
    bay: int
    word: str
    present: bool | None
    serial: str | None
    item_id: int | None
    charge_percent: int | None
    files_pending: int | None
    fault: str | None
    received_us: int


OPT: dict[str, Any] = {
    "guards": [holding(*SEERS)], "opt": NOTHING_PERSONAL, "responses": errors(401, 403, 404), "tags": ["stores"],
}  # fmt: skip


def _stores(conn: sa.Connection) -> list[StoreRow]:
    return [
        StoreRow(**row, places=[PlaceRow(**place) for place in store_reads.places(conn, row["id"])])
        for row in store_reads.stores(conn)
    ]


def shelf_of(conn: sa.Connection, store_id: int, kind: str | None, policy: Policy, now_us: int) -> list[ShelfRow]:
    """Everything on a store's shelf (of one kind), each with what stops it."""
    held = [row for row in shelf(conn, store_id) if kind in (None, row["kind"])]
    stops = ready(conn, [row["item_id"] for row in held], policy, now_us)
    rows = []
    for row in held:
        said = stops.get(row["item_id"], ())
        against = [each.sentence for each in said if each.stops]
        warnings = [each.sentence for each in said if not each.stops]
        rows.append(
            ShelfRow(**row, kind_label=title(row["kind"]), ready=not against, stops=against, warnings=warnings)
        )
    return rows


class StrangeTag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag seen in the store that is bound to no item (`matches` 0), or to several and so to none for sure."""

    tag: str
    matches: int
    place: str | None
    device: str
    antenna: int | None
    rssi_dbm: float | None
    reads: int
    seen_us: int


@get("/stores", operation_id="list_stores", **OPT)
async def list_stores(ctx: NamedDependency[Ctx]) -> list[StoreRow]:
    """Every open store with its places."""
    return await ctx.read(_stores)


@get("/stores/{store_id:int}", operation_id="get_store", **OPT)
async def get_store(store_id: PathId, ctx: NamedDependency[Ctx]) -> StoreRow:
    """One store with its places."""
    found = next((each for each in await ctx.read(_stores) if each.id == store_id), None)
    if found is None:
        raise not_found("open store with this id")
    return found


@get("/stores/{store_id:int}/shelf", operation_id="get_shelf", **OPT)
async def get_shelf(
    store_id: PathId,
    ctx: NamedDependency[Ctx],
    kind: Annotated[str | None, QueryParameter(max_length=40)] = None,
) -> list[ShelfRow]:
    """What stands on the shelf now, and whether the gate would let it go."""
    ctx.need_any(SEERS, store_id)
    policy, now_us = ctx.service.policies.now, ctx.now_us
    return await ctx.read(lambda conn: shelf_of(conn, store_id, kind, policy, now_us))


@get("/stores/{store_id:int}/docks", operation_id="get_docks", **OPT)
async def get_docks(store_id: PathId, ctx: NamedDependency[Ctx]) -> list[BayRow]:
    """The last word of every bay of a store."""
    ctx.need_any(SEERS, store_id)
    rows = await ctx.read(lambda conn: store_reads.bays(conn, store_id))
    return [BayRow(**{**row, "present": None if row["present"] is None else bool(row["present"])}) for row in rows]


@get("/stores/{store_id:int}/strange-tags", operation_id="get_strange_tags", **OPT)
async def get_strange_tags(store_id: PathId, ctx: NamedDependency[Ctx], limit: Limit = 100) -> list[StrangeTag]:
    """Tags last seen in a store that are not one known item's, newest first: to be bound, or to be wondered at."""
    ctx.need_any(SEERS, store_id)
    found = await ctx.read(lambda conn: strangers(conn, store_id, limit))
    return [StrangeTag(**asdict(each)) for each in found]


ROUTES = [list_stores, get_store, get_shelf, get_docks, get_strange_tags]
