"""Tables of losses: a case for each item that nobody can find, and what is written down in it, one row an act.

One rule for the editor: nothing in a case is changed or taken back; it is closed once, by an act of its own, and never
while nobody knows where the item is (`schema.loss_triggers`).
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import key, live_unique, metadata, moment, number, part, ref, sealed, text, word

loss_case = sa.Table(
    "loss_case",
    metadata,
    key(),
    sealed(),
    ref("item_id", "item.id"),
    ref("store_id", "store.id"),
    moment("opened_us"),
    ref("opened_by", "person.id", null=True),
    text("detail"),  # how it was missed
    ref("entry_id", "ledger.id"),  # the movement to nobody we know of
    ref("person_id", "person.id", null=True),  # who had it last, where a person did
    moment("last_seen_us", null=True),
    word("last_seen_way", words.LAST_SEEN_WAYS, null=True),
    text("facts"),  # JSON of what was known of it as it was missed, ids alone
    number("closed_event", null=True),  # the act that closed it (`schema.loss_triggers`)
    moment("closed_us", null=True),
    live_unique("uq_loss_case_open_item", ("item_id",), "closed_event IS NULL"),
    part("ix_loss_case_open", ("id",), "closed_event IS NULL"),
    sa.Index("ix_loss_case_item", "item_id", "opened_us"),
    sa.Index("ix_loss_case_opened", "opened_us"),
    sa.CheckConstraint("(closed_event IS NULL) = (closed_us IS NULL)", name="closed_whole"),
)

loss_event = sa.Table(
    "loss_event",
    metadata,
    key(),
    sealed(),
    ref("case_id", "loss_case.id"),
    word("act", words.LOSS_ACTS),
    moment("at_us"),  # when it was written down
    moment("happened_us"),  # when it was done
    ref("by_person", "person.id"),
    ref("second_person", "person.id", null=True),
    word("told", words.LOSS_TOLD, null=True),
    text("reference", null=True),
    text("detail"),
    text("facts", null=True),  # JSON of what the act asks for beside
    ref("entry_id", "ledger.id"),
    sa.Index("ix_loss_event_case", "case_id", "id"),
    sa.CheckConstraint("second_person IS NULL OR second_person <> by_person", name="two"),
    sa.CheckConstraint("(act = 'NOTIFIED') = (told IS NOT NULL)", name="says_who_was_told"),
    sa.CheckConstraint("act NOT IN ('RECOVERED', 'DISPOSED') OR second_person IS NOT NULL", name="by_two"),
    sa.CheckConstraint("happened_us <= at_us", name="in_order"),
)
