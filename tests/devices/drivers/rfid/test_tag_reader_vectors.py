"""The claimed vectors of UHF readers: what is in each frame, from the bytes and back to them, however they are cut."""

from collections.abc import Callable
from typing import Any

import pytest

from devices.drivers.rfid import m100, mercury, r2000, uhfreader18
from devices.readings import Garbled, TagsSwept
from tests.devices.feeding import Make, before_the_last_byte, every_way
from tests.devices.test_claimed_vectors import UHF_18, UHF_18_PUSHING, UHF_M100, UHF_MERCURY, UHF_R2000, of

READERS: dict[str, Make] = {
    UHF_18: lambda: uhfreader18.UhfReader18({}),
    UHF_18_PUSHING: lambda: uhfreader18.UhfReader18({"mode": "listen"}),
    UHF_M100: lambda: m100.M100({}),
    UHF_MERCURY: lambda: mercury.Mercury({}),
    UHF_R2000: lambda: r2000.R2000({}),
}
REFUSED_AS = {"crc": "CHECKSUM", "checksum": "CHECKSUM", "length": "LENGTH"}


@of(*READERS, kind="invalid")
def test_a_broken_frame_is_garbled_with_its_bytes(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["input_hex"])
    for readings in every_way(READERS[vector["transport"]], data):
        (garbled,) = readings
        assert isinstance(garbled, Garbled)
        assert (garbled.reason, garbled.raw_hex) == (
            REFUSED_AS[vector["expected"]["error"]],
            vector["input_hex"],
        )


@of(*READERS, kind="valid")
def test_a_sound_frame_tells_its_tags_and_nothing_is_garbled(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["input_hex"]), vector["expected"]
    tags = expected.get("tags", [expected["epc"]] if "epc" in expected else None)
    make = READERS[vector["transport"]]
    for readings in every_way(make, data):
        assert not any(isinstance(reading, Garbled) for reading in readings)
        told = [tag.epc for sweep in readings if isinstance(sweep, TagsSwept) for tag in sweep.tags]
        assert tags is None or told == tags
    assert before_the_last_byte(make, data) == []


@of(*READERS, kind="valid")
def test_every_sound_frame_is_noted_or_told(vector: dict[str, Any]) -> None:
    reader = READERS[vector["transport"]]()
    told = reader.feed(bytes.fromhex(vector["input_hex"]), 0.0) + reader.idle(60.0)
    assert told or reader.take_notes()  # type: ignore[attr-defined]


@of(UHF_18, kind="valid")
def test_a_uhfreader18_frame_has_the_parts_that_the_vector_names(vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    said = uhfreader18.read_frame(bytes.fromhex(vector["input_hex"]))
    assert (said.address, said.command, said.rest.hex()) == (
        expected["adr"],
        expected["cmd"],
        expected["rest"],
    )
    assert uhfreader18.command(said.command, said.rest, said.address).hex().upper() == vector["input_hex"]
    if "status" in expected:
        assert said.rest[0] == expected["status"]
    if "antenna" in expected:
        tags = uhfreader18.read_tags(said.rest[1:], "288")
        assert tags is not None
        assert tags.antenna == expected["antenna"]
        assert [rssi for _, rssi in tags.tags] == expected.get("rssi_raw", [])


@of(UHF_18_PUSHING)
def test_a_heartbeat_is_known_whole(vector: dict[str, Any]) -> None:
    assert bytes.fromhex(vector["input_hex"]) == uhfreader18.HEARTBEAT


@of(UHF_M100, kind="valid")
def test_an_m100_frame_has_the_parts_that_the_vector_names(vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    said = m100.read_frame(bytes.fromhex(vector["input_hex"]))
    assert (said.type, said.command, said.parameter.hex()) == (
        expected["type"],
        expected["cmd"],
        expected["param"],
    )
    assert m100.frame(*said).hex().upper() == vector["input_hex"]
    if "epc" in expected:
        tag = m100.read_tag(said.parameter)
        assert tag is not None
        assert (tag.epc, tag.rssi) == (expected["epc"], expected["rssi_dbm"])
        assert said.parameter[1:3].hex() == expected["pc"]
        assert said.parameter[-2:].hex().upper() == expected["tag_crc"]
    if "error" in expected:
        assert said.parameter[0] == expected["error"]


@of(UHF_MERCURY, kind="valid")
def test_a_mercury_frame_has_the_parts_that_the_vector_names(vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    said = mercury.read_frame(bytes.fromhex(vector["input_hex"]))
    assert (said.opcode, len(said.data), said.status) == (
        expected["opcode"],
        expected["len"],
        expected.get("status"),
    )
    again = (
        mercury.command(said.opcode, said.data)
        if said.status is None
        else mercury.answer(said.opcode, said.status, said.data)
    )
    assert again.hex().upper() == vector["input_hex"]
    if "epc" in expected:
        record = mercury.read_record(said.data)
        assert record is not None
        assert (record.sighting.epc, record.sighting.rssi) == (expected["epc"], expected["rssi_dbm"])
        assert (record.sighting.antenna, record.sent_by) == (expected["antenna_rx"], expected["antenna_tx"])
        assert (record.khz, record.ms, record.pc) == (expected["freq_khz"], expected["ts_ms"], expected["pc"])


@of(UHF_R2000)
def test_an_r2000_frame_has_the_parts_that_the_vector_names(vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    said = r2000.read_frame(bytes.fromhex(vector["input_hex"]))
    assert (said.address, said.command) == (expected["adr"], expected["cmd"])
    assert r2000.frame(said.command, said.data, said.address).hex().upper() == vector["input_hex"]


@pytest.mark.parametrize(
    ("sent", "hex_digits"),
    [
        (lambda: uhfreader18.UhfReader18({}), "04FF211995"),
        (lambda: m100.M100({}), "BB00280000287E"),
        (lambda: mercury.Mercury({}), "FF032F0000025E86"),
        (lambda: r2000.R2000({}), "A003FF72EC"),
    ],
)
def test_what_a_reader_is_sent_first_is_what_its_maker_prints(
    sent: Callable[[], Any], hex_digits: str
) -> None:
    assert sent().opening().hex().upper() == hex_digits
