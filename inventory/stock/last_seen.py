"""Where each item was last seen: by a scan, a sweep of tags, a dock's bay, or in a count.

One rule for the editor: a sighting moves nothing, and an older one never replaces a newer.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.people import place, store
from inventory.schema.stock import item
from inventory.schema.stocktake import item_seen
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Sighted:
    """An item, seen. `way` is a word of `words.SEEN_WAYS`; `device` names the reader, the dock, or who touched it."""

    item_id: int
    store_id: int
    place_id: int | None
    way: str
    device: str
    seen_us: int
    reading_key: str | None = None


@dataclass(frozen=True, slots=True)
class LastSeen:
    """Where, when and by what an item was last seen."""

    store_id: int
    store: str
    place: str | None
    way: str
    device: str
    seen_us: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """An item that a store has by the ledger, and when anybody or anything last saw it or took it in."""

    item_id: int
    kind: str
    model: str
    serial: str
    seen_us: int
    way: str | None
    device: str | None


# A dock says the same of its bays all day long: its newer word is written once a minute at most.
_SAW = Fast(
    sa.text(
        "INSERT INTO item_seen (item_id, store_id, place_id, way, device, seen_us, reading_key) VALUES"
        " (:item_id, :store_id, :place_id, :way, :device, :seen_us, :reading_key) ON CONFLICT (item_id) DO UPDATE SET"
        " store_id = excluded.store_id, place_id = excluded.place_id, way = excluded.way, device = excluded.device,"
        " seen_us = excluded.seen_us, reading_key = excluded.reading_key WHERE item_seen.seen_us < excluded.seen_us"
        " AND (excluded.way <> 'DOCK' OR item_seen.seen_us < excluded.seen_us - 60000000)"
    )
)
_LAST = Fast(
    sa.select(
        item_seen.c.store_id,
        store.c.name,
        place.c.name,
        item_seen.c.way,
        item_seen.c.device,
        item_seen.c.seen_us,
    )
    .select_from(
        item_seen.join(store, store.c.id == item_seen.c.store_id).outerjoin(
            place, place.c.id == item_seen.c.place_id
        )
    )
    .where(item_seen.c.item_id == sa.bindparam("item_id"))
)
_NEWEST = sa.case(
    (item_seen.c.seen_us > custody.c.opened_us, item_seen.c.seen_us), else_=custody.c.opened_us
).label("newest")
_UNSEEN = Fast(
    sa.select(
        item.c.id, item.c.kind, item.c.model, item.c.serial, _NEWEST, item_seen.c.way, item_seen.c.device
    )
    .select_from(
        custody.join(item, item.c.id == custody.c.item_id).outerjoin(item_seen, item_seen.c.item_id == item.c.id)
    )
    .where(
        custody.c.holder == "STORE", custody.c.holder_id == sa.bindparam("store_id"), custody.c.closed_entry.is_(None)
    )
    .order_by(_NEWEST, item.c.id)
    .limit(sa.bindparam("most"))
)  # fmt: skip


def saw(tx: Tx, sighted: Sequence[Sighted]) -> None:
    """Keep where items were seen, where nothing newer is known of them."""
    _SAW.many(tx.conn, [asdict(each) for each in sorted(sighted, key=lambda each: each.item_id)])


def last_seen(conn: sa.Connection, item_id: int) -> LastSeen | None:
    """Where an item was last seen; None where it never was."""
    rows = _LAST.rows(conn, {"item_id": item_id})
    return LastSeen(*rows[0]) if rows else None


def longest_unseen(conn: sa.Connection, store_id: int, most: int) -> list[Unseen]:
    """What a store has by the ledger, the longest unseen first. Taking it in counts as seeing it."""
    return [Unseen(*row) for row in _UNSEEN.rows(conn, {"store_id": store_id, "most": most})]


@dataclass(frozen=True, slots=True)
class SeenAt:
    """An item, whoever has it, and when anybody or anything last saw it. `store_id` has it, or owns it elsewhere."""

    item_id: int
    kind: str
    model: str
    store_id: int
    holder: str
    seen_us: int
    way: str | None


_GONE: tuple[sa.ColumnElement[str], ...] = (sa.literal_column("'DISPOSAL'"), sa.literal_column("'SUPPLIER'"))
_EVERYWHERE = Fast(
    sa.select(
        item.c.id, item.c.kind, item.c.model,
        sa.case((custody.c.holder == sa.literal_column("'STORE'"), custody.c.holder_id), else_=item.c.home_store_id),
        custody.c.holder, _NEWEST, sa.case((item_seen.c.seen_us > custody.c.opened_us, item_seen.c.way)),
    )
    .select_from(
        custody.join(item, item.c.id == custody.c.item_id).outerjoin(item_seen, item_seen.c.item_id == item.c.id)
    )
    .where(custody.c.closed_entry.is_(None), custody.c.holder.not_in(_GONE))
    .order_by(_NEWEST, item.c.id)
)  # fmt: skip


def seen_everywhere(conn: sa.Connection) -> list[SeenAt]:
    """Everything that is not gone for good, the longest unseen first. A movement counts as seeing it."""
    return [SeenAt(*row) for row in _EVERYWHERE.rows(conn)]
