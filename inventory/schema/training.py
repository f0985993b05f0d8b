"""Tables of teaching: course days with their seats, whose results were taken back, and what others attest.

One rule for the editor: a result itself stands in `schema.people`. Here nothing makes anybody current: a seat is not
attendance, attendance is not a pass, and what specialists hold (`specialist_result`) is read by no rule of issue.

Source: design `domain.md` 4.2 (results), 4.5 (special populations), 6 row B4 (specialist training kept apart).
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import day, key, live_unique, metadata, moment, number, ref, text, word

training_session = sa.Table(
    "training_session",
    metadata,
    key(),
    word("course", words.COURSES),
    text("model", null=True),  # of a CED course
    day("held_on"),
    text("starts", null=True),  # local wall time "09:00"
    number("seats"),
    text("place"),
    text("assessor", null=True),
    text("curriculum", null=True),  # the version it is taught by; none said: the one in force on its day
    moment("recorded_us"),
    ref("recorded_by", "person.id"),
    sa.Index("ix_training_session_held", "held_on", "course"),
    sa.CheckConstraint("seats > 0", name="has_seats"),
)

training_seat = sa.Table(
    "training_seat",
    metadata,
    key(),
    ref("session_id", "training_session.id"),
    ref("person_id", "person.id", index=True),
    moment("taken_us"),
    ref("taken_by", "person.id"),
    moment("released_us", null=True),
    live_unique("uq_training_seat_live", ("session_id", "person_id"), "released_us IS NULL"),
)

training_session_ended = sa.Table(
    "training_session_ended",
    metadata,
    key("session_id"),
    word("how", words.SESSION_ENDS),
    moment("at_us"),
    ref("by_person", "person.id"),
    ref("second_person", "person.id", null=True),
    text("document"),  # the class register the results were read from; why it was called off
    sa.ForeignKeyConstraint(["session_id"], ["training_session.id"]),
    sa.CheckConstraint("second_person IS NULL OR second_person <> by_person", name="session_ended_by_two"),
    sa.CheckConstraint("how <> 'HELD' OR second_person IS NOT NULL", name="held_by_two"),
)

training_retraction = sa.Table(
    "training_retraction",
    metadata,
    key("result_id"),
    moment("at_us"),
    ref("by_person", "person.id"),
    ref("second_person", "person.id"),
    text("reason"),
    text("document"),
    sa.ForeignKeyConstraint(["result_id"], ["training_result.id"]),
    sa.CheckConstraint("second_person <> by_person", name="retracted_by_two"),
)

visitor_attestation = sa.Table(
    "visitor_attestation",
    metadata,
    key(),
    ref("person_id", "person.id", index=True),
    text("donor_force"),
    text("attested_by"),  # who says so there, by name and office
    text("model"),
    text("operation"),
    moment("from_us"),
    moment("until_us"),  # it ends with the operation, exclusive
    text("document"),
    moment("recorded_us"),
    ref("recorded_by", "person.id"),
    ref("second_person", "person.id"),
    moment("withdrawn_us", null=True),
    sa.CheckConstraint("second_person <> recorded_by", name="attested_by_two"),
    sa.CheckConstraint("from_us < until_us", name="attested_in_order"),
)

use_review = sa.Table(
    "use_review",
    metadata,
    key("use_id"),
    ref("person_id", "person.id", index=True),  # the student who used it
    day("reviewed_on"),
    ref("reviewed_by", "person.id"),  # the supervisor
    text("document"),
    moment("recorded_us"),
    ref("recorded_by", "person.id"),
    sa.ForeignKeyConstraint(["use_id"], ["use_declared.id"]),
    sa.CheckConstraint("reviewed_by <> recorded_by AND reviewed_by <> person_id", name="reviewed_by_another"),
)

specialist_result = sa.Table(
    "specialist_result",
    metadata,
    key(),
    ref("person_id", "person.id", index=True),
    word("domain", words.SPECIALIST_DOMAINS),
    text("course"),  # the other unit's own word: AFO, PSU LEVEL 2 ...
    day("attended_on"),
    day("last_good_on", null=True),  # as the other unit says; nothing here works it out
    text("source"),
    text("source_ref"),
    moment("recorded_us"),
    moment("retracted_us", null=True),
    live_unique("uq_specialist_result_live", ("source", "source_ref"), "retracted_us IS NULL"),
)
