"""Tables of lapses in hand: somebody who may no longer hold the kit they have, and what a supervisor said.

One rule for the editor: nothing here is changed or taken back, and no reason is kept but what may be shown; a lapse
ends once, by an act of its own, and nobody decides on their own.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import flag, key, metadata, moment, ref, sealed, text, word

lapse = sa.Table(
    "lapse",
    metadata,
    key(),
    sealed(),
    ref("person_id", "person.id"),
    ref("store_id", "store.id"),
    ref("item_id", "item.id"),  # the handle where there is one
    text("codes"),  # public codes, with ", " between
    flag("must_return"),  # authority was suspended or ended: nobody lets it be kept
    moment("opened_us"),
    ref("entry_id", "ledger.id"),
    sa.Index("ix_lapse_person", "person_id", "id"),
    sa.Index("ix_lapse_store", "store_id", "id"),
)

lapse_event = sa.Table(
    "lapse_event",
    metadata,
    key(),
    sealed(),
    ref("lapse_id", "lapse.id"),
    word("act", words.LAPSE_ACTS),
    moment("at_us"),
    ref("by_person", "person.id", null=True),  # None: the service saw that it is over
    moment("until_us", null=True),
    word("how", words.LAPSE_ENDS, null=True),
    text("detail"),
    ref("entry_id", "ledger.id"),
    sa.Index("ix_lapse_event_lapse", "lapse_id", "id"),
    sa.CheckConstraint("(act = 'RETAIN_UNTIL') = (until_us IS NOT NULL)", name="says_until"),
    sa.CheckConstraint("(act = 'ENDED') = (how IS NOT NULL)", name="says_how_it_ended"),
    sa.CheckConstraint("act = 'ENDED' OR by_person IS NOT NULL", name="by_somebody"),
)
