"""UHFReader18 and 288: what lies on the reader is one sweep, the family is asked and never guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.drivers.rfid.uhfreader18 import (
    HEARTBEAT,
    INFORMATION,
    INVENTORY,
    PUSHED,
    UhfReader18,
    answer,
    command,
    read_frame,
)
from devices.errors import NotConfigured
from devices.readings import DeviceReported, Garbled, Reading, TagsSwept
from devices.wire import decode_reading, encode
from tests.devices.feeding import every_way, fed

EPCS = st.lists(st.binary(min_size=2, max_size=20), min_size=1, max_size=6, unique=True)
ONE = bytes.fromhex("13000103010C0000000000000000000003133F39")
INFO_18 = answer(INFORMATION, 0, bytes.fromhex("0224 09 03 4E00 1E 0A"))
INFO_288 = answer(INFORMATION, 0, bytes.fromhex("0301 0C 02 3180 1A 03 05 000000"))


def reader() -> UhfReader18:
    return UhfReader18({})


def of(family: str) -> UhfReader18:
    return UhfReader18({"family": family})


def inventory_18(epcs: list[bytes], status: int = 1) -> bytes:
    """What a UHFReader18 answers."""
    return answer(INVENTORY, status, bytes((len(epcs),)) + b"".join(bytes((len(epc),)) + epc for epc in epcs))


def inventory_288(epcs: list[bytes], status: int = 1, antenna: int = 1, rssi: int = 100) -> bytes:
    """What a UHFReader288 answers."""
    tags = b"".join(bytes((len(epc),)) + epc + bytes((rssi,)) for epc in epcs)
    return answer(INVENTORY, status, bytes((1 << antenna - 1, len(epcs))) + tags)


def epcs_of(readings: list[Reading]) -> list[str]:
    return [tag.epc for reading in readings if isinstance(reading, TagsSwept) for tag in reading.tags]


@settings(deadline=None)
@given(EPCS)
def test_a_18_and_a_288_tell_the_same_tags_however_their_bytes_are_cut(epcs: list[bytes]) -> None:
    expected = [epc.hex().upper() for epc in epcs]
    for family, data in (("18", inventory_18(epcs)), ("288", inventory_288(epcs))):
        for readings in every_way(lambda family=family: of(family), data):
            assert epcs_of(readings) == expected


def test_a_tray_of_200_in_many_frames_is_one_sweep() -> None:
    uhf = of("288")
    tags = [bytes.fromhex(f"30{n:022X}") for n in range(200)]
    readings: list[Reading] = []
    for turn in range(3):
        for n in range(0, 200, 8):
            frame = inventory_288(tags[n : n + 8], status=3)
            readings += uhf.feed(frame, turn + n * 0.004)
    readings += uhf.idle(10.0)
    (sweep,) = readings
    assert isinstance(sweep, TagsSwept)
    assert len(sweep.tags) == 200
    assert sum(tag.reads for tag in sweep.tags) + uhf.repeated == 600


def test_a_reader_is_asked_who_it_is_and_then_for_inventories() -> None:
    uhf = reader()
    assert uhf.opening() == command(INFORMATION)
    assert uhf.idle(0.0) == []
    (word,) = uhf.feed(INFO_18, 0.1)
    assert isinstance(word, DeviceReported)
    assert (word.word, word.firmware, word.device) == ("OPEN", "2.36 (type 09)", "uhfreader18")
    assert uhf.take_replies() == command(0x25, b"\x03"), "it scans 1 s at a time and should 0.3 s"
    uhf.feed(answer(0x25, 0), 0.2)
    uhf.idle(0.3)
    assert uhf.take_replies() == bytes.fromhex("04FF011BB4")
    uhf.feed(ONE, 0.6)
    uhf.idle(0.8)
    assert uhf.take_replies() == b"", "status 03: more frames follow"
    uhf.feed(answer(INVENTORY, 1, b"\x00"), 0.9)
    uhf.idle(1.0)
    assert uhf.take_replies() == bytes.fromhex("04FF011BB4")


def test_a_288_is_asked_at_each_antenna_that_it_has() -> None:
    uhf = reader()
    uhf.opening()
    uhf.feed(INFO_288, 0.1)
    asked = []
    for turn in range(4):
        uhf.idle(0.2 + turn)
        asked.append(read_frame(uhf.take_replies()).rest)
        uhf.feed(answer(INVENTORY, 1, b"\x01\x00"), 0.3 + turn)
    assert [rest[3] for rest in asked] == [0x80, 0x82, 0x80, 0x82], "antennas 1 and 3"
    chosen = UhfReader18({"family": "288", "antennas": "2"})
    chosen.opening()
    chosen.feed(INFO_288, 0.1)
    chosen.idle(0.2)
    assert read_frame(chosen.take_replies()).rest[3] == 0x81


def test_a_288_that_refuses_a_18s_command_is_taken_for_one() -> None:
    uhf = reader()
    assert uhf.feed(answer(INVENTORY, 0xFD), 0.0) == []
    (sweep,) = uhf.feed(inventory_288([b"\x01\x00" * 6]), 0.1) + uhf.idle(5.0)
    assert epcs_of([sweep]) == ["0100" * 6]


def test_an_inventory_that_either_family_could_mean_or_neither_is_not_guessed() -> None:
    either = answer(INVENTORY, 1, bytes.fromhex("02 02 01BB 03 01DDEE"))
    assert epcs_of(fed(lambda: of("18"), either)) == ["01BB", "01DDEE"]
    assert epcs_of(fed(lambda: of("288"), either)) == ["BB", "DD"]
    neither = answer(INVENTORY, 1, bytes.fromhex("01 01 01 AA"))
    for data in (either, neither):
        assert [reading.reason for reading in fed(reader, data)] == ["RECORD"]


def test_a_reader_that_pushes_is_only_listened_to() -> None:
    uhf = UhfReader18({"mode": "listen"})
    assert uhf.opening() == b""
    readings = uhf.feed(HEARTBEAT + answer(PUSHED, 0, b"\xaa" * 12) + HEARTBEAT, 0.0) + uhf.idle(60.0)
    assert epcs_of(readings) == ["AA" * 12]
    assert uhf.take_replies() == b""
    assert not any(isinstance(reading, Garbled) for reading in readings)


def test_a_288_that_pushes_names_antenna_and_strength() -> None:
    pushed = answer(PUSHED, 0, bytes((4, 12)) + b"\xbb" * 12 + b"\x6b")
    (sweep,) = fed(lambda: of("288"), pushed)
    assert [(tag.epc, tag.antenna) for tag in sweep.tags] == [("BB" * 12, 3)]
    assert fed(reader, pushed)[0].reason == "RECORD", (
        "without knowing the family it could be an EPC as a whole"
    )


def test_the_floor_is_on_the_readers_own_scale_and_never_told_as_dbm() -> None:
    options = {"family": "288", "rssi_floor": "100"}
    frames = inventory_288([b"\x01" * 12], rssi=99) + inventory_288([b"\x02" * 12], rssi=100)
    (sweep,) = fed(lambda: UhfReader18(options), frames)
    assert [(tag.epc, tag.rssi_dbm) for tag in sweep.tags] == [("02" * 12, None)]


def test_a_missing_antenna_is_said_once_and_so_is_its_return() -> None:
    uhf = reader()
    words = [
        uhf.feed(answer(INVENTORY, status), n) for n, status in enumerate((0xF8, 0xF8, 0xFB, 0xFB, 0xF8))
    ]
    said = [reading.word for readings in words for reading in readings if isinstance(reading, DeviceReported)]
    assert said == ["MISCONFIGURED", "OPEN", "MISCONFIGURED"]


def test_a_tag_without_an_epc_is_noted_and_costs_no_other() -> None:
    (sweep,) = fed(lambda: of("288"), inventory_288([b"", b"\x0a" * 12]))
    assert [tag.epc for tag in sweep.tags] == ["0A" * 12]


def test_silence_is_said_once_and_the_first_word_ends_it() -> None:
    uhf = reader()
    uhf.opening()
    readings: list[Reading] = []
    for tenth in range(400):
        readings += uhf.idle(tenth / 10)
        uhf.take_replies()
    assert [reading.word for reading in readings] == ["WEDGED"]
    assert [reading.word for reading in uhf.feed(answer(INVENTORY, 0xFB), 40.0)] == ["OPEN"]


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([ONE, HEARTBEAT, b"\x56\x00", b"\x05\x00\x01", b"\xff", b"\x00", b"\x13\x00"]),
        max_size=9,
    )
)
def test_garbage_between_frames_costs_at_most_the_frame_it_touches(parts: list[bytes]) -> None:
    data = b"".join(parts)
    for readings in every_way(reader, data):
        assert (epcs_of(readings) == ["000000000000000000000313"]) == (ONE in parts)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise_and_all_readings_fit_the_wire(data: bytes) -> None:
    whole = fed(reader, data)
    for reading in whole:
        assert decode_reading(encode(reading)) == reading
    assert fed(reader, *(bytes((byte,)) for byte in data)) == whole


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=60))
def test_no_sound_frame_makes_it_raise(code: int, status: int, data: bytes) -> None:
    for family in ("auto", "18", "288"):
        for reading in fed(lambda family=family: of(family), answer(code, status, data)):
            assert decode_reading(encode(reading)) == reading


@pytest.mark.parametrize(
    "options", [{"mode": "push"}, {"family": "86"}, {"scan_s": "0.2"}, {"reads": "0"}, {"x": "1"}]
)
def test_a_wrong_option_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        UhfReader18(options)
