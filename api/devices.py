"""A store's bridges and devices: how they are, what they said before, what arrived garbled, and their firmware.

One rule for the editor: a device's word is what its bridge said last; how it stands to the policy is worked out when
asked, with the policy in force then.
"""

from dataclasses import asdict
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import device_reads, store_reads
from api.context import Ctx
from api.device_words import is_heard, word_shown
from api.firmware import FirmwareRow, Word, asked_of_device, judged
from api.guards import holding
from api.heartbeats import BRIDGE_SOFTWARE, software_version
from api.params import ID_MAX, PathId
from api.problems import errors, not_found
from api.processing import CONSULTS, NOTHING_PERSONAL
from api.stores import SEERS
from inventory.gate.kind_policy import Policy
from inventory.stock.firmware import seen_in

BridgeId = Annotated[int, QueryParameter(ge=1, le=ID_MAX, description="The bridge's id")]
DeviceName = Annotated[str, QueryParameter(min_length=1, max_length=120, description="The device's name")]


class BridgeState(msgspec.Struct, frozen=True, kw_only=True):
    """A bridge as it last told itself. `offset_us` is the service's clock minus the bridge's, `heard` whether it was
    heard in the last two minutes. `software_word` is how its version stands to the policy."""

    id: int
    name: str
    seen_us: int | None
    heard: bool
    offset_us: int | None
    software: str | None
    software_minimum: str | None
    software_word: Word
    spool_waiting: int | None
    spool_bytes: int | None
    spool_quota_bytes: int | None
    certificate_ends_us: int | None


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a bridge last said of one device; `place` is where it stands, null where nobody has bound it. Counts run
    since the bridge's start. `do` says what to do, "" where nothing is; `firmware_word` how its firmware stands."""

    bridge: str
    bridge_id: int
    bridge_seen_us: int | None
    device: str
    word: str
    detail: str | None
    do: str
    since_us: int
    last_reading_us: int | None
    place: str | None
    driver: str | None
    port: str | None
    good: int
    garbled: int
    repeated: int
    firmware: str | None
    firmware_minimum: str | None
    firmware_word: Word


class WordRow(msgspec.Struct, frozen=True, kw_only=True):
    """A word that a device changed to."""

    word: str
    detail: str | None
    at_us: int


class GarbledRow(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read: `raw_hex` are the first bytes of it, `size` how many there were."""

    received_us: int
    reason: str
    detail: str
    raw_hex: str
    size: int


class DeviceHistory(msgspec.Struct, frozen=True, kw_only=True):
    """One device, its words and what was garbled, newest first."""

    device: DeviceRow
    words: list[WordRow]
    garbled: list[GarbledRow]


OPT: dict[str, Any] = {
    "guards": [holding(*SEERS)], "opt": NOTHING_PERSONAL, "responses": errors(401, 403, 404), "tags": ["stores"],
}  # fmt: skip


def bridge_state(row: dict[str, Any], policy: Policy, now_us: int) -> BridgeState:
    """A row of `device_reads.bridges` as told."""
    asked = asked_of_device(policy, BRIDGE_SOFTWARE, software_version(row["software"]))
    heard = is_heard(row["seen_us"], now_us)
    return BridgeState(**row, heard=heard, software_minimum=asked.minimum, software_word=asked.word)


def device_row(row: dict[str, Any], policy: Policy, now_us: int) -> DeviceRow:
    """A row of `store_reads.devices` as told."""
    asked = asked_of_device(policy, row["driver"], row["firmware"])
    do = word_shown(row["word"], is_heard=is_heard(row["bridge_seen_us"], now_us)).do
    return DeviceRow(**row, do=do, firmware_minimum=asked.minimum, firmware_word=asked.word)


def firmware_rows(conn: sa.Connection, store_id: int, policy: Policy) -> list[FirmwareRow]:
    """Every version seen in a store, newest first."""
    return judged(seen_in(conn, store_id), policy)


@get("/stores/{store_id:int}/bridges", operation_id="get_bridges", **OPT)
async def get_bridges(store_id: PathId, ctx: NamedDependency[Ctx]) -> list[BridgeState]:
    """The bridges of a store: last heartbeat, clock, what waits there, and software."""
    ctx.need_any(SEERS, store_id)
    rows = await ctx.read(lambda conn: device_reads.bridges(conn, store_id))
    return [bridge_state(row, ctx.service.policies.now, ctx.now_us) for row in rows]


@get("/stores/{store_id:int}/devices", operation_id="get_devices", **OPT)
async def get_devices(store_id: PathId, ctx: NamedDependency[Ctx]) -> list[DeviceRow]:
    """The devices of a store's bridges."""
    ctx.need_any(SEERS, store_id)
    rows = await ctx.read(lambda conn: store_reads.devices(conn, store_id))
    return [device_row(row, ctx.service.policies.now, ctx.now_us) for row in rows]


@get("/stores/{store_id:int}/device", operation_id="get_device", **OPT | {"opt": CONSULTS})
async def get_device(
    store_id: PathId, ctx: NamedDependency[Ctx], bridge_id: BridgeId, device: DeviceName
) -> DeviceHistory:
    """One device with what it said before and what arrived garbled, as it came."""
    ctx.need_any(SEERS, store_id)
    life = await ctx.read(lambda conn: device_reads.device_life(conn, store_id, bridge_id, device))
    if life is None:
        raise not_found("device of this name at this bridge")
    return DeviceHistory(
        device=device_row(life.now, ctx.service.policies.now, ctx.now_us),
        words=[WordRow(**row) for row in life.words],
        garbled=[GarbledRow(**asdict(each)) for each in life.garbled],
    )


@get("/stores/{store_id:int}/firmware", operation_id="get_firmware", **OPT)
async def get_firmware(store_id: PathId, ctx: NamedDependency[Ctx]) -> list[FirmwareRow]:
    """Every version seen on a store's bridges, devices, docks and docked kit, newest first."""
    ctx.need_any(SEERS, store_id)
    policy = ctx.service.policies.now
    return await ctx.read(lambda conn: firmware_rows(conn, store_id, policy))


ROUTES = [get_bridges, get_devices, get_device, get_firmware]
