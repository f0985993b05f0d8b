"""What every act on an order or delivery shares: its lock, its rows, and how it says no.

One rule for the editor: nothing else writes the tables of `schema.receiving`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.locks import lock
from inventory.custody.receiving.reading import Delivery, Purchase, purchase_of, purchase_of_delivery
from inventory.schema.fast import Fast, Inserter
from inventory.schema.receiving import (
    delivery,
    delivery_event,
    delivery_file,
    purchase,
    purchase_line,
    purchase_line_ended,
)  # fmt: skip
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Bar:
    """Why something is not received, and what puts that right. `word` is stable; `item_id`: the item it is about."""

    word: str
    sentence: str
    remedy: str = ""
    item_id: int | None = None


class NotReceived(ValueError):
    """Nothing was written. Every reason is given at once."""

    def __init__(self, bars: Sequence[Bar]) -> None:
        super().__init__(" ".join(f"{bar.sentence} {bar.remedy}".strip() for bar in bars))
        self.bars = tuple(bars)


PURCHASE, LINE, LINE_ENDED = Inserter(purchase), Inserter(purchase_line), Inserter(purchase_line_ended)
DELIVERY, FILE = Inserter(delivery), Inserter(delivery_file)
_EVENTS = Inserter(delivery_event)
_NONE: dict[str, Any] = {column.name: None for column in delivery_event.columns}
_OPENER = Fast(sa.select(purchase.c.opened_by).where(purchase.c.id == sa.bindparam("purchase")))


def locked(tx: Tx, purchase_id: int) -> Purchase:
    """The order, once other instances must wait. Raises LookupError for an unknown one.

    Its own row is never changed, so there is no right to lock it: the record of who wrote it down is.
    """
    opener = _OPENER.rows(tx.conn, {"purchase": purchase_id})
    if not opener:
        raise LookupError(f"order {purchase_id} is not known")
    lock(tx, [opener[0][0]], [])
    found = purchase_of(tx.conn, purchase_id)
    assert found is not None, "nobody deletes one"
    return found


def locked_delivery(tx: Tx, delivery_id: int) -> tuple[Purchase, Delivery]:
    """The order of a delivery, and the delivery, as `locked`. Raises NotReceived where it is ended."""
    of = purchase_of_delivery(tx.conn, delivery_id)
    if of is None:
        raise LookupError(f"delivery {delivery_id} is not known")
    of = locked(tx, of.id)
    at = of.delivery(delivery_id)
    if at.state == "ENDED":
        said = f"Delivery {at.note_ref} is ended: what it was stays as it is."
        raise NotReceived([Bar("ENDED", said, "Write down another delivery.")])
    return of, at


def write(tx: Tx, at: Delivery, acts: Sequence[dict[str, Any]]) -> None:
    """Write acts down, and tell the store's screens."""
    rows = [
        _NONE | {"id": tx.ids.take(), "tx_id": tx.id, "delivery_id": at.id, "at_us": tx.now_us} | act
        | {"facts": json.dumps(act.get("facts", {}), separators=(",", ":"))}
        for act in acts
    ]  # fmt: skip
    _EVENTS.add(tx.conn, rows)
    tx.say(f"store:{at.store_id}", {"type": "delivery", "delivery_id": at.id, "at_us": tx.now_us})


def need_why(why: str | None, what: str) -> str:
    """The reason, trimmed. Raises NotReceived where there is none."""
    said = (why or "").strip()
    if len(said) < 3:
        raise NotReceived([Bar("WHY", f"{what} needs a reason.", "Say why.")])
    return said
