"""A serial number is opaque: trimmed, upper-cased, and refused only for what no label can carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.codes.plain import serial_of
from devices.codes.problem import Problem


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        ("x30001234", "X30001234"),
        (" X30 \t", "X30"),
        ("C31017NX4", "C31017NX4"),
        ("a b/c-1", "A B/C-1"),
        ("1", "1"),
    ],
)
def test_a_serial_is_trimmed_and_upper_cased_and_otherwise_left_alone(text: str, serial: str) -> None:
    assert serial_of(text) == serial


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "SERIAL_EMPTY"),
        (" \t ", "SERIAL_EMPTY"),
        ("A" * 121, "SERIAL_TOO_LONG"),
        ("X3\x1d0", "SERIAL_CHARACTER"),
        ("X3\x7f", "SERIAL_CHARACTER"),
        ("X3£", "SERIAL_CHARACTER"),
        ("X3\u2028", "SERIAL_CHARACTER"),
        ("\x1dX3", "SERIAL_CHARACTER"),
    ],
)
def test_what_no_label_can_carry_is_refused(text: str, code: str) -> None:
    assert serial_of(text).code == code


@given(st.text(max_size=200))
def test_a_serial_read_twice_is_the_same_serial(text: str) -> None:
    serial = serial_of(text)
    assert isinstance(serial, Problem) or serial_of(serial) == serial
