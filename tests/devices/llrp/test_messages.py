"""LLRP messages: what others wrote is read, what we write others would read, and no bytes make it raise."""

import struct
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.llrp.messages import (
    DEPTH_MAX,
    Bits,
    Broken,
    Message,
    Parameter,
    Value,
    read_header,
    read_message,
    write_message,
)
from devices.llrp.vocabulary import MESSAGES, PARAMETERS
from tests.devices.llrp.captured import CAPTURES

NUMBERS = {"u8": (0, 2**8), "u16": (0, 2**16), "u32": (0, 2**32), "u64": (0, 2**64), "s8": (-128, 128),
           "s16": (-(2**15), 2**15)}  # fmt: skip


def bits_of(data: bytes, spare: int) -> Bits:
    """Bits that fill all but `spare` of the last byte."""
    return Bits(max(0, 8 * len(data) - (spare if data else 0)), data)


@cache
def values(kind: str) -> st.SearchStrategy[Value]:
    """Values of one kind of field."""
    if kind in NUMBERS:
        low, end = NUMBERS[kind]
        return st.integers(low, end - 1)
    return {
        "u96": st.binary(min_size=12, max_size=12),
        "text": st.text(max_size=20),
        "bits": st.builds(bits_of, st.binary(max_size=40), st.integers(0, 7)),
        "u16s": st.lists(st.integers(0, 65_535), max_size=5).map(tuple),
        "bytes": st.binary(max_size=9),
        "rest": st.binary(max_size=9),
    }[kind]  # type: ignore[return-value]


@cache
def parameters(depth: int) -> st.SearchStrategy[Parameter]:
    """Parameters of every type, in each other where they may be."""

    def of(type_: int) -> st.SearchStrategy[Parameter]:
        shape = PARAMETERS[type_]
        fields = st.fixed_dictionaries({name: values(kind) for name, kind in shape.fields})
        inner = (
            st.lists(parameters(depth - 1), max_size=3).map(tuple) if shape.holds and depth else st.just(())
        )
        return st.builds(Parameter, st.just(type_), fields, inner)

    return st.sampled_from(sorted(PARAMETERS)).flatmap(of)


def messages() -> st.SearchStrategy[Message]:
    """Messages of every type."""

    def of(type_: int) -> st.SearchStrategy[Message]:
        shape = MESSAGES[type_]
        fields = st.fixed_dictionaries({name: values(kind) for name, kind in shape.fields})
        inner = st.lists(parameters(3), max_size=3).map(tuple) if shape.holds else st.just(())
        return st.builds(Message, st.just(type_), st.integers(0, 2**32 - 1), fields, inner, st.just(1))

    return st.sampled_from(sorted(MESSAGES)).flatmap(of)


@given(messages())
def test_what_is_written_is_read_again(message: Message) -> None:
    data = write_message(message)
    assert read_message(data) == message
    assert read_header(data) == (1, message.type, len(data), message.id)


@pytest.mark.parametrize("name", CAPTURES)
def test_what_others_published_is_read(name: str) -> None:
    message = read_message(CAPTURES[name])
    assert isinstance(message, Message)
    assert message.name


@pytest.mark.parametrize("name", [it for it in CAPTURES if it not in ("r420-11", "ltk-add-rospec")])
def test_what_others_published_is_written_as_they_did(name: str) -> None:
    """Of the capabilities the tables are not read; in the other stands a custom parameter, which is."""
    message = read_message(CAPTURES[name])
    assert isinstance(message, Message)
    if all(it.type in PARAMETERS for it in message.inner):
        assert write_message(message) == CAPTURES[name]


def test_a_parameter_of_a_later_version_is_stepped_over() -> None:
    unknown = struct.pack(">HHI", 900, 8, 7)
    data = (
        struct.pack(">HII", 0x043D, 18 + 8, 5) + unknown + struct.pack(">HHI", 240, 8, 0)[:4] + b"\x81\0\1\0"
    )
    assert isinstance(read_message(data), Broken)
    data = struct.pack(">HII", 0x043D, 10 + 8 + 7, 5) + unknown + struct.pack(">HH", 240, 7) + b"\x81\0\1"
    message = read_message(data)
    assert isinstance(message, Message)
    assert [it.type for it in message.inner] == [900, 240]
    assert message.inner[1].inner == (Parameter(1, {"number": 1}),)


def test_parameters_that_nest_without_end_are_refused() -> None:
    body = b""
    for _ in range(DEPTH_MAX + 2):
        body = struct.pack(">HHHH", 289, 8 + len(body), 1, 100) + body
    data = struct.pack(">HII", 0x0464, 10 + len(body), 5) + body
    assert "deeper" in str(read_message(data))


def test_a_length_that_is_not_there_is_never_believed() -> None:
    for bits in (65_535, 97):
        epc = struct.pack(">HHH", 241, 6 + 12, bits) + bytes(12)
        data = struct.pack(">HII", 0x043D, 14 + len(epc), 5) + struct.pack(">HH", 240, 4 + len(epc)) + epc
        assert isinstance(read_message(data), Broken)


def test_a_readers_words_cannot_command_a_terminal() -> None:
    parameter = Parameter(252, {"message": "hot\x1b[2J\r\n\x00 "})
    assert parameter.text("message") == "hot [2J"


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    assert isinstance(read_message(data), Message | Broken)


@given(st.sampled_from(sorted(MESSAGES)), st.binary(max_size=200))
def test_no_body_makes_it_raise(type_: int, body: bytes) -> None:
    assert isinstance(
        read_message(struct.pack(">HII", 0x0400 | type_, 10 + len(body), 1) + body), Message | Broken
    )


@given(st.sampled_from(sorted(CAPTURES)), st.integers(10, 2000), st.integers(0, 255))
def test_no_broken_byte_makes_it_raise(name: str, at: int, byte: int) -> None:
    data = bytearray(CAPTURES[name])
    data[at % len(data)] = byte
    assert isinstance(read_message(bytes(data)), Message | Broken)
