"""Tables of retention: what is kept longer by a legal hold, what a run proposes, who approved it, and what was erased;
the register of requests by people about their own data, and of every pack and export that left the kit store.

One rule for the editor: nothing here is changed. What may be erased anywhere is what an approved run lists, by a batch
of the same transaction (`schema.retention_triggers`); a row here never holds what was erased.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import Int64, day, key, metadata, moment, number, ref, sealed, text, word

legal_hold = sa.Table(
    "legal_hold",
    metadata,
    key(),
    sealed(),
    ref("person_id", "person.id", null=True),
    ref("item_id", "item.id", null=True),
    text("incident", null=True),  # the reference under which uses of kit were declared
    text("reason"),
    text("reference"),  # the claim, complaint or investigation that it is for
    day("minor_until", null=True),  # the 18th birthday of the youngest person who may claim, where they are under age
    moment("placed_us"),
    ref("placed_by", "person.id"),
    ref("second_person", "person.id"),
    sa.Index("ix_legal_hold_person", "person_id"),
    sa.Index("ix_legal_hold_item", "item_id"),
    sa.Index("ix_legal_hold_incident", "incident"),
    sa.CheckConstraint(
        "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN item_id IS NULL THEN 0 ELSE 1 END)"
        " + (CASE WHEN incident IS NULL THEN 0 ELSE 1 END) = 1",
        name="on_one_thing",
    ),
    sa.CheckConstraint("placed_by <> second_person", name="placed_by_two"),
)

legal_hold_released = sa.Table(
    "legal_hold_released",
    metadata,
    sa.Column("hold_id", Int64, sa.ForeignKey("legal_hold.id"), primary_key=True, autoincrement=False),
    sealed(),
    moment("released_us"),
    ref("released_by", "person.id"),
    ref("second_person", "person.id"),
    text("reason"),
    sa.CheckConstraint("released_by <> second_person", name="released_by_two"),
)

disposal_run = sa.Table(
    "disposal_run",
    metadata,
    key(),
    sealed(),
    text("rule"),  # a table of policies/retention.toml
    text("rule_says"),  # JSON of that table as it was, and the policy's hash
    text("policy_hash"),
    moment("cutoff_us"),  # what ended or was read before this is due
    moment("proposed_us"),
    ref("proposed_by", "person.id"),
    number("due"),
    number("kept"),  # due, and kept by a legal hold
    sa.Index("ix_disposal_run_proposed", "proposed_us", "id"),
)

disposal_line = sa.Table(
    "disposal_line",
    metadata,
    key(),
    sealed(),
    ref("run_id", "disposal_run.id"),
    word("subject", words.DISPOSALS_OF),
    number("subject_id"),  # a person or a decision; 0 where everything before the run's cutoff is meant
    sa.Index("ix_disposal_line_run", "run_id", "id"),
    sa.Index("ix_disposal_line_subject", "subject", "subject_id"),
)

disposal_answer = sa.Table(
    "disposal_answer",
    metadata,
    sa.Column("run_id", Int64, sa.ForeignKey("disposal_run.id"), primary_key=True, autoincrement=False),
    sealed(),
    word("act", words.DISPOSAL_ANSWERS),
    moment("at_us"),
    ref("by_person", "person.id"),
    ref("second_person", "person.id", null=True),
    text("reason"),
    sa.CheckConstraint(
        "act <> 'APPROVED' OR (second_person IS NOT NULL AND second_person <> by_person)", name="approved_by_two"
    ),
)

disposal_batch = sa.Table(
    "disposal_batch",
    metadata,
    key(),
    sealed(),
    ref("run_id", "disposal_run.id"),
    number("line_from"),
    number("line_upto"),
    text("erased"),  # JSON: table -> rows
    moment("at_us"),
    ref("entry_id", "ledger.id"),
    sa.Index("ix_disposal_batch_run", "run_id", "id"),
    sa.CheckConstraint("line_from <= line_upto", name="in_order"),
)

disposal_certificate = sa.Table(
    "disposal_certificate",
    metadata,
    sa.Column("run_id", Int64, sa.ForeignKey("disposal_run.id"), primary_key=True, autoincrement=False),
    sealed(),
    moment("at_us"),
    text("body"),  # JSON
    text("sha256"),
)

rights_request = sa.Table(
    "rights_request",
    metadata,
    key(),
    sealed(),
    ref("person_id", "person.id"),
    day("received_on"),
    day("due_on"),
    text("reference"),  # the force's own number of the request
    moment("at_us"),
    ref("by_person", "person.id"),
    sa.Index("ix_rights_request_due", "due_on", "id"),
)

rights_event = sa.Table(
    "rights_event",
    metadata,
    key(),
    sealed(),
    ref("request_id", "rights_request.id"),
    word("act", words.RIGHTS_ACTS),
    moment("at_us"),
    ref("by_person", "person.id"),
    day("until_on", null=True),
    text("detail"),
    text("sha256", null=True),
    sa.Index("ix_rights_event_request", "request_id", "id"),
    sa.CheckConstraint("(act = 'EXTENDED') = (until_on IS NOT NULL)", name="extended_until"),
    sa.CheckConstraint("(act = 'ANSWERED') = (sha256 IS NOT NULL)", name="answered_with"),
)

pack_made = sa.Table(
    "pack_made",
    metadata,
    key(),
    sealed(),
    word("kind", words.PACKS),
    text("subject"),  # "decision 17", "2026-04-01 to 2026-09-30", "person 101"
    text("sha256"),  # of its content; what is only about this copy stands in its header
    moment("made_us"),
    ref("by_person", "person.id"),
    text("purpose"),
    text("recipient"),
    sa.Index("ix_pack_made_at", "made_us", "id"),
)
