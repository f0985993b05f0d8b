"""Built-in scan engines: codes as from any scanner, and the command to look for the next one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.scanners.scan_engine import ANSWER_S, DRIVER, SCAN_NOW, WINDOW_S, ScanEngine
from devices.packets import engine
from devices.readings import CodePresented, DeviceReported, Garbled
from devices.wire import decode_reading, encode
from tests.devices.feeding import every_way, fed, vectors

VECTORS = [v for v in vectors() if v["transport"] == "serial/HID-POS scan engine 7E00/0200"]
OK = engine.reply(0)


def told() -> ScanEngine:
    return ScanEngine({"trigger": "command"})


@pytest.mark.parametrize("vector", VECTORS, ids=[v["id"] for v in VECTORS])
def test_each_vector_is_a_note_or_garbled_with_its_reason(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["input_hex"]), vector["expected"]
    decoder = ScanEngine({})
    readings = decoder.feed(data, 0.0) + decoder.idle(60.0)
    assert all(way == readings for way in every_way(lambda: ScanEngine({}), data))
    if vector["kind"] == "invalid":
        (reading,) = readings
        assert isinstance(reading, Garbled)
        assert reading.reason == {"crc": "CHECKSUM", "length": "LENGTH"}[expected["error"]]
        assert reading.raw_hex == vector["input_hex"]
        return
    assert readings == []
    (note,) = decoder.take_notes()
    facts = {"reply": expected["reply"]} if "reply" in expected else {
        "command": expected["command"], "zone": expected["zone"]
    }  # fmt: skip
    assert note.facts == {**facts, "data": expected["data"]}


def test_a_scan_is_a_code_with_its_prefix_taken_off() -> None:
    for readings in every_way(lambda: ScanEngine({"prefix": "aim"}), OK + b"]C0X30001234\r\n"):
        assert readings == [
            CodePresented(text="X30001234", symbology="]C0", raw_hex=b"]C0X30001234".hex().upper())
        ]


def test_an_engine_with_its_own_trigger_is_never_written_to() -> None:
    decoder = ScanEngine({})
    assert decoder.opening() == b""
    decoder.feed(b"X3\r", 0.0)
    decoder.idle(60.0)
    assert decoder.take_replies() == b""


def test_an_engine_that_is_told_to_scan_is_told_again_after_a_scan_and_after_its_time() -> None:
    decoder = told()
    assert decoder.opening() == SCAN_NOW == bytes.fromhex("7E00080100020102DA")
    assert decoder.feed(OK, 0.1) == []
    assert decoder.take_replies() == b""
    assert [type(it) for it in decoder.feed(b"X3\r", 2.0)] == [CodePresented]
    assert decoder.take_replies() == SCAN_NOW
    decoder.feed(OK, 2.1)
    decoder.idle(2.1 + WINDOW_S - 0.1)
    assert decoder.take_replies() == b""
    decoder.idle(2.1 + WINDOW_S)
    assert decoder.take_replies() == SCAN_NOW


def test_an_engine_that_answers_no_command_is_said_to_be_wedged_once_and_back_when_it_does() -> None:
    decoder = told()
    decoder.opening()
    words, at_s = [], 10.0
    for _ in range(8):
        words += [it for it in decoder.idle(at_s) if isinstance(it, DeviceReported)]
        decoder.take_replies()
        words += [it for it in decoder.idle(at_s) if isinstance(it, DeviceReported)]
        at_s += ANSWER_S
    assert [it.word for it in words] == ["WEDGED"]
    assert [it.word for it in decoder.feed(OK, at_s) if isinstance(it, DeviceReported)] == ["OPEN"]


def test_an_engine_without_suffix_is_said_to_be_set_wrong() -> None:
    decoder = ScanEngine({})
    readings = [it for at_s in range(5) for it in decoder.feed(b"X30001234", float(at_s))]
    alarms = [it.word for it in readings if isinstance(it, DeviceReported)]
    assert alarms == ["MISCONFIGURED"]


def test_notes_that_nobody_takes_do_not_grow() -> None:
    decoder = ScanEngine({})
    decoder.feed(OK * 500, 0.0)
    assert len(decoder.take_notes()) == 64


@given(st.binary(max_size=200), st.sampled_from(["scanner", "command"]))
def test_no_bytes_make_it_raise_and_all_readings_fit_the_wire(data: bytes, trigger: str) -> None:
    whole = fed(lambda: DRIVER.decoder({"trigger": trigger}), data)
    for reading in whole:
        assert decode_reading(encode(reading)) == reading
    pieces = (bytes((byte,)) for byte in data)
    assert fed(lambda: DRIVER.decoder({"trigger": trigger}), *pieces) == whole
