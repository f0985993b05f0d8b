"""EM4100 readers: one reading a presentation, its checksum proven, its noise told from its frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.rfid.em4100 import Em4100, facility_and_card, frame, printed_number
from devices.errors import NotConfigured
from devices.readings import CardPresented, Garbled
from devices.wire import decode_reading, encode
from tests.devices.feeding import before_the_last_byte, every_way, fed

UIDS = st.binary(min_size=5, max_size=5).map(lambda number: number.hex().upper())
TAILS = st.sampled_from([b"", b"\r\n"])
FOB = bytes.fromhex("0236324533303836434544303803")


def reader() -> Em4100:
    return Em4100({})


@given(UIDS, TAILS)
def test_what_a_reader_sends_arrives_however_it_is_cut(uid: str, tail: bytes) -> None:
    data = frame(uid, tail)
    for readings in every_way(reader, data):
        assert [card.uid for card in readings] == [uid]
    assert before_the_last_byte(reader, data) == []


@given(UIDS, TAILS)
def test_a_number_in_small_letters_is_the_same_card(uid: str, tail: bytes) -> None:
    (card,) = fed(reader, frame(uid, tail).lower())
    assert card.uid == uid


def test_a_fob_held_to_the_reader_is_one_presentation() -> None:
    em4100 = reader()
    readings = [card for step in range(20) for card in em4100.feed(FOB, step * 0.1)]
    assert len(readings) == 1
    assert em4100.repeated == 19
    assert len(em4100.feed(FOB, 4.0)) == 1


def test_two_fobs_in_turn_are_two_presentations() -> None:
    assert [card.uid for card in fed(reader, FOB + frame("3C00CE754C") + FOB)] == ["62E3086CED", "3C00CE754C"]


def test_the_quiet_time_is_a_setting() -> None:
    em4100 = Em4100({"quiet_s": "0"})
    assert len(em4100.feed(FOB + FOB, 0.0)) == 2


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (bytes.fromhex("0230323030344442303035464303"), ["CHECKSUM"]),
        (FOB[:11] + b";D" + FOB[13:], ["NOT_HEX"]),
        (FOB[:6] + FOB[7:], ["LENGTH"]),
        (b"\x02" + b"62E3086CED08XY\x03", ["NOT_HEX"]),
        (b"\x02" + b"6" * 40 + b"\x03", ["LENGTH"]),
        (FOB[:5], ["GAP"]),
        (b"hello", ["NOISE"]),
        (b"\x02+62E3086CE08\x03", ["NOT_HEX"]),
        (b"\x02 62E3086CE08\x03", ["NOT_HEX"]),
    ],
)
def test_a_broken_frame_is_garbled_and_the_next_one_is_read(data: bytes, reasons: list[str]) -> None:
    for readings in every_way(reader, data):
        assert [reading.reason for reading in readings] == reasons
    after = fed(reader, data + FOB)
    assert [reading.uid for reading in after if isinstance(reading, CardPresented)] == ["62E3086CED"]


def test_the_evidence_of_a_bad_checksum_names_both_sums() -> None:
    (garbled,) = fed(reader, bytes.fromhex("0230323030344442303035464303"))
    assert garbled.detail == "The checksum is FC and should be FA."
    assert garbled.raw_hex == "303230303444423030354643"


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise_and_all_readings_fit_the_wire(data: bytes) -> None:
    whole = fed(reader, data)
    for reading in whole:
        assert decode_reading(encode(reading)) == reading
    assert fed(reader, *(bytes((byte,)) for byte in data)) == whole


@given(st.lists(st.sampled_from([FOB, b"\x02", b"\x03", b"62E3", b"\r\n", b"\xff"]), max_size=12))
def test_garbage_between_frames_costs_at_most_the_frame_it_touches(parts: list[bytes]) -> None:
    readings = fed(lambda: Em4100({"quiet_s": "0"}), b"".join(parts) + b"\x03" + FOB)
    assert isinstance(readings[-1], CardPresented)
    assert all(isinstance(reading, CardPresented | Garbled) for reading in readings)


def test_the_number_is_printed_in_either_way() -> None:
    assert printed_number("6F007B3972") == "0008075634"
    assert facility_and_card("6F007B3972") == "123,14706"
    (card,) = fed(lambda: Em4100({"printed": "facility"}), frame("6F007B3972"))
    assert card.printed == "123,14706"


@pytest.mark.parametrize(
    "options", [{"checksum": "crc"}, {"quiet_s": "soon"}, {"printed": "yes"}, {"x": "1"}]
)
def test_a_wrong_option_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        Em4100(options)
