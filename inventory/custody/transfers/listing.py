"""A consignment is opened at a store and listed by scan: one sort of stock, nothing that is not there, nothing loaded.

One rule for the editor: a list moves nothing. Everything is asked once more when it is sent (`sending`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.transfers.reading import Consignment, consignment_of
from inventory.custody.transfers.terms import STOCK_SAID, TERMS, stock_of
from inventory.custody.transfers.writing import CONSIGNMENT, Bar, NotMoved, locked, need_draft, write
from inventory.people.calendar import local_day
from inventory.people.errors import BadField
from inventory.schema.fast import Fast, among
from inventory.schema.people import store
from inventory.schema.stock import hold, hold_lift, lot, lot_balance
from inventory.schema.tx import Tx
from inventory.stock.item_facts import read_items
from inventory.stock.kinds import title
from inventory.stock.kit_facts import ItemFacts

JOURNEY_DAYS_MAX = 31


@dataclass(frozen=True, slots=True)
class Opening:
    """A consignment to be: of what stock, for good or on loan until `back_on` ("2026-12-01"), and why.

    `due_us`: when it should have arrived; None: after the usual journey.
    """

    from_store_id: int
    to_store_id: int
    stock: str
    terms: str
    reason: str
    by_person: int
    back_on: str | None = None
    due_us: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Items and pieces of lots for the list of a consignment; a lot named again is that many from now on."""

    consignment_id: int
    by_person: int
    items: tuple[int, ...] = ()
    lots: tuple[tuple[int, int], ...] = ()


_STORES = Fast(
    sa.select(store.c.id).where(among(store.c.id, "ids"), store.c.closed_us.is_(None), store.c.opened_us.is_not(None))
)
_LOTS = Fast(
    sa.select(lot.c.id, lot.c.kind, lot.c.lot_no, lot_balance.c.quantity)
    .select_from(
        lot.outerjoin(
            lot_balance,
            sa.and_(
                lot_balance.c.lot_id == lot.c.id,
                lot_balance.c.holder == sa.literal_column("'STORE'"),
                lot_balance.c.holder_id == sa.bindparam("store_id"),
            ),
        )
    )
    .where(among(lot.c.id, "lots"))
)
_LOT_HOLDS = Fast(
    sa.select(hold.c.lot_id, hold.c.reason)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(among(hold.c.lot_id, "lots"), hold_lift.c.hold_id.is_(None))
)


def open_consignment(tx: Tx, new: Opening) -> Consignment:
    """Open a consignment with nothing in it. Raises BadField for what does not fit."""
    due_us = new.due_us if new.due_us is not None else tx.now_us + TERMS.journey_us
    _check(tx, new, due_us)
    opened = tx.ids.take()
    CONSIGNMENT.add(
        tx.conn,
        [
            {
                "id": opened, "tx_id": tx.id, "from_store_id": new.from_store_id, "to_store_id": new.to_store_id,
                "stock": new.stock, "terms": new.terms, "back_on": new.back_on, "reason": new.reason.strip(),
                "due_us": due_us, "opened_us": tx.now_us, "opened_by": new.by_person,
            }
        ],
    )  # fmt: skip
    found = consignment_of(tx.conn, opened)
    assert found is not None
    return found


def _check(tx: Tx, new: Opening, due_us: int) -> None:
    if new.from_store_id == new.to_store_id:
        raise BadField("to_store_id", new.to_store_id, "another store than it comes from")
    there = {row[0] for row in _STORES.rows(tx.conn, {"ids": [new.from_store_id, new.to_store_id]})}
    for name in ("from_store_id", "to_store_id"):
        if getattr(new, name) not in there:
            raise BadField(name, getattr(new, name), "a store that is open")
    if len(new.reason.strip()) < 3:
        raise BadField("reason", new.reason, "why it is moved, in 3 characters or more")
    if (new.terms == "LOAN") != (new.back_on is not None):
        raise BadField("back_on", new.back_on or "nothing", "a day for a loan, and none for good")
    if new.back_on is not None and new.back_on < local_day(tx.now_us).isoformat():
        raise BadField("back_on", new.back_on, "today or later")
    if not tx.now_us < due_us <= tx.now_us + JOURNEY_DAYS_MAX * 86_400_000_000:
        raise BadField("due_us", due_us, f"a time within the next {JOURNEY_DAYS_MAX} days")


def list_kit(tx: Tx, listing: Listing) -> Consignment:
    """Put items and pieces of lots on the list; what is on it already stays. Raises NotMoved with every reason."""
    of = locked(tx, listing.consignment_id)
    need_draft(of)
    on_it = {each.item_id for each in of.lines}
    fresh = [each for each in dict.fromkeys(listing.items) if each not in on_it]
    bars = item_bars(tx.conn, of, [*on_it, *fresh], only=fresh) + lot_bars(tx.conn, of, dict(listing.lots))
    if bars:
        raise NotMoved(bars)
    who = {"act": "LISTED", "by_person": listing.by_person}
    acts = [who | {"item_id": each} for each in fresh]
    acts += [who | {"lot_id": lot_id, "quantity": quantity} for lot_id, quantity in listing.lots]
    write(tx, of, acts)
    return _again(tx, of.id)


