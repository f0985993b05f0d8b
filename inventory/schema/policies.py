"""Tables of policy: the register's documents as they were reviewed, changes proposed and how each ended, what was in
force when.

One rule for the editor: nothing here is changed or taken back. A document's newest row speaks for it, a change ends
once, and an approved one is superseded by a later change and by nothing else.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import day, key, metadata, moment, number, ref, sealed, text, word

policy_document = sa.Table(
    "policy_document",
    metadata,
    key(),
    text("reference"),  # "O43": what numbers cite
    text("title"),
    text("owner"),
    text("contact", null=True),
    word("risk", words.POLICY_RISKS, null=True),
    text("version", null=True),
    text("reviewed_on", null=True),  # a day, or a month where no day is known: "2024-02"
    text("next_review_on", null=True),
    text("link", null=True),  # where it is stored
    text("eia_ref", null=True),  # its equality impact assessment
    moment("recorded_us"),
    ref("recorded_by", "person.id"),
    sa.Index("ix_policy_document_reference", "reference", "recorded_us"),
)

policy_change = sa.Table(
    "policy_change",
    metadata,
    key(),
    sealed(),
    text("family"),  # the policy file it is laid over: "ced", "training"
    text("key"),  # dotted: "numbers.full_check_weeks.value.T7"
    text("value", null=True),  # JSON; None: again as the files say
    text("was", null=True),  # JSON: what was in force when it was proposed
    text("reason"),
    text("document"),  # a reference of the register, with its paragraph
    day("in_force_on"),
    text("base_hash"),  # of the policy it was judged against
    moment("proposed_us"),
    ref("proposed_by", "person.id"),
    ref("entry_id", "ledger.id"),
)

policy_change_end = sa.Table(
    "policy_change_end",
    metadata,
    key("change_id"),
    sealed(),
    word("outcome", words.POLICY_ENDS),
    moment("at_us"),
    ref("by_person", "person.id"),
    text("detail"),
    moment("from_us", null=True),  # of an approved one: since when it is in force
    text("preview", null=True),  # JSON: what the approver was shown, small numbers left out
    ref("entry_id", "ledger.id"),
    sa.ForeignKeyConstraint(["change_id"], ["policy_change.id"]),
    sa.CheckConstraint("(outcome = 'APPROVED') = (from_us IS NOT NULL)", name="approved_from"),
    sa.CheckConstraint("from_us IS NULL OR from_us >= at_us", name="never_in_force_before"),
)

policy_taken_up = sa.Table(
    "policy_taken_up",
    metadata,
    key(),
    moment("at_us"),
    number("instance"),
    text("hash"),
    text("version"),
    sa.Index("ix_policy_taken_up_at", "at_us"),
)
