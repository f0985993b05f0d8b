"""Tables of what vendors' own systems say: how their files are read, each file that was taken in, and the last word
of each fact about an item.

One rule for the editor: nothing here says who has an item or where it is. A vendor's word is kept beside ours, with
the file it came from; only `vendor_fact` is ever changed, and only by a newer word.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import Int64, key, metadata, moment, number, ref, text

vendor_mapping = sa.Table(
    "vendor_mapping",
    metadata,
    key(),
    text("name"),  # the newest of a name is the one in force
    text("vendor"),
    text("headings"),  # SHA-256 of the names of the file's columns: a file with the same ones is known again
    text("body"),  # JSON, as `people.imports.vendor.mapping` writes it
    moment("made_us"),
    ref("made_by", "person.id", null=True),
    sa.Index("ix_vendor_mapping_name", "name", "id"),
    sa.Index("ix_vendor_mapping_headings", "headings", "id"),
)

vendor_import = sa.Table(
    "vendor_import",
    metadata,
    key(),
    ref("mapping_id", "vendor_mapping.id"),
    text("file_name"),
    text("sha256"),
    number("size"),  # in bytes
    text("sheet"),
    moment("as_of_us", null=True),  # None: every row says its own
    moment("at_us"),
    ref("by_person", "person.id", null=True),
    number("row_count"),
    number("taken"),  # rows that said something new
    number("unchanged"),
    number("unknown"),  # rows about nothing on record
    number("refused"),
    number("contradicted"),
    sa.Index("ix_vendor_import_sha256", "sha256"),
)

vendor_refusal = sa.Table(
    "vendor_refusal",
    metadata,
    key(),
    ref("import_id", "vendor_import.id", index=True),
    number("line"),
    text("field"),
    text("value"),
    text("expected"),
    text("raw"),  # JSON of the row's mapped cells as they stood; whom the vendor assigns it to is left out
)

vendor_fact = sa.Table(
    "vendor_fact",
    metadata,
    sa.Column("item_id", Int64, sa.ForeignKey("item.id"), primary_key=True, autoincrement=False),
    sa.Column(
        "fact",
        sa.Text,
        sa.CheckConstraint(
            f"fact IN ({', '.join(repr(each) for each in words.VENDOR_FACTS)})", name="fact"
        ),
        primary_key=True,
    ),
    number("number", null=True),  # percent, or UTC microseconds
    text("words", null=True),
    moment("at_us"),  # when the vendor's system said so
    ref("import_id", "vendor_import.id"),
    number("line"),
)
