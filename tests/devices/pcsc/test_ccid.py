"""CCID: messages as USB carries them, and the frames that carry them over a serial line."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.framing import CHECKSUM, LENGTH, NOISE
from devices.pcsc import ccid
from devices.pcsc.packets import WELL
from devices.seeking import WAIT, SeekingFramer
from tests.devices.test_claimed_vectors import CCID_SERIAL, CCID_USB, CCID_USB_OUT, of

MESSAGES = st.builds(
    ccid.message,
    st.sampled_from([*ccid.COMMANDS, *ccid.ANSWERS]),
    st.binary(max_size=ccid.DATA_BYTES_MAX),
    seq=st.integers(0, 255),
    specific=st.binary(min_size=3, max_size=3),
    slot=st.integers(0, 255),
)


def parts(said: ccid.Message, names: dict[str, Any]) -> dict[str, Any]:
    """What a vector may name of a message."""
    all_parts = {"msg": said.type, "slot": said.slot, "seq": said.seq, "payload": said.payload.hex().upper()}
    if "status" in names:
        all_parts |= {
            "status": said.state,
            "error": said.error,
            "uid": said.payload.removesuffix(WELL).hex().upper(),
        }
    return all_parts


@of(CCID_USB_OUT, kind="valid")
def test_a_message_on_usb_has_the_parts_that_the_vector_names(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["input_hex"])
    said = ccid.read_message(data)
    assert isinstance(said, ccid.Message)
    assert parts(said, vector["expected"]) == vector["expected"]
    assert ccid.message(said.type, said.payload, said.seq, said.specific, said.slot) == data


@of(CCID_USB, kind="invalid")
def test_a_message_whose_length_lies_is_refused(vector: dict[str, Any]) -> None:
    assert ccid.read_message(bytes.fromhex(vector["input_hex"])) == vector["expected"]["error"]


@of(CCID_SERIAL, kind="valid")
def test_a_message_on_a_serial_line_has_the_parts_that_the_vector_names(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["input_hex"])
    assert ccid.look(bytearray(data), 0, True) == len(data)
    said = ccid.read_message(data[1:-2])
    assert isinstance(said, ccid.Message)
    assert parts(said, vector["expected"]) == vector["expected"]
    assert ccid.frame(data[1:-2]) == data


@given(MESSAGES)
def test_every_message_is_found_between_its_marks_whatever_it_holds(data: bytes) -> None:
    held = bytearray(ccid.frame(data))
    assert ccid.look(held, 0, False) == len(held)
    assert ccid.look(held[:-1], 0, False) == WAIT
    assert ccid.look(held[:-1], 0, True) == LENGTH
    held[-2] ^= 1
    assert ccid.look(held, 0, True) == CHECKSUM


@pytest.mark.parametrize(
    ("hex_digits", "what"),
    [
        ("02000003", 4),
        ("02FFFF03", 4),
        ("02999903", 4),
        ("02000103", CHECKSUM),
        ("02000004", LENGTH),
        ("0255", NOISE),
        ("0380", NOISE),
        ("02800102", WAIT),
        ("028001020000", LENGTH),
        ("0280FFFFFFFF", LENGTH),
    ],
)
def test_what_begins_here_is_told_from_its_first_bytes(hex_digits: str, what: int | str) -> None:
    assert ccid.look(bytearray.fromhex(hex_digits), 0, False) == what


@given(st.binary(max_size=60), MESSAGES)
def test_garbage_before_a_frame_costs_no_frame_behind_the_next_silence(garbage: bytes, data: bytes) -> None:
    framer = SeekingFramer(ccid.look)
    framer.feed(garbage, 0.0)
    framer.idle(1.0)
    assert [piece.data for piece in framer.feed(ccid.frame(data), 2.0) if not piece.fault] == [
        ccid.frame(data)
    ]
