"""What the service knows of its bridges: keys, boots, and what they sent already.

One rule for the editor: a reading is stored under (bridge, boot, stream, sequence) in the same commit as what
it caused, so that a repeat finds the first answer and can cause nothing twice.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from api.secrets import digest, new_token
from devices.readings import DeviceReported
from devices.wire import Answer, Sent
from inventory.people.errors import BadField
from inventory.schema.fast import Fast, Inserter
from inventory.schema.people import place, store
from inventory.schema.service import bridge, bridge_key, device_state, reading, reading_tide, station
from inventory.schema.tx import Tx

SKEW_MAX_US = 2_000_000
"""A bridge's clock further off than this raises an alarm (design `domain.md` 7.2, L10)."""


@dataclass(frozen=True, slots=True)
class Under:
    """The key of one reading: where it came from and its number there."""

    bridge_id: int
    boot: str
    stream: str
    seq: int

    def text(self) -> str:
        """As ledger entries and visits name it: "bridge/boot/scan/17"."""
        return f"{self.bridge_id}/{self.boot}/{self.stream}/{self.seq}"


@dataclass(frozen=True, slots=True)
class BridgeRow:
    """One bridge as it last showed itself. `offset_us` is the service's clock minus the bridge's."""

    id: int
    name: str
    store_id: int
    boot: str | None
    seen_us: int | None
    offset_us: int | None
    software: str | None
    spool_waiting: int | None


def observed_us(of: BridgeRow, boot: str, sent: Sent, now_us: int) -> int:
    """When a reading was made, by the service's clock.

    By the bridge's clock, set right by what that clock was off at the last heartbeat of the boot that made the reading.
    Before the first heartbeat, and for another boot, since which the clock may have been set: by the age that the
    reading had when it was sent.
    """
    if of.offset_us is not None and of.boot == boot:
        return sent.observed_at_us + of.offset_us
    return max(0, now_us - sent.age_ms * 1000)


_BRIDGE_COLUMNS = [bridge.c[name] for name in BridgeRow.__dataclass_fields__]
_BRIDGE = Fast(sa.select(*_BRIDGE_COLUMNS).where(bridge.c.id == sa.bindparam("bridge_id")))
_STATION = Fast(
    sa.select(station.c.place_id).where(
        station.c.bridge_id == sa.bindparam("bridge_id"), station.c.device == sa.bindparam("of_device")
    )
)
_STORED = Fast(
    sa.select(reading.c.answer).where(
        reading.c.bridge_id == sa.bindparam("bridge_id"), reading.c.boot == sa.bindparam("of_boot"),
        reading.c.stream == sa.bindparam("of_stream"), reading.c.seq == sa.bindparam("of_seq"),
    )
)  # fmt: skip
_ADD_READING = Inserter(reading)
_TIDE = Fast(
    sa.select(reading_tide.c.upto).where(
        reading_tide.c.bridge_id == sa.bindparam("bridge_id"), reading_tide.c.boot == sa.bindparam("of_boot"),
        reading_tide.c.stream == sa.bindparam("of_stream"),
    )
)  # fmt: skip
_BEYOND = Fast(
    sa.select(reading.c.seq)
    .where(
        reading.c.bridge_id == sa.bindparam("bridge_id"), reading.c.boot == sa.bindparam("of_boot"),
        reading.c.stream == sa.bindparam("of_stream"), reading.c.seq > sa.bindparam("upto"),
    )
    .order_by(reading.c.seq)
    .limit(1000)
)  # fmt: skip
_RISE = Fast(
    sa.text(
        "INSERT INTO reading_tide (bridge_id, boot, stream, upto) VALUES (:bridge_id, :of_boot, :of_stream, :to_upto)"
        " ON CONFLICT (bridge_id, boot, stream) DO UPDATE SET upto = excluded.upto"
        " WHERE reading_tide.upto < excluded.upto"
    )
)
_HEARD = Fast(
    sa.update(device_state)
    .where(device_state.c.bridge_id == sa.bindparam("bridge_id_"), device_state.c.device == sa.bindparam("of_device"))
    .values(last_reading_us=sa.bindparam("at_us"))
)


def bridge_row(conn: sa.Connection, bridge_id: int) -> BridgeRow:
    """The bridge. Raises LookupError where there is none."""
    rows = _BRIDGE.rows(conn, {"bridge_id": bridge_id})
    if not rows:
        raise LookupError(f"bridge {bridge_id} is not known")
    return BridgeRow(*rows[0])


def place_of_device(conn: sa.Connection, bridge_id: int, device: str) -> int | None:
    """The place a bridge's device is bound to, None where nobody has bound it."""
    rows = _STATION.rows(conn, {"bridge_id": bridge_id, "of_device": device})
    return int(rows[0][0]) if rows else None


# ---- readings ------------------------------------------------------------------------------------------


