"""What came by MQTT and was no delivery of observations: kept as evidence, with an alarm, and never acted upon.

One rule for the editor: the same bytes are kept once, and a bridge can fill no more than `KEPT_MAX` rows: whoever
has a bridge's certificate could send garbage for ever.

Evidence stands among the bridge's readings, set aside, under a boot and a stream that no bridge can name.
"""

import hashlib

import msgspec
import sqlalchemy as sa

from api.bridges import BridgeRow
from devices.readings import Garbled
from inventory.custody.alarms import Raise, raise_alarms
from inventory.schema.fast import Fast, Inserter
from inventory.schema.service import reading
from inventory.schema.tx import Tx

BOOT, STREAM = "by-mqtt", "stray"
KEPT_MAX = 1000
EVIDENCE_BYTES = 8192
STRAY_KIND = "MQTT_STRAY"
UNKNOWN_KIND = "MQTT_UNKNOWN_BRIDGE"

_WHERE = (
    reading.c.bridge_id == sa.bindparam("of_bridge"),
    reading.c.boot == BOOT,
    reading.c.stream == STREAM,
)
_COUNT = Fast(sa.select(sa.func.count()).select_from(reading).where(*_WHERE))
_KNOWN = Fast(sa.select(reading.c.seq).where(*_WHERE, reading.c.seq == sa.bindparam("of_seq")))
_ADD = Inserter(reading)


def keep_stray(tx: Tx, of: BridgeRow, reason: str, why: str, payload: bytes) -> bool:
    """Keep what bridge `of` sent, at most 8 KiB of it, and raise one alarm a reason. False where it is kept already,
    or the bridge has filled its share."""
    sentence = (
        f"Bridge {of.name}: what it sent by MQTT could not be taken ({reason}). It is kept with its readings."
    )
    raise_alarms(tx, [Raise(STRAY_KIND, sentence, of.store_id)])
    number = int.from_bytes(hashlib.sha256(payload).digest()[:6], "big") + 1
    if _KNOWN.rows(tx.conn, {"of_bridge": of.id, "of_seq": number}):
        return False
    if _COUNT.rows(tx.conn, {"of_bridge": of.id})[0][0] >= KEPT_MAX:
        return False
    body = Garbled(reason=reason, detail=why[:400], raw_hex=payload[:EVIDENCE_BYTES].hex().upper())
    row = {
        "bridge_id": of.id, "boot": BOOT, "stream": STREAM, "seq": number, "device": "mqtt",
        "observed_us": tx.now_us, "received_us": tx.now_us, "body": msgspec.json.encode(body).decode(),
        "outcome": "SET_ASIDE", "answer": "{}", "set_aside": f"{reason}: {why} ({len(payload)} bytes)"[:2000],
    }  # fmt: skip
    _ADD.add(tx.conn, [row])
    return True


def unknown_bridge(tx: Tx, name: str) -> None:
    """Raise one alarm for a name under which the broker lets somebody in and the service does not."""
    sentence = f"Somebody delivers by MQTT as the bridge {name}, which is unknown or has no key in force."
    raise_alarms(tx, [Raise(UNKNOWN_KIND, sentence)])
