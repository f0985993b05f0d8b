"""Tables of the force's strategic assessments of CED (STRA), and the targets of availability that each one set.

One rule for the editor: nothing here is changed. A later assessment supersedes an earlier one whole from `from_on` on:
a target belongs to the assessment it came from and is never carried over.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import day, key, metadata, moment, number, ref, text, word

assessment = sa.Table(
    "assessment",
    metadata,
    key(),
    sa.Column("reference", sa.Text, nullable=False, unique=True),  # the force's own, of the document
    text("title"),
    day("assessed_on"),
    text("approved_by"),  # the chief officer who signed it, as the document names them
    day("from_on"),  # in force from this London day, until a later one is
    day("review_on"),
    moment("recorded_us"),
    ref("recorded_by", "person.id"),
    ref("second_person", "person.id"),
    sa.Index("ix_assessment_from", "from_on", "id"),
    sa.CheckConstraint("second_person <> recorded_by", name="two_people"),
    sa.CheckConstraint("review_on > assessed_on", name="reviewed_later"),
)

availability_target = sa.Table(
    "availability_target",
    metadata,
    key(),
    ref("assessment_id", "assessment.id"),
    ref("store_id", "store.id"),
    text("shift"),  # a shift's name at that store; "" for every one
    word("kind", words.ITEM_KINDS),
    text("role"),  # the team it is for, as the people file names it; "" for everybody
    number("pieces"),  # to be carried on that shift
    sa.UniqueConstraint("assessment_id", "store_id", "shift", "kind", "role"),
    sa.CheckConstraint("pieces >= 0", name="pieces"),
)
