"""Records from a stream: what ends one, what is given up, and that nothing grows without bound."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.framing import (
    CHECKSUM,
    FAULTS,
    FRAME_BYTES_MAX,
    GAP,
    LENGTH,
    NO_SUFFIX,
    NOISE,
    RESTARTED,
    RESYNC,
    TOO_LONG,
    FixedFramer,
    LineFramer,
    Piece,
)

LINE_BYTES = st.lists(st.sampled_from([b"A", b"7", b"\x1d", b"\r", b"\n", b"\x02", b"\x03", b"\0", b"\xff"]))
FIXED = frozenset((4,))


def records(pieces: list[Piece]) -> list[bytes]:
    return [piece.data for piece in pieces if not piece.fault]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r", b"\x03", b"\x03\r\n"])
def test_any_usual_suffix_ends_a_record(end: bytes) -> None:
    assert LineFramer().feed(b"X30001234" + end + b"X30001235" + end, 0.0) == [
        Piece(b"X30001234"),
        Piece(b"X30001235"),
    ]


def test_the_orphan_line_feed_of_a_slow_crlf_is_not_the_first_byte_of_the_next_scan() -> None:
    framer = LineFramer()
    assert framer.feed(b"X30001234\r", 0.0) == [Piece(b"X30001234")]
    assert framer.feed(b"\n", 5.0) == []
    assert framer.feed(b"X30001235\r", 9.0) == [Piece(b"X30001235")]


def test_the_group_separator_stays_inside_its_record() -> None:
    assert LineFramer().feed(b"21S1\x1d17261231\r", 0.0) == [Piece(b"21S1\x1d17261231")]


def test_nul_bytes_of_an_adapter_that_wakes_up_are_dropped() -> None:
    assert LineFramer().feed(b"\0\0X3\x000\r\0", 0.0) == [Piece(b"X30")]


def test_stx_starts_a_record_afresh_and_keeps_what_it_cut_off_as_evidence() -> None:
    assert LineFramer().feed(b"garb\x02X30001234\x03", 0.0) == [
        Piece(b"garb", RESTARTED),
        Piece(b"X30001234"),
    ]


def test_half_a_serial_number_never_passes_for_a_whole_one() -> None:
    framer = LineFramer()
    assert framer.feed(b"X3000", 0.0) == []
    assert framer.idle(0.1) == []
    assert framer.idle(0.2) == [Piece(b"X3000", GAP)]
    assert framer.feed(b"1234\r", 0.3) == [Piece(b"1234", RESYNC)]
    assert framer.feed(b"X30001234\r", 0.4) == [Piece(b"X30001234")]


def test_a_gap_is_seen_by_the_next_bytes_even_if_nobody_asked_in_between() -> None:
    framer = LineFramer()
    framer.feed(b"X3000", 0.0)
    assert framer.feed(b"1234\rX30001235\r", 7.0) == [
        Piece(b"X3000", GAP),
        Piece(b"1234", RESYNC),
        Piece(b"X30001235"),
    ]


def test_stx_after_a_gap_is_a_sure_start() -> None:
    framer = LineFramer()
    framer.feed(b"X3000", 0.0)
    assert framer.feed(b"\x02X30001235\x03", 7.0) == [Piece(b"X3000", GAP), Piece(b"X30001235")]


def test_a_scanner_with_no_suffix_is_told_once_until_a_record_ends_again() -> None:
    framer = LineFramer()
    pieces = [piece for at_s in range(8) for piece in framer.feed(b"X30001234", float(at_s))]
    assert [piece.fault for piece in pieces] == [GAP, GAP, GAP, NO_SUFFIX, GAP, GAP, GAP, GAP]
    framer.feed(b"\r", 7.1)
    again = [piece for at_s in range(20, 24) for piece in framer.feed(b"X30001234", float(at_s))]
    assert [piece.fault for piece in again] == [GAP, GAP, GAP, NO_SUFFIX]


def test_a_record_beyond_the_cap_is_given_up_once_and_its_rest_is_ignored() -> None:
    framer = LineFramer(bytes_max=8)
    assert framer.feed(b"A" * 100, 0.0) == [Piece(b"A" * 8, TOO_LONG)]
    assert framer.feed(b"A" * 100 + b"\rB\r", 0.0) == [Piece(b"B")]


def test_a_record_of_exactly_the_cap_is_whole() -> None:
    assert records(LineFramer(bytes_max=8).feed(b"A" * 8 + b"\r", 0.0)) == [b"A" * 8]


def test_what_follows_an_overlong_record_after_a_silence_is_reported_and_not_swallowed() -> None:
    framer = LineFramer(bytes_max=8)
    framer.feed(b"A" * 9, 0.0)
    assert framer.feed(b"X1\r", 5.0) == [Piece(b"X1", RESYNC)]


@given(st.binary(max_size=3000))
def test_a_line_framer_takes_any_bytes_and_invents_none(data: bytes) -> None:
    framer = LineFramer(bytes_max=64)
    pieces = framer.feed(data, 0.0) + framer.idle(9.0)
    assert all(len(piece.data) <= 64 and (piece.fault in FAULTS or not piece.fault) for piece in pieces)
    assert all(not set(piece.data) & set(b"\0\x02\x03\r\n") for piece in pieces)
    rest = data.replace(b"\0", b"")
    for piece in pieces:
        at = rest.find(piece.data)
        assert at >= 0
        rest = rest[at + len(piece.data) :]


@given(LINE_BYTES, st.lists(st.integers(0, 200)))
def test_a_line_framer_gives_the_same_pieces_however_the_bytes_are_cut(
    parts: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(parts)
    places = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    whole, cut_up = LineFramer(bytes_max=6), LineFramer(bytes_max=6)
    expected = whole.feed(data, 0.0) + whole.idle(1.0)
    pieces = [piece for start, end in pairwise(places) for piece in cut_up.feed(data[start:end], 0.0)]
    assert pieces + cut_up.idle(1.0) == expected


@given(st.lists(st.tuples(LINE_BYTES, st.floats(0, 0.5)), max_size=20))
def test_a_line_framer_never_holds_more_than_its_cap(bursts: list[tuple[list[bytes], float]]) -> None:
    framer, at_s = LineFramer(bytes_max=5), 0.0
    for parts, wait_s in bursts:
        at_s += wait_s
        framer.feed(b"".join(parts), at_s)
        assert len(framer._held) <= 5


def test_the_cap_leaves_room_for_the_largest_gs1_symbol() -> None:
    assert FRAME_BYTES_MAX > 2 * 2335


def test_a_fixed_frame_is_what_stands_between_stx_and_etx() -> None:
    assert FixedFramer(FIXED).feed(b"\x02ABCD\x03\r\n\x02EFGH\x03", 0.0) == [Piece(b"ABCD"), Piece(b"EFGH")]


@pytest.mark.parametrize(
    ("data", "faults"),
    [
        (b"\x02ABC\x03", [LENGTH]),
        (b"\x02ABCDE\x03", [LENGTH]),
        (b"\x02AB\x02ABCD\x03", [LENGTH, ""]),
        (b"\x02\x02ABCD\x03", [""]),
        (b"AB\x02ABCD\x03", [NOISE, ""]),
        (b"AB\x03\x02ABCD\x03", [NOISE, ""]),
        (b"\x02ABCDEFGH\x02ABCD\x03", [LENGTH, ""]),
        (b"\r\n\0\x02ABCD\x03\0\r\n", [""]),
        (b"\x02\x03", [LENGTH]),
    ],
)
def test_a_fixed_frame_of_another_length_costs_no_other_frame(data: bytes, faults: list[str]) -> None:
    assert [piece.fault for piece in FixedFramer(FIXED).feed(data, 0.0)] == faults


def test_a_fixed_frame_cut_short_is_given_up_at_the_gap() -> None:
    framer = FixedFramer(FIXED)
    assert framer.feed(b"\x02AB", 0.0) == []
    assert framer.idle(0.19) == []
    assert framer.idle(0.2) == [Piece(b"AB", GAP)]
    assert framer.feed(b"\x02ABCD\x03", 0.3) == [Piece(b"ABCD")]


def test_noise_with_no_frame_around_it_is_said_after_the_gap() -> None:
    framer = FixedFramer(FIXED)
    assert framer.feed(b"hi", 0.0) == []
    assert framer.idle(1.0) == [Piece(b"hi", NOISE)]
    assert framer.idle(2.0) == []


@given(st.lists(st.sampled_from([b"A", b"\x02", b"\x03", b"\r", b"\0"])), st.lists(st.integers(0, 100)))
def test_a_fixed_framer_gives_the_same_pieces_however_the_bytes_are_cut(
    parts: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(parts)
    places = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    whole, cut_up = FixedFramer(FIXED), FixedFramer(FIXED)
    expected = whole.feed(data, 0.0) + whole.idle(1.0)
    pieces = []
    for start, end in pairwise(places):
        pieces += cut_up.feed(data[start:end], 0.0)
        assert len(cut_up._held) <= 4
    assert pieces + cut_up.idle(1.0) == expected


def test_every_fault_has_a_sentence() -> None:
    assert set(FAULTS) == {GAP, TOO_LONG, RESTARTED, RESYNC, NO_SUFFIX, LENGTH, NOISE, CHECKSUM}
    assert all(sentence.endswith(".") for sentence in FAULTS.values())
