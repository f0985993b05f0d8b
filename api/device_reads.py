"""What routes and pages alike read of a store's bridges and devices: their last word, what they said before, and what
arrived garbled. Reads only.

One rule for the editor: what a device sent is shown as it came, in hex; nothing here reads a meaning into it.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from api import store_reads
from api.store_reads import Rows, named
from devices.readings import Garbled
from inventory.schema.fast import Fast
from inventory.schema.service import bridge, device_word, reading

WORDS_MOST = 50
GARBLED_MOST = 20
HEX_SHOWN = 512
"""Hex digits shown of what was garbled; all of it is kept."""

_BRIDGES = Fast(
    sa.select(
        bridge.c.id, bridge.c.name, bridge.c.seen_us, bridge.c.offset_us, bridge.c.software, bridge.c.spool_waiting,
        bridge.c.spool_bytes, bridge.c.spool_quota_bytes, bridge.c.certificate_ends_us,
    )
    .where(bridge.c.store_id == sa.bindparam("store_id"))
    .order_by(bridge.c.name)
)  # fmt: skip
_WORDS = Fast(
    sa.select(device_word.c.word, device_word.c.detail, device_word.c.at_us)
    .where(device_word.c.bridge_id == sa.bindparam("bridge_id"), device_word.c.device == sa.bindparam("of_device"))
    .order_by(device_word.c.at_us.desc(), device_word.c.id.desc())
    .limit(WORDS_MOST)
)
_GARBLED = Fast(
    sa.select(reading.c.received_us, reading.c.body)
    .where(
        reading.c.bridge_id == sa.bindparam("bridge_id"), reading.c.device == sa.bindparam("of_device"),
        reading.c.outcome == sa.literal_column("'GARBLED'"),
    )
    .order_by(reading.c.received_us.desc())
    .limit(GARBLED_MOST)
)  # fmt: skip
_body = msgspec.json.Decoder(Garbled)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that could not be read: why, and the first `HEX_SHOWN` digits of it; `size` is in bytes."""

    received_us: int
    reason: str
    detail: str
    raw_hex: str
    size: int

    @property
    def spaced(self) -> str:
        """The digits byte by byte, as a person reads them; "…" where there were more."""
        pairs = [self.raw_hex[at : at + 2] for at in range(0, len(self.raw_hex), 2)]
        return " ".join([*pairs, *(["…"] if len(pairs) < self.size else [])])


@dataclass(frozen=True, slots=True)
class DeviceLife:
    """One device: its row of `store_reads.devices`, its words and what was garbled, newest first."""

    now: dict[str, Any]
    words: Rows
    garbled: list[Evidence]


def bridges(conn: sa.Connection, store_id: int) -> Rows:
    """The bridges of a store as they last told themselves, by name."""
    names = ("id", "name", "seen_us", "offset_us", "software", "spool_waiting", "spool_bytes", "spool_quota_bytes",
             "certificate_ends_us")  # fmt: skip
    return named(_BRIDGES.rows(conn, {"store_id": store_id}), *names)


def device_life(conn: sa.Connection, store_id: int, bridge_id: int, name: str) -> DeviceLife | None:
    """All that is known of one device; None where the store has none of that name at that bridge."""
    rows = store_reads.devices(conn, store_id)
    now = next((row for row in rows if (row["bridge_id"], row["device"]) == (bridge_id, name)), None)
    if now is None:
        return None
    of = {"bridge_id": bridge_id, "of_device": name}
    words = named(_WORDS.rows(conn, of), "word", "detail", "at_us")
    return DeviceLife(now, words, [_evidence(*row) for row in _GARBLED.rows(conn, of)])


def _evidence(received_us: int, body: str) -> Evidence:
    said = _body.decode(body)
    return Evidence(received_us, said.reason, said.detail, said.raw_hex[:HEX_SHOWN], len(said.raw_hex) // 2)
