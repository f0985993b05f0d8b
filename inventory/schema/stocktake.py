"""Tables of stocktaking: what was counted, what was seen in it, what came of it, and where each item was last seen.

One rule for the editor: a count is never edited. What was expected is written once, as it opens; what came of it once,
when it closes; a sighting is added, and a variance is settled by a movement in the ledger that names the count.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import Int64, flag, key, metadata, moment, number, ref, sealed, text, word

stocktake = sa.Table(
    "stocktake",
    metadata,
    key(),
    sealed(),
    ref("store_id", "store.id"),
    word("sort", words.COUNT_SORTS),
    text("kinds", null=True),  # "CED_HANDLE,CED_BATTERY"; null: every kind
    text("models", null=True),  # JSON list; null: every model
    word("pool", words.POOLS, null=True),
    ref("place_id", "place.id", null=True),  # what was last seen there alone
    ref("recount_of", "stocktake.id", null=True),
    flag("blind"),
    flag("two_person"),
    flag("docks"),  # what a bay says stands in it counts as seen
    text("expected"),  # JSON list of the items the ledger says are there, as it opened
    moment("opened_us"),
    ref("opened_by", "person.id"),
    ref("entry_id", "ledger.id"),
    sa.Index("ix_stocktake_store", "store_id", "opened_us"),
)

stocktake_sighting = sa.Table(
    "stocktake_sighting",
    metadata,
    key(),
    ref("stocktake_id", "stocktake.id"),
    ref("item_id", "item.id", null=True),  # null: what was read is not one known item
    number("matches"),  # how many items it is bound to
    text("code"),  # as it was read
    text("evidence", null=True),  # JSON of what else the reader said
    word("way", words.COUNT_WAYS),
    ref("by_person", "person.id", null=True),
    text("device", null=True),
    text("holder", null=True),  # who had it by the ledger at that moment
    number("holder_id", null=True),
    moment("seen_us"),
    moment("received_us"),
    flag("late"),  # it came when the count had closed: kept, and no part of the result
    text("reading_key"),
    sa.UniqueConstraint("stocktake_id", "reading_key"),
    sa.Index("ix_stocktake_sighting_item", "item_id", "seen_us"),
)

stocktake_closed = sa.Table(
    "stocktake_closed",
    metadata,
    sa.Column("stocktake_id", Int64, sa.ForeignKey("stocktake.id"), primary_key=True, autoincrement=False),
    sealed(),
    word("outcome", words.COUNT_OUTCOMES),
    moment("closed_us"),
    ref("closed_by", "person.id"),
    ref("second_person", "person.id", null=True),
    text("reason", null=True),  # why it was abandoned
    text("result"),  # JSON list of lines, as it was hashed
    text("result_hash"),  # SHA-256 of `result`, which the ledger's entry names too
    ref("entry_id", "ledger.id"),
    sa.CheckConstraint("second_person IS NULL OR second_person <> closed_by", name="two"),
)

stocktake_settled = sa.Table(
    "stocktake_settled",
    metadata,
    sa.Column("stocktake_id", Int64, sa.ForeignKey("stocktake.id"), primary_key=True, autoincrement=False),
    sa.Column("item_id", Int64, sa.ForeignKey("item.id"), primary_key=True, autoincrement=False),
    sealed(),
    word("act", words.COUNT_ACTS),
    ref("entry_id", "ledger.id"),  # the movement that settled it
    ref("by_person", "person.id"),
    ref("second_person", "person.id", null=True),
    text("reason"),
    moment("at_us"),
)

stocktake_lot = sa.Table(
    "stocktake_lot",
    metadata,
    key(),
    ref("stocktake_id", "stocktake.id"),
    ref("lot_id", "lot.id"),
    number("quantity"),  # pieces that stand there, as counted
    number("balance"),  # pieces the store has by the ledger, at that moment
    ref("by_person", "person.id"),
    moment("at_us"),
    text("reading_key"),
    sa.UniqueConstraint("stocktake_id", "reading_key"),
    sa.CheckConstraint("quantity >= 0 AND balance >= 0", name="pieces"),
    sa.Index("ix_stocktake_lot_of", "stocktake_id", "lot_id", "id"),
)
"""The newest row of a count and lot counts: a lot is counted whole, and counted again whole."""

stocktake_lot_settled = sa.Table(
    "stocktake_lot_settled",
    metadata,
    sa.Column("stocktake_id", Int64, sa.ForeignKey("stocktake.id"), primary_key=True, autoincrement=False),
    sa.Column("lot_id", Int64, sa.ForeignKey("lot.id"), primary_key=True, autoincrement=False),
    sealed(),
    word("act", words.LOT_ACTS),
    number("quantity"),
    ref("entry_id", "ledger.id"),  # the movement that settled it
    ref("by_person", "person.id"),
    text("reason"),
    moment("at_us"),
)

item_seen = sa.Table(
    "item_seen",
    metadata,
    sa.Column("item_id", Int64, sa.ForeignKey("item.id"), primary_key=True, autoincrement=False),
    ref("store_id", "store.id"),
    ref("place_id", "place.id", null=True),
    word("way", words.SEEN_WAYS),
    text("device"),  # the reader, the dock and its bay, or "person 17"
    moment("seen_us"),
    text("reading_key", null=True),
    sa.Index("ix_item_seen_place", "place_id", "item_id"),
)
"""One row an item: the newest sighting of any sort. Who handled it when is the ledger's to say, not this table's."""
