"""What makes other instances wait: people, items and lots whose facts are about to be read, or are being changed.

One rule for the editor: whoever decides on facts, and whoever changes what a decision reads, takes the lock first. Else
a hold that is answered already would not stop the issue that was being decided beside it. On SQLite the write
transaction itself is the lock.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from inventory.schema.fast import Fast, among
from inventory.schema.people import person
from inventory.schema.stock import item, lot
from inventory.schema.tx import Tx

_ITEMS = Fast(
    sa.select(item.c.id).where(among(item.c.id, "ids")).order_by(item.c.id).with_for_update(key_share=True)
)
_DUPLICATE = person.alias("duplicate")
_PEOPLE = Fast(
    sa.select(person.c.id)
    .where(
        person.c.id.in_(
            sa.union(
                sa.select(_DUPLICATE.c.id).where(among(_DUPLICATE.c.id, "ids")),
                sa.select(_DUPLICATE.c.same_as).where(
                    among(_DUPLICATE.c.id, "ids"), _DUPLICATE.c.same_as.is_not(None)
                ),
            )
        )
    )
    .order_by(person.c.id)
    .with_for_update(key_share=True)
)
_LOTS = sa.select(lot.c.id).where(among(lot.c.id, "ids")).order_by(lot.c.id)
_READ_LOTS, _CHANGE_LOTS = Fast(_LOTS.with_for_update(read=True)), Fast(_LOTS.with_for_update(key_share=True))


def lock(tx: Tx, person_ids: Sequence[int], item_ids: Sequence[int]) -> None:
    """Make other instances wait for these people and items until this transaction ends. Call before reading facts.

    A linked duplicate is the person it is linked to.
    """
    if tx.conn.dialect.name != "postgresql":
        return
    if person_ids:
        _PEOPLE.run(tx.conn, {"ids": sorted(set(person_ids))})
    if item_ids:
        _ITEMS.run(tx.conn, {"ids": sorted(set(item_ids))})


def lock_lots(tx: Tx, lot_ids: Sequence[int], *, to_change: bool) -> None:
    """As `lock`, for lots. Any number may draw from a lot at once; who changes what they read of it (a hold) waits for
    them, and they for it."""
    if lot_ids and tx.conn.dialect.name == "postgresql":
        (_CHANGE_LOTS if to_change else _READ_LOTS).run(tx.conn, {"ids": sorted(set(lot_ids))})