def unlist_kit(tx: Tx, listing: Listing) -> Consignment:
    """Take items and lots off the list. Raises NotMoved for what is not on it."""
    of = locked(tx, listing.consignment_id)
    need_draft(of)
    items, lots = {each.item_id for each in of.lines}, {each.lot_id for each in of.lots}
    if not set(listing.items) <= items or not {lot_id for lot_id, _ in listing.lots} <= lots:
        raise NotMoved([Bar("Not all of that is on the list.", "Look at the list again.")])
    who = {"act": "UNLISTED", "by_person": listing.by_person}
    acts = [who | {"item_id": each} for each in listing.items]
    write(tx, of, acts + [who | {"lot_id": lot_id, "quantity": 1} for lot_id, _ in listing.lots])
    return _again(tx, of.id)


def cancel(tx: Tx, consignment_id: int, by_person: int, why: str) -> Consignment:
    """End a consignment that was not sent. Raises NotMoved once it is: then it is received, back at its sender too."""
    of = locked(tx, consignment_id)
    if of.state not in ("DRAFT", "CANCELLED"):
        said = f"Consignment {of.id} is sent: it cannot be cancelled."
        raise NotMoved([Bar(said, "Receive it back at the store it came from, or where it is.")])
    need_draft(of)
    if len(why.strip()) < 3:
        raise BadField("reason", why, "why, in 3 characters or more")
    write(tx, of, [{"act": "CANCELLED", "by_person": by_person, "detail": why.strip()}])
    return _again(tx, of.id)


def _again(tx: Tx, consignment_id: int) -> Consignment:
    found = consignment_of(tx.conn, consignment_id)
    assert found is not None
    return found


# ---- what may travel together ------------------------------------------------------------------------------


def item_bars(conn: sa.Connection, of: Consignment, items: Sequence[int], only: Sequence[int]) -> list[Bar]:
    """What keeps the items in `only`, and what is loaded in them, from travelling together with all of `items`."""
    facts = read_items(conn, items, fitted_too=True)
    bars = [Bar(f"Item {each} is not known.", item_id=each) for each in only if each not in facts]
    pools = {facts[each].pool for each in items if each in facts}
    for item_id in only:
        if item_id in facts:
            bars += _bars_of(of, facts[item_id], facts)
    if len(pools) > 1 and not bars:
        bars.append(Bar("Training kit and duty kit never travel together.", "Open a consignment for each."))
    return bars


def _bars_of(of: Consignment, kit: ItemFacts, facts: Mapping[int, ItemFacts]) -> list[Bar]:
    name = f"{title(kit.kind)} {kit.serial}"
    if (kit.holder, kit.holder_id) != ("STORE", of.from_store_id):
        return [Bar(f"{name} is not in this store.", "Book it in here first.", kit.id)]
    if kit.fitted_in is not None:
        return [Bar(f"{name} is loaded in something.", "Scan what it is loaded in, or unload it.", kit.id)]
    stock = stock_of(kit)
    if stock != of.stock:
        said = f"{name} travels as {STOCK_SAID[stock]}; this consignment is of {STOCK_SAID[of.stock]}."
        return [Bar(said, "They never travel together: open a consignment of its own.", kit.id)]
    inside = [facts[each] for each in kit.fitted if each in facts]
    return [
        Bar(
            f"{title(each.kind)} {each.serial} in it travels as {STOCK_SAID[stock_of(each)]}.",
            "Unload it first.",
            kit.id,
        )
        for each in inside
        if stock_of(each) != of.stock or each.pool != kit.pool
    ]


def lot_bars(conn: sa.Connection, of: Consignment, wanted: Mapping[int, int]) -> list[Bar]:
    """What keeps pieces of lots from travelling in a consignment."""
    asked = {"lots": sorted(wanted), "store_id": of.from_store_id}
    known = {row[0]: row for row in _LOTS.rows(conn, asked)} if wanted else {}
    held = {row[0] for row in _LOT_HOLDS.rows(conn, {"lots": sorted(wanted)})} if wanted else set()
    bars = []
    for lot_id, number in wanted.items():
        if lot_id not in known:
            bars.append(Bar(f"Lot {lot_id} is not known."))
            continue
        _, kind, lot_no, there = known[lot_id]
        name, stock = f"{title(kind)} lot {lot_no}", "HELD" if lot_id in held else "OPERATIONAL"
        if (there or 0) < number:
            bars.append(Bar(f"{there or 0} of {name} are in this store, not {number}.", "Count them again."))
        if stock != of.stock:
            said = f"{name} travels as {STOCK_SAID[stock]}; this consignment is of {STOCK_SAID[of.stock]}."
            bars.append(Bar(said, "Open a consignment of its own."))
    return bars
