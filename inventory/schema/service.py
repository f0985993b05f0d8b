"""Tables of the service itself: sign-in, paired kiosks, bridges and their readings, the outbox for screens.

One rule for the editor: secrets are stored only as hashes (Argon2 for what people choose, SHA-256 for the
256-bit tokens we make).
"""

import sqlalchemy as sa

from inventory.schema.base import Int64, flag, key, metadata, moment, number, ref, text, word

sign_in = sa.Table(
    "sign_in",
    metadata,
    sa.Column("person_id", Int64, sa.ForeignKey("person.id"), primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    text("password_hash", null=True),
    text("pin_hash", null=True),
    moment("changed_us"),
    moment("closed_us", null=True),
)

web_session = sa.Table(
    "web_session",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    ref("person_id", "person.id"),
    ref("kiosk_id", "kiosk.id", null=True),
    moment("started_us"),
    moment("seen_us"),
    moment("ends_us"),
    moment("ended_us", null=True),
)

throttle = sa.Table(
    "throttle",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    number("failures"),
    moment("until_us"),
)

kiosk = sa.Table(
    "kiosk",
    metadata,
    key(),
    ref("place_id", "place.id"),
    text("name"),
    text("token_hash", null=True),
    text("pairing_hash", null=True),
    moment("pairing_ends_us", null=True),
    moment("paired_us", null=True),
    moment("revoked_us", null=True),
)

bridge = sa.Table(
    "bridge",
    metadata,
    key(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    ref("store_id", "store.id"),
    text("boot", null=True),
    moment("seen_us", null=True),
    number("offset_us", null=True),  # service clock minus bridge clock, at the last heartbeat
    text("software", null=True),
    number("spool_waiting", null=True),
    number("spool_bytes", null=True),
    number("spool_quota_bytes", null=True),
    moment("listens_us", null=True),  # when it last asked for commands to bays
    moment("certificate_ends_us", null=True),  # the first to end of those it signs in with, where it tells
)

bridge_key = sa.Table(
    "bridge_key",
    metadata,
    sa.Column("key_hash", sa.Text, primary_key=True),
    ref("bridge_id", "bridge.id"),
    moment("from_us"),
    moment("revoked_us", null=True),
)

station = sa.Table(
    "station",
    metadata,
    key(),
    ref("bridge_id", "bridge.id"),
    text("device"),
    ref("place_id", "place.id"),
    sa.UniqueConstraint("bridge_id", "device"),
)

device_state = sa.Table(
    "device_state",
    metadata,
    sa.Column("bridge_id", Int64, sa.ForeignKey("bridge.id"), primary_key=True),
    sa.Column("device", sa.Text, primary_key=True),
    text("word"),
    text("driver", null=True),
    text("port", null=True),
    text("detail", null=True),
    text("firmware", null=True),
    number("good", default="0"),
    number("garbled", default="0"),
    number("repeated", default="0"),
    moment("since_us"),
    moment("last_reading_us", null=True),
)

reading = sa.Table(
    "reading",
    metadata,
    sa.Column("bridge_id", Int64, sa.ForeignKey("bridge.id"), primary_key=True),
    sa.Column("boot", sa.Text, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("seq", Int64, primary_key=True),
    text("device"),
    moment("observed_us"),
    moment("received_us"),
    text("body"),  # the reading as it came, raw evidence included
    text("outcome"),
    text("answer"),  # JSON of the answer given, so that a repeat gets the same one
    text("set_aside", null=True),  # why it could not be used, where it made us raise
    sa.Index("ix_reading_received", "received_us"),
    sa.Index(
        "ix_reading_garbled", "bridge_id", "device", "received_us",
        sqlite_where=sa.text("outcome = 'GARBLED'"), postgresql_where=sa.text("outcome = 'GARBLED'"),
    ),
)  # fmt: skip

device_word = sa.Table(
    "device_word",
    metadata,
    key(),
    ref("bridge_id", "bridge.id"),
    text("device"),
    text("word"),
    text("detail", null=True),
    moment("at_us"),
    sa.Index("ix_device_word_device", "bridge_id", "device", "at_us"),
)
"""Each change of a device's word, append only: what `device_state` says now, and what it said before."""

reading_tide = sa.Table(
    "reading_tide",
    metadata,
    sa.Column("bridge_id", Int64, sa.ForeignKey("bridge.id"), primary_key=True),
    sa.Column("boot", sa.Text, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    number("upto"),  # highest contiguous sequence stored
)

answered = sa.Table(
    "answered",
    metadata,
    sa.Column("idempotency_key", sa.Text, primary_key=True),  # actor id + the client's key
    text("request_hash"),
    number("http_code"),
    text("body"),
    moment("at_us"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("seq", Int64, primary_key=True, autoincrement=False),
    moment("at_us"),
    text("topic"),  # "place:3", "store:2", "all"
    text("body"),
)

job = sa.Table(
    "job",
    metadata,
    key(),
    text("kind"),
    word("state", ("WAITING", "RUNNING", "DONE", "FAILED")),
    number("done", default="0"),
    number("total", default="0"),
    text("detail"),
    ref("by_person", "person.id", null=True),
    moment("at_us"),
    flag("read_by_person"),
)
