"""A store's devices: its bridges, readers and docks as they are now, each with what to do; one device's own page; and
the firmware of all of them.

One rule for the editor: what is wrong stands first, in words that say what to do; a bridge that is silent makes every
word of its devices an old one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api import device_reads, store_reads
from api.bridge_alarms import CERTIFICATE_NEAR_US, spool_full
from api.bridges import SKEW_MAX_US
from api.context import Ctx
from api.device_words import WORDS, WordShown, is_heard, word_shown
from api.devices import BridgeId, BridgeState, DeviceName, DeviceRow, bridge_state, device_row, firmware_rows
from api.firmware import FirmwareRow, OfModel, by_model
from api.guards import holding
from api.pages.bay_words import BayShown, bay_shown
from api.pages.frame import LOOKS_AT_STORES, PAGE, html, page_of, stores_of
from api.pages.render import render
from api.params import PathId
from api.problems import not_found
from api.processing import CONSULTS, NOTHING_PERSONAL
from inventory.custody import bays as bays_told
from inventory.gate.kind_policy import Policy
from inventory.gate.wording import day_of

CHANGES_MOST = 60
TOPICS_MOST = 18


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """A device and its word as drawn."""

    row: DeviceRow
    word: WordShown


@dataclass(frozen=True, slots=True)
class BridgeShown:
    """A bridge as drawn: `clock` in words, `full` how much of its spool is used in percent, where it tells, and the day
    its certificate `ends`."""

    row: BridgeState
    clock: str
    is_skewed: bool
    full: int | None
    ends: str
    is_ending: bool


@dataclass(frozen=True, slots=True)
class DockShown:
    """A dock: how many of its bays say what (the first of each stands for its tone), and when it was last heard."""

    name: str
    bridge: str
    bays: int
    said: list[tuple[BayShown, int]]
    heard_us: int

    @property
    def is_well(self) -> bool:
        """Whether no bay says anything that somebody should look at."""
        return all(bay.tone not in ("bad", "warn") for bay, _ in self.said)


@dataclass(frozen=True, slots=True)
class DevicesShown:
    """Everything the page of a store's devices shows; what is wrong stands first in each list."""

    store: dict[str, Any]
    bridges: list[BridgeShown]
    devices: list[DeviceShown]
    docks: list[DockShown]
    short: int

    @property
    def down(self) -> list[DeviceShown]:
        """Devices with something to be done about them."""
        return [each for each in self.devices if each.word.do]

    @property
    def readers(self) -> list[DeviceShown]:
        """Devices that have more to tell than that they are there; a dock that has not is told with its bays."""
        docks = {dock.name for dock in self.docks}
        return [each for each in self.devices if not self._is_plain_dock(each, docks)]

    @staticmethod
    def _is_plain_dock(each: DeviceShown, docks: set[str]) -> bool:
        row = each.row
        return f"{row.bridge}/{row.device}" in docks and not (each.word.do or row.port or row.good or row.firmware)

    @property
    def silent(self) -> list[BridgeShown]:
        """Bridges that were heard once and are not now."""
        return [each for each in self.bridges if not each.row.heard and each.row.seen_us is not None]


@dataclass(frozen=True, slots=True)
class FirmwareShown:
    """Everything the page of a store's firmware shows."""

    store: dict[str, Any]
    rows: list[FirmwareRow]
    models: list[OfModel]

    @property
    def short(self) -> list[FirmwareRow]:
        """What runs less now than the policy asks for, or what cannot be compared with it."""
        return [row for row in self.rows if row.is_now and row.word in ("BELOW", "UNREADABLE")]

    @property
    def changes(self) -> list[FirmwareRow]:
        """What changed, newest first."""
        return [row for row in self.rows if row.before is not None and row.before != row.version][:CHANGES_MOST]


def store_row(conn: sa.Connection, store_id: int) -> dict[str, Any] | None:
    """The store; None where there is none that is open."""
    return next((row for row in store_reads.stores(conn) if row["id"] == store_id), None)


def devices_shown(conn: sa.Connection, store_id: int, policy: Policy, now_us: int) -> DevicesShown | None:
    """What the page of a store's devices shows; None where there is no such store."""
    store = store_row(conn, store_id)
    if store is None:
        return None
    bridges = [bridge_shown(bridge_state(row, policy, now_us), now_us) for row in device_reads.bridges(conn, store_id)]
    heard = {each.row.id: each.row.heard for each in bridges}
    rows = [device_row(row, policy, now_us) for row in store_reads.devices(conn, store_id)]
    devices = [DeviceShown(row, word_shown(row.word, is_heard=heard[row.bridge_id])) for row in rows]
    failing = bays_told.failing(conn, store_id, now_us)
    bays = [
        bay_shown(row, now_us, failing.get((row["dock"], row["bay"]))) for row in store_reads.bays(conn, store_id)
    ]
    return DevicesShown(
        store=store,
        bridges=sorted(bridges, key=lambda each: each.row.heard),
        devices=sorted(devices, key=lambda each: not each.word.do),
        docks=[_dock(name, list(group)) for name, group in groupby(bays, key=lambda bay: bay.dock)],
        short=len(FirmwareShown(store, firmware_rows(conn, store_id, policy), []).short),
    )


