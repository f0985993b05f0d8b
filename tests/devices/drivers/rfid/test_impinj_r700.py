"""Impinj's R700 on MQTT: EPCs in hex or base64, hundredths of a dBm, and antennas that come loose."""

import base64
import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.cli import decode
from devices.driver import Packet
from devices.drivers.rfid.impinj_r700 import EPC_BYTES_MAX, NAME, ImpinjR700
from devices.readings import DeviceReported, Garbled, TagSeen
from tests.devices.drivers.rfid.published import TOPIC, heard, shapes, tags_of, travels
from tests.devices.test_claimed_vectors import of

EPC = bytes.fromhex("7EDA9038051002710002C0AE")
NAMES = (
    "eventType", "tagInventoryEvent", "epc", "epcHex", "tid", "tidHex", "pc", "antennaPort", "peakRssiCdbm", "hostname",
    "antennaDisconnectedEvent", "antennaConnectedEvent", "what",
)  # fmt: skip
WORDS = (
    "tagInventory",
    "antennaDisconnected",
    "antennaConnected",
    "inventoryTerminated",
    "NAA=",
    "7EDA",
    "\ud800",
    "\0",
)


def event(kind: str, **body: Any) -> bytes:
    """One event of a reader."""
    said = {"timestamp": "2026-11-22T10:00:00.123456789Z", "hostname": "impinj-01-23-45", "eventType": kind}
    return json.dumps({**said, f"{kind}Event": body}).encode()


def read(**body: Any) -> bytes:
    """The event of a read."""
    return event("tagInventory", **body)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def words(readings: list[Any]) -> list[tuple[str, str]]:
    return [(it.word, it.detail or "") for it in readings if isinstance(it, DeviceReported)]


@of("MQTT payload", kind="valid")
def test_a_readers_event_says_what_the_vector_says(vector: dict[str, Any]) -> None:
    if not vector["id"].startswith("MQTT-impinj"):
        return
    (expected,) = vector["expected"]["reads"]
    payload = vector["input_text"].encode()
    readings, notes = heard(ImpinjR700, payload)
    (tag,) = tags_of(readings)
    assert (tag.epc, tag.tid, tag.antenna) == (expected["epc"], expected["tid"], expected["antenna"])
    assert tag.rssi_dbm == expected["rssi_dbm"]
    assert [(note.what, note.facts) for note in notes] == [("reader", {"name": expected["reader"]})]
    another_pc = payload.replace(b64(bytes.fromhex(expected["pc"])).encode(), b64(b"\x08\x00").encode())
    assert heard(ImpinjR700, another_pc)[1][1].facts == {"pc": "0800", "epc": expected["epc"]}


@given(st.binary(min_size=1, max_size=EPC_BYTES_MAX), st.binary(max_size=12))
def test_a_tag_is_the_same_in_hex_in_base64_and_in_both(epc: bytes, tid: bytes) -> None:
    for names in (
        {"epc", "tid"},
        {"epcHex", "tidHex"},
        {"epc", "epcHex", "tid", "tidHex"},
        {"epcHex", "tid"},
    ):
        body = {"epc": b64(epc), "epcHex": epc.hex(), "tid": b64(tid), "tidHex": tid.hex()}
        readings, _ = heard(ImpinjR700, read(**{name: body[name] for name in names}))
        assert tags_of(readings) == [TagSeen(epc=epc.hex().upper(), tid=tid.hex().upper() or None)]


@pytest.mark.parametrize(
    "body",
    [
        {"epc": "***"},
        {"epc": "ftqQOAUQAnEAAsC"},
        {"epc": "ftqQOAUQ\nAnEAAsCu"},
        {"epc": "_-_-"},
        {"epc": "é"},
        {"epc": b64(EPC), "epcHex": "7EDA9038051002710002C0AF"},
        {"epc": b64(bytes(63))},
        {"epcHex": "00" * 63},
        {"epc": b64(EPC), "tid": "="},
        {"epc": b64(EPC), "tidHex": "00" * 33},
    ],
)
def test_an_epc_or_tid_that_is_none_is_kept_as_evidence(body: dict[str, Any]) -> None:
    (reading,) = heard(ImpinjR700, read(**body))[0]
    assert isinstance(reading, Garbled)
    assert (reading.reason, reading.raw_hex) == ("BASE64", read(**body).hex().upper())
    assert ("`epc`" if "tid" not in str(body) else "`tid`") in reading.detail


@pytest.mark.parametrize(
    ("payload", "reason", "where"),
    [
        (read(epcHex="7ED"), "FIELD", "$.epcHex"),
        (read(epcHex="7EDA\n"), "FIELD", "$.epcHex"),
        (read(epc=[]), "FIELD", "$.epc"),
        (read(epcHex="7EDA", antennaPort=-1), "FIELD", "$.antennaPort"),
        (read(epcHex="7EDA", peakRssiCdbm="loud"), "FIELD", "$.peakRssiCdbm"),
        (event("tagInventory"), "UNKNOWN_SHAPE", "tagInventory"),
        (event("somethingNew", x=1), "UNKNOWN_SHAPE", "somethingNew"),
        (b'{"eventType":7}', "UNKNOWN_SHAPE", "tagInventory"),
    ],
)
def test_what_no_reader_says_is_kept_as_evidence(payload: bytes, reason: str, where: str) -> None:
    (reading,) = heard(ImpinjR700, payload)[0]
    assert isinstance(reading, Garbled)
    assert (reading.reason, reading.raw_hex) == (reason, payload.hex().upper())
    assert where in reading.detail


