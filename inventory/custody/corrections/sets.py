"""What belongs together in a correction: what one decision issued, what is loaded in what, and each one's last entry.

One rule for the editor: read only, and only what has not moved since: what has is left as it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.corrections.reading import EntryRead
from inventory.custody.fittings import fits_of
from inventory.schema.custody import custody, decision_lot, ledger
from inventory.schema.fast import Fast, among
from inventory.schema.people import person, store
from inventory.schema.stock import lot_balance


@dataclass(frozen=True, slots=True)
class Set:
    """What one draw gave to one person and is still with them: `entries` by item (what is loaded in something too),
    `lots` (pieces, entry) by lot."""

    item_ids: tuple[int, ...]
    entries: Mapping[int, int]
    lots: Mapping[int, tuple[int, int]]
    purpose: str
    planned_return_us: int | None
    has_handle: bool


@dataclass(frozen=True, slots=True)
class Had:
    """A custody that was closed: on what terms somebody had it."""

    purpose: str
    planned_return_us: int | None
    is_handle: bool


@dataclass(frozen=True, slots=True)
class Last:
    """The entry by which an item is where it is now, and since when."""

    entry_id: int
    opened_us: int


_TOGETHER = Fast(
    sa.select(custody.c.item_id, custody.c.opened_entry, custody.c.is_handle).where(
        custody.c.decision_id == sa.bindparam("decision_id"),
        custody.c.person_id == sa.bindparam("person_id"),
        custody.c.closed_entry.is_(None),
    )
)
_OWN = Fast(
    sa.select(custody.c.purpose, custody.c.planned_return_us, custody.c.is_handle).where(
        custody.c.item_id == sa.bindparam("item_id"), custody.c.opened_entry == sa.bindparam("entry_id")
    )
)
_CLOSED = Fast(
    sa.select(custody.c.purpose, custody.c.planned_return_us, custody.c.is_handle)
    .select_from(custody.join(ledger, ledger.c.item_id == custody.c.item_id))
    .where(ledger.c.id == sa.bindparam("entry_id"), custody.c.closed_entry == ledger.c.id)
)
_LAST = Fast(
    sa.select(custody.c.item_id, custody.c.opened_entry, custody.c.opened_us).where(
        among(custody.c.item_id, "ids"), custody.c.closed_entry.is_(None)
    )
)
_LOTS = Fast(
    sa.select(ledger.c.lot_id, decision_lot.c.quantity, ledger.c.id, lot_balance.c.quantity)
    .select_from(
        decision_lot.join(ledger, ledger.c.lot_id == decision_lot.c.lot_id).join(
            lot_balance,
            sa.and_(
                lot_balance.c.lot_id == decision_lot.c.lot_id, lot_balance.c.holder == "PERSON",
                lot_balance.c.holder_id == ledger.c.taker_id,
            ),
        )
    )
    .where(
        decision_lot.c.decision_id == sa.bindparam("decision_id"), ledger.c.taker == "PERSON",
        ledger.c.taker_id == sa.bindparam("person_id"), ledger.c.at_us == sa.bindparam("at_us"),
        ledger.c.decision_id == decision_lot.c.decision_id,
    )
)  # fmt: skip
_HANDLE = Fast(
    sa.select(custody.c.id)
    .select_from(custody.join(person, person.c.id == custody.c.person_id))
    .where(
        sa.or_(person.c.id == sa.bindparam("person_id"), person.c.same_as == sa.bindparam("person_id")),
        custody.c.is_handle == 1,
        custody.c.closed_entry.is_(None),
    )
)
_OPEN_STORE = Fast(
    sa.select(store.c.id).where(
        store.c.id == sa.bindparam("store_id"),
        sa.or_(store.c.closed_us.is_(None), store.c.closed_us > sa.bindparam("now_us")),
    )
)


def read_set(conn: sa.Connection, entry: EntryRead) -> Set:
    """What was given by the same decision and is still with the person; of an assertion, the item alone."""
    purpose, planned_us, is_handle = _OWN.rows(conn, {"item_id": entry.item_id, "entry_id": entry.id})[0]
    if entry.decision_id is None:
        entries = inside_too(conn, entry)
        return Set((entry.item_id,), entries, {}, purpose or "OPERATIONAL", planned_us, bool(is_handle))
    asked = {"decision_id": entry.decision_id, "person_id": entry.taker_id}
    rows = _TOGETHER.rows(conn, asked)
    lots = {
        lot_id: (min(quantity, left), number)
        for lot_id, quantity, number, left in _LOTS.rows(conn, {**asked, "at_us": entry.at_us})
        if left > 0
    }
    within = fits_of(conn, [row[0] for row in rows]).within
    return Set(
        tuple(row[0] for row in rows if row[0] not in within), {row[0]: row[1] for row in rows}, lots, purpose,
        planned_us, any(row[2] for row in rows),
    )  # fmt: skip


def inside_too(conn: sa.Connection, entry: EntryRead) -> dict[int, int]:
    """The item and what is loaded in it and came with it, each with its own last entry."""
    inside = [fit.child_id for fit in fits_of(conn, [entry.item_id]).of(entry.item_id)]
    last = last_entries(conn, [entry.item_id, *inside])
    return {
        each: last[each].entry_id for each in (entry.item_id, *inside) if last[each].opened_us == entry.at_us
    }


def last_entries(conn: sa.Connection, item_ids: Sequence[int]) -> dict[int, Last]:
    """By which entry each item is where it is now."""
    return {row[0]: Last(row[1], row[2]) for row in _LAST.rows(conn, {"ids": list(item_ids)})}


def custody_closed_by(conn: sa.Connection, entry_id: int) -> Had | None:
    """On what terms somebody had the item that came back by this entry; None where nobody had it."""
    rows = _CLOSED.rows(conn, {"entry_id": entry_id})
    if not rows or rows[0][0] is None:
        return None
    return Had(rows[0][0], rows[0][1], bool(rows[0][2]))


def holds_a_handle(conn: sa.Connection, person_id: int) -> bool:
    """Whether the ledger has a TASER handle with them, under whichever of their records."""
    return bool(_HANDLE.rows(conn, {"person_id": person_id}))


def is_store_open(conn: sa.Connection, store_id: int, now_us: int) -> bool:
    """Whether there is such a store and it is not closed."""
    return bool(_OPEN_STORE.rows(conn, {"store_id": store_id, "now_us": now_us}))
