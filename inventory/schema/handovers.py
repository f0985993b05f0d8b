"""Tables of kit handed from officer to officer: a row an act, a row an item with its two movements, and the draft.

One rule for the editor: an act is written in the transaction of its decision and of both movements of every item, and
never changed. What a visit at a hatch is on the way to (`visit_handover`) is a draft, as the visit itself is.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import Int64, flag, key, metadata, moment, number, ref, sealed, text, word

handover = sa.Table(
    "handover",
    metadata,
    key(),
    sealed(),
    ref("store_id", "store.id"),
    ref("giver_id", "person.id"),
    ref("receiver_id", "person.id"),
    ref("decision_id", "decision.id"),
    ref("by_person", "person.id"),  # who countersigned
    word("giver_proof", words.PROOFS),
    word("receiver_proof", words.PROOFS),
    moment("at_us"),
    number("visit_id", null=True),
    text("reason", null=True),
    sa.UniqueConstraint("decision_id"),
    sa.Index("ix_handover_store", "store_id", "id"),
    sa.Index("ix_handover_giver", "giver_id", "id"),
    sa.Index("ix_handover_receiver", "receiver_id", "id"),
    sa.CheckConstraint("giver_id <> receiver_id", name="two_officers"),
    sa.CheckConstraint("by_person <> giver_id AND by_person <> receiver_id", name="by_a_third"),
)

handover_item = sa.Table(
    "handover_item",
    metadata,
    key(),
    sealed(),
    ref("handover_id", "handover.id"),
    ref("item_id", "item.id", index=True),
    ref("returned_entry", "ledger.id"),
    ref("issued_entry", "ledger.id"),
    sa.UniqueConstraint("handover_id", "item_id"),
)

visit_handover = sa.Table(
    "visit_handover",
    metadata,
    sa.Column("visit_id", Int64, sa.ForeignKey("visit.id"), primary_key=True, autoincrement=False),
    word("side", words.HANDOVER_SIDES),
    flag("is_on"),
    ref("giver_id", "person.id", null=True),
    word("giver_proof", words.PROOFS, null=True),
    ref("proved_by", "person.id", null=True),  # whose PIN it was, or who attested the face
)
