"""Tables of kit kept for somebody: for whom, what, from when to when, and, where it ended early, by whom and why.

One rule for the editor: nothing here is changed. A reservation ends by its own `to_us`, or by a row that ends it; it is
never moved, and what it keeps is worked out at every look (`stock.kept`).
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import Int64, key, metadata, moment, number, ref, sealed, text, word

reservation = sa.Table(
    "reservation",
    metadata,
    key(),
    sealed(),
    ref("store_id", "store.id"),
    text("reason"),
    moment("from_us"),
    moment("to_us"),  # exclusive
    moment("made_us"),
    ref("made_by", "person.id"),
    ref("entry_id", "ledger.id"),
    sa.Index("ix_reservation_store", "store_id", "to_us"),
    sa.CheckConstraint("from_us < to_us", name="from_before_to"),
)

reservation_person = sa.Table(
    "reservation_person",
    metadata,
    key(),
    sealed(),
    ref("reservation_id", "reservation.id"),
    ref("person_id", "person.id"),
    sa.UniqueConstraint("reservation_id", "person_id"),
)

reservation_line = sa.Table(
    "reservation_line",
    metadata,
    key(),
    sealed(),
    ref("reservation_id", "reservation.id", index=True),
    ref("item_id", "item.id", null=True, index=True),
    word("kind", words.ITEM_KINDS, null=True),
    text("model", null=True),  # of that kind; None for any model
    number("quantity"),
    sa.CheckConstraint("(item_id IS NULL) <> (kind IS NULL)", name="an_item_or_a_kind"),
    sa.CheckConstraint("quantity >= 1 AND (item_id IS NULL OR quantity = 1)", name="pieces"),
)

reservation_ended = sa.Table(
    "reservation_ended",
    metadata,
    sa.Column("reservation_id", Int64, sa.ForeignKey("reservation.id"), primary_key=True, autoincrement=False),
    sealed(),
    moment("at_us"),
    ref("by_person", "person.id"),
    text("reason"),
    ref("entry_id", "ledger.id"),
)
