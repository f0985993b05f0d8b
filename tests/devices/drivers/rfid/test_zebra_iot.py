"""Zebra's readers on MQTT: reads become sweeps, the reader's words about itself are its own, and nothing is made up."""

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.cli import decode
from devices.driver import Packet
from devices.drivers.rfid.zebra_iot import NAME, ZebraIot
from devices.errors import NotConfigured
from devices.message_reader import GARBLED_MAX
from devices.readings import RAW_HEX_MAX, DeviceReported, Garbled, TagSeen, TagsSwept
from tests.devices.drivers.rfid.published import TOPIC, heard, shapes, tags_of, travels
from tests.devices.test_claimed_vectors import of

EPC = "3034257BF7194E4000000001"
NAMES = (
    "type", "data", "idHex", "antenna", "peakRssi", "reads", "TID", "MAC", "tagData", "barcodeData", "connectionState",
    "command", "payload", "readerApplication", "radio_control", "radioConnection", "antennas", "eventName", "what",
)  # fmt: skip
WORDS = ("SIMPLE", "heartbeat", "CONNECTED", "disconnected", EPC, "DIRECTIONALITY", "\ud800", "\0")


def read(epc: str = EPC, kind: str = "SIMPLE", **data: Any) -> bytes:
    """A fixed reader's message of one read."""
    said = {"type": kind, "timestamp": "2026-11-22T10:00:00.000+0000", "data": {"idHex": epc, **data}}
    return json.dumps(said).encode()


def event(kind: str, **data: Any) -> bytes:
    """A fixed reader's management event."""
    return json.dumps({"component": "RG", "type": kind, "eventNum": 9, "data": data}).encode()


def heartbeat(connection: str = "connected", **antennas: str) -> bytes:
    """A heartbeat with these antennas."""
    return event(
        "heartbeat", radio_control={"radioConnection": connection, "antennas": antennas}, system=None
    )


def words(readings: list[Any]) -> list[tuple[str, str | None]]:
    return [(it.word, it.firmware) for it in readings if isinstance(it, DeviceReported)]


@of("MQTT payload", kind="valid")
def test_a_readers_message_says_what_the_vector_says(vector: dict[str, Any]) -> None:
    if not vector["id"].startswith("MQTT-zebra"):
        return
    expected, payload = vector["expected"], vector["input_text"].encode()
    readings, notes = heard(ZebraIot, payload)
    assert not any(isinstance(it, Garbled) for it in readings)
    if isinstance(expected["reads"], int):
        (tag,) = tags_of(readings)
        assert tag.reads == expected["reads"]
        return
    known = [
        {"epc": it.epc, "antenna": it.antenna, "rssi_dbm": it.rssi_dbm, "count": it.reads}
        for it in tags_of(readings)
    ]
    reader = [it.facts["name"] for it in notes if it.what == "reader"]
    assert [dict(it, **({"reader": reader[0]} if reader else {})) for it in known] == [
        {"antenna": None, "rssi_dbm": None, "count": 1, **it} for it in expected["reads"]
    ]
    assert sum(it.what == "heartbeat" for it in notes) == expected.get("heartbeats", not expected["reads"])


def test_a_tray_that_is_read_again_and_again_is_one_sweep() -> None:
    reader = ZebraIot({})
    epcs = [f"3034257BF7194E4000{n:06X}" for n in range(50)]
    told: list[Any] = []
    for turn in range(40):
        told += reader.packet(Packet(TOPIC, b"".join(read(epc.lower()) for epc in epcs)), turn / 10)
    told += reader.idle(10.0)
    assert [[tag.epc for tag in sweep.tags] for sweep in told] == [epcs]
    assert reader.repeated > 1000


def test_a_read_has_all_that_its_mode_gives_it() -> None:
    portal = [
        read(kind="PORTAL", antenna=1, peakRssi=-61, reads=3, TID="e2806894200040017790e471"),
        read(kind="PORTAL", antenna=4, peakRssi=-44.5, reads=2, TID="e2806894200040017790e471"),
    ]
    assert tags_of(heard(ZebraIot, *portal)[0]) == [
        TagSeen(epc=EPC, tid="E2806894200040017790E471", rssi_dbm=-44.5, antenna=4, antennas=(1, 4), reads=5)
    ]


def test_a_tid_that_could_not_be_read_is_none() -> None:
    (tag,) = tags_of(heard(ZebraIot, read(TID="Error: tag returned error code 0x03 = Memory overrun"))[0])
    assert (tag.epc, tag.tid) == (EPC, None)


def test_a_read_without_its_envelope_is_a_read() -> None:
    assert [
        tag.epc for tag in tags_of(heard(ZebraIot, json.dumps({"idHex": EPC, "reads": 0}).encode())[0])
    ] == [EPC]


