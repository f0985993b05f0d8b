"""Where each tag was last seen, by the readers of the stores.

One rule for the editor: a sighting moves nothing and names nobody. A read through a wall is no return, so custody
is not touched; and a tag that is a person's is not kept at all. What a tag is bound to decides what it is: a
serial that its EPC happens to decode to is never taken for an item's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.fast import Fast, Inserter, Updater, among
from inventory.schema.people import binding, place, store
from inventory.schema.stock import sighting
from inventory.schema.tx import Tx
from inventory.stock.last_seen import Sighted, saw

STRANGERS_KEPT_US = 90 * 86_400_000_000
"""How long a tag that is bound to nothing is kept after it was last seen (design `domain.md` 7: raw tag reads)."""

GUESSES = frozenset({"SERIAL", "GTIN"})
"""What an EPC may decode to that names no single thing of ours."""


@dataclass(frozen=True, slots=True)
class TagRead:
    """One tag of a sweep. `lookups` are the (technology, value) pairs under which it may be bound."""

    tag: str
    lookups: tuple[tuple[str, str], ...]
    antenna: int | None = None
    antennas: tuple[int, ...] = ()
    rssi_dbm: float | None = None
    reads: int = 1


@dataclass(frozen=True, slots=True)
class Sweep:
    """Where and when a sweep was made. `device` is unique in the force (bridge name and device name); `seen_us` is
    corrected by the bridge's measured offset; `place_id` is where the reader stands, None where nobody said."""

    device: str
    store_id: int
    place_id: int | None
    seen_us: int
    reading_key: str


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep was of: the items it saw, and how many tags are bound to nothing of ours, or to several things.

    `tags` says of each tag which item it is bound to; None: to none, or to several.
    """

    items: tuple[int, ...]
    strangers: int
    tags: tuple[tuple[TagRead, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Stranger:
    """A tag that is bound to no item (`matches` 0) or to several, and where it was last seen."""

    tag: str
    matches: int
    place: str | None
    device: str
    antenna: int | None
    rssi_dbm: float | None
    reads: int
    seen_us: int


@dataclass(frozen=True, slots=True)
class LastSeen:
    """Where an item's tag was last seen."""

    tag: str
    store_id: int
    store: str
    place: str | None
    device: str
    antenna: int | None
    antennas: str | None
    rssi_dbm: float | None
    reads: int
    seen_us: int


_BOUND = Fast(
    sa.select(binding.c.technology, binding.c.value, binding.c.item_id, binding.c.person_id).where(
        among(binding.c.value, "texts", texts=True), binding.c.to_us.is_(None)
    )
)
_KNOWN = Fast(sa.select(sighting.c.tag, sighting.c.seen_us).where(among(sighting.c.tag, "tags", texts=True)))
_CHANGED = tuple(column.name for column in sighting.columns if column.name != "tag")
_ADD = Inserter(sighting)
_CHANGE = Updater(sighting, "tag", _CHANGED)
_OF_ITEM = Fast(
    sa.select(
        sighting.c.tag, sighting.c.store_id, store.c.name, place.c.name, sighting.c.device, sighting.c.antenna,
        sighting.c.antennas, sighting.c.rssi_cdbm, sighting.c.reads, sighting.c.seen_us,
    )
    .select_from(
        sighting.join(store, store.c.id == sighting.c.store_id).outerjoin(place, place.c.id == sighting.c.place_id)
    )
    .where(sighting.c.item_id == sa.bindparam("item_id"))
    .order_by(sighting.c.seen_us.desc())
    .limit(1)
)  # fmt: skip
_STRANGERS = Fast(
    sa.select(
        sighting.c.tag, sighting.c.matches, place.c.name, sighting.c.device, sighting.c.antenna, sighting.c.rssi_cdbm,
        sighting.c.reads, sighting.c.seen_us,
    )
    .select_from(sighting.outerjoin(place, place.c.id == sighting.c.place_id))
    .where(sighting.c.store_id == sa.bindparam("store_id"), sighting.c.item_id.is_(None))
    .order_by(sighting.c.seen_us.desc(), sighting.c.tag)
    .limit(sa.bindparam("most"))
)  # fmt: skip
_DROP = Fast(sa.delete(sighting).where(among(sighting.c.tag, "tags", texts=True)))
_FORGET = Fast(
    sa.delete(sighting).where(sighting.c.item_id.is_(None), sighting.c.seen_us < sa.bindparam("before_us"))
)