def test_a_portal_tells_where_a_tag_was_nearest_and_where_else() -> None:
    events = [
        read(epc=b64(EPC), antennaPort=port, peakRssiCdbm=cdbm) for port, cdbm in ((1, -6550), (3, -4125))
    ]
    (tag,) = tags_of(heard(ImpinjR700, *events, antennas="1,3")[0])
    assert (tag.rssi_dbm, tag.antenna, tag.antennas, tag.reads) == (-41.25, 3, (1, 3), 2)
    assert tags_of(heard(ImpinjR700, *events, rssi_floor="-40")[0]) == []


def test_a_tag_without_an_epc_has_no_name() -> None:
    readings, notes = heard(ImpinjR700, read(epc="", antennaPort=1))
    assert readings == []
    assert notes[-1].what == "a tag without an EPC"


def test_a_retained_read_is_never_a_sighting() -> None:
    readings, notes = heard(ImpinjR700, read(epc=b64(EPC)), retained=True)
    assert readings == []
    assert notes[-1].what == "a retained copy: no sighting"


def test_antennas_that_come_loose_are_named_until_they_are_back() -> None:
    loose = [event("antennaDisconnected", antennaPort=port) for port in (2, 11)]
    back = [event("antennaConnected", antennaPort=port) for port in (2, 11)]
    said = words(heard(ImpinjR700, *loose, *back)[0])
    assert [word for word, _ in said] == ["MISCONFIGURED", "MISCONFIGURED", "MISCONFIGURED", "OPEN"]
    assert [detail.partition("port ")[2][:5] for _, detail in said[:3]] == ["2. Ch", "2, 11", "11. C"]
    assert heard(ImpinjR700, loose[0], retained=True)[0] == []


def test_a_read_at_another_antenna_does_not_mend_the_one_that_came_loose() -> None:
    loose = event("antennaDisconnected", antennaPort=2)
    said, _ = heard(ImpinjR700, read(epcHex="7EDA", antennaPort=1), loose, read(epcHex="7EDB", antennaPort=1))
    assert [getattr(it, "word", "sweep") for it in said] == ["MISCONFIGURED", "sweep", "MISCONFIGURED"]


@pytest.mark.parametrize("back", [read(epcHex="7EDA"), event("inventoryStatus", inventoryStatus="running")])
def test_an_inventory_that_ended_by_itself_is_said_until_it_runs_again(back: bytes) -> None:
    ended, idle = event("inventoryTerminated", reason="x"), event("inventoryStatus", inventoryStatus="idle")
    said = words(heard(ImpinjR700, ended, idle, back)[0])
    assert [word for word, _ in said] == ["WEDGED", "OPEN"]
    assert len(words(heard(ImpinjR700, ended, idle)[0])) == 1


@pytest.mark.parametrize(
    "kind", ["inventoryStatus", "gpiTransition", "diagnostic", "overflow", "tagLocationExit"]
)
def test_what_a_reader_says_besides_is_noted_and_never_garbled(kind: str) -> None:
    readings, notes = heard(ImpinjR700, event(kind, status="running", epc=b64(EPC)), b"\r\n")
    assert readings == []
    assert [note.what for note in notes] == [kind, "keep-alive"]
    assert notes[0].facts["status"] == "running"


@settings(deadline=None)
@given(st.lists(shapes(NAMES, WORDS), max_size=3), st.booleans())
def test_nothing_that_is_published_stops_the_reader(said: list[Any], retained: bool) -> None:
    readings, notes = heard(ImpinjR700, json.dumps(said).encode(), retained=retained)
    assert travels(readings)
    assert all(isinstance(value, str | int) for note in notes for value in note.facts.values())
    assert not (retained and tags_of(readings))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_stop_the_reader(payload: bytes) -> None:
    assert travels(heard(ImpinjR700, payload, read(epcHex="7EDA")[: len(payload)] + payload)[0])


def test_a_reader_that_is_heard_again_after_a_silence_is_open() -> None:
    reader = ImpinjR700({"silence_s": "30"})
    said = reader.idle(0.0) + reader.idle(30.0) + reader.packet(Packet(TOPIC, event("inventoryStatus")), 31.0)
    assert [word for word, _ in words(said)] == ["WEDGED", "OPEN"]


def test_a_published_payload_can_be_decoded_at_a_desk() -> None:
    done = CliRunner().invoke(decode, [NAME, "--text", read(epc=b64(EPC), peakRssiCdbm=-7000).decode()])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output.splitlines()[0])["tags"] == [{"epc": EPC.hex().upper(), "rssi_dbm": -70.0}]
