"""Mercury modules: a stream of tag records, each field where its flags put it, commands told from answers."""

from binascii import crc_hqx

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.drivers.rfid.mercury import (
    BOOT,
    READ_MULTIPLE,
    READ_SINGLE,
    SET_ANTENNA,
    SET_OPTION,
    SET_PROTOCOL,
    SET_REGION,
    STREAM,
    VERSION,
    Mercury,
    answer,
    command,
    read_frame,
    read_record,
)
from devices.errors import NotConfigured
from devices.readings import DeviceReported, Garbled, Reading, TagsSwept
from devices.wire import decode_reading, encode
from tests.devices.feeding import every_way, fed

ONE = bytes.fromhex(
    "FF2822000010001B01FF0101C4110E16400000012700000500000F00803000000000000000000000001545E94A561D"
)
SHORT = bytes.fromhex("FF2022000010001B01FF0101C7110E08300000003600000500000F00401000596F596FF313D3B7")
ALIVE = bytes.fromhex("FF002204008 4E0".replace(" ", ""))
NANO = bytes.fromhex("FF140300001412080030000002201503100103014700000010EBFF")
M5E = bytes.fromhex("ff0e210000e200322fe20df9311328b7e3d100aad0")


def module() -> Mercury:
    return Mercury({})


def record(epc: bytes, rssi: int = -60, ports: int = 0x11, extended: bytes = b"") -> bytes:
    """The frame in which a module streams a tag of whole words."""
    pc = (len(epc + extended) // 2 << 11 | (0x0200 if extended else 0)).to_bytes(2, "big")
    said = pc + extended + epc
    tag = said + (crc_hqx(said, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
    fields = bytes((1, rssi & 0xFF, ports)) + bytes.fromhex("0D3A00 00000127 0000 05 0000 0F")
    return answer(
        READ_MULTIPLE, 0, bytes.fromhex("10001B01FF01") + fields + (8 * len(tag)).to_bytes(2, "big") + tag
    )


def tags_of(readings: list[Reading]) -> list[tuple[str, float | None, int | None]]:
    return [
        (it.epc, it.rssi_dbm, it.antenna)
        for sweep in readings if isinstance(sweep, TagsSwept) for it in sweep.tags
    ]  # fmt: skip


WORDS = st.integers(1, 31).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words))


@settings(deadline=None)
@given(WORDS, st.integers(-128, 0), st.integers(1, 15))
def test_a_tag_arrives_with_strength_and_antenna_however_its_bytes_are_cut(
    epc: bytes, rssi: int, port: int
) -> None:
    for readings in every_way(module, record(epc, rssi, port << 4 | port)):
        assert tags_of(readings) == [(epc.hex().upper(), rssi, port)]


def test_a_stream_of_two_tags_is_one_sweep() -> None:
    (sweep,) = fed(module, (ONE + SHORT) * 20 + ALIVE)
    assert [(tag.epc, tag.reads) for tag in sweep.tags] == [
        ("000000000000000000001545", 20),
        ("596F596F", 20),
    ]


def test_words_between_pc_and_epc_are_no_part_of_the_epc() -> None:
    for extended in (b"\x00\x01", b"\x80\x01\x00\x02"):
        assert tags_of(fed(module, record(b"\xaa" * 12, extended=extended)))[0][0] == "AA" * 12


def test_fields_that_the_flags_do_not_announce_are_not_there() -> None:
    data = bytes.fromhex("10001B000201C4 0040 1000 BEEF 1234".replace(" ", ""))
    assert read_record(data) is None, "64 bits are announced and 48 are there"
    found = read_record(bytes.fromhex("10001B000201C4 0040 1000 00BEEF00 1234".replace(" ", "")))
    assert found is not None
    assert (found.sighting.epc, found.sighting.rssi, found.khz, found.sent_by) == (
        "00BEEF00",
        -60,
        None,
        None,
    )


def test_an_m5e_is_asked_tag_by_tag() -> None:
    m5e = Mercury({"mode": "single", "region": "eu"})
    sent = [m5e.opening()]
    for turn in range(7):
        opcode = read_frame(sent[-1]).opcode
        m5e.feed(M5E if opcode == READ_SINGLE else answer(opcode), turn / 10)
        m5e.idle(turn / 10 + 0.08)
        sent.append(m5e.take_replies())
    assert [read_frame(data).opcode for data in sent] == [
        VERSION,
        BOOT,
        SET_REGION,
        SET_PROTOCOL,
        SET_ANTENNA,
        SET_OPTION,
        READ_SINGLE,
        READ_SINGLE,
    ]
    assert sent[2] == bytes.fromhex("FF0197024BBF")
    assert tags_of(m5e.idle(5.0)) == [("E200322FE20DF9311328B7E3", None, None)]


def test_a_module_is_set_up_and_streams_at_the_antennas_that_are_used() -> None:
    m6e = Mercury({"antennas": "1,2"})
    sent = [m6e.opening()]
    said: list[Reading] = []
    while sent[-1]:
        opcode = read_frame(sent[-1]).opcode
        said += m6e.feed(NANO if opcode == VERSION else answer(opcode), len(sent) / 10)
        sent.append(m6e.take_replies())
    assert [read_frame(data).opcode for data in sent[:-1]] == [
        STREAM, VERSION, BOOT, SET_REGION, SET_PROTOCOL, SET_ANTENNA, SET_OPTION, STREAM,
    ]  # fmt: skip
    assert read_frame(sent[5]).data == bytes.fromhex("0201010202")
    assert sent[0] == bytes.fromhex("FF032F0000025E86")
    assert sent[-2] == bytes.fromhex("FF102F00000122000005072210001B03E801FFDD2B")
    (word,) = [it for it in said if isinstance(it, DeviceReported)]
    assert word.firmware == "01.03.01.47 of 2015-03-10, hardware 30"


def test_a_module_that_was_switched_off_and_on_is_set_up_again() -> None:
    m6e = module()
    sent = [m6e.opening()]
    while sent[-1]:
        m6e.feed(answer(read_frame(sent[-1]).opcode), 0.1)
        sent.append(m6e.take_replies())
    m6e.feed(ALIVE, 1.0)
    m6e.idle(3.9)
    assert m6e.take_replies() == b""
    m6e.idle(4.1)
    assert read_frame(m6e.take_replies()).opcode == STREAM


def test_a_refused_region_is_said_with_what_to_do_and_the_next_tag_ends_it() -> None:
    m5e = module()
    said = (
        m5e.feed(answer(SET_REGION, 0x0105), 0.0) + m5e.feed(answer(BOOT, 0x0101), 0.1) + m5e.feed(ONE, 0.2)
    )
    words = [it for it in said if isinstance(it, DeviceReported)]
    assert [word.word for word in words] == ["MISCONFIGURED", "OPEN"]
    assert "option region" in (words[0].detail or "")


def test_an_echo_of_our_own_commands_is_no_garbage() -> None:
    for readings in every_way(module, command(VERSION) + command(SET_REGION, b"\x02") + ONE):
        assert len(tags_of(readings)) == 1
        assert not any(isinstance(reading, Garbled) for reading in readings)


def test_what_comes_between_tags_and_is_none_is_no_garbage() -> None:
    assert fed(module, ALIVE + answer(READ_MULTIPLE, 0, bytes(10)) + answer(READ_MULTIPLE, 0, bytes(8))) == []


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([ONE, ALIVE, b"\xff", b"\xff\x28\x22", b"\x00", b"\xff\xff\x01", b"\xff\x00"]),
        max_size=9,
    )
)
def test_garbage_between_frames_costs_at_most_the_frame_it_touches(parts: list[bytes]) -> None:
    for readings in every_way(module, b"".join(parts)):
        assert (tags_of(readings) == [("000000000000000000001545", -60.0, 1)]) == (ONE in parts)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise_and_all_readings_fit_the_wire(data: bytes) -> None:
    whole = fed(module, data)
    for reading in whole:
        assert decode_reading(encode(reading)) == reading
    assert fed(module, *(bytes((byte,)) for byte in data)) == whole


@given(st.sampled_from([VERSION, READ_SINGLE, READ_MULTIPLE, SET_REGION]), st.binary(max_size=90))
def test_no_sound_frame_makes_it_raise(opcode: int, data: bytes) -> None:
    for status in (0, 0x0400, 0x0504, 0x0105):
        for reading in fed(module, answer(opcode, status, data)):
            assert decode_reading(encode(reading)) == reading


@pytest.mark.parametrize("options", [{"region": "moon"}, {"mode": "poll"}, {"gone_s": "0"}, {"q": "4"}])
def test_a_wrong_option_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        Mercury(options)
