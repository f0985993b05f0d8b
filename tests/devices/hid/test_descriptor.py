"""Report descriptors: which bits mean what, from whatever bytes a device sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.codes.problem import Problem
from devices.hid.descriptor import Descriptor, Field, read_descriptor
from devices.hid.pos import NAMED, pos_reports

KEYBOARD = bytes.fromhex(
    "05010906A101050719E029E71500250175019508810295017508810195057501050819012905910295017503910195067508"
    "150025650507190029658100C0"
)
"""The keyboard of HID 1.11, appendix E.6."""


def read(words: str) -> Descriptor | Problem:
    """What a descriptor in hex says."""
    return read_descriptor(bytes.fromhex(words))


def test_a_boot_keyboard_is_read_as_its_standard_prints_it_and_is_no_scanner() -> None:
    descriptor = read_descriptor(KEYBOARD)
    assert isinstance(descriptor, Descriptor)
    assert descriptor.report_bytes == {0: 8}
    assert not descriptor.is_numbered
    modifiers = [it.bit for it in descriptor.fields if it.usage >> 16 == 7 and it.usage & 0xFFFF >= 0xE0]
    assert modifiers == list(range(8))
    assert pos_reports(descriptor) == {}


def test_neighbouring_elements_of_one_usage_are_one_field() -> None:
    descriptor = read("058C85027508950209FE8102950309FE8102950109FD8102")
    assert isinstance(descriptor, Descriptor)
    assert descriptor.fields == (Field(2, 0x8C00FE, 8, 40), Field(2, 0x8C00FD, 48, 8))


def test_padding_moves_what_follows_it() -> None:
    descriptor = read("058C8502750195038101950581017508950109FE8102")
    assert isinstance(descriptor, Descriptor)
    assert descriptor.fields == (Field(2, 0x8C00FE, 16, 8),)
    assert descriptor.report_bytes == {2: 3}


def test_a_usage_may_bring_its_own_page_and_a_page_may_be_put_back() -> None:
    descriptor = read("058C A4 0501 75089501 0BFE008C00 8102 B4 75089501 09FD 8102".replace(" ", ""))
    assert isinstance(descriptor, Descriptor)
    assert [it.usage for it in descriptor.fields] == [0x8C00FE, 0x8C00FD]


def test_feature_reports_are_named_and_take_no_room_in_input_reports() -> None:
    descriptor = read("058C85FE75089501 09FE B102 8502 09FE 8102".replace(" ", ""))
    assert isinstance(descriptor, Descriptor)
    assert descriptor.features == {0xFE}
    assert descriptor.report_bytes == {2: 2}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("058C75", "middle of an item"),
        ("FE", "middle of an item"),
        ("FE0500AA", "middle of an item"),
        ("B4", "pops more"),
        ("A4" * 17, "pushes or pops more"),
        ("850275FF96FFFF09FE8102", "longer than 4096 bytes"),
        ("05" * 5000, "longer than 4096 bytes"),
        ("7508950109FE8102850209FE8102", "some are not"),
        ("8500", "number is 1 to 255"),
        ("8701FFEE00", "number is 1 to 255"),
        ("".join(f"85{n:02X}750896FF0F09FE8102" for n in range(1, 12)), "together are longer than"),
        ("1900298019002A00FF1900" + "2A00FF" * 3, "more than 8192 usages"),
    ],
)
def test_a_descriptor_that_makes_no_sense_is_a_problem(words: str, why: str) -> None:
    problem = read(words)
    assert isinstance(problem, Problem)
    assert why in problem.sentence


def test_a_long_item_is_passed_over() -> None:
    descriptor = read("FE0212AABB058C85027508950109FE8102")
    assert isinstance(descriptor, Descriptor)
    assert pos_reports(descriptor).keys() == {2}


@given(
    st.binary(max_size=300)
    | st.builds(lambda a, b: NAMED["aim"][:a] + b, st.integers(0, 70), st.binary(max_size=30))
)
def test_no_descriptor_can_raise_or_grow(data: bytes) -> None:
    descriptor = read_descriptor(data)
    if isinstance(descriptor, Descriptor):
        assert all(length <= 4096 for length in descriptor.report_bytes.values())
        for report in pos_reports(descriptor).values():
            assert report.data.bit + report.data.bits <= 8 * report.bytes
