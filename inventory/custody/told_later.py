"""What the ledger was told later than it happened: written beside the movement that tells it, read with "who had it".

One rule for the editor: the ledger's own times stay what they are; here stands only since when it had really been so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.moves import Holder
from inventory.schema.corrections import told_later
from inventory.schema.fast import Fast, Inserter
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Since:
    """The movement `entry_id` of an item tells of what had been so since `from_us` (UTC microseconds)."""

    item_id: int
    holder: Holder
    from_us: int
    entry_id: int


@dataclass(frozen=True, slots=True)
class KnownNow:
    """Who really had an item at a moment, as was told later: since when, until the ledger said so itself at `upto_us`,
    and by which entry."""

    holder: str
    holder_id: int
    from_us: int
    upto_us: int
    entry_id: int


_INSERT = Inserter(told_later)
_AT = Fast(
    sa.select(
        told_later.c.holder, told_later.c.holder_id, told_later.c.from_us, told_later.c.upto_us, told_later.c.entry_id
    )
    .where(
        told_later.c.item_id == sa.bindparam("item_id"),
        told_later.c.from_us <= sa.bindparam("at_us"),
        told_later.c.upto_us > sa.bindparam("at_us"),
    )
    .order_by(told_later.c.upto_us.desc(), told_later.c.from_us.desc(), told_later.c.id.desc())
    .limit(1)
)  # fmt: skip
"""What was told last counts; of what one commit tells (a draw and the return after it), what happened last."""


def tell(tx: Tx, told: Sequence[Since]) -> None:
    """Write down since when movements of this transaction had really been so; one that is no earlier says nothing."""
    _INSERT.add(
        tx.conn,
        [
            {
                "id": tx.ids.take(), "tx_id": tx.id, "item_id": each.item_id, "holder": each.holder.word,
                "holder_id": each.holder.id, "from_us": each.from_us, "upto_us": tx.now_us, "entry_id": each.entry_id,
            }
            for each in told
            if each.from_us < tx.now_us
        ],
    )  # fmt: skip


def known_now(conn: sa.Connection, item_id: int, at_us: int) -> KnownNow | None:
    """Who really had an item at `at_us`, where that was told later; None where the ledger said it in time."""
    rows = _AT.rows(conn, {"item_id": item_id, "at_us": at_us})
    return KnownNow(*rows[0]) if rows else None
