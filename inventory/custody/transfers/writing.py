"""What every act on a consignment shares: its lock, its rows, and how it says no.

One rule for the editor: nothing else writes `consignment` and `consignment_event`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.locks import lock
from inventory.custody.transfers.reading import Consignment, consignment_of
from inventory.people.people import root_of
from inventory.schema.fast import Fast, Inserter
from inventory.schema.transfers import consignment, consignment_event
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Bar:
    """Why something cannot be done, and what puts that right; `item_id` where it is about one item."""

    sentence: str
    remedy: str = ""
    item_id: int | None = None


class NotMoved(ValueError):
    """Nothing was done. Every reason is given at once."""

    def __init__(self, bars: Sequence[Bar]) -> None:
        super().__init__(" ".join(f"{bar.sentence} {bar.remedy}".strip() for bar in bars))
        self.bars = tuple(bars)


CONSIGNMENT = Inserter(consignment)
_EVENTS = Inserter(consignment_event)
_NONE: dict[str, Any] = {column.name: None for column in consignment_event.columns}
_OPENER = Fast(sa.select(consignment.c.opened_by).where(consignment.c.id == sa.bindparam("consignment")))


def locked(tx: Tx, consignment_id: int) -> Consignment:
    """The consignment, once other instances must wait. Raises LookupError for an unknown one.

    A consignment's own row is never changed, so there is no right to lock it: the record of who opened it is.
    """
    opener = _OPENER.rows(tx.conn, {"consignment": consignment_id})
    if not opener:
        raise LookupError(f"consignment {consignment_id} is not known")
    lock(tx, [opener[0][0]], [])
    found = consignment_of(tx.conn, consignment_id)
    assert found is not None, "nobody deletes one"
    return found


def write(tx: Tx, of: Consignment, acts: Sequence[dict[str, Any]]) -> None:
    """Write acts down, and tell both stores' screens."""
    rows = []
    for act in acts:
        seals = act.get("seals")
        told = act | {"seals": json.dumps(list(seals), separators=(",", ":")) if seals is not None else None}
        rows.append(
            _NONE | {"id": tx.ids.take(), "tx_id": tx.id, "consignment_id": of.id, "at_us": tx.now_us} | told
        )
    _EVENTS.add(tx.conn, rows)
    for store_id in (of.from_store_id, of.to_store_id):
        tx.say(f"store:{store_id}", {"type": "transfer", "consignment_id": of.id, "at_us": tx.now_us})


def need_draft(of: Consignment) -> None:
    """Raise NotMoved unless the consignment is still being listed."""
    if of.state != "DRAFT":
        word = "was cancelled" if of.state == "CANCELLED" else "is sent"
        raise NotMoved([Bar(f"Consignment {of.id} {word}: its list stays as it is.", "Open another one.")])


def need_two(tx: Tx, one: int, other: int, who: str) -> None:
    """Raise NotMoved where two records are one person (design `domain.md` 3.0, invariant 7)."""
    if root_of(tx.conn, one) == root_of(tx.conn, other):
        raise NotMoved([Bar(f"The carrier is {who}.", "Somebody else signs as the carrier.")])
