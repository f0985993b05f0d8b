"""Who is rostered where, as the force's own duty system says.

One rule for the editor: a duty is never changed. What a later file leaves out or says otherwise is withdrawn and stays
readable, so that who was rostered, as we knew it then, can be asked for ever (`schema.feed_triggers`). A roster allows
and refuses nothing: the gate does not read it.
"""

import sqlalchemy as sa

from inventory.schema.base import key, live_unique, metadata, moment, ref, text

roster = sa.Table(
    "roster",
    metadata,
    key(),
    ref("person_id", "person.id"),
    ref("store_id", "store.id"),  # where they draw their kit for it
    moment("starts_us"),
    moment("ends_us"),
    text("duty", null=True),  # what the duty system calls it: "Late", "Event"
    text("source"),  # which duty system says so
    text("source_ref", null=True),  # its own number for the duty
    moment("recorded_us"),
    moment("withdrawn_us", null=True),
    sa.CheckConstraint("starts_us < ends_us AND ends_us - starts_us <= 86400000000", name="a_duty"),
    live_unique("uq_roster_live", ("source", "person_id", "starts_us"), "withdrawn_us IS NULL"),
    sa.Index("ix_roster_starts_us", "starts_us"),
    sa.Index("ix_roster_store", "store_id", "starts_us"),
    sa.Index("ix_roster_person", "person_id", "starts_us"),
)
"""A duty lasts 24 hours at most: whoever asks who is on at a moment looks no further back."""