def bridge_shown(row: BridgeState, now_us: int) -> BridgeShown:
    """A bridge as drawn."""
    ends_us = row.certificate_ends_us
    return BridgeShown(
        row=row,
        clock=clock_said(row.offset_us),
        is_skewed=abs(row.offset_us or 0) > SKEW_MAX_US,
        full=spool_full(row.spool_waiting, row.spool_quota_bytes),
        ends="" if ends_us is None else day_of(ends_us),
        is_ending=ends_us is not None and ends_us - now_us < CERTIFICATE_NEAR_US,
    )


def clock_said(offset_us: int | None) -> str:
    """How a bridge's clock stands to ours, which is `offset_us` ahead of it: '0.3 s ahead', '1 h 2 min behind'."""
    if offset_us is None:
        return ""
    tenths = round(abs(offset_us) / 100_000)
    side = "behind" if offset_us > 0 else "ahead"
    if tenths < 600:
        return f"{tenths / 10:.1f} s {side}" if tenths else "right"
    minutes = tenths // 600
    return f"{minutes // 60} h {minutes % 60} min {side}" if minutes >= 60 else f"{minutes} min {side}"


def _dock(name: str, bays: Sequence[BayShown]) -> DockShown:
    counted = Counter(bay.says for bay in bays)
    first = {bay.says: bay for bay in reversed(bays)}
    said = [(first[says], number) for says, number in counted.most_common()]
    return DockShown(name, name.rpartition("/")[0], len(bays), said, max(bay.received_us for bay in bays))


@get("/devices", guards=[holding(*LOOKS_AT_STORES)], opt=NOTHING_PERSONAL, **PAGE)
async def every_devices_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """The devices of every store that this person looks after: what is to be done, then the counts."""
    policy, mine = ctx.service.policies.now, stores_of(ctx.who, LOOKS_AT_STORES)

    def look(conn: sa.Connection) -> list[DevicesShown]:
        ids = [row["id"] for row in store_reads.stores(conn) if mine is None or row["id"] in mine]
        found = [devices_shown(conn, store_id, policy, ctx.now_us) for store_id in ids]
        return [each for each in found if each is not None]

    stores = await ctx.read(look)
    topics = " ".join(f"store:{each.store['id']}" for each in stores[:TOPICS_MOST])
    return html(render("devices_all.html", page_of(ctx, request, "Devices"), stores=stores, topics=topics))


@get("/stores/{store_id:int}/devices", guards=[holding(*LOOKS_AT_STORES)], opt=NOTHING_PERSONAL, **PAGE)
async def devices_page(
    store_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """The bridges, devices and docks of a store."""
    ctx.need_any(LOOKS_AT_STORES, store_id)
    policy = ctx.service.policies.now
    shown = await ctx.read(lambda conn: devices_shown(conn, store_id, policy, ctx.now_us))
    if shown is None:
        raise not_found("store with this number")
    return html(render("devices.html", page_of(ctx, request, f"{shown.store['name']}: devices"), shown=shown))


@get("/stores/{store_id:int}/device", guards=[holding(*LOOKS_AT_STORES)], opt=CONSULTS, **PAGE)
async def device_page(
    store_id: PathId,
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    bridge_id: BridgeId,
    device: DeviceName,
) -> Response[str]:
    """One device: how it is, what it said before, and what arrived garbled."""
    ctx.need_any(LOOKS_AT_STORES, store_id)
    store = await ctx.read(lambda conn: store_row(conn, store_id))
    life = await ctx.read(lambda conn: device_reads.device_life(conn, store_id, bridge_id, device))
    if store is None or life is None:
        raise not_found("device of this name at this bridge")
    row = device_row(life.now, ctx.service.policies.now, ctx.now_us)
    shown = DeviceShown(row, word_shown(row.word, is_heard=is_heard(row.bridge_seen_us, ctx.now_us)))
    words = [(WORDS[each["word"]], each) for each in life.words]
    page = page_of(ctx, request, device)
    return html(render("device.html", page, store=store, device=shown, words=words, garbled=life.garbled))


@get("/stores/{store_id:int}/firmware", guards=[holding(*LOOKS_AT_STORES)], opt=NOTHING_PERSONAL, **PAGE)
async def firmware_page(
    store_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """The firmware of a store's bridges, devices, docks and docked kit."""
    ctx.need_any(LOOKS_AT_STORES, store_id)
    policy = ctx.service.policies.now

    def look(conn: sa.Connection) -> FirmwareShown | None:
        store = store_row(conn, store_id)
        rows = firmware_rows(conn, store_id, policy)
        return None if store is None else FirmwareShown(store, rows, by_model(rows))

    shown = await ctx.read(look)
    if shown is None:
        raise not_found("store with this number")
    return html(render("firmware.html", page_of(ctx, request, f"{shown.store['name']}: firmware"), shown=shown))


ROUTES = [every_devices_page, devices_page, device_page, firmware_page]
