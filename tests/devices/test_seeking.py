"""Frames found in a stream: whatever lies between them costs at most the frame that it touches."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from devices.framing import CHECKSUM, LENGTH, NOISE, Piece
from devices.seeking import LOST_BYTES_MAX, WAIT, SeekingFramer
from tests.devices.feeding import LATER_S


def look(held: bytearray, at: int, is_end: bool) -> int | str:
    """A small protocol: "<", a digit for the length, so many bytes, and ">"."""
    if held[at] != ord("<"):
        return NOISE
    if len(held) <= at + 1:
        return LENGTH if is_end else WAIT
    end = at + 3 + int(chr(held[at + 1])) if chr(held[at + 1]) in "0123456789" else at
    if end == at:
        return NOISE
    if len(held) < end:
        return LENGTH if is_end else WAIT
    return end - at if held[end - 1] == ord(">") else CHECKSUM


def pieces(*chunks: bytes) -> list[Piece]:
    """What these chunks become, all at once in time, and the silence after them."""
    framer = SeekingFramer(look)
    return [piece for chunk in chunks for piece in framer.feed(chunk, 0.0)] + framer.idle(LATER_S)


def test_frames_and_what_lies_between_them_come_in_order() -> None:
    assert pieces(b"<2ab>xyz<1c>") == [Piece(b"<2ab>"), Piece(b"xyz", NOISE), Piece(b"<1c>")]


def test_a_broken_frame_is_named_by_its_own_fault_and_hides_no_other() -> None:
    assert pieces(b"<2abX<1c>") == [Piece(b"<2abX", CHECKSUM), Piece(b"<1c>")]


def test_what_looks_like_a_frame_inside_a_frame_is_its_content() -> None:
    assert pieces(b"<4<1x>>") == [Piece(b"<4<1x>>")]


def test_a_frame_inside_one_that_never_ends_is_found_after_the_gap() -> None:
    framer = SeekingFramer(look)
    assert framer.feed(b"<9<1x>", 0.0) == []
    assert framer.idle(0.1) == []
    assert framer.idle(0.2) == [Piece(b"<9", LENGTH), Piece(b"<1x>")]


def test_bytes_after_a_gap_do_not_complete_what_came_before_it() -> None:
    framer = SeekingFramer(look)
    assert framer.feed(b"<2a", 0.0) == []
    assert framer.feed(b"b><1c>", 5.0) == [Piece(b"<2a", LENGTH), Piece(b"b>", NOISE), Piece(b"<1c>")]


def test_endless_noise_is_given_up_in_bounded_pieces() -> None:
    found = pieces(b"x" * (3 * LOST_BYTES_MAX + 5))
    assert [len(piece.data) for piece in found] == [LOST_BYTES_MAX] * 3 + [5]


PARTS = st.lists(st.sampled_from([b"<2ab>", b"<0>", b"<3<1>>", b"<9", b"x", b"<", b">", b"<1"]), max_size=12)


@given(PARTS, st.lists(st.integers(0, 60), max_size=6))
def test_the_pieces_are_the_same_however_the_bytes_are_cut(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)
    at = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    chunks = [data[a:b] for a, b in pairwise(at)]
    assert pieces(*chunks) == pieces(data) == pieces(*(data[n : n + 1] for n in range(len(data))))


@given(PARTS)
def test_no_byte_is_lost_or_made_up(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert b"".join(piece.data for piece in pieces(data)) == data
