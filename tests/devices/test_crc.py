"""The checks of tags and their readers, against bytes that makers printed and devices sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import crc

SENT_BY_READERS = ["13000103010C0000000000000000000003133F39", "04FF011BB4", "1100EE002000708C2B380B2D00000000E056"]
SENT_BY_MERCURY = ["FF00031D0C", "FF0197024BBF", "FF00970000779E", "FF0A210000C80507A80084C4FF9EE0F725"]
SENT_BY_TAGS = ["340030751FEB705C5904E3D50D703A76", "3000000000000000000000001545E94A"]


def bit_by_bit(data: bytes) -> int:
    """Mercury's check as its register does it: every bit shifted in at the bottom, none appended."""
    register = 0xFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            top = register >> 15
            register = (register << 1 | byte >> bit & 1) & 0xFFFF
            register ^= 0x1021 if top else 0
    return register


@pytest.mark.parametrize("frame", SENT_BY_READERS)
def test_a_readers_frame_with_its_check_leaves_nothing(frame: str) -> None:
    assert crc.mcrf4xx(bytes.fromhex(frame)) == 0


def test_the_catalogues_check_value() -> None:
    assert crc.mcrf4xx(b"123456789") == 0x6F91


def by_its_register(data: bytes) -> int:
    """CRC-16/MCRF4XX as its register does it: every bit shifted out at the bottom."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x8408 if register & 1 else 0)
    return register


@given(st.binary(max_size=60))
def test_the_readers_short_way_is_its_registers_way(data: bytes) -> None:
    assert crc.mcrf4xx(data) == crc.mcrf4xx(bytearray(data)) == by_its_register(data)


@pytest.mark.parametrize("frame", SENT_BY_MERCURY)
def test_a_mercury_frame_ends_in_its_check(frame: str) -> None:
    data = bytes.fromhex(frame)
    assert crc.mercury(data[1:-2]) == int.from_bytes(data[-2:], "big")


@given(st.binary(min_size=2, max_size=60))
def test_mercurys_short_way_is_its_registers_way(data: bytes) -> None:
    assert crc.mercury(data) == bit_by_bit(data)


@pytest.mark.parametrize("tag", SENT_BY_TAGS)
def test_a_tags_own_crc_fits_and_no_other(tag: str) -> None:
    data = bytes.fromhex(tag)
    assert crc.is_gen2(data)
    assert not crc.is_gen2(data[:-1] + bytes((data[-1] ^ 1,)))
