"""Tables of what was put right, and of what the ledger was told later than it happened.

One rule for the editor: a correction names the entry it corrects and the entry that makes up for it; neither is ever
changed. `told_later` only ever repeats a movement of the ledger, with when it had really been so.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import key, metadata, moment, number, ref, sealed, text, word

correction = sa.Table(
    "correction",
    metadata,
    key(),
    sealed(),
    word("sort", words.CORRECTIONS),
    ref("corrects", "ledger.id"),  # the entry that was wrong; an entry is put right once
    ref("entry_id", "ledger.id"),  # the entry that makes up for it
    ref("item_id", "item.id"),
    ref("store_id", "store.id"),
    ref("by_person", "person.id"),
    ref("second_person", "person.id", null=True),
    moment("at_us"),
    text("reason"),
    text("document", null=True),
    text("was", null=True),  # of a serial or a condition: what stood there
    text("became", null=True),  # and what stands there now
    sa.UniqueConstraint("corrects"),
    sa.Index("ix_correction_store", "store_id", "at_us"),
    sa.Index("ix_correction_item", "item_id"),
    sa.CheckConstraint("length(trim(reason)) > 0", name="reason"),
    sa.CheckConstraint("second_person IS NULL OR second_person <> by_person", name="two"),
    sa.CheckConstraint(
        "sort = 'WRONG_CONDITION' OR second_person IS NOT NULL",  # which of these takes two: `corrections.terms`
        name="by_two",
    ),
)

told_later = sa.Table(
    "told_later",
    metadata,
    key(),
    sealed(),
    ref("item_id", "item.id"),
    word("holder", words.HOLDERS),
    number("holder_id"),
    moment("from_us"),  # since when it had really been so
    moment("upto_us"),  # until the ledger said so itself (exclusive)
    ref("entry_id", "ledger.id"),
    sa.Index("ix_told_later_item", "item_id", "from_us"),
    sa.Index("ix_told_later_holder", "holder", "holder_id", "from_us"),
    sa.CheckConstraint("from_us < upto_us", name="in_order"),
)
