"""What makes other instances wait: people, items and lots whose facts are about to be read, or are being changed.

One rule for the editor: whoever decides on facts, and whoever changes what a decision reads, takes the lock first. Else
a hold that is answered already would not stop the issue that was being decided beside it. On SQLite the write
transaction itself is the lock.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from inventory.custody.ledger import lot_chain
from inventory.schema.custody import chain_head
from inventory.schema.fast import Fast, among
from inventory.schema.people import person
from inventory.schema.stock import item
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
_LOTS = Fast(
    sa.select(chain_head.c.chain)
    .where(among(chain_head.c.chain, "chains", texts=True))
    .order_by(chain_head.c.chain)
    .with_for_update()
)
"""A lot is locked by the head of its chain, which every movement and hold of it moves: the service changes no lots."""


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


def lock_lots(tx: Tx, lot_ids: Sequence[int]) -> None:
    """As `lock`, for lots."""
    if lot_ids and tx.conn.dialect.name == "postgresql":
        _LOTS.run(tx.conn, {"chains": sorted({lot_chain(each) for each in lot_ids})})
