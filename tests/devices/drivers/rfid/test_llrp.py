"""LLRP readers: published reports become sweeps, trouble is said with what to do, and nothing makes it raise."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.driver import Linked, Noting, Talking
from devices.drivers.rfid.llrp import LOST_MAX, Llrp
from devices.errors import NotConfigured
from devices.llrp.framing import STALL_S
from devices.llrp.messages import HEADER_BYTES, Message, read_header, read_message
from devices.llrp.reports import TagRead, tags_of
from devices.readings import DeviceReported, Garbled, Reading, TagsSwept
from devices.wire import decode_reading, encode
from firmware_bridge.simulated_reader import GENERAL, event, message, outcome, report, tag
from tests.devices.feeding import before_the_last_byte, every_way, fed
from tests.devices.llrp.captured import CAPTURES
from tests.devices.test_claimed_vectors import LLRP, of

ONE = bytes.fromhex("AA" * 12)
SUCCESS, BUSY = event(256, b"\0\0"), event(256, b"\0\2")


def reader() -> Llrp:
    return Llrp({})


def sent(data: bytes) -> list[tuple[int, int]]:
    """The types and ids of the messages in `data`."""
    found = []
    while len(data) >= HEADER_BYTES:
        head = read_header(data)
        found.append((head.type, head.id))
        data = data[head.length :]
    return found


def running(empty: tuple[int, ...] = (), **options: str) -> Llrp:
    """A driver whose reader has answered everything well; its sockets `empty` are."""
    llrp = Llrp(options)
    assert llrp.opening() == b""
    said = llrp.feed(SUCCESS, 0.0)
    while not llrp.is_up():
        for type_, id_ in sent(llrp.take_replies()):
            said += llrp.feed(answer(type_, id_, empty), 0.0) if type_ != 64 else []
    assert [it.word for it in said if isinstance(it, DeviceReported)][:1] == ["OPEN"]
    return llrp


def answer(type_: int, id_: int, empty: tuple[int, ...] = ()) -> bytes:
    """A response that says success, and what was asked."""
    sockets = b"".join(bytes((0, 221, 0, 9, 0 if it in empty else 128, 0, it, 0, 0)) for it in (1, 2, 3, 4))
    more = {1: GENERAL, 2: sockets}.get(type_, b"")
    return message(type_ + 10, id_, outcome() + more)


def tags(readings: list[Reading]) -> list[tuple[str, float | None, int | None]]:
    return [
        (it.epc, it.rssi_dbm, it.antenna)
        for sweep in readings if isinstance(sweep, TagsSwept) for it in sweep.tags
    ]  # fmt: skip


def words(readings: list[Reading]) -> list[str]:
    return [it.word for it in readings if isinstance(it, DeviceReported)]


@of(LLRP, kind="invalid")
def test_half_a_message_is_garbled_with_its_bytes_once_it_has_waited(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["input_hex"])
    for readings in every_way(reader, data):
        (garbled,) = readings
        assert isinstance(garbled, Garbled)
        assert (garbled.reason, garbled.raw_hex) == (vector["expected"]["error"].upper(), vector["input_hex"])
    llrp = reader()
    assert llrp.feed(data, 0.0) + llrp.idle(STALL_S - 0.1) == []


@of(LLRP, kind="valid")
def test_a_captured_message_has_the_parts_that_the_vector_names(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["input_hex"]), vector["expected"]
    read = read_message(data)
    assert isinstance(read, Message)
    assert (read.version, read.type, read.id) == (expected["version"], expected["type"], expected["id"])
    if "tags" in expected:
        assert tags_of(read) == [
            TagRead(it["epc"], it["antenna"], it["rssi_dbm"], it["first_seen_us"], None, it["seen"])
            for it in expected["tags"]
        ]
    else:
        time, attempt = read.inner[0].inner
        assert (time.fields, attempt.fields) == ({"us": expected["utc_us"]}, {"outcome": 0})
    for readings in every_way(reader, data):
        assert [epc for epc, _, _ in tags(readings)] == [it["epc"] for it in expected.get("tags", [])]
        assert not any(isinstance(it, Garbled) for it in readings)
    assert before_the_last_byte(reader, data) == []


def test_it_talks_is_linked_and_notes() -> None:
    llrp = reader()
    assert isinstance(llrp, Talking)
    assert isinstance(llrp, Linked)
    assert isinstance(llrp, Noting)


def test_a_speedways_own_report_is_one_sweep() -> None:
    assert tags(fed(reader, CAPTURES["r420-61"])) == [("3000ABCDEF00000000000003", -48.0, 1)]


@settings(deadline=None)
@given(st.integers(1, 31).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words)),
       st.integers(-128, 0), st.one_of(st.integers(1, 8), st.integers(0, 65_535)))  # fmt: skip
def test_a_tag_arrives_with_strength_and_antenna_however_its_bytes_are_cut(
    epc: bytes, rssi: int, port: int
) -> None:
    for readings in every_way(reader, report(tag(epc, rssi, port))):
        assert tags(readings) == [(epc.hex().upper(), rssi, port if port <= 255 else None)]
        assert [decode_reading(encode(it)) for it in readings] == readings


def test_once_up_it_says_who_it_is() -> None:
    llrp = Llrp({})
    llrp.opening()
    said = llrp.feed(SUCCESS, 0.0)
    while not llrp.is_up():
        assert not words(said)
        for type_, id_ in sent(llrp.take_replies()):
            said += llrp.feed(answer(type_, id_), 0.0) if type_ != 64 else []
    (word,) = said
    assert isinstance(word, DeviceReported)
    assert (word.word, word.firmware, word.detail) == (
        "OPEN",
        "5.14.0.240",
        "Impinj, model 2001002, 4 antennas",
    )


def test_a_sign_of_life_is_acknowledged_under_its_own_id() -> None:
    llrp = running()
    llrp.feed(message(62, 77), 1.0)
    assert llrp.take_replies() == message(72, 77)


def test_reports_held_for_somebody_who_went_away_are_dropped() -> None:
    llrp = Llrp({})
    llrp.opening()
    readings = llrp.feed(SUCCESS + report(tag(ONE)), 0.0)
    assert readings + llrp.idle(5.0) == []
    llrp = running()
    assert tags(llrp.feed(report(tag(ONE)), 1.0) + llrp.idle(2.0)) == [(ONE.hex().upper(), -50.0, 1)]


def test_a_reader_that_another_client_has_is_busy() -> None:
    llrp = Llrp({})
    llrp.opening()
    llrp.feed(BUSY, 0.0)
    ended = llrp.ended()
    assert ended is not None
    assert ended.word == "BUSY"
    assert "one at a time" in ended.why
    assert llrp.take_replies() == b""


def test_a_reader_that_goes_tells_what_it_had_read() -> None:
    llrp = running()
    readings = llrp.feed(report(tag(ONE)) + event(257, b""), 1.0)
    assert tags(readings) == [(ONE.hex().upper(), -50.0, 1)]
    ended = llrp.ended()
    assert ended is not None
    assert ended.word == "MISSING"


def test_an_inventory_that_somebody_ends_is_begun_again_by_a_new_session() -> None:
    llrp = running()
    llrp.feed(event(249, bytes.fromhex("00 00000001 00000000")), 1.0)
    assert llrp.ended() is None
    llrp.feed(event(249, bytes.fromhex("01 00000001 00000000")), 1.0)
    assert llrp.ended() is not None


def test_a_cable_that_is_pulled_is_missed_until_it_is_back_whatever_the_others_read() -> None:
    llrp = running(antennas="1,2")
    assert words(llrp.feed(event(255, b"\0\0\2"), 1.0)) == ["MISCONFIGURED"]
    assert words(llrp.feed(event(255, b"\0\0\2"), 1.0)) == []
    readings = llrp.feed(report(tag(ONE)), 1.1) + llrp.idle(3.0)
    assert tags(readings)
    assert words(readings) == ["MISCONFIGURED"]
    assert words(llrp.feed(event(255, b"\1\0\2"), 4.0)) == ["OPEN"]


def test_an_antenna_that_the_reader_cannot_see_is_believed_when_it_reads() -> None:
    llrp = running(antennas="1")
    assert words(llrp.feed(event(255, b"\0\0\1"), 1.0)) == ["MISCONFIGURED"]
    assert words(llrp.feed(report(tag(ONE, antenna=1)), 2.0)) == ["OPEN"]
    assert words(llrp.idle(5.0)) == []


def test_a_socket_that_was_never_used_is_not_missed() -> None:
    llrp = running()
    assert words(llrp.feed(event(255, b"\0\0\3"), 1.0)) == []
    llrp.feed(report(tag(ONE, antenna=3)), 1.1)
    (word,) = llrp.feed(event(255, b"\0\0\3"), 1.2)
    assert isinstance(word, DeviceReported)
    assert "socket 3" in (word.detail or "")


@pytest.mark.parametrize(("antennas", "empty", "missed"), [
    ("all", (2, 3, 4), ""), ("all", (1, 2, 3, 4), "1, 2, 3, 4"), ("2", (2, 3, 4), "2"), ("1", (2, 3, 4), ""),
])  # fmt: skip
def test_empty_sockets_are_said_at_the_start_where_they_matter(
    antennas: str, empty: tuple[int, ...], missed: str
) -> None:
    llrp = Llrp({"antennas": antennas})
    llrp.opening()
    said = llrp.feed(SUCCESS, 0.0)
    while not llrp.is_up():
        for type_, id_ in sent(llrp.take_replies()):
            said += llrp.feed(answer(type_, id_, empty), 0.0) if type_ != 64 else []
    last = said[-1]
    assert isinstance(last, DeviceReported)
    assert last.word == ("MISCONFIGURED" if missed else "OPEN")
    assert not missed or f"socket {missed}." in (last.detail or "")


def test_an_antenna_that_the_reader_does_not_have_is_said() -> None:
    llrp = Llrp({"antennas": "1,9"})
    llrp.opening()
    llrp.feed(SUCCESS, 0.0)
    ((type_, id_),) = sent(llrp.take_replies())
    llrp.feed(answer(type_, id_), 0.0)
    ended = llrp.ended()
    assert ended is not None
    assert (ended.word, ended.why) == ("MISCONFIGURED", "antennas: 9 is asked for, and this reader has 4.")


@pytest.mark.parametrize(("said", "hint"), [
    (event(252, b"\0\x05Hot!\x07"), "“Hot!”"), (event(251, b""), "buffer"),
])  # fmt: skip
def test_a_readers_trouble_is_said_until_it_reads_again(said: bytes, hint: str) -> None:
    llrp = running()
    (word,) = llrp.feed(said, 1.0)
    assert isinstance(word, DeviceReported)
    assert word.word == "MISCONFIGURED"
    assert hint in (word.detail or "")
    assert words(llrp.feed(report(tag(ONE)), 1.1)) == ["OPEN"]


def test_reads_that_one_report_sums_up_are_counted() -> None:
    llrp = running(reads="5")
    assert llrp.feed(report(tag(ONE, seen=4)), 1.0) + llrp.idle(3.0) == []
    (sweep,) = llrp.feed(report(tag(ONE, seen=1)), 3.1) + llrp.idle(5.0)
    assert isinstance(sweep, TagsSwept)
    assert sweep.tags[0].reads == 5


def test_a_report_that_claims_the_earth_costs_little() -> None:
    llrp = running()
    llrp.feed(report(*(tag(bytes((n,)) * 12, seen=65_535) for n in range(200))), 1.0)
    assert llrp.repeated == 0
    (sweep,) = llrp.idle(3.0)
    assert isinstance(sweep, TagsSwept)
    assert {it.reads for it in sweep.tags} == {100}


def test_a_hopeless_stream_is_given_up() -> None:
    llrp = running()
    for _ in range(LOST_MAX // 1024 + 2):
        assert llrp.ended() is None or _ > LOST_MAX // 1024 - 2
        llrp.feed(b"\xff" * 1024, 1.0)
    ended = llrp.ended()
    assert ended is not None
    assert ended.word == "WEDGED"


def test_half_a_message_and_then_nothing_ends_the_session() -> None:
    llrp = running(keepalive_s="60")
    llrp.feed(report(tag(ONE))[:30], 1.0)
    assert llrp.idle(1.0 + STALL_S - 0.1) == []
    assert llrp.ended() is None
    (garbled,) = llrp.idle(1.0 + STALL_S)
    assert isinstance(garbled, Garbled)
    ended = llrp.ended()
    assert ended is not None
    assert "Half a message" in ended.why


PARTS = [
    report(tag(ONE)),
    message(62, 1),
    b"\x04\x3d",
    b"\x04\x3d\0\0\0\x2c\0\0\0\1\x00\xf0\0\x22\x8d",
    b"\0",
    b"GET / ",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=7))
def test_garbage_between_messages_costs_at_most_the_one_it_touches(parts: list[bytes]) -> None:
    for readings in every_way(reader, b"".join(parts)):
        assert (tags(readings) == [(ONE.hex().upper(), -50.0, 1)]) == (PARTS[0] in parts)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise_and_all_readings_fit_the_wire(data: bytes) -> None:
    whole = fed(reader, data)
    for reading in whole:
        assert decode_reading(encode(reading)) == reading
    assert fed(reader, *(bytes((byte,)) for byte in data)) == whole


@given(st.sampled_from([4, 11, 12, 13, 30, 61, 63, 100, 1023]), st.binary(max_size=90), st.booleans())
def test_no_sound_message_makes_it_raise(type_: int, body: bytes, is_up: bool) -> None:
    llrp = running() if is_up else reader()
    for reading in llrp.feed(message(type_, 3, body), 1.0) + llrp.idle(60.0):
        assert decode_reading(encode(reading)) == reading


@given(st.integers(0, 400), st.binary(max_size=120), st.booleans())
def test_no_event_makes_it_raise(type_: int, body: bytes, is_up: bool) -> None:
    llrp = running() if is_up else reader()
    for reading in llrp.feed(event(type_, body), 1.0) + llrp.idle(5.0):
        assert decode_reading(encode(reading)) == reading


@pytest.mark.parametrize("options", [
    {"session": "4"}, {"reset": "maybe"}, {"antennas": "0,1"}, {"keepalive_s": "0"}, {"power": "30"},
])  # fmt: skip
def test_a_wrong_option_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        Llrp(options)