def stored_answer(conn: sa.Connection, under: Under) -> Answer | None:
    """The answer this reading was given the first time; None where it is new."""
    rows = _STORED.rows(conn, _of(under) | {"of_seq": under.seq})
    if not rows:
        return None
    return msgspec.structs.replace(msgspec.json.decode(rows[0][0], type=Answer), repeat=True)


def store_reading(tx: Tx, under: Under, sent: Sent, answer: Answer, set_aside: str | None = None) -> None:
    """Keep one reading with its answer, and let the tide rise over it."""
    row = {
        "bridge_id": under.bridge_id, "boot": under.boot, "stream": under.stream, "seq": under.seq,
        "device": sent.device, "observed_us": sent.observed_at_us, "received_us": tx.now_us,
        "body": msgspec.json.encode(sent.reading).decode(), "outcome": answer.outcome,
        "answer": msgspec.json.encode(answer).decode(), "set_aside": set_aside,
    }  # fmt: skip
    _ADD_READING.add(tx.conn, [row])
    if not isinstance(sent.reading, DeviceReported):  # a word about the device is nothing that it read
        _HEARD.run(tx.conn, {"bridge_id_": under.bridge_id, "of_device": sent.device, "at_us": tx.now_us})
    upto = tide(tx.conn, under)
    if under.seq != upto + 1:
        return
    upto = under.seq
    for (seq,) in _BEYOND.rows(tx.conn, _of(under) | {"upto": upto}):
        if seq != upto + 1:
            break
        upto = seq
    _RISE.run(tx.conn, _of(under) | {"to_upto": upto})


def tide(conn: sa.Connection, under: Under) -> int:
    """Highest contiguous stored sequence of this boot's stream."""
    rows = _TIDE.rows(conn, _of(under))
    return int(rows[0][0]) if rows else 0


def _of(under: Under) -> dict[str, Any]:
    return {"bridge_id": under.bridge_id, "of_boot": under.boot, "of_stream": under.stream}


# ---- setting up ----------------------------------------------------------------------------------------


def add_bridge(tx: Tx, name: str, store_code: str) -> tuple[int, str]:
    """Record a bridge of a store; returns its id and its first key, shown this once. Raises BadField."""
    store_id = tx.conn.execute(sa.select(store.c.id).where(store.c.code == store_code.upper())).scalar()
    if store_id is None:
        raise BadField("store", store_code, "the code of a store")
    if not name.strip() or tx.conn.execute(sa.select(bridge.c.id).where(bridge.c.name == name)).first():
        raise BadField("name", name, "a name that no other bridge has")
    bridge_id = tx.ids.take()
    tx.conn.execute(sa.insert(bridge).values(id=bridge_id, name=name, store_id=store_id))
    return bridge_id, _new_key(tx, bridge_id)


def rotate_key(tx: Tx, name: str) -> str:
    """Give a bridge a new key beside the old ones, which stay in force until `revoke_keys`. Raises BadField."""
    return _new_key(tx, _named(tx.conn, name))


def revoke_keys(tx: Tx, name: str, *, but_newest: bool) -> int:
    """Revoke a bridge's keys, all of them or all but the newest; returns how many. Raises BadField."""
    bridge_id = _named(tx.conn, name)
    live = tx.conn.execute(
        sa.select(bridge_key.c.key_hash)
        .where(bridge_key.c.bridge_id == bridge_id, bridge_key.c.revoked_us.is_(None))
        .order_by(bridge_key.c.from_us.desc())
    ).scalars()
    ending = list(live)[1 if but_newest else 0 :]
    tx.conn.execute(sa.update(bridge_key).where(bridge_key.c.key_hash.in_(ending)).values(revoked_us=tx.now_us))
    return len(ending)


def bind_station(tx: Tx, name: str, device: str, place_id: int) -> None:
    """Say where a bridge's device stands. Raises BadField for an unknown bridge or place."""
    bridge_id = _named(tx.conn, name)
    if tx.conn.execute(sa.select(place.c.id).where(place.c.id == place_id)).scalar() is None:
        raise BadField("place", place_id, "the id of a place")
    if not device.strip():
        raise BadField("device", device, "the device's name in the bridge's configuration")
    tx.conn.execute(sa.delete(station).where(station.c.bridge_id == bridge_id, station.c.device == device))
    tx.conn.execute(
        sa.insert(station).values(id=tx.ids.take(), bridge_id=bridge_id, device=device, place_id=place_id)
    )


def _named(conn: sa.Connection, name: str) -> int:
    found = conn.execute(sa.select(bridge.c.id).where(bridge.c.name == name)).scalar()
    if found is None:
        raise BadField("name", name, "the name of a bridge")
    return int(found)


def _new_key(tx: Tx, bridge_id: int) -> str:
    key = new_token()
    tx.conn.execute(sa.insert(bridge_key).values(key_hash=digest(key), bridge_id=bridge_id, from_us=tx.now_us))
    return key
