"""What a bridge says of itself and of its devices: kept as the last word, with what changed and when.

One rule for the editor: a word older than the last one is evidence and no more; a bridge that sends again what it
kept for a restore says what was, not what is.
"""

import sqlalchemy as sa

from api.bridges import SKEW_MAX_US, BridgeRow, bridge_row
from devices.readings import DeviceReported
from devices.wire import Heartbeat
from inventory.custody.alarms import Raise, raise_alarms
from inventory.schema.fast import Fast, Inserter
from inventory.schema.service import bridge, device_state, device_word
from inventory.schema.tx import Tx
from inventory.stock.firmware import Bearer, saw

SKEW_KIND = "CLOCK_SKEW"
NOT_CONFIGURED = "no longer in the configuration"
"""What a bridge says, too, of a device that leaves its configuration while it runs."""
BRIDGE_SOFTWARE = "kit-bridge"
"""The name under which the policy speaks of a bridge's own software."""

_DEVICE = Fast(
    sa.text(
        "INSERT INTO device_state (bridge_id, device, word, driver, port, detail, firmware, good, garbled, repeated,"
        " since_us) VALUES (:bridge_id, :of_device, :word, :driver, :port, :detail, :firmware, :good, :garbled,"
        " :repeated, :at_us) ON CONFLICT (bridge_id, device) DO UPDATE SET word = excluded.word,"
        " driver = excluded.driver, port = excluded.port, detail = excluded.detail, firmware = excluded.firmware,"
        " good = excluded.good, garbled = excluded.garbled, repeated = excluded.repeated, since_us = CASE WHEN"
        " device_state.word = excluded.word THEN device_state.since_us ELSE excluded.since_us END"
    )
)
_BEFORE = Fast(
    sa.select(device_state.c.word, device_state.c.since_us).where(
        device_state.c.bridge_id == sa.bindparam("bridge_id"), device_state.c.device == sa.bindparam("of_device")
    )
)
_GOING = Fast(
    sa.select(device_state.c.device, device_state.c.driver, device_state.c.port, device_state.c.firmware).where(
        device_state.c.bridge_id == sa.bindparam("bridge_id"), device_state.c.word != "STOPPED"
    )
)
_ADD_WORD = Inserter(device_word)
_SEEN = Fast(
    sa.update(bridge)
    .where(bridge.c.id == sa.bindparam("bridge_id_"))
    .values(
        boot=sa.bindparam("to_boot"), seen_us=sa.bindparam("at_us"), offset_us=sa.bindparam("to_offset"),
        software=sa.bindparam("to_software"), spool_waiting=sa.bindparam("to_waiting"),
        spool_bytes=sa.bindparam("to_bytes"), spool_quota_bytes=sa.bindparam("to_quota"),
        certificate_ends_us=sa.bindparam("to_ends"),
    )
)  # fmt: skip


def beat(tx: Tx, bridge_id: int, said: Heartbeat) -> int:
    """Keep what a bridge says of itself and its devices; returns the offset of its clock in microseconds."""
    known = bridge_row(tx.conn, bridge_id)
    offset_us = tx.now_us - said.wall_us
    _SEEN.run(
        tx.conn,
        {"bridge_id_": bridge_id, "to_boot": said.boot, "at_us": tx.now_us, "to_offset": offset_us,
         "to_software": said.software, "to_waiting": said.spool_waiting, "to_bytes": said.spool_bytes,
         "to_quota": said.spool_quota_bytes, "to_ends": said.certificate_ends_us},
    )  # fmt: skip
    of = Bearer("BRIDGE", str(bridge_id), known.name, known.store_id, bridge_id, driver=BRIDGE_SOFTWARE)
    _firmware(tx, known, of, software_version(said.software), tx.now_us)
    for each in (*said.devices, *_left_out(tx, known, said)):
        device_reported(tx, known, each, tx.now_us)
    if abs(offset_us) > SKEW_MAX_US:
        raise_alarms(tx, [Raise(SKEW_KIND, skew_sentence(known.name), known.store_id)])
    return offset_us


def _left_out(tx: Tx, of: BridgeRow, said: Heartbeat) -> list[DeviceReported]:
    """The devices that this bridge had, and has no more: a heartbeat that names any names them all. One that was taken
    out of the configuration while its bridge ran was said to be stopped; one that went while it did not, was not.

    Docks that a station hears over MQTT tell of themselves and are never named; they have no port, and go when the
    last station of their driver does.
    """
    named = {each.device for each in said.devices}
    heard = {each.driver for each in said.devices}
    rows = _GOING.rows(tx.conn, {"bridge_id": of.id}) if named else []
    return [
        DeviceReported(
            device=device, word="STOPPED", driver=driver, port=port, firmware=firmware, detail=NOT_CONFIGURED
        )
        for device, driver, port, firmware in rows
        if device not in named and (port or driver not in heard)
    ]


def software_version(software: str | None) -> str:
    """The version in what a bridge says it is: "0.2.0" of "kit-bridge 0.2.0"."""
    return (software or "").removeprefix(f"{BRIDGE_SOFTWARE} ")


def skew_sentence(bridge_name: str) -> str:
    """What the alarm about a bridge's clock says."""
    return f"Bridge {bridge_name}: its clock is wrong by more than 2 seconds. Set that machine's time."


def device_reported(tx: Tx, of: BridgeRow, said: DeviceReported, at_us: int) -> None:
    """Keep the state of one device, as it was at `at_us`; a change of its word is kept, and told to the store's
    screens. What is older than the word that is known is left alone."""
    before = _BEFORE.rows(tx.conn, {"bridge_id": of.id, "of_device": said.device})
    if before and at_us < before[0][1]:
        return
    _DEVICE.run(
        tx.conn,
        {"bridge_id": of.id, "of_device": said.device, "word": said.word, "driver": said.driver, "port": said.port,
         "detail": said.detail, "firmware": said.firmware, "good": said.good, "garbled": said.garbled,
         "repeated": said.repeated, "at_us": at_us},
    )  # fmt: skip
    who = f"{of.id}/{said.device}"
    bearer = Bearer("DEVICE", who, said.device, of.store_id, of.id, driver=said.driver)
    _firmware(tx, of, bearer, said.firmware, at_us)
    if not before or before[0][0] != said.word:
        row = {"bridge_id": of.id, "device": said.device, "word": said.word, "detail": said.detail, "at_us": at_us}
        _ADD_WORD.add(tx.conn, [{"id": tx.ids.take(), **row}])
        told = {"bridge": of.name, "device": said.device, "word": said.word, "detail": said.detail}
        tx.say(f"store:{of.store_id}", {"type": "device", **told, "at_us": tx.now_us})


def _firmware(tx: Tx, of: BridgeRow, bearer: Bearer, version: str | None, at_us: int) -> None:
    if saw(tx, bearer, version, at_us):
        told = {"bridge": of.name, "device": bearer.name, "version": version}
        tx.say(f"store:{of.store_id}", {"type": "firmware", **told, "at_us": tx.now_us})
