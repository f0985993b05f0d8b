"""Tables of recalls: a notice and what it is about, a line for each thing on its chase list, and what was done.

One rule for the editor: nothing in a recall is changed or taken back. Where a line's item is now is its custody, and
whether it is accounted for is worked out (`custody.recalls.reading`); a recall closes once, by an act of its own.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import (
    flag,
    key,
    live_unique,
    metadata,
    moment,
    number,
    part,
    ref,
    sealed,
    text,
    word,
)

recall = sa.Table(
    "recall",
    metadata,
    key(),
    sealed(),
    word("kind", words.ITEM_KINDS),
    text("maker", null=True),
    text("model", null=True),
    text("lot_no", null=True),
    text("serial_from", null=True),
    text("serial_to", null=True),
    text("serials", null=True),  # JSON list
    text("firmware_from", null=True),
    text("firmware_to", null=True),
    word("notice_from", words.NOTICES_FROM),
    text("notice_ref"),
    text("detail"),
    moment("opened_us"),
    ref("opened_by", "person.id"),
    ref("entry_id", "ledger.id"),
    sa.CheckConstraint(
        "model IS NOT NULL OR lot_no IS NOT NULL OR serial_from IS NOT NULL OR serials IS NOT NULL"
        " OR firmware_to IS NOT NULL",
        name="says_which",
    ),
    sa.CheckConstraint("(serial_from IS NULL) = (serial_to IS NULL)", name="range_whole"),
)

recall_line = sa.Table(
    "recall_line",
    metadata,
    key(),
    sealed(),
    ref("recall_id", "recall.id"),
    ref("item_id", "item.id", null=True),
    ref("lot_id", "lot.id", null=True),
    word("holder", words.HOLDERS, null=True),  # where it was when it came to the list; None: not received yet
    number("holder_id", null=True),
    number("quantity", null=True),  # of a lot's pieces
    ref("hold_id", "hold.id", null=True),  # None: gone for good already
    moment("found_us"),
    flag("late"),  # it came after the recall was opened
    live_unique("uq_recall_line_item", ("recall_id", "item_id"), "item_id IS NOT NULL"),
    live_unique("uq_recall_line_lot", ("recall_id", "lot_id", "holder", "holder_id"), "lot_id IS NOT NULL"),
    sa.Index("ix_recall_line_item", "item_id"),
    sa.CheckConstraint("(item_id IS NULL) <> (lot_id IS NULL)", name="one_thing"),
    sa.CheckConstraint("(lot_id IS NULL) = (quantity IS NULL)", name="quantity"),
)

recall_event = sa.Table(
    "recall_event",
    metadata,
    key(),
    sealed(),
    ref("recall_id", "recall.id"),
    ref("line_id", "recall_line.id", null=True),
    word("act", words.RECALL_ACTS),
    moment("at_us"),
    moment("happened_us"),
    ref("by_person", "person.id"),
    text("told", null=True),  # who was told, in words
    word("outcome", words.RECALL_OUTCOMES, null=True),
    text("reference", null=True),
    text("detail"),
    ref("entry_id", "ledger.id"),
    sa.Index("ix_recall_event_recall", "recall_id", "id"),
    part("ix_recall_event_lifted", ("recall_id",), "act = 'LIFTED'"),
    sa.CheckConstraint("(act IN ('TOLD', 'ENDED')) = (line_id IS NOT NULL)", name="of_a_line"),
    sa.CheckConstraint("(act = 'TOLD') = (told IS NOT NULL)", name="says_who"),
    sa.CheckConstraint("(act = 'ENDED') = (outcome IS NOT NULL)", name="says_how"),
    sa.CheckConstraint("act <> 'LIFTED' OR reference IS NOT NULL", name="by_authority"),
    sa.CheckConstraint("happened_us <= at_us", name="recall_in_order"),
)
