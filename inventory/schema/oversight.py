"""Tables that watch the others: processing log, checkpoints, policy versions, and what the database knows of itself.

One rule for the editor: `processing_log` (DPA 2018 s.62) is not the ledger and not an operations log; nothing
in it may feed a management report (s.62(4)).
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import key, metadata, moment, number, text, word

processing_log = sa.Table(
    "processing_log",
    metadata,
    key(),
    text("chain"),  # "log:1", one chain an instance, so that instances do not queue behind each other
    number("seq"),
    text("prev_hash"),
    text("hash"),
    moment("at_us"),
    word("operation", words.LOG_OPERATIONS),
    text("route"),
    word("actor_kind", words.ACTOR_KINDS),
    number("actor_id", null=True),
    text("subjects"),  # JSON list of person ids
    text("query", null=True),
    text("reason", null=True),
    text("recipient", null=True),
    text("outcome"),  # OK, DENIED, FAILED
    text("request_id"),
    sa.UniqueConstraint("chain", "seq"),
    sa.Index("ix_processing_log_at", "at_us"),
)

checkpoint = sa.Table(
    "checkpoint",
    metadata,
    key(),
    moment("at_us"),
    text("epoch"),
    number("chains"),
    text("root"),  # Merkle root over all (chain, seq, hash), sorted by chain
    text("changed"),  # JSON: heads that moved since the checkpoint before
    text("prev_root"),
    text("key_id"),
    text("signature"),
)

policy_version = sa.Table(
    "policy_version",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    moment("loaded_us"),
    text("body"),
)

meta = sa.Table("meta", metadata, sa.Column("name", sa.Text, primary_key=True), text("value"))

id_block = sa.Table(
    "id_block",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    number("next_id"),
)
