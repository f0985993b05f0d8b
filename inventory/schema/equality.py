"""Tables of equality monitoring, kept apart: what persons declared of themselves, and the figures that were published.

One rule for the editor: only `oversight.equality` may name these tables (a house test sees to it), and nothing that
leaves it is about one person. A declaration is replaced, never kept: the older word is erased with the newer's arrival.

Source: design `domain.md` 7.1 (a schema of its own, aggregates only), 5.3 Q20; Equality Act 2010 s.149.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import key, metadata, moment, number, ref, text, word

equality_file = sa.Table(
    "equality_file",
    metadata,
    key(),
    text("digest"),  # SHA-256 of the file, which is not kept
    text("document"),  # by what HR sent it
    number("rows"),
    number("left_out"),
    moment("taken_us"),
    ref("taken_by", "person.id"),
)

equality_declared = sa.Table(
    "equality_declared",
    metadata,
    key(),
    ref("file_id", "equality_file.id"),
    ref("person_id", "person.id"),
    word("characteristic", words.CHARACTERISTICS),
    text("answer", null=True),  # None: taken back by the person
    moment("recorded_us"),
    sa.Index("ix_equality_declared_person", "person_id", "characteristic"),
)

equality_release = sa.Table(
    "equality_release",
    metadata,
    key(),
    sa.Column("quarter", sa.Text, nullable=False, unique=True),  # "2026-Q3"; published once, never again
    moment("from_us"),
    moment("to_us"),
    moment("released_us"),
    ref("released_by", "person.id"),
    text("reason"),
)

equality_figure = sa.Table(
    "equality_figure",
    metadata,
    key(),
    ref("release_id", "equality_release.id"),
    text("division", null=True),  # None: the whole force
    word("characteristic", words.CHARACTERISTICS),
    text("answers"),  # JSON list: the answers that are counted together; "ALL" where nothing is told apart
    word("measure", words.EQUALITY_MEASURES),
    number("people", null=True),  # None: too few to be told
    sa.Index("ix_equality_figure_release", "release_id", "characteristic"),
)
