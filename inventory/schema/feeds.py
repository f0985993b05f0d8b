"""Tables of what other systems bring: how their files are read, each file that was looked over and what became of it,
and the feeds that send results by themselves, with their keys and every batch they sent.

One rule for the editor: what came in stands as it came (`kept_file`, `feed_batch.body`), and nothing here makes anybody
current. A feed speaks for its own source alone; of its key only a hash is kept.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import key, metadata, moment, number, ref, text, word

file_mapping = sa.Table(
    "file_mapping",
    metadata,
    key(),
    word("kind", words.PREVIEWED_FILES),
    text("name"),  # the newest of a kind and name is the one in force
    text("headings"),  # SHA-256 of the names of the file's columns: a file with the same ones is known again
    text("body"),  # JSON, as `people.imports.mapped` writes it
    moment("made_us"),
    ref("made_by", "person.id", null=True),
    sa.Index("ix_file_mapping_headings", "headings", "kind", "id"),
)

kept_file = sa.Table(
    "kept_file",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    text("body"),  # the file itself, in base64
    moment("kept_us"),
)

file_preview = sa.Table(
    "file_preview",
    metadata,
    key(),
    word("kind", words.PREVIEWED_FILES),
    text("source"),  # who vouches for it
    ref("mapping_id", "file_mapping.id"),
    text("file_name"),
    text("sha256"),
    number("size"),  # in bytes
    text("sheet"),
    moment("at_us"),
    ref("by_person", "person.id"),
    text("outcome"),  # JSON: what taking it in would do, row counts and people, as `custody.file_previews` writes it
    sa.ForeignKeyConstraint(["sha256"], ["kept_file.sha256"]),
    sa.Index("ix_file_preview_at", "at_us", "id"),
)

file_taken = sa.Table(
    "file_taken",
    metadata,
    key("preview_id"),
    moment("at_us"),
    ref("by_person", "person.id"),
    ref("second_person", "person.id", null=True),  # where more people would newly be refused than one may decide
    number("new"),
    number("changed"),
    number("unchanged"),
    number("refused"),  # rows that were left out
    number("ineligible"),  # people who hold kit and may no longer
    sa.ForeignKeyConstraint(["preview_id"], ["file_preview.id"]),
    sa.CheckConstraint("second_person IS NULL OR second_person <> by_person", name="taken_by_two"),
)

feed = sa.Table(
    "feed",
    metadata,
    key(),
    sa.Column("source", sa.Text, nullable=False, unique=True),  # as `training_result.source` has it
    moment("made_us"),
)

feed_key = sa.Table(
    "feed_key",
    metadata,
    sa.Column("key_hash", sa.Text, primary_key=True),
    ref("feed_id", "feed.id", index=True),
    moment("from_us"),
    moment("revoked_us", null=True),
)

feed_batch = sa.Table(
    "feed_batch",
    metadata,
    key(),
    ref("feed_id", "feed.id"),
    number("seq"),  # 1, 2, 3 ... without a gap
    text("sha256"),  # of the body: the same number with another body is refused
    moment("upto_us"),  # everything the source knew by then has been sent
    moment("at_us"),
    number("new"),
    number("changed"),
    number("unchanged"),
    number("refused"),
    text("body"),  # JSON as it was sent
    text("answer"),  # JSON as it was answered
    sa.UniqueConstraint("feed_id", "seq"),
)
