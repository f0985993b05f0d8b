"""LLRP in a stream: a message may come however slowly it likes, and garbage costs at most the one that it touches."""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.framing import Piece
from devices.llrp.framing import MESSAGE_BYTES_MAX, STALL_S, look
from devices.seeking import SeekingFramer
from tests.devices.llrp.captured import CAPTURES

SOUND = sorted(CAPTURES.values())
NEARLY = [b"\x04", b"\x04\x3d", bytes.fromhex("043d0000002c00000001"), bytes.fromhex("043d0000ffff0000000100f0"),
          b"\0" * 12, b"HTTP/1.1 400\r\n"]  # fmt: skip


def pieces(*chunks: bytes) -> list[Piece]:
    """What a framer makes of chunks, and of the silence after them."""
    framer = SeekingFramer(look, STALL_S)
    found = [piece for chunk in chunks for piece in framer.feed(chunk, 0.0)]
    return found + framer.idle(STALL_S)


def whole(found: list[Piece]) -> list[bytes]:
    """The messages among the pieces."""
    return [it.data for it in found if not it.fault]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(SOUND), max_size=4), st.data())
def test_messages_are_found_however_the_stream_is_cut(sent: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert pieces(*chunks) == [Piece(it) for it in sent]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.sampled_from(SOUND[:6]), st.sampled_from(NEARLY)), max_size=6))
def test_garbage_between_messages_costs_none_of_them(parts: list[bytes]) -> None:
    assert whole(pieces(*parts)) == [it for it in parts if it in SOUND]


@given(st.sampled_from([it for it in SOUND if it != CAPTURES["ltk-custom-message1"]]), st.integers(0, 5000),
       st.integers(0, 255))  # fmt: skip
def test_a_broken_message_costs_no_other_one(broken: bytes, at: int, byte: int) -> None:
    hurt = bytearray(broken)
    hurt[at % len(hurt)] = byte
    found = whole(pieces(CAPTURES["ltk-ro-access-report"], bytes(hurt), CAPTURES["ltk-start-rospec"]))
    assert found[0] == CAPTURES["ltk-ro-access-report"]
    assert found[-1] == CAPTURES["ltk-start-rospec"]


def test_a_message_may_pause_for_as_long_as_tcp_does() -> None:
    framer = SeekingFramer(look, STALL_S)
    data = CAPTURES["r420-61"]
    assert framer.feed(data[:20], 0.0) == []
    assert framer.idle(STALL_S - 0.1) == []
    assert framer.feed(data[20:], STALL_S - 0.1) == [Piece(data)]


def test_a_length_beyond_all_reason_is_not_waited_for() -> None:
    head = struct.pack(">HII", 0x043D, MESSAGE_BYTES_MAX + 1, 1)
    assert look(bytearray(head), 0, False) == "LENGTH"


def test_a_header_is_given_up_as_soon_as_what_follows_cannot_be_its_body() -> None:
    stray = struct.pack(">HII", 0x043D, 60_000, 1)
    framer = SeekingFramer(look, STALL_S)
    found = framer.feed(stray + CAPTURES["ltk-start-rospec"], 0.0)
    assert whole(found) == [CAPTURES["ltk-start-rospec"]]


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise_and_none_are_lost(data: bytes) -> None:
    assert b"".join(it.data for it in pieces(data)) == data
    assert b"".join(it.data for it in pieces(*(bytes((byte,)) for byte in data))) == data


def test_half_a_message_does_not_take_the_next_one_for_its_other_half() -> None:
    """Its outermost parameter claims the next message's bytes, and fills it exactly."""
    report = CAPTURES["ltk-ro-access-report"]
    assert whole(pieces(report[:15], report, report)) == [report, report]
