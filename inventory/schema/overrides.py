"""Tables of overrides: who answered which SOFT refusal, for whom and until when; its revocation; and who relied on it.

One rule for the editor: rows are only ever added. An override is ended by its own time or by a second row, never by
a change, and every row stands on its entry in the store's chain of the ledger (`triggers.py` checks the rest).
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import Int64, key, metadata, moment, number, ref, sealed, text, word

LONGEST_US = 12 * 3_600_000_000
"""One duty, twelve hours at the most (design `domain.md` 2.3)."""

override = sa.Table(
    "override",
    metadata,
    key(),
    sealed(),
    ref("person_id", "person.id"),
    ref("store_id", "store.id"),
    word("purpose", words.PURPOSES),
    text("code"),  # the rule that is answered
    ref("item_id", "item.id", null=True),  # null: whatever the rule finds wrong with this person's draws
    ref("by_person", "person.id"),
    word("capability", words.OVERRIDERS),  # by which capability of theirs
    text("reason"),
    moment("given_us"),
    moment("until_us"),  # exclusive: the planned return of the duty it is for
    number("visit_id", null=True),
    ref("entry_id", "ledger.id"),
    sa.CheckConstraint("by_person <> person_id", name="by_another"),
    sa.CheckConstraint(f"until_us > given_us AND until_us - given_us <= {LONGEST_US}", name="one_duty"),
    sa.CheckConstraint("length(trim(reason)) >= 3", name="reason"),
    sa.Index("ix_override_person", "person_id", "until_us"),
    sa.Index("ix_override_given", "given_us"),
)

override_revoked = sa.Table(
    "override_revoked",
    metadata,
    sa.Column("override_id", Int64, sa.ForeignKey("override.id"), primary_key=True, autoincrement=False),
    sealed(),
    moment("revoked_us"),
    ref("revoked_by", "person.id"),
    text("reason"),
    ref("entry_id", "ledger.id"),
)

decision_override = sa.Table(
    "decision_override",
    metadata,
    sa.Column("decision_id", Int64, sa.ForeignKey("decision.id"), primary_key=True, autoincrement=False),
    sa.Column("override_id", Int64, sa.ForeignKey("override.id"), primary_key=True, autoincrement=False),
    sa.Index("ix_decision_override_override", "override_id"),
)
