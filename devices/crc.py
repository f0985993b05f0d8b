"""The 16-bit checks of tags and their readers.

One rule for the editor: a check is proven against bytes that a maker printed or a device sent, never only
against itself.
"""

from binascii import crc_hqx

_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Each byte with its bits in the other order."""

_MERCURY_START = 0x1D0F
"""FFFF shifted through 16 zero bits: Mercury's register holds FFFF before the first byte."""


def mcrf4xx(data: bytes | bytearray) -> int:
    """CRC-16/MCRF4XX (polynomial 8408 reflected, start FFFF). Over a frame and its own check it is 0, the
    check standing there low byte first.

    It is the library's 1021 with every bit the other way round, going in and coming out: a loop over bytes is
    many times slower, and on a line of noise a check is computed at every byte.
    """
    crc = crc_hqx(data.translate(_MIRRORED), 0xFFFF)
    return _MIRRORED[crc & 0xFF] << 8 | _MIRRORED[crc >> 8]


def mercury(data: bytes | bytearray) -> int:
    """ThingMagic's check (polynomial 1021, start FFFF) over two bytes or more.

    It shifts the data through the register without the 16 zero bits that a CRC is usually ended with. So it is
    the usual one over all but the last two bytes, and those two added to it.
    """
    return crc_hqx(data[:-2], _MERCURY_START) ^ int.from_bytes(data[-2:], "big")


def is_gen2(pc_epc_crc: bytes) -> bool:
    """Whether a tag's own CRC (Gen2, polynomial 1021, start FFFF, inverted) ends its PC word and EPC."""
    return crc_hqx(pc_epc_crc[:-2], 0xFFFF) ^ 0xFFFF == int.from_bytes(pc_epc_crc[-2:], "big")
