"""Orders are written down: what is to come, from whom, paid by what; a line ends where its rest will not come.

One rule for the editor: an order is never changed. A line more is another order; a line less is ended, with a reason.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.receiving.reading import Purchase
from inventory.custody.receiving.terms import LINES_MAX
from inventory.custody.receiving.writing import (
    DELIVERY,
    LINE,
    LINE_ENDED,
    PURCHASE,
    Bar,
    NotReceived,
    locked,
    need_why,
)
from inventory.people.errors import BadField
from inventory.schema import words
from inventory.schema.fast import Fast
from inventory.schema.people import store
from inventory.schema.receiving import purchase
from inventory.schema.tx import Tx

QUANTITY_MAX = 100_000
BY_LOT_KINDS = ("SBG",)
"""Kinds that may come without serials (design `domain.md` 3.5)."""


@dataclass(frozen=True, slots=True)
class NewLine:
    """So many of one model. `by_lot`: without serials, counted by lot. `purpose`: cartridges alone."""

    kind: str
    maker: str
    model: str
    quantity: int
    by_lot: bool = False
    pool: str = "OPERATIONAL"
    purpose: str | None = None
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class NewPurchase:
    """An order: the force's own number for it, the supplier, what pays for it, and the store it comes to."""

    order_ref: str
    supplier: str
    funding: str
    store_id: int
    by_person: int
    lines: tuple[NewLine, ...]
    ordered_on: str | None = None


_BY_REF = Fast(sa.select(purchase.c.id).where(purchase.c.order_ref == sa.bindparam("order_ref")))
_STORE = Fast(
    sa.select(store.c.id).where(store.c.id == sa.bindparam("store_id"), store.c.closed_us.is_(None))
)


def open_purchase(tx: Tx, new: NewPurchase) -> Purchase:
    """Write an order down. Raises BadField naming what cannot be taken."""
    order_ref = _text("order_ref", new.order_ref, 60).upper()
    supplier, funding = _text("supplier", new.supplier, 120), _text("funding", new.funding, 120)
    if not _STORE.rows(tx.conn, {"store_id": new.store_id}):
        raise BadField("store_id", new.store_id, "an open store")
    if _BY_REF.rows(tx.conn, {"order_ref": order_ref}):
        raise BadField("order_ref", order_ref, "a number that no other order has")
    if not 1 <= len(new.lines) <= LINES_MAX:
        raise BadField("lines", len(new.lines), f"1 to {LINES_MAX} lines")
    purchase_id = tx.ids.take()
    row = {
        "id": purchase_id, "tx_id": tx.id, "order_ref": order_ref, "supplier": supplier, "funding": funding,
        "store_id": new.store_id, "ordered_on": new.ordered_on, "opened_us": tx.now_us, "opened_by": new.by_person,
    }  # fmt: skip
    lines = [_line(f"lines[{n}]", each) for n, each in enumerate(new.lines)]
    PURCHASE.add(tx.conn, [row])
    of = {"tx_id": tx.id, "purchase_id": purchase_id}
    LINE.add(tx.conn, [{"id": tx.ids.take(), "line_no": n, **of, **each} for n, each in enumerate(lines, 1)])
    return locked(tx, purchase_id)


def _line(at: str, new: NewLine) -> dict[str, object]:
    cartridge = new.kind == "CED_CARTRIDGE"
    faults = (
        (new.kind not in words.ITEM_KINDS, "kind", new.kind, f"one of {', '.join(words.ITEM_KINDS)}"),
        (not 1 <= new.quantity <= QUANTITY_MAX, "quantity", new.quantity, f"1 to {QUANTITY_MAX}"),
        (new.by_lot and new.kind not in BY_LOT_KINDS, "by_lot", new.kind, "a serial of its own for every one of these"),
        (new.pool not in words.POOLS, "pool", new.pool, f"one of {', '.join(words.POOLS)}"),
        (cartridge and new.purpose not in words.CARTRIDGE_PURPOSES, "purpose", new.purpose or "",
         f"what the cartridges are for: one of {', '.join(words.CARTRIDGE_PURPOSES)}"),
        (not cartridge and new.purpose, "purpose", new.purpose, "nothing: only cartridges have one"),
    )  # fmt: skip
    for wrong, name, value, expected in faults:
        if wrong:
            raise BadField(f"{at}.{name}", value, expected)
    return {
        "kind": new.kind, "maker": _text(f"{at}.maker", new.maker, 60).upper(),
        "model": _text(f"{at}.model", new.model, 60).upper(), "quantity": new.quantity, "by_lot": int(new.by_lot),
        "pool": new.pool, "purpose": new.purpose, "variant": (new.variant or "").strip().upper() or None,
    }  # fmt: skip


def _text(name: str, value: str, most: int) -> str:
    said = value.strip()
    if not (1 <= len(said) <= most and said.isprintable()):
        raise BadField(name, value, f"1 to {most} characters")
    return said


def end_line(tx: Tx, purchase_id: int, line_id: int, by_person: int, reason: str) -> Purchase:
    """Write down that the rest of a line will not come. Raises LookupError, NotReceived."""
    of = locked(tx, purchase_id)
    line = of.line(line_id)
    if line is None:
        raise LookupError(f"order {of.order_ref} has no line {line_id}")
    if not line.to_come:
        raise NotReceived([Bar("NOTHING_TO_COME", f"Nothing of line {line.line_no} is to come any more.")])
    row = {"line_id": line_id, "tx_id": tx.id, "at_us": tx.now_us, "by_person": by_person}
    LINE_ENDED.add(tx.conn, [row | {"reason": need_why(reason, "Ending a line")}])
    return locked(tx, purchase_id)


def open_delivery(tx: Tx, purchase_id: int, note_ref: str, by_person: int) -> int:
    """Write down that something of an order has come, by the number on its delivery note; returns the delivery's id.

    Raises LookupError for an unknown order, BadField for a note that was written down before.
    """
    of = locked(tx, purchase_id)
    note = _text("note_ref", note_ref, 60).upper()
    if any(each.note_ref == note for each in of.deliveries):
        raise BadField("note_ref", note, "a delivery note that this order does not have yet")
    delivery_id = tx.ids.take()
    row = {
        "id": delivery_id, "tx_id": tx.id, "purchase_id": purchase_id, "store_id": of.store_id, "note_ref": note,
        "opened_us": tx.now_us, "opened_by": by_person,
    }  # fmt: skip
    DELIVERY.add(tx.conn, [row])
    tx.say(f"store:{of.store_id}", {"type": "delivery", "delivery_id": delivery_id, "at_us": tx.now_us})
    return delivery_id
