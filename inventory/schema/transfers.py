"""Tables of kit on its way between stores: consignments, and what was written down of each, one row an act.

One rule for the editor: nothing here is changed or taken back. How a consignment stands is worked out from its acts and
from custody; while anything of it is with the carrier, or nobody knows where it is, it is open (`custody.transfers`).
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import day, key, live_unique, metadata, moment, number, ref, sealed, text, word

consignment = sa.Table(
    "consignment",
    metadata,
    key(),
    sealed(),
    ref("from_store_id", "store.id"),
    ref("to_store_id", "store.id"),
    word("stock", words.STOCKS),
    word("terms", words.TRANSFER_TERMS),
    day("back_on", null=True),  # a loan's last day
    text("reason"),
    moment("due_us"),  # when it should have arrived
    moment("opened_us"),
    ref("opened_by", "person.id"),
    sa.Index("ix_consignment_from", "from_store_id", "id"),
    sa.Index("ix_consignment_to", "to_store_id", "id"),
    sa.CheckConstraint("from_store_id <> to_store_id", name="two_stores"),
    sa.CheckConstraint("(terms = 'LOAN') = (back_on IS NOT NULL)", name="loan_has_a_day"),
)

consignment_event = sa.Table(
    "consignment_event",
    metadata,
    key(),
    sealed(),
    ref("consignment_id", "consignment.id"),
    word("act", words.TRANSFER_ACTS),
    moment("at_us"),
    ref("by_person", "person.id", null=True),  # None: by the clock
    ref("second_person", "person.id", null=True),  # the carrier
    ref("store_id", "store.id", null=True),  # where it was seen or received
    ref("item_id", "item.id", null=True),
    ref("lot_id", "lot.id", null=True),
    number("quantity", null=True),
    word("condition", words.TRANSFER_CONDITIONS, null=True),
    number("counted", null=True),  # the carrier's own count of pieces
    text("seals", null=True),  # JSON list of seal numbers
    text("detail", null=True),
    ref("entry_id", "ledger.id", null=True),
    sa.Index("ix_consignment_event_of", "consignment_id", "at_us", "id"),
    sa.Index("ix_consignment_event_item", "item_id", "consignment_id"),
    live_unique("uq_consignment_event_sent", ("consignment_id",), "act = 'SENT'"),
    sa.CheckConstraint("second_person IS NULL OR second_person <> by_person", name="two"),
    sa.CheckConstraint("act NOT IN ('SENT', 'RECEIVED') OR (by_person IS NOT NULL AND second_person IS NOT NULL)",
                       name="by_two"),
    sa.CheckConstraint("(lot_id IS NULL) = (quantity IS NULL)", name="lots_by_quantity"),
)  # fmt: skip
