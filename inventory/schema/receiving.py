"""Tables of kit that comes from suppliers: what was ordered, each delivery, and what was read off it, one row an act.

One rule for the editor: nothing here is changed or taken back, but by a later row. What is still to come is worked out
from what was ordered and what two people signed for (`custody.receiving`).
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import (
    Int64,
    day,
    flag,
    key,
    live_unique,
    metadata,
    moment,
    number,
    ref,
    sealed,
    text,
    word,
)  # fmt: skip

DELIVERY_ACTS = ("LISTED", "READ", "MARKED", "TAKEN_BACK", "SIGNED", "ENDED")
"""LISTED: the supplier's file says so. READ: off the label, twice. MARKED: the tag that was scanned after it. SIGNED:
two people took over what was read. ENDED: nothing more comes with this delivery."""

purchase = sa.Table(
    "purchase",
    metadata,
    key(),
    sealed(),
    text("order_ref"),
    text("supplier"),
    text("funding"),
    ref("store_id", "store.id"),
    day("ordered_on", null=True),
    moment("opened_us"),
    ref("opened_by", "person.id"),
    sa.UniqueConstraint("order_ref"),
    sa.Index("ix_purchase_store", "store_id", "id"),
)

purchase_line = sa.Table(
    "purchase_line",
    metadata,
    key(),
    sealed(),
    ref("purchase_id", "purchase.id"),
    number("line_no"),
    word("kind", words.ITEM_KINDS),
    text("maker"),
    text("model"),
    number("quantity"),
    flag("by_lot"),  # without serials: counted by lot
    word("pool", words.POOLS),
    word("purpose", words.CARTRIDGE_PURPOSES, null=True),
    text("variant", null=True),
    sa.UniqueConstraint("purchase_id", "line_no"),
    sa.CheckConstraint("quantity >= 1", name="quantity"),
    sa.CheckConstraint("(kind = 'CED_CARTRIDGE') = (purpose IS NOT NULL)", name="cartridge_has_a_purpose"),
)

purchase_line_ended = sa.Table(
    "purchase_line_ended",
    metadata,
    sa.Column("line_id", Int64, sa.ForeignKey("purchase_line.id"), primary_key=True, autoincrement=False),
    sealed(),
    moment("at_us"),
    ref("by_person", "person.id"),
    text("reason"),
)
"""The rest of a line will not come: cancelled, or the supplier cannot deliver it."""

delivery = sa.Table(
    "delivery",
    metadata,
    key(),
    sealed(),
    ref("purchase_id", "purchase.id"),
    ref("store_id", "store.id"),
    text("note_ref"),  # the number on the supplier's delivery note: their consignment
    moment("opened_us"),
    ref("opened_by", "person.id"),
    sa.UniqueConstraint("purchase_id", "note_ref"),
    sa.Index("ix_delivery_store", "store_id", "id"),
)

delivery_event = sa.Table(
    "delivery_event",
    metadata,
    key(),
    sealed(),
    ref("delivery_id", "delivery.id"),
    word("act", DELIVERY_ACTS),
    moment("at_us"),
    ref("by_person", "person.id", null=True),  # None: a file taken in by command
    ref("second_person", "person.id", null=True),
    ref("line_id", "purchase_line.id", null=True),
    number("unit_id", null=True),  # what was read; the item's own id, once it is signed for
    text("serial", null=True),
    number("quantity", null=True),
    text("facts"),  # JSON: both readings, lot, date, tag, why it was taken all the same
    sa.Index("ix_delivery_event_of", "delivery_id", "id"),
    sa.Index("ix_delivery_event_serial", "serial"),
    live_unique("uq_delivery_event_ended", ("delivery_id",), "act = 'ENDED'"),
    live_unique("uq_delivery_event_read", ("unit_id",), "act = 'READ'"),
    sa.CheckConstraint("act <> 'SIGNED' OR (by_person IS NOT NULL AND second_person IS NOT NULL AND"
                       " second_person <> by_person)", name="signed_by_two"),
    sa.CheckConstraint("act NOT IN ('READ', 'MARKED', 'TAKEN_BACK') OR unit_id IS NOT NULL", name="of_a_unit"),
)  # fmt: skip

delivery_file = sa.Table(
    "delivery_file",
    metadata,
    key(),
    sealed(),
    ref("delivery_id", "delivery.id", index=True),
    text("file_name"),
    text("sha256"),
    text("headings"),  # what this set of columns is known again by
    text("columns"),  # JSON: column of the file -> field
    number("row_count"),
    number("taken"),
    number("refused"),
    moment("at_us"),
    ref("by_person", "person.id", null=True),
    sa.Index("ix_delivery_file_headings", "headings", "id"),
)
"""The supplier's own list of a delivery, as it was taken in."""
