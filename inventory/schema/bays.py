"""What bays were told and what they answered.

One rule for the editor: a bay is told to let something go only by a row that names the ledger's entry of its issue;
`schema.triggers` refuses every other. A row's answer, and that its light
went dark again, is all of it that is ever changed.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import key, metadata, moment, number, part, ref, text, word

bay_command = sa.Table(
    "bay_command",
    metadata,
    key(),
    ref("store_id", "store.id"),
    ref("bridge_id", "bridge.id"),
    text("device"),  # the station of that bridge that speaks for the dock
    text("dock"),
    number("bay"),
    word("act", words.BAY_ACTS),
    text("light"),  # green, amber, red, none
    ref("item_id", "item.id", null=True),
    ref("place_id", "place.id", null=True),  # the hatch that it was told for
    ref("entry", "ledger.id", null=True),  # RELEASE: the issue
    moment("at_us"),
    moment("until_us"),  # may be begun before this
    word("word", words.BAY_WORDS),
    text("detail", null=True),
    moment("answered_us", null=True),
    moment("dark_us", null=True),  # POINT of a light: when it was told to go dark again
    part("ix_bay_command_waiting", ("bridge_id", "until_us"), "word = 'WAITING'"),
    part("ix_bay_command_lit", ("store_id",), "act = 'POINT' AND light <> 'none' AND dark_us IS NULL"),
    part("ix_bay_command_unable", ("store_id", "at_us"), "word = 'UNABLE'"),
    sa.Index("ix_bay_command_place", "place_id", "at_us"),
    sa.Index("ix_bay_command_store", "store_id", "at_us"),
)
