"""M100 modules: frames by their length, tags by their own CRC, started again whenever they fall silent."""

from binascii import crc_hqx

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.drivers.rfid.m100 import (
    ANSWER,
    ERROR,
    INFORMATION,
    M100,
    REGION,
    ROUNDS,
    SEEN,
    SINGLE,
    STOP,
    TO_MODULE,
    frame,
)
from devices.errors import NotConfigured
from devices.readings import DeviceReported, Garbled, Reading, TagsSwept
from devices.wire import decode_reading, encode
from tests.devices.feeding import every_way, fed

ONE = bytes.fromhex("BB02220011C9340030751FEB705C5904E3D50D703A76EF7E")
NOBODY = frame(ANSWER, ERROR, b"\x15")


def module() -> M100:
    return M100({})


def tag(epc: bytes, rssi: int = -55) -> bytes:
    """The frame in which a module tells of a tag of whole words."""
    said = (len(epc) // 2 << 11).to_bytes(2, "big") + epc
    crc = (crc_hqx(said, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
    return frame(SEEN, SINGLE, rssi.to_bytes(1, "big", signed=True) + said + crc)


def tags_of(readings: list[Reading]) -> list[tuple[str, float | None]]:
    return [(it.epc, it.rssi_dbm) for sweep in readings if isinstance(sweep, TagsSwept) for it in sweep.tags]


WORDS = st.integers(1, 31).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words))


@settings(deadline=None)
@given(WORDS, st.integers(-128, 0))
def test_a_tag_arrives_with_its_strength_however_its_bytes_are_cut(epc: bytes, rssi: int) -> None:
    for readings in every_way(module, tag(epc, rssi)):
        assert tags_of(readings) == [(epc.hex().upper(), rssi)]


def test_a_module_is_asked_who_it_is_told_where_it_is_and_started() -> None:
    m100 = module()
    sent = [m100.opening()]
    answers = [
        frame(ANSWER, STOP, b"\x00"),
        frame(ANSWER, INFORMATION, b"\x01M100 V2.3"),
        frame(ANSWER, REGION, b"\x00"),
    ]
    said: list[Reading] = []
    for turn, data in enumerate(answers):
        said += m100.feed(data, turn / 10)
        sent.append(m100.take_replies())
    assert [data.hex().upper() for data in sent] == [
        "BB00280000287E",
        "BB000300010105" + "7E",
        "BB00070001030B7E",
        "BB00270003222710837E",
    ]
    assert [(word.word, word.firmware) for word in said if isinstance(word, DeviceReported)] == [
        ("OPEN", "M100 V2.3")
    ]


def test_a_module_that_has_done_its_rounds_is_started_again() -> None:
    m100 = M100({"region": "keep"})
    m100.opening()
    for turn, data in enumerate([frame(ANSWER, STOP, b"\x00"), frame(ANSWER, INFORMATION, b"\x01x"), ONE]):
        m100.feed(data, turn / 10)
        m100.take_replies()
    m100.idle(1.1)
    assert m100.take_replies() == b""
    m100.idle(1.3)
    assert m100.take_replies() == frame(TO_MODULE, ROUNDS, bytes.fromhex("222710"))


def test_an_empty_field_is_no_fault_and_no_reading() -> None:
    assert fed(module, NOBODY * 50) == []


def test_one_flipped_bit_that_the_short_check_lets_through_is_caught_by_the_tags_own_crc() -> None:
    broken = bytearray(ONE)
    broken[9] ^= 0x01
    broken[-2] = sum(broken[1:-2]) & 0xFF
    (garbled,) = fed(module, bytes(broken))
    assert (garbled.reason, garbled.raw_hex) == ("TAG_CRC", broken.hex().upper())
    assert len(tags_of(fed(lambda: M100({"tag_crc": "ignore"}), bytes(broken)))) == 1


def test_a_pc_word_that_gives_another_length_is_refused() -> None:
    (garbled,) = fed(module, frame(SEEN, SINGLE, b"\xc9\x30\x00" + b"\xaa" * 10 + b"\x00\x00"))
    assert garbled.reason == "RECORD"


def test_a_refused_command_is_said_once_and_the_next_tag_ends_it() -> None:
    m100 = module()
    said = m100.feed(frame(ANSWER, ERROR, b"\x17") * 3, 0.0) + m100.feed(ONE, 0.1)
    assert [word.word for word in said if isinstance(word, DeviceReported)] == ["MISCONFIGURED", "OPEN"]


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([ONE, NOBODY, b"\xbb", b"\xbb\x02\x22\x00\x11", b"\x7e", b"\xbb\x01\xff", b"x"]),
        max_size=9,
    )
)
def test_garbage_between_frames_costs_at_most_the_frame_it_touches(parts: list[bytes]) -> None:
    for readings in every_way(module, b"".join(parts)):
        assert (tags_of(readings) == [("30751FEB705C5904E3D50D70", -55.0)]) == (ONE in parts)
        assert all(isinstance(reading, TagsSwept | Garbled) for reading in readings)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise_and_all_readings_fit_the_wire(data: bytes) -> None:
    whole = fed(module, data)
    for reading in whole:
        assert decode_reading(encode(reading)) == reading
    assert fed(module, *(bytes((byte,)) for byte in data)) == whole


@given(st.integers(0, 2), st.integers(0, 255), st.binary(max_size=90))
def test_no_sound_frame_makes_it_raise(type_: int, code: int, parameter: bytes) -> None:
    for reading in fed(lambda: M100({"tag_crc": "ignore"}), frame(type_, code, parameter)):
        assert decode_reading(encode(reading)) == reading


@pytest.mark.parametrize(
    "options", [{"region": "moon"}, {"mode": "stream"}, {"tag_crc": "no"}, {"settle_s": "x"}]
)
def test_a_wrong_option_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        M100(options)
