"""Tables of authority in daily use: who did what to whose permission, whose role moved, and who was reminded of what.

One rule for the editor: these rows say that something was done or said. Whether somebody may carry is worked out of
permissions, stops and training alone (`inventory.people`); "dormant" and "to be reviewed" stand in no column.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import day, key, metadata, moment, number, ref, sealed, text, word

authority_act = sa.Table(
    "authority_act",
    metadata,
    key(),
    sealed(),
    ref("person_id", "person.id"),
    word("act", words.AUTHORITY_ACTS),
    moment("at_us"),
    ref("by_person", "person.id", null=True),  # None: the service, as policy says of a role that moved
    text("capability", null=True),  # by which of their capabilities
    ref("authorisation_id", "carry_authorisation.id", null=True),
    ref("stop_id", "authority_stop.id", null=True),
    ref("restriction_id", "duty_restriction.id", null=True),
    ref("move_id", "role_move.id", null=True),
    text("document"),  # what it goes by; never why
    sa.Index("ix_authority_act_person", "person_id", "id"),
    sa.Index("ix_authority_act_stop", "stop_id"),
    sa.CheckConstraint("by_person IS NOT NULL OR (act = 'ENDED' AND move_id IS NOT NULL)", name="act_by_somebody"),
    sa.CheckConstraint("(act = 'GRANTED') = (authorisation_id IS NOT NULL)", name="act_names_its_grant"),
    sa.CheckConstraint(
        "(act IN ('SUSPENDED', 'LIFTED', 'ENDED', 'OPTED_OUT')) = (stop_id IS NOT NULL)", name="act_names_its_stop"
    ),
    sa.CheckConstraint(
        "(act IN ('RESTRICTED', 'UNRESTRICTED')) = (restriction_id IS NOT NULL)", name="act_names_its_restriction"
    ),
)

role_move = sa.Table(
    "role_move",
    metadata,
    key(),
    ref("person_id", "person.id"),
    word("what", words.ROLE_MOVES),
    text("was"),
    text("becomes"),
    moment("at_us"),
    sa.Index("ix_role_move_person", "person_id", "id"),
    sa.Index("ix_role_move_at", "at_us", "id"),
)

reminder = sa.Table(
    "reminder",
    metadata,
    key(),
    ref("person_id", "person.id"),
    text("what"),  # a qualification, or AUTHORITY
    text("model"),  # "" where it is for none
    day("ends_on"),  # the first day on which it no longer counts
    number("band"),  # days: 90, 60, 30, 14, 0
    moment("made_us"),
    moment("seen_us", null=True),
    moment("acknowledged_us", null=True),
    moment("mailing_us", null=True),  # taken up by one instance, so that nobody is written to twice
    moment("mailed_us", null=True),
    text("mail_problem", null=True),
    sa.UniqueConstraint("person_id", "what", "model", "ends_on", "band"),
    sa.Index("ix_reminder_made", "made_us", "id"),
)
