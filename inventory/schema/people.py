"""Tables of people: who they are, what they are trained and authorised for, what they may do here.

One rule for the editor: facts that gate an issue are append-only rows with dates; nothing here stores a
derived answer such as "is current". A wrong training result is retracted by a second row's time, never edited.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import day, flag, key, live_unique, metadata, moment, number, part, ref, text, word
from inventory.schema.prefix import folded_indexes

store = sa.Table(
    "store",
    metadata,
    key(),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    text("name"),
    text("division", null=True),
    moment("opened_us"),
    moment("closed_us", null=True),
)

place = sa.Table(
    "place",
    metadata,
    key(),
    ref("store_id", "store.id", index=True),
    text("name"),
    word("activity", words.ACTIVITIES),
    sa.UniqueConstraint("store_id", "name"),
)

shift_pattern = sa.Table(
    "shift_pattern",
    metadata,
    key(),
    ref("store_id", "store.id", index=True),
    text("name"),
    text("starts"),  # local wall time "07:00"
    text("ends"),  # local wall time; at or before `starts` means the next day
    day("from_on"),
    day("to_on", null=True),
)

person = sa.Table(
    "person",
    metadata,
    key(),
    sa.Column("ref", sa.Text, nullable=False, unique=True),  # the force's own number for the person
    word("kind", words.PERSON_KINDS),
    text("family_name"),
    text("given_name"),
    text("rank", null=True),
    text("team", null=True),
    ref("home_store_id", "store.id", null=True, index=True),
    flag("frontline"),
    day("joined_on", null=True),
    day("left_on", null=True),
    ref("same_as", "person.id", null=True, index=True),  # duplicates are linked, never merged away
    moment("recorded_us"),
    moment("disposed_us", null=True),  # what was personal here is erased: what is left is a pseudonym
    sa.Index("ix_person_names", "family_name", "given_name"),
    part("ix_person_student", ("id",), "kind = 'STUDENT'"),  # whose uses are gone through with them (`people.gates`)
    *folded_indexes("ix_person_family_name_begun", "family_name"),
    *folded_indexes("ix_person_given_name_begun", "given_name"),
    *folded_indexes("ix_person_ref_begun", "ref"),
)

person_gate = sa.Table(
    "person_gate",
    metadata,
    key(),
    ref("person_id", "person.id", index=True),
    text("gate"),  # a word of the policy: STUDENT_SUPERVISOR_APPROVAL, SPECIAL_DUTY_HOURS ...
    day("met_on"),
    text("document"),
    moment("recorded_us"),
    number("recorded_by", null=True),  # who of the training unit; None: by a file
    sa.UniqueConstraint("person_id", "gate", "met_on"),
)

capability_grant = sa.Table(
    "capability_grant",
    metadata,
    key(),
    ref("person_id", "person.id", index=True),
    word("capability", words.CAPABILITIES),
    ref("store_id", "store.id", null=True),  # null: every store
    moment("from_us"),
    moment("to_us", null=True),
    ref("granted_by", "person.id", null=True),
    text("reason"),
)

training_result = sa.Table(
    "training_result",
    metadata,
    key(),
    ref("person_id", "person.id"),
    word("course", words.COURSES),
    text("model", null=True),
    day("attended_on"),
    number("minutes"),
    word("outcome", words.OUTCOMES),
    text("assessor", null=True),
    text("source"),
    text("source_ref"),
    moment("recorded_us"),
    ref("recorded_by", "person.id", null=True),
    ref("second_person", "person.id", null=True),
    moment("retracted_us", null=True),
    text("curriculum", null=True),  # the version it was taught by, where somebody said so
    number("session_id", null=True),  # the course day it was written down of (`schema.training`)
    sa.Index("ix_training_result_person", "person_id", "course", "attended_on"),
    live_unique("uq_training_result_live", ("source", "source_ref"), "retracted_us IS NULL"),
    sa.Index("ix_training_result_recorded", "recorded_us"),
    sa.Index("ix_training_result_attended", "attended_on"),
    part("ix_training_result_session", ("session_id",), "session_id IS NOT NULL"),
    part("ix_training_result_retracted", ("retracted_us",), "retracted_us IS NOT NULL"),
)

carry_authorisation = sa.Table(
    "carry_authorisation",
    metadata,
    key(),
    ref("person_id", "person.id", index=True),
    text("model"),
    word("mode", ("OVERT", "COVERT")),
    text("granted_by"),
    text("grade"),
    day("from_on"),
    day("to_on"),  # effective while date < to_on
    text("source_ref"),
    moment("recorded_us"),
    sa.UniqueConstraint("person_id", "model", "mode", "from_on"),
)

authority_stop = sa.Table(
    "authority_stop",
    metadata,
    key(),
    ref("person_id", "person.id", index=True),
    ref("authorisation_id", "carry_authorisation.id", null=True),  # null: every CED authority
    word("kind", ("SUSPENDED", "ENDED")),
    moment("from_us"),
    moment("to_us", null=True),
    text("authority"),
    text("reason_class"),
    text("source_ref"),
    moment("recorded_us"),
    sa.UniqueConstraint("person_id", "source_ref"),
)

duty_restriction = sa.Table(
    "duty_restriction",
    metadata,
    key(),
    ref("person_id", "person.id", index=True),
    word("category", ("RECUPERATIVE", "ADJUSTED", "MANAGEMENT")),
    text("kinds_allowed"),  # item kinds, comma separated; no clinical or disciplinary text, ever
    day("from_on"),
    day("review_on"),
    moment("lifted_us", null=True),
    moment("recorded_us"),
)

opt_in = sa.Table(
    "opt_in",
    metadata,
    key(),
    ref("person_id", "person.id", index=True),
    flag("opted_in"),
    moment("recorded_us"),
)

training_feed = sa.Table(
    "training_feed",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    moment("last_good_us"),
    text("detail"),
)

binding = sa.Table(
    "binding",
    metadata,
    key(),
    text("technology"),  # COLLAR, EM4100, ISO14443A, GIAI, GRAI, SGTIN, EPC, TID, LABEL ...
    text("value"),
    ref("person_id", "person.id", null=True, index=True),
    ref("item_id", "item.id", null=True, index=True),
    ref("lot_id", "lot.id", null=True),
    moment("from_us"),
    moment("to_us", null=True),
    text("end_reason", null=True),  # LOST makes a later use of it raise an alarm
    ref("recorded_by", "person.id", null=True),
    sa.CheckConstraint(
        "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN item_id IS NULL THEN 0 ELSE 1 END)"
        " + (CASE WHEN lot_id IS NULL THEN 0 ELSE 1 END) = 1",
        name="one_target",
    ),
    live_unique("uq_binding_live", ("technology", "value"), "to_us IS NULL"),
    sa.Index("ix_binding_value", "value"),
    *folded_indexes("ix_binding_begun", "value", "technology", "to_us IS NULL"),
    part("ix_binding_em4100_end", ("substr(value, length(value) - 5)",), "technology = 'EM4100'"),
)
