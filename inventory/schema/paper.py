"""Tables of the paper register: each page that was written up afterwards, its scan, and each line of it.

One rule for the editor: a page and its scan stand as they came in. What a line says of custody is in the ledger, by
the entry that the line names.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import flag, key, live_unique, metadata, moment, number, ref, sealed, text, word

paper_page = sa.Table(
    "paper_page",
    metadata,
    key(),
    sealed(),
    ref("store_id", "store.id"),
    word("sort", words.PAPER_SORTS),
    text("document"),  # what people call it: "Register ME, 22 November, page 2"
    text("register", null=True),  # the number printed on the register it is a page of
    number("page_no", null=True),
    text("sha256"),
    text("media"),
    number("size"),  # of the scan, in bytes
    text("lines_hash"),  # SHA-256 of the lines as they were written up: the same page twice changes nothing
    ref("by_person", "person.id"),
    ref("second_person", "person.id"),
    moment("at_us"),
    flag("late"),  # a line of it was written up after the hours the force allows
    ref("entry_id", "ledger.id"),
    sa.UniqueConstraint("sha256"),
    live_unique("uq_paper_page_register", ("store_id", "register", "page_no"), "register IS NOT NULL"),
    sa.Index("ix_paper_page_store", "store_id", "at_us"),
    sa.CheckConstraint("by_person <> second_person", name="two"),
    sa.CheckConstraint("length(trim(document)) > 0", name="document"),
    sa.CheckConstraint("(register IS NULL) = (page_no IS NULL)", name="numbered_whole"),
)

paper_scan = sa.Table(
    "paper_scan",
    metadata,
    sa.Column("page_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.ForeignKey("paper_page.id"),
              primary_key=True, autoincrement=False),
    text("body"),  # the scanned page itself, in base64
)  # fmt: skip

paper_line = sa.Table(
    "paper_line",
    metadata,
    key(),
    sealed(),
    ref("page_id", "paper_page.id", index=True),
    number("line_no"),
    word("act", words.PAPER_ACTS),
    ref("person_id", "person.id"),
    ref("issuer_id", "person.id", null=True),  # who handed it over, as the page says
    ref("item_id", "item.id", null=True),
    ref("lot_id", "lot.id", null=True),
    number("quantity", null=True),
    moment("happened_us"),
    flag("late"),
    ref("decision_id", "decision.id", null=True),  # the gate's refusal, where it would have refused
    ref("entry_id", "ledger.id"),
    sa.Index("ix_paper_line_refused", "decision_id"),
    sa.Index("ix_paper_line_entry", "entry_id"),
    sa.CheckConstraint("(item_id IS NULL) <> (lot_id IS NULL)", name="one_thing"),
    sa.CheckConstraint("(lot_id IS NULL) = (quantity IS NULL)", name="quantity"),
)
