"""R2000 readers: what a frame means is told by its length, and a tag must be as long as it says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.drivers.rfid.r2000 import FIRMWARE, INVENTORY, R2000, SET_ANTENNA, frame, read_frame
from devices.errors import NotConfigured
from devices.readings import DeviceReported, Reading, TagsSwept
from devices.wire import decode_reading, encode
from tests.devices.feeding import every_way, fed

ONE = bytes.fromhex("A0130189013000E2000017221101441890ABCD55AC")
OVER = frame(INVENTORY, bytes(7), 1)


def reader() -> R2000:
    return R2000({})


def tag(epc: bytes, rssi: int = -44, antenna: int = 1) -> bytes:
    """The frame in which a reader tells of a tag of whole words."""
    raw = rssi + 129 | (0x80 if antenna > 4 else 0)
    said = bytes(((antenna - 1) % 4,)) + (len(epc) // 2 << 11).to_bytes(2, "big") + epc + bytes((raw,))
    return frame(INVENTORY, said, 1)


def tags_of(readings: list[Reading]) -> list[tuple[str, float | None, int | None]]:
    return [
        (it.epc, it.rssi_dbm, it.antenna)
        for sweep in readings if isinstance(sweep, TagsSwept) for it in sweep.tags
    ]  # fmt: skip


WORDS = st.integers(1, 31).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words))


@settings(deadline=None)
@given(WORDS, st.integers(-98, -31), st.integers(1, 8))
def test_a_tag_arrives_with_strength_and_antenna_however_its_bytes_are_cut(
    epc: bytes, rssi: int, port: int
) -> None:
    for readings in every_way(reader, tag(epc, rssi, port)):
        assert tags_of(readings) == [(epc.hex().upper(), rssi, port)]


def test_it_is_asked_for_one_round_after_the_other_at_each_chosen_antenna() -> None:
    r2000 = R2000({"antennas": "1,3"})
    sent = [r2000.opening()]
    for turn in range(6):
        asked = read_frame(sent[-1]).command
        said = {FIRMWARE: b"\x08\x02", SET_ANTENNA: b"\x10"}.get(asked, bytes(7))
        r2000.feed(frame(asked, said, 1), turn / 10)
        r2000.idle(turn / 10 + 0.05)
        sent.append(r2000.take_replies())
    asked = [(read_frame(data).command, read_frame(data).data.hex()) for data in sent]
    rounds = [(SET_ANTENNA, "00"), (INVENTORY, "ff"), (SET_ANTENNA, "02"), (INVENTORY, "ff")]
    assert asked == [(FIRMWARE, ""), *rounds, *rounds[:2]]


def test_a_round_is_waited_for_while_its_tags_come() -> None:
    r2000 = reader()
    r2000.opening()
    (word,) = r2000.feed(frame(FIRMWARE, b"\x08\x02", 1), 0.0)
    assert isinstance(word, DeviceReported)
    assert word.firmware == "8.2"
    r2000.idle(0.1)
    assert read_frame(r2000.take_replies()).command == INVENTORY
    for tenth in range(1, 50):
        r2000.feed(ONE, tenth / 10)
        assert r2000.take_replies() == b""
    r2000.feed(OVER, 5.0)
    r2000.idle(5.1)
    assert read_frame(r2000.take_replies()).command == INVENTORY


def test_a_missing_antenna_is_said_once_and_so_is_its_return() -> None:
    r2000 = reader()
    missing = frame(INVENTORY, b"\x22", 1)
    said = [word for n, data in enumerate((missing, missing, OVER, OVER)) for word in r2000.feed(data, n)]
    assert [word.word for word in said if isinstance(word, DeviceReported)] == ["MISCONFIGURED", "OPEN"]


def test_a_pc_word_that_gives_another_length_is_refused() -> None:
    (garbled,) = fed(reader, frame(INVENTORY, b"\x00\x30\x00" + b"\xaa" * 10 + b"\x55", 1))
    assert garbled.reason == "RECORD"


@settings(deadline=None)
@given(st.lists(st.sampled_from([ONE, OVER, b"\xa0", b"\xa0\x13", b"\xa0\x01", b"\x00", b"x"]), max_size=9))
def test_garbage_between_frames_costs_at_most_the_frame_it_touches(parts: list[bytes]) -> None:
    for readings in every_way(reader, b"".join(parts)):
        assert (tags_of(readings) == [("E2000017221101441890ABCD", -44.0, 2)]) == (ONE in parts)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise_and_all_readings_fit_the_wire(data: bytes) -> None:
    whole = fed(reader, data)
    for reading in whole:
        assert decode_reading(encode(reading)) == reading
    assert fed(reader, *(bytes((byte,)) for byte in data)) == whole


@given(st.integers(0, 255), st.binary(max_size=90))
def test_no_sound_frame_makes_it_raise(code: int, data: bytes) -> None:
    for reading in fed(reader, frame(code, data, 1)) + fed(reader, frame(INVENTORY, data, 1)):
        assert decode_reading(encode(reading)) == reading


@pytest.mark.parametrize("options", [{"mode": "push"}, {"region": "eu"}, {"antennas": "left"}])
def test_a_wrong_option_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        R2000(options)
