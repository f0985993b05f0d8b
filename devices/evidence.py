"""How a decoder says that it could not read something.

One rule for the editor: the raw bytes go with it, and they are bounded.
"""

from devices.framing import FAULTS, Piece
from devices.readings import RAW_HEX_MAX, Garbled


def raw_hex(data: bytes) -> str:
    """`data` as the evidence of a reading: upper-case hex, cut at RAW_HEX_MAX digits."""
    return data[: RAW_HEX_MAX // 2].hex().upper()


def garbled(reason: str, detail: str, data: bytes) -> Garbled:
    """A Garbled reading with `data` as its evidence; `detail` is cut at the 400 characters it may have."""
    return Garbled(reason=reason, detail=detail[:400], raw_hex=raw_hex(data))


def garbled_piece(piece: Piece) -> Garbled:
    """What a framer gave up, as a reading."""
    return garbled(piece.fault, FAULTS[piece.fault], piece.data)
