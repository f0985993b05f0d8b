"""The last word of each dock bay: what stands in it, how full, what is still to upload.

One rule for the editor: only newer words replace older ones, by the bridge's clock corrected for its measured
offset. A bay that says it is empty keeps the item it last held and what it last said of it: so "taken without
issue" can be noticed, and a camera lifted out for the hatch is still known to be charged and uploaded.
"""

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import bay, item
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class BayWord:
    """A dock's word about one bay, as it reaches the kit store. Names and units as in `devices.readings.BayReported`.

    `dock` is unique in the force (bridge name and dock name); `bridge_id` and `device` are who spoke for it.
    `observed_us` is corrected by the bridge's offset.
    """

    dock: str
    bay: int
    store_id: int
    word: str
    present: bool | None
    serial: str | None
    observed_us: int
    reading_key: str
    charge_percent: int | None = None
    files_pending: int | None = None
    free_mb: int | None = None
    firmware: str | None = None
    clock_offset_ms: int | None = None
    log_synced: bool | None = None
    fault: str | None = None
    bridge_id: int | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a word: whether it is the newest, the item it names, and the item that stood there before."""

    newest: bool
    item_id: int | None
    before_item_id: int | None
    before_present: bool | None


def dock_said(dock: str) -> str:
    """A dock as people name it: without the bridge that speaks for it."""
    return dock.partition("/")[2] or dock


_BEFORE = Fast(
    sa.select(bay.c.observed_us, bay.c.item_id, bay.c.present).where(
        bay.c.dock == sa.bindparam("dock"), bay.c.bay == sa.bindparam("number")
    )
)
_NAMED = Fast(
    sa.select(item.c.id).where(
        item.c.serial == sa.bindparam("serial"), item.c.kind.in_(("BWV_CAMERA", "CED_BATTERY", "CED_HANDLE"))
    )
)
_OF_THE_ITEM = (
    "serial", "charge_percent", "files_pending", "free_mb", "firmware", "clock_offset_ms", "log_synced",
)  # fmt: skip
"""What a bay says of the item in it, and not of itself."""

_ADD = Inserter(bay)
_LEAVE = Fast(
    sa.update(bay)
    .where(
        bay.c.item_id == sa.bindparam("of_item"),
        sa.not_(sa.and_(bay.c.dock == sa.bindparam("at_dock"), bay.c.bay == sa.bindparam("at_bay"))),
    )
    .values(item_id=sa.null())
)


def keep(tx: Tx, said: BayWord) -> Kept:
    """Keep a bay's word if it is newer than the last one."""
    found = _BEFORE.rows(tx.conn, {"dock": said.dock, "number": said.bay})
    before_us, before_item, before_present = found[0] if found else (None, None, None)
    item_id = _item(tx, said)
    newest = before_us is None or said.observed_us > before_us
    if newest:
        _write(tx, said, item_id if said.present is not False else before_item, bool(found))
    present = None if before_present is None else bool(before_present)
    return Kept(newest, item_id, before_item, present)


def _item(tx: Tx, said: BayWord) -> int | None:
    if not said.serial:
        return None
    named = _NAMED.rows(tx.conn, {"serial": said.serial.strip().upper()})
    return (
        int(named[0][0]) if len(named) == 1 else None
    )  # two makers may share a serial: then the bay is not believed


def _write(tx: Tx, said: BayWord, item_id: int | None, known: bool) -> None:
    row = asdict(said) | {"item_id": item_id, "received_us": tx.now_us}
    row["present"] = None if said.present is None else int(said.present)
    row["log_synced"] = None if said.log_synced is None else int(said.log_synced)
    if item_id is not None:
        _LEAVE.run(tx.conn, {"of_item": item_id, "at_dock": said.dock, "at_bay": said.bay})
    if known:
        where = sa.and_(bay.c.dock == said.dock, bay.c.bay == said.bay)
        stays = ("dock", "bay", *(_OF_THE_ITEM if said.present is False else ()))
        tx.conn.execute(sa.update(bay).where(where).values({k: v for k, v in row.items() if k not in stays}))
    else:
        _ADD.add(tx.conn, [row])