def test_a_sleds_batch_is_one_sweep_and_its_barcodes_are_no_tags() -> None:
    batch = {
        "tagData": [{"eventNum": n, "idHex": f"{n:024x}"} for n in range(3)],
        "barcodeData": [{"symbology": "x"}],
    }
    readings, notes = heard(ZebraIot, json.dumps({"type": "INVENTORY", "data": batch}).encode())
    assert [tag.epc for tag in tags_of(readings)] == [f"{n:024X}" for n in range(3)]
    assert [note.what for note in notes] == ["a barcode: no tag"]


def test_a_tag_without_an_epc_has_no_name() -> None:
    batch = json.dumps({"type": "INVENTORY", "data": {"tagData": [{"eventNum": 1}, {"idHex": ""}]}}).encode()
    readings, notes = heard(ZebraIot, batch)
    assert readings == []
    assert [note.what for note in notes] == ["a tag without an EPC"] * 2


def test_a_retained_read_is_never_a_sighting() -> None:
    reader = ZebraIot({})
    assert reader.packet(Packet(TOPIC, read(), retained=True), 0.0) + reader.idle(60.0) == []
    assert reader.repeated == 1
    assert [note.what for note in reader.take_notes()] == ["a retained copy: no sighting"]
    assert tags_of(reader.packet(Packet(TOPIC, read()), 61.0) + reader.idle(62.0))


def test_a_direction_that_has_timed_out_is_no_read() -> None:
    readings, notes = heard(ZebraIot, read(kind="DIRECTIONALITY", eventType="TIMED_OUT"))
    assert readings == []
    assert notes[0].facts["idHex"] == EPC


def test_a_heartbeat_tells_of_a_radio_that_is_gone_and_of_antennas_that_are_not_there() -> None:
    said, notes = heard(
        ZebraIot,
        heartbeat(**{"1": "connected", "2": "disconnected"}),
        heartbeat("disconnected", **{"1": "connected"}),
        heartbeat("disconnected"),
        heartbeat(**{"1": "disconnected", "2": "disconnected"}),
        heartbeat(**{"1": "connected"}),
    )
    assert [word for word, _ in words(said)] == ["WEDGED", "MISCONFIGURED", "OPEN"]
    assert [note.what for note in notes] == ["heartbeat"] * 5
    assert heard(ZebraIot, heartbeat("disconnected"), retained=True)[0] == []


def test_a_read_proves_that_the_reader_is_well_again() -> None:
    said, _ = heard(ZebraIot, heartbeat("disconnected"), read())
    assert [word for word, _ in words(said)] == ["WEDGED", "OPEN"]


@pytest.mark.parametrize("retained", [False, True])
def test_a_sleds_will_is_said_until_it_is_back(retained: bool) -> None:
    gone, back = (json.dumps({"connectionState": it}).encode() for it in ("DISCONNECTED", "CONNECTED"))
    said, _ = heard(ZebraIot, back, gone, gone, back, retained=retained)
    assert [word for word, _ in words(said)] == ["WEDGED", "OPEN"]
    assert TOPIC in str(said[0])


def test_a_sled_that_beats_is_there() -> None:
    gone, beat = (
        b'{"connectionState":"DISCONNECTED"}',
        b'{"eventName":"heartbeat","uptime":9,"batteryPercentage":80}',
    )
    said, notes = heard(ZebraIot, gone, beat)
    assert [word for word, _ in words(said)] == ["WEDGED", "OPEN"]
    assert notes[-1].facts["batteryPercentage"] == 80


def test_a_readers_firmware_is_told_once() -> None:
    answer = json.dumps(
        {"command": "get_version", "response": "success", "payload": {"readerApplication": "3.10.30"}}
    ).encode()
    assert words(heard(ZebraIot, answer, answer)[0]) == [("OPEN", "3.10.30")]


def test_a_text_that_nothing_could_keep_is_made_plain() -> None:
    answer = json.dumps(
        {"command": "get_version", "payload": {"readerApplication": "3.1\ud800\0\n"}}
    ).encode()
    readings, notes = heard(ZebraIot, answer)
    assert travels(readings)
    assert words(readings) == [("OPEN", "3.1\ufffd??")]
    assert notes[0].facts["readerApplication"] == "3.1\ufffd??"


@pytest.mark.parametrize(
    "kind", ["gpi", "gpo", "error", "warning", "firmwareUpdateProgress", "BLE_DATA", "ALERT"]
)
def test_what_a_reader_says_besides_is_noted_and_never_garbled(kind: str) -> None:
    readings, notes = heard(ZebraIot, event(kind, pin=2, state="LOW", self="x", what="y"))
    assert readings == []
    assert (notes[0].what, notes[0].facts["pin"], notes[0].facts["state"]) == (kind.lower(), 2, "LOW")


