"""Bodies of requests: whole or not at all, and never of two lengths."""

import io
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.transports.http_body import Body, BodyCut, Unclear, body_of


class Pace:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.readings = 0
        self.ends = 0

    def reading(self) -> None:
        self.readings += 1

    def all_read(self) -> None:
        self.ends += 1


def body(data: bytes, **headers: str) -> Body:
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return body_of(message, io.BytesIO(data), Pace())


def chunked(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x;q=1\r\n%b\r\n" % (len(it), it) for it in pieces if it) + b"0\r\nX-Trailer: a\r\n\r\n"


@given(st.lists(st.binary(max_size=200)), st.binary())
def test_a_body_in_chunks_is_what_was_put_in_and_what_follows_is_left(
    pieces: list[bytes], after: bytes
) -> None:
    source = io.BytesIO(chunked(pieces) + after)
    message = Message()
    message["Transfer-Encoding"] = "chunked"
    made = body_of(message, source, Pace())
    assert b"".join(made.pieces()) == b"".join(pieces)
    assert made.is_read
    assert source.read() == after


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1), st.data())
def test_a_body_that_ends_early_is_never_a_whole_one(pieces: list[bytes], data: st.DataObject) -> None:
    whole = chunked(pieces)
    made = body(whole[: data.draw(st.integers(0, len(whole) - 1))], Transfer_Encoding="chunked")
    with pytest.raises(BodyCut):
        list(made.pieces())
    assert not made.is_read


@given(st.binary(max_size=300))
def test_no_bytes_make_a_body_do_anything_but_end_or_be_cut(data: bytes) -> None:
    made = body(data, Transfer_Encoding="chunked")
    try:
        list(made.pieces())
    except BodyCut:
        assert not made.is_read


def test_a_body_has_the_length_that_its_head_says() -> None:
    made = body(b"film and more", Content_Length="4")
    assert b"".join(made.pieces()) == b"film"
    assert body(b"", Accept="*/*").length == 0
    with pytest.raises(BodyCut, match="6 of 10"):
        list(body(b"film", Content_Length="10").pieces())


def test_a_body_that_was_broken_off_goes_on_where_it_was() -> None:
    made = body(bytes(200_000), Content_Length="200000")
    first = next(iter(made.pieces()))
    assert len(first) + sum(map(len, made.pieces())) == 200_000


def test_the_other_side_is_given_time_for_each_piece_and_told_when_all_is_read() -> None:
    pace, message = Pace(), Message()
    message["Content-Length"] = "150000"
    list(body_of(message, io.BytesIO(bytes(150_000)), pace).pieces())
    assert (pace.readings, pace.ends) == (3, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Length": "4", "Transfer_Encoding": "chunked"},
        {"Transfer_Encoding": "gzip"},
        {"Content_Length": "-4"},
        {"Content_Length": "4 4"},
        {"Content_Length": "9" * 14},
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Unclear):
        body(b"", **headers)
