"""SSI scanners: what the type byte and the prefix say, long scans in parts, and the vectors by the driver."""

from typing import Any

import pytest

from devices.codes.identify import identify
from devices.drivers.scanners.ssi_scanner import AIM_OF_TYPE, DRIVER, frame, ssi_scanner
from devices.errors import NotConfigured
from devices.packets.ssi import SSI
from devices.readings import CodePresented, Garbled
from tests.devices.feeding import every_way, fed, vectors

VECTORS = [v for v in vectors() if v["transport"] == "serial SSI"]
every_vector = pytest.mark.parametrize("vector", VECTORS, ids=[v["id"] for v in VECTORS])


@every_vector
def test_each_vector_is_a_code_a_note_or_garbled_with_the_reply_that_is_due(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["input_hex"]), vector["expected"]
    talk = ssi_scanner({})
    readings = talk.feed(data, 0.0) + talk.idle(60.0)
    assert all(way == readings for way in every_way(lambda: ssi_scanner({}), data))
    if vector["kind"] == "invalid":
        assert [type(it) for it in readings] == [Garbled]
        assert readings[0].raw_hex == vector["input_hex"]
        assert talk.take_replies().hex().upper() == expected["host_reply"].split()[0]
        return
    if "barcode_type" in expected:
        code = CodePresented(text=expected["data"], symbology="]C0", raw_hex=vector["input_hex"])
        assert (readings, talk.take_notes()) == ([code], [])
        assert talk.take_replies().hex().upper() == "04D00400FF28"
        return
    (note,) = talk.take_notes()
    assert note.facts["opcode"] == expected["opcode"]
    assert note.facts["source"] == expected["source"]
    assert (readings, talk.take_replies()) == ([], b"")


def test_a_gs1_label_too_long_for_one_packet_arrives_whole_and_each_part_is_acknowledged() -> None:
    text = "01095060001343521726123110B1\x1d21S1\x1d240" + "A" * 230
    talk = ssi_scanner({})
    assert talk.feed(frame(text[:200], 0xC1, more=True), 0.0) == []
    assert talk.take_replies().hex().upper() == "04D00400FF28"
    (code,) = talk.feed(frame(text[200:], 0xC1), 0.1)
    assert talk.take_replies().hex().upper() == "04D00400FF28"
    assert isinstance(code, CodePresented)
    assert (code.text, code.symbology) == (text, "]d2")


def test_the_type_says_whether_a_code_is_gs1() -> None:
    (gs1,) = fed(lambda: ssi_scanner({}), frame("010950600013435221S1", 0x0F))
    (plain,) = fed(lambda: ssi_scanner({}), frame("010950600013435221S1", 0x03))
    assert isinstance(gs1, CodePresented)
    assert isinstance(plain, CodePresented)
    assert identify(gs1).gtin == "09506000134352"
    assert identify(plain).gtin is None


def test_an_aim_identifier_within_the_packet_says_more_than_the_type() -> None:
    (code,) = fed(lambda: ssi_scanner({"prefix": "aim"}), frame("]d2010950600013435221S1", 0x1B))
    assert isinstance(code, CodePresented)
    assert (code.symbology, code.text) == ("]d2", "010950600013435221S1")
    (garbled,) = fed(lambda: ssi_scanner({"prefix": "aim"}), frame("X30001234"))
    assert isinstance(garbled, Garbled)
    assert garbled.reason == "AIM_ID_MISSING"


def test_an_unknown_type_is_no_symbology() -> None:
    (code,) = fed(lambda: ssi_scanner({}), frame("X3", 0x7F))
    assert code == CodePresented(text="X3", raw_hex=frame("X3", 0x7F).hex().upper())


def test_every_symbology_of_the_table_is_one_of_aims() -> None:
    for identifier in AIM_OF_TYPE.values():
        (code,) = fed(lambda: ssi_scanner({"prefix": "aim"}), frame(identifier + "X3"))
        assert isinstance(code, CodePresented)


@pytest.mark.parametrize("suffix", ["\r", "\n", "\r\n"])
def test_the_suffix_that_a_scanner_adds_is_not_part_of_the_code(suffix: str) -> None:
    (code,) = fed(lambda: ssi_scanner({}), frame("X3\x1d" + suffix))
    assert isinstance(code, CodePresented)
    assert code.text == "X3\x1d"


def test_bytes_of_another_alphabet_are_garbled_and_not_asked_for_again() -> None:
    talk = ssi_scanner({})
    (reading,) = talk.feed(frame(b"\xa3100"), 0.0)
    assert isinstance(reading, Garbled)
    assert reading.reason == "BYTES_ABOVE_7E"
    assert talk.take_replies().hex().upper() == "04D00400FF28"


def test_a_packet_we_have_no_word_for_is_declined() -> None:
    talk = ssi_scanner({})
    assert talk.feed(bytes.fromhex("04F90000FF03"), 0.0) == []
    assert talk.take_replies().hex().upper() == "05D1040002FF24"


def test_an_event_is_acknowledged() -> None:
    talk = ssi_scanner({})
    assert talk.feed(bytes.fromhex("05F6000003FF02"), 0.0) == []
    assert talk.take_replies().hex().upper() == "04D00400FF28"


def test_it_need_not_be_asked_for_its_firmware() -> None:
    assert DRIVER.decoder({"ask": "no"}).opening() == b""
    assert DRIVER.decoder({}).opening() == bytes.fromhex("04A30400FF55")
    with pytest.raises(NotConfigured):
        DRIVER.decoder({"ask": "later"})


def test_green_lights_the_scanners_lamp_as_printed() -> None:
    talk = ssi_scanner({})
    talk.show("green")
    assert talk.take_replies() == bytes.fromhex("05E7040001FF0F")
    talk.feed(bytes.fromhex("04D00000FF2C"), 0.0)
    assert SSI.named(talk.take_replies()[1]) == "BEEP"
