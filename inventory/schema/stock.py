"""Tables of kit: items and lots, what is fitted in what, holds, checks, and the last word of each dock bay.

One rule for the editor: there is no status column and none may be added. Where an item is = its open row in
`custody`; why it may not leave = its holds without a lift; whether it is ready = the gate's own rules.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import (
    Int64,
    day,
    flag,
    key,
    live_unique,
    metadata,
    moment,
    number,
    part,
    ref,
    sealed,
    text,
    word,
)  # fmt: skip

lot = sa.Table(
    "lot",
    metadata,
    key(),
    word("kind", words.ITEM_KINDS),
    text("maker"),
    text("lot_no"),
    text("product"),
    day("expires_on", null=True),
    moment("recorded_us"),
    sa.UniqueConstraint("maker", "kind", "lot_no"),
    part("ix_lot_expires", ("expires_on",), "expires_on IS NOT NULL"),
)

item = sa.Table(
    "item",
    metadata,
    key(),
    word("kind", words.ITEM_KINDS),
    text("maker"),
    text("serial"),  # opaque: trimmed, upper-cased, never validated by shape
    text("model"),
    ref("home_store_id", "store.id", index=True),
    word("pool", words.POOLS),
    word("purpose", words.CARTRIDGE_PURPOSES, null=True),
    text("variant", null=True),  # T7 cartridge type STANDOFF/CLOSE, X2 pack type APPM ...
    day("expires_on", null=True),
    day("in_service_on", null=True),
    ref("personal_to", "person.id", null=True, index=True),
    ref("lot_id", "lot.id", null=True),
    text("order_ref", null=True),
    moment("recorded_us"),
    sa.UniqueConstraint("maker", "kind", "serial"),
    sa.Index("ix_item_serial", "serial"),
    sa.Index("ix_item_serial_begun", sa.text('serial COLLATE "C", id')).ddl_if(dialect="postgresql"),
    sa.Index("ix_item_kind", "kind", "id"),
    sa.Index("ix_item_model", "model", "id"),
    sa.Index("ix_item_kind_model", "kind", "model", "id"),
    part("ix_item_lot", ("lot_id",), "lot_id IS NOT NULL"),
    part("ix_item_expires", ("expires_on",), "expires_on IS NOT NULL"),
)

fitting = sa.Table(
    "fitting",
    metadata,
    key(),
    ref("child_id", "item.id"),
    ref("parent_id", "item.id", index=True),
    number("slot", null=True),
    moment("from_us"),
    moment("to_us", null=True),
    ref("loaded_entry", "ledger.id", null=True),  # None: loaded before loading had entries of its own
    ref("unloaded_entry", "ledger.id", null=True),
    live_unique("uq_fitting_live", ("child_id",), "to_us IS NULL"),
    live_unique("uq_fitting_slot", ("parent_id", "slot"), "to_us IS NULL"),
)

lot_balance = sa.Table(
    "lot_balance",
    metadata,
    sa.Column("lot_id", Int64, sa.ForeignKey("lot.id"), primary_key=True),
    sa.Column("holder", sa.Text, primary_key=True),
    sa.Column("holder_id", Int64, primary_key=True),
    sa.Column("quantity", Int64, sa.CheckConstraint("quantity >= 0", name="quantity"), nullable=False),
    sa.Index("ix_lot_balance_holder", "holder", "holder_id"),
)

hold = sa.Table(
    "hold",
    metadata,
    key(),
    ref("item_id", "item.id", null=True, index=True),
    ref("lot_id", "lot.id", null=True, index=True),
    word("reason", words.HOLD_REASONS),
    moment("placed_us"),
    ref("placed_by", "person.id", null=True),
    text("authority", null=True),  # who alone may release it (EVIDENTIAL)
    text("detail"),
    sealed(),
    sa.CheckConstraint("(item_id IS NULL) <> (lot_id IS NULL)", name="one_target"),
)

hold_lift = sa.Table(
    "hold_lift",
    metadata,
    sa.Column("hold_id", Int64, sa.ForeignKey("hold.id"), primary_key=True, autoincrement=False),
    moment("lifted_us"),
    ref("lifted_by", "person.id"),
    ref("second_person", "person.id", null=True),
    text("detail"),
    sealed(),
)

inspection = sa.Table(
    "inspection",
    metadata,
    key(),
    ref("item_id", "item.id"),
    word("kind", words.CHECKS),
    moment("at_us"),
    ref("by_person", "person.id", null=True),
    flag("passed"),
    text("detail", null=True),
    sa.Index("ix_inspection_item", "item_id", "kind", "at_us"),
)

bay = sa.Table(
    "bay",
    metadata,
    sa.Column("dock", sa.Text, primary_key=True),
    sa.Column("bay", sa.Integer, primary_key=True),
    ref("store_id", "store.id", index=True),
    ref("item_id", "item.id", null=True, index=True),
    text("serial", null=True),
    text("word"),
    sa.Column("present", sa.SmallInteger, nullable=True),
    number("charge_percent", null=True),
    number("files_pending", null=True),
    number("free_mb", null=True),
    text("firmware", null=True),
    number("clock_offset_ms", null=True),
    sa.Column("log_synced", sa.SmallInteger, nullable=True),
    text("fault", null=True),
    moment("observed_us"),  # corrected by the bridge's measured offset
    moment("received_us"),
    text("reading_key"),
    ref("bridge_id", "bridge.id", null=True),  # who spoke for it: that bridge's device of this name,
    text("device", null=True),  # or, where docks speak for themselves, its device named as the dock
)

firmware_seen = sa.Table(
    "firmware_seen",
    metadata,
    key(),
    word("subject", words.FIRMWARE_OF),
    text("who"),  # the bridge's id, "id/device", the item's id, or the serial
    ref("store_id", "store.id"),
    ref("bridge_id", "bridge.id", null=True),  # who reported it
    ref("item_id", "item.id", null=True),
    text("name"),  # as people know it: the bridge's, device's or dock's name, or the serial
    text("driver", null=True),
    text("version"),
    moment("first_us"),
    moment("last_us"),  # written at most once an hour
    sa.Index("ix_firmware_seen_who", "subject", "who", "first_us"),
    sa.Index("ix_firmware_seen_store", "store_id"),
)
"""One row for each stretch of time in which something reported one version: a downgrade is a later row."""

sighting = sa.Table(
    "sighting",
    metadata,
    sa.Column("tag", sa.Text, primary_key=True),  # the EPC, and "/" and the TID where the reader tells it
    ref("item_id", "item.id", null=True, index=True),  # what the tag is bound to; null: nothing, or several things
    number("matches"),  # how many items it is bound to
    ref("store_id", "store.id"),
    ref("place_id", "place.id", null=True),
    text("device"),  # "medway-1/tray"
    number("antenna", null=True),
    text("antennas", null=True),  # every antenna that read it, in order, where there were several: "2,1"
    number("rssi_cdbm", null=True),  # its strongest read, in hundredths of a dBm
    number("reads"),
    moment("seen_us"),  # corrected by the bridge's measured offset
    moment("received_us"),
    text("reading_key"),
    sa.Index("ix_sighting_store", "store_id", "seen_us"),
)
