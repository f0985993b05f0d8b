"""What routes and pages alike read of stores: their places, bays and devices. Reads only.

One rule for the editor: no rule lives in SQL. Whether kit is ready or late is for the kit store to say.
"""

from typing import Any

import sqlalchemy as sa

from inventory.schema.fast import Fast, Row
from inventory.schema.people import place, store
from inventory.schema.service import bridge, device_state, station
from inventory.schema.steps import Steps, once, read
from inventory.schema.stock import bay

Rows = list[dict[str, Any]]

_STORES = Fast(
    sa.select(store.c.id, store.c.code, store.c.name, store.c.division)
    .where(store.c.closed_us.is_(None))
    .order_by(store.c.name)
)
_PLACES = Fast(
    sa.select(place.c.id, place.c.name, place.c.activity)
    .where(place.c.store_id == sa.bindparam("store_id"))
    .order_by(place.c.name)
)
_BAYS = Fast(
    sa.select(
        bay.c.dock, bay.c.bay, bay.c.word, bay.c.present, bay.c.serial, bay.c.item_id, bay.c.charge_percent,
        bay.c.files_pending, bay.c.fault, bay.c.received_us,
    )
    .where(bay.c.store_id == sa.bindparam("store_id"))
    .order_by(bay.c.dock, bay.c.bay)
)  # fmt: skip
_DEVICES = Fast(
    sa.select(
        bridge.c.name, bridge.c.seen_us, device_state.c.device, device_state.c.word, device_state.c.detail,
        device_state.c.since_us, device_state.c.last_reading_us, place.c.name, bridge.c.id, device_state.c.driver,
        device_state.c.port, device_state.c.firmware, device_state.c.good, device_state.c.garbled,
        device_state.c.repeated,
    )
    .select_from(
        device_state.join(bridge, bridge.c.id == device_state.c.bridge_id)
        .outerjoin(
            station,
            sa.and_(station.c.bridge_id == device_state.c.bridge_id, station.c.device == device_state.c.device),
        )
        .outerjoin(place, place.c.id == station.c.place_id)
    )
    .where(bridge.c.store_id == sa.bindparam("store_id"))
    .order_by(bridge.c.name, device_state.c.device)
)  # fmt: skip


def named(rows: list[Row], *names: str) -> Rows:
    """Rows as dictionaries."""
    return [dict(zip(names, row, strict=True)) for row in rows]


def stores(conn: sa.Connection) -> Rows:
    """Every open store, by name."""
    return read(conn, store_steps())


def store_steps() -> Steps[Rows]:
    """The reader behind `stores`, of one step."""
    return named((yield from once(_STORES, {})), "id", "code", "name", "division")


def places(conn: sa.Connection, store_id: int) -> Rows:
    """The hatches, shelves and docks of a store."""
    return named(_PLACES.rows(conn, {"store_id": store_id}), "id", "name", "activity")


def bays(conn: sa.Connection, store_id: int) -> Rows:
    """The last word of every bay of a store."""
    names = ("dock", "bay", "word", "present", "serial", "item_id", "charge_percent", "files_pending", "fault",
             "received_us")  # fmt: skip
    return named(_BAYS.rows(conn, {"store_id": store_id}), *names)


def devices(conn: sa.Connection, store_id: int) -> Rows:
    """What each device of a store's bridges last said of itself."""
    names = ("bridge", "bridge_seen_us", "device", "word", "detail", "since_us", "last_reading_us", "place",
             "bridge_id", "driver", "port", "firmware", "good", "garbled", "repeated")  # fmt: skip
    return named(_DEVICES.rows(conn, {"store_id": store_id}), *names)