def swept(tx: Tx, sweep: Sweep, tags: Sequence[TagRead]) -> Swept:
    """Keep where each tag was seen, if nothing newer is known of it."""
    bound = _bound(tx, tags)
    rows = _KNOWN.rows(tx.conn, {"tags": [read.tag for read in tags]})
    known: dict[str, int] = {row[0]: row[1] for row in rows}
    new, newer, seen, persons, told = [], [], list[int](), list[str](), list[tuple[TagRead, int | None]]()
    unknown = 0
    for read in {read.tag: read for read in tags}.values():
        found = [bound[pair] for pair in read.lookups if pair in bound]
        if any(person_id is not None for _, person_id in found):
            persons.append(read.tag)
            continue
        items = sorted({item_id for item_id, _ in found if item_id is not None})
        row = _row(tx, sweep, read, items)
        seen += items if len(items) == 1 else []
        told.append((read, items[0] if len(items) == 1 else None))
        unknown += len(items) != 1
        if read.tag not in known:
            new.append(row)
        elif known[read.tag] < sweep.seen_us:
            newer.append(row)
    _ADD.add(tx.conn, new)
    _CHANGE.change(tx.conn, newer)
    if persons:
        _DROP.run(tx.conn, {"tags": persons})
    items_seen = tuple(dict.fromkeys(seen))
    saw(
        tx,
        [
            Sighted(
                each, sweep.store_id, sweep.place_id, "SWEEP", sweep.device, sweep.seen_us, sweep.reading_key
            )
            for each in items_seen
        ],
    )
    return Swept(items_seen, unknown, tuple(told))


def last_seen(conn: sa.Connection, item_id: int) -> LastSeen | None:
    """Where an item's tag was last seen; None where none ever was."""
    rows = _OF_ITEM.rows(conn, {"item_id": item_id})
    if not rows:
        return None
    tag, store_id, store_name, place_name, device, antenna, antennas, cdbm, reads, seen_us = rows[0]
    rssi = None if cdbm is None else cdbm / 100
    return LastSeen(tag, store_id, store_name, place_name, device, antenna, antennas, rssi, reads, seen_us)


def strangers(conn: sa.Connection, store_id: int, most: int) -> list[Stranger]:
    """The tags last seen in a store that are not one known item's, newest first, at most so many."""
    return [
        Stranger(
            tag, matches, place_name, device, antenna, None if cdbm is None else cdbm / 100, reads, seen_us
        )
        for tag, matches, place_name, device, antenna, cdbm, reads, seen_us in _STRANGERS.rows(
            conn, {"store_id": store_id, "most": most}
        )
    ]


def forget_strangers(tx: Tx) -> int:
    """Forget tags that are bound to nothing and were not seen for long; returns how many."""
    return _FORGET.run(tx.conn, {"before_us": tx.now_us - STRANGERS_KEPT_US})


def _bound(tx: Tx, tags: Sequence[TagRead]) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    """What each pair is bound to now: (item, person)."""
    values = sorted(
        {value for read in tags for technology, value in read.lookups if technology not in GUESSES}
    )
    rows = _BOUND.rows(tx.conn, {"texts": values})
    return {(row[0], row[1]): (row[2], row[3]) for row in rows if row[0] not in GUESSES}


def _row(tx: Tx, sweep: Sweep, read: TagRead, items: Sequence[int]) -> dict[str, object]:
    return {
        "tag": read.tag, "item_id": items[0] if len(items) == 1 else None, "matches": len(items),
        "store_id": sweep.store_id, "place_id": sweep.place_id, "device": sweep.device, "antenna": read.antenna,
        "antennas": ",".join(map(str, read.antennas)) or None,
        "rssi_cdbm": None if read.rssi_dbm is None else round(read.rssi_dbm * 100),
        "reads": read.reads, "seen_us": sweep.seen_us, "received_us": tx.now_us, "reading_key": sweep.reading_key,
    }  # fmt: skip