def test_a_reader_that_falls_silent_is_wedged_until_it_speaks() -> None:
    reader = ZebraIot({"silence_s": "30"})
    said = reader.idle(0.0) + reader.packet(Packet(TOPIC, heartbeat(**{"1": "connected"})), 20.0)
    said += reader.idle(49.9) + reader.packet(Packet(TOPIC, read(), retained=True), 50.0) + reader.idle(51.0)
    said += reader.idle(90.0) + reader.packet(Packet(TOPIC, b"\r\n"), 91.0)
    assert [word for word, _ in words(said)] == ["WEDGED", "OPEN"]
    assert ZebraIot({}).idle(0.0) + ZebraIot({}).idle(1e9) == []


@pytest.mark.parametrize(
    ("payload", "reason", "where"),
    [
        (read(5), "FIELD", "$.idHex"),  # type: ignore[arg-type]
        (read("E20"), "FIELD", "$.idHex"),
        (read("E200\n"), "FIELD", "$.idHex"),
        (read("E2" * 63), "FIELD", "$.idHex"),
        (read(antenna=256), "FIELD", "$.antenna"),
        (read(antenna={}), "FIELD", "$.antenna"),
        (read(peakRssi=float("nan")), "FIELD", "$.peakRssi"),
        (read(peakRssi=10**400), "FIELD", "$.peakRssi"),
        (read(reads=-1), "FIELD", "$.reads"),
        (b'{"type":"INVENTORY","data":{"tagData":{}}}', "FIELD", "$.tagData"),
        (b'{"type":"INVENTORY","data":{"tagData":[7]}}', "FIELD", "got `int`"),
        (b'{"type":"SIMPLE","data":{"idHex":"E200","idHex":"E201"}}', "NAMED_TWICE", "idHex"),
        (b"{}", "UNKNOWN_SHAPE", "none"),
        (b'{"type":[],"data":"idHex"}', "UNKNOWN_SHAPE", "[]"),
    ],
)
def test_what_no_reader_says_is_kept_as_evidence(payload: bytes, reason: str, where: str) -> None:
    (reading,) = heard(ZebraIot, payload)[0]
    assert isinstance(reading, Garbled)
    assert (reading.reason, reading.raw_hex) == (reason, payload.hex().upper())
    assert where in reading.detail


def test_a_broken_read_costs_no_other() -> None:
    readings, _ = heard(ZebraIot, read("E201"), b'{"type":"SIMPLE","data":{"idHex":E202}}' + read("E203"))
    assert [tag.epc for tag in tags_of(readings)] == ["E201", "E203"]
    assert [it.reason for it in readings if isinstance(it, Garbled)] == ["NOT_JSON"]


def test_a_message_full_of_nonsense_is_told_shortly_and_its_reads_are_taken() -> None:
    readings, _ = heard(ZebraIot, b"{}" * 30_000 + read())
    assert [it.reason for it in readings if isinstance(it, Garbled)] == ["UNKNOWN_SHAPE"] * GARBLED_MAX + [
        "AND_MORE"
    ]
    assert len(tags_of(readings)) == 1
    assert all(len(it.raw_hex) <= RAW_HEX_MAX for it in readings if isinstance(it, TagsSwept | Garbled))


@pytest.mark.parametrize("text", [r"\ud800", "\xff"])
def test_a_read_beside_text_that_is_no_utf_8_is_taken_and_a_field_of_it_is_evidence(text: str) -> None:
    beside = f'{{"idHex":"E200","hostName":"{text}","reads":2}}'.encode("latin-1")
    (tag,) = tags_of(heard(ZebraIot, beside)[0])
    assert (tag.epc, tag.reads) == ("E200", 2)
    within = f'{{"idHex":"E200","reads":"{text}"}}'.encode("latin-1")
    (reading,) = heard(ZebraIot, within)[0]
    assert isinstance(reading, Garbled)
    assert (reading.reason, reading.raw_hex) == ("FIELD", within.hex().upper())


@settings(deadline=None)
@given(st.lists(shapes(NAMES, WORDS), max_size=3), st.booleans())
def test_nothing_that_is_published_stops_the_reader(said: list[Any], retained: bool) -> None:
    payload = json.dumps(said).encode("utf-8", "surrogatepass")
    readings, notes = heard(
        ZebraIot, payload, b"".join(json.dumps(it).encode() for it in said), retained=retained
    )
    assert travels(readings)
    assert all(isinstance(value, str | int) for note in notes for value in note.facts.values())
    assert not (retained and tags_of(readings))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_stop_the_reader(payload: bytes) -> None:
    assert travels(heard(ZebraIot, payload, read()[: len(payload)] + payload)[0])


@pytest.mark.parametrize(
    "options", [{"silence_s": "soon"}, {"silence_s": "-1"}, {"reads": "0"}, {"power": "30"}]
)
def test_a_wrong_option_is_refused_by_name(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured, match=next(iter(options))):
        ZebraIot(options)


def test_a_published_payload_can_be_decoded_at_a_desk() -> None:
    done = CliRunner().invoke(decode, [NAME, "--text", (read(antenna=2) + heartbeat()).decode()])
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert [line["type"] for line in lines] == ["tags", "note"]
    assert lines[0]["tags"] == [{"epc": EPC, "antenna": 2}]
