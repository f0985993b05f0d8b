"""Reading counts: one with all that its result is made of, and the lists of a store.

One rule for the editor: reads only. What a closed count came to is read from its stored result, never worked out again.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.schema.stocktake import (
    item_seen,
    stocktake,
    stocktake_closed,
    stocktake_lot,
    stocktake_settled,
    stocktake_sighting,
)
from inventory.stock.counting import Counted, Line, Scope, Seen, Span, judge, lines_of


class NotCounted(LookupError):
    """There is no such count."""


@dataclass(frozen=True, slots=True)
class Count:
    """One count. `closed_us` None: it is open; `outcome` CLOSED or ABANDONED."""

    id: int
    store_id: int
    sort: str
    kinds: str | None
    models: str | None
    pool: str | None
    place_id: int | None
    recount_of: int | None
    blind: int
    two_person: int
    docks: int
    expected: str
    opened_us: int
    opened_by: int
    outcome: str | None
    closed_us: int | None
    closed_by: int | None
    second_person: int | None
    reason: str | None
    result: str | None
    result_hash: str | None
    entry_id: int | None

    @property
    def scope(self) -> Scope:
        """What it is of."""
        return Scope(
            tuple(self.kinds.split(",")) if self.kinds else (),
            tuple(json.loads(self.models)) if self.models else (),
            self.pool,
            self.place_id,
            self.expected_items if self.recount_of else None,
        )

    @property
    def expected_items(self) -> frozenset[int]:
        """The items that the ledger said were there when it opened."""
        return frozenset(json.loads(self.expected))

    @property
    def is_open(self) -> bool:
        """Whether it still takes sightings."""
        return self.closed_us is None

    @property
    def hides(self) -> bool:
        """Whether whoever counts may not be told what is expected: a blind count that is open."""
        return bool(self.blind) and self.is_open


@dataclass(frozen=True, slots=True)
class Settled:
    """What settled a variance: by which movement, by whom, why."""

    item_id: int
    act: str
    entry_id: int
    by_person: int
    second_person: int | None
    reason: str
    at_us: int


_OWN = [
    stocktake.c[name] for name in Count.__dataclass_fields__ if name in stocktake.c and name != "entry_id"
]
_END = ("outcome", "closed_us", "closed_by", "second_person", "reason", "result", "result_hash", "entry_id")
_COUNT = sa.select(*_OWN, *(stocktake_closed.c[name] for name in _END)).select_from(
    stocktake.outerjoin(stocktake_closed, stocktake_closed.c.stocktake_id == stocktake.c.id)
)
_BY_ID = Fast(_COUNT.where(stocktake.c.id == sa.bindparam("count_id")))
_OF_STORE = Fast(
    _COUNT.where(stocktake.c.store_id == sa.bindparam("store_id"))
    .order_by(stocktake.c.opened_us.desc(), stocktake.c.id.desc())
    .limit(sa.bindparam("most"))
)
_OPEN = Fast(
    _COUNT.where(
        stocktake.c.store_id == sa.bindparam("store_id"),
        stocktake_closed.c.stocktake_id.is_(None),
    ).order_by(stocktake.c.id)
)  # fmt: skip
_SIGHTINGS = Fast(
    sa.select(stocktake_sighting.c.item_id, stocktake_sighting.c.code, stocktake_sighting.c.seen_us)
    .where(stocktake_sighting.c.stocktake_id == sa.bindparam("count_id"), stocktake_sighting.c.late == 0)
    .order_by(stocktake_sighting.c.seen_us, stocktake_sighting.c.id)
)
_LATEST = Fast(
    sa.select(
        stocktake_sighting.c.id, stocktake_sighting.c.item_id, stocktake_sighting.c.code, stocktake_sighting.c.way,
        stocktake_sighting.c.by_person, stocktake_sighting.c.device, stocktake_sighting.c.seen_us,
        stocktake_sighting.c.late, stocktake_sighting.c.evidence,
    )
    .where(stocktake_sighting.c.stocktake_id == sa.bindparam("count_id"))
    .order_by(stocktake_sighting.c.id.desc())
    .limit(sa.bindparam("most"))
)  # fmt: skip
_SPANS = Fast(
    sa.select(
        custody.c.item_id, custody.c.holder, custody.c.holder_id, custody.c.opened_us, custody.c.closed_us
    )
    .where(
        among(custody.c.item_id, "ids"),
        sa.or_(custody.c.closed_us.is_(None), custody.c.closed_us >= sa.bindparam("since_us")),
    )
    .order_by(custody.c.item_id, custody.c.opened_us, custody.c.id)
)
_HERE = Fast(
    sa.select(item.c.id, item.c.kind, item.c.model, item.c.pool, item_seen.c.place_id)
    .select_from(
        custody.join(item, item.c.id == custody.c.item_id).outerjoin(item_seen, item_seen.c.item_id == item.c.id)
    )
    .where(
        custody.c.holder == "STORE", custody.c.holder_id == sa.bindparam("store_id"), custody.c.closed_entry.is_(None)
    )
)  # fmt: skip
_ITEMS = Fast(sa.select(item.c.id, item.c.kind, item.c.model, item.c.pool).where(among(item.c.id, "ids")))
_SETTLED = Fast(
    sa.select(*(stocktake_settled.c[name] for name in Settled.__dataclass_fields__))
    .where(stocktake_settled.c.stocktake_id == sa.bindparam("count_id"))
    .order_by(stocktake_settled.c.at_us)
)
_LOTS_COUNTED = Fast(
    sa.select(stocktake_lot.c.lot_id, stocktake_lot.c.quantity, stocktake_lot.c.balance)
    .where(stocktake_lot.c.stocktake_id == sa.bindparam("count_id"))
    .order_by(stocktake_lot.c.id)
)
_NAMES = Fast(sa.select(item.c.id, item.c.kind, item.c.model, item.c.serial).where(among(item.c.id, "ids")))


def count_of(conn: sa.Connection, count_id: int) -> Count:
    """One count. Raises NotCounted."""
    rows = _BY_ID.rows(conn, {"count_id": count_id})
    if not rows:
        raise NotCounted(f"count {count_id} is not known")
    return Count(*rows[0])


def counts_of(conn: sa.Connection, store_id: int, most: int) -> list[Count]:
    """The counts of a store, newest first."""
    return [Count(*row) for row in _OF_STORE.rows(conn, {"store_id": store_id, "most": most})]


def open_counts(conn: sa.Connection, store_id: int) -> list[Count]:
    """The counts of a store that still take sightings."""
    return [Count(*row) for row in _OPEN.rows(conn, {"store_id": store_id})]


def expected_in(conn: sa.Connection, store_id: int, scope: Scope) -> list[int]:
    """The items that the ledger says a store has, as far as they are counted."""
    return sorted(
        item_id
        for item_id, kind, model, pool, place_id in _HERE.rows(conn, {"store_id": store_id})
        if scope.takes(kind, model, pool)
        and scope.place_id in (None, place_id)
        and (scope.items is None or item_id in scope.items)
    )


def counted(conn: sa.Connection, count: Count) -> Counted:
    """All that the result of a count is made of, as it stands now."""
    seen = [Seen(*row) for row in _SIGHTINGS.rows(conn, {"count_id": count.id})]
    scope, expected = count.scope, count.expected_items
    named = {each.item_id for each in seen if each.item_id is not None}
    in_scope = set(expected_in(conn, count.store_id, scope))
    rows = _ITEMS.rows(conn, {"ids": sorted(named - in_scope)})
    if scope.items is None and scope.place_id is None:
        in_scope |= {row[0] for row in rows if scope.takes(*row[1:])}
    ids = {*expected, *named, *in_scope}
    return Counted(
        count.store_id,
        count.opened_us,
        expected,
        frozenset(in_scope),
        seen,
        spans_of(conn, ids, count.opened_us),
    )


def spans_of(conn: sa.Connection, ids: Iterable[int], since_us: int) -> dict[int, list[Span]]:
    """Who had each item at any time since then, oldest first."""
    found: dict[int, list[Span]] = defaultdict(list)
    for item_id, *span in _SPANS.rows(conn, {"ids": sorted(ids), "since_us": since_us}):
        found[item_id].append(Span(*span))
    return found


def lines_now(conn: sa.Connection, count: Count) -> list[Line]:
    """The lines of a count: as it was closed, or as it stands."""
    return judge(counted(conn, count)) if count.result is None else lines_of(count.result)


def lots_said(conn: sa.Connection, count_id: int) -> str:
    """What was counted of lots, for the ledger's entry: "; lot 301 counted 17 of 20"; nothing where none was."""
    newest = {row[0]: row[1:] for row in _LOTS_COUNTED.rows(conn, {"count_id": count_id})}
    return "".join(f"; lot {lot_id} counted {quantity} of {balance}" for lot_id, (quantity, balance) in newest.items())


def sightings_of(conn: sa.Connection, count_id: int, most: int) -> list[dict[str, Any]]:
    """The newest sightings of a count, late ones too."""
    names = ("id", "item_id", "code", "way", "by_person", "device", "seen_us", "late", "evidence")
    rows = _LATEST.rows(conn, {"count_id": count_id, "most": most})
    return [dict(zip(names, row, strict=True)) for row in rows]


def settled_of(conn: sa.Connection, count_id: int) -> dict[int, Settled]:
    """What settled each variance, by item."""
    return {row[0]: Settled(*row) for row in _SETTLED.rows(conn, {"count_id": count_id})}


def items_named(conn: sa.Connection, ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
    """(kind, model, serial) of each item."""
    return {row[0]: (row[1], row[2], row[3]) for row in _NAMES.rows(conn, {"ids": sorted(ids)})}
