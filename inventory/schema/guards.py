"""Tables of spit guards: pieces of a lot that are due back, and how often force of that sort was reported.

One rule for the editor: neither decides anything. What is due back only ever comes back (`schema.guard_triggers`); a
count of reports is never changed, a newer row counts instead. Reports themselves are not kept, only their number.
"""

import sqlalchemy as sa

from inventory.schema.base import key, metadata, moment, number, part, ref, sealed, text

lot_due = sa.Table(
    "lot_due",
    metadata,
    key(),
    sealed(),
    ref("lot_id", "lot.id"),
    ref("person_id", "person.id"),
    ref("store_id", "store.id"),
    ref("decision_id", "decision.id"),  # the issue, which relied on an override for one duty
    number("quantity"),
    moment("due_us"),  # the end of that duty
    number("back", default="0"),  # how many have come back since
    sa.CheckConstraint("quantity > 0 AND back >= 0 AND back <= quantity", name="pieces"),
    part("ix_lot_due_open", ("due_us", "id"), "back < quantity"),
    sa.Index("ix_lot_due_person", "person_id", "lot_id"),
)

force_count = sa.Table(
    "force_count",
    metadata,
    key(),
    ref("store_id", "store.id"),
    text("month"),  # "2026-11", by the London calendar
    number("number"),  # of reports in which a spit guard was applied
    text("source"),  # where the number is from
    ref("by_person", "person.id", null=True),  # who typed it; none where a file said so
    moment("recorded_us"),
    sa.CheckConstraint("number >= 0 AND length(month) = 7", name="sound"),
    sa.Index("ix_force_count_store", "store_id", "month", "recorded_us"),
)
"""The newest row of a store and month counts."""
