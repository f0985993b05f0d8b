"""The 16-bit checks of tags and their readers.

One rule for the editor: a check is proven against bytes that a maker printed or a device sent, never only
against itself.
"""

from binascii import crc_hqx

_REFLECTED = 0x8408
_MERCURY_START = 0x1D0F
"""FFFF shifted through 16 zero bits: Mercury's register holds FFFF before the first byte."""


def _reflected_row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_REFLECTED if byte & 1 else 0)
    return byte


_TABLE = tuple(_reflected_row(byte) for byte in range(256))


def mcrf4xx(data: bytes | bytearray) -> int:
    """CRC-16/MCRF4XX (polynomial 8408 reflected, start FFFF). Over a frame and its own check it is 0, the
    check standing there low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def mercury(data: bytes | bytearray) -> int:
    """ThingMagic's check (polynomial 1021, start FFFF) over two bytes or more.

    It shifts the data through the register without the 16 zero bits that a CRC is usually ended with. So it is
    the usual one over all but the last two bytes, and those two added to it.
    """
    return crc_hqx(data[:-2], _MERCURY_START) ^ int.from_bytes(data[-2:], "big")


def is_gen2(pc_epc_crc: bytes) -> bool:
    """Whether a tag's own CRC (Gen2, polynomial 1021, start FFFF, inverted) ends its PC word and EPC."""
    return crc_hqx(pc_epc_crc[:-2], 0xFFFF) ^ 0xFFFF == int.from_bytes(pc_epc_crc[-2:], "big")
