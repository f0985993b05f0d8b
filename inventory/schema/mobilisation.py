"""Tables of mobilisation: the roles that may be called to the front line, who holds them, and plans that were saved.

One rule for the editor: rows are added and never changed. Whether a role is on the list is its newest review, who holds
it is the newest word about that person and role, and a plan is the newest of its name. Nothing here lets anybody draw.

Source: design `domain.md` 6 row B8 (Policy O43 3.1: mobilised roles are reviewed annually via the JNCC), 5.3 Q17, Q18.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import day, key, metadata, moment, ref, text, word

mobilisable_role = sa.Table(
    "mobilisable_role",
    metadata,
    key(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    text("detail"),  # what the role is called for, in words
    moment("recorded_us"),
    ref("recorded_by", "person.id"),
)

role_review = sa.Table(
    "role_review",
    metadata,
    key(),
    ref("role_id", "mobilisable_role.id"),
    day("reviewed_on"),
    word("outcome", words.ROLE_REVIEWS),
    text("minute_ref"),  # the minute of the JNCC that says so
    moment("recorded_us"),
    ref("recorded_by", "person.id"),
    sa.Index("ix_role_review_role", "role_id", "reviewed_on", "id"),
)

person_role = sa.Table(
    "person_role",
    metadata,
    key(),
    ref("person_id", "person.id"),
    ref("role_id", "mobilisable_role.id"),
    day("from_on"),
    day("to_on", null=True),  # held while date < to_on; the newest row of a person, role and from_on has the word
    day("ppe_sized_on", null=True),  # measured for protective equipment, on this day; no size is kept
    text("source_ref"),
    moment("recorded_us"),
    sa.Index("ix_person_role_person", "person_id", "role_id", "from_on", "id"),
    sa.Index("ix_person_role_role", "role_id", "person_id"),
    sa.CheckConstraint("to_on IS NULL OR to_on > from_on", name="held_in_order"),
)

saved_plan = sa.Table(
    "saved_plan",
    metadata,
    key(),
    word("sort", words.PLAN_SORTS),
    text("name"),  # the newest of a sort and name is the one meant by it
    text("body"),  # JSON of its parameters, as `oversight.mobilisation` and `oversight.what_if` write them
    moment("made_us"),
    ref("made_by", "person.id"),
    sa.Index("ix_saved_plan_name", "sort", "name", "id"),
)
