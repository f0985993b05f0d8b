"""What could not be read keeps its bytes, within bounds that the wire form accepts."""

from devices.evidence import garbled, garbled_piece, raw_hex
from devices.framing import GAP, Piece
from devices.readings import RAW_HEX_MAX
from devices.wire import decode_reading, encode


def test_evidence_longer_than_the_wire_allows_is_cut() -> None:
    reading = garbled("TOO_LONG", "x" * 1000, b"\xff" * 100_000)
    assert len(reading.raw_hex) == RAW_HEX_MAX
    assert decode_reading(encode(reading)) == reading


def test_evidence_is_upper_case_hex() -> None:
    assert raw_hex(b"\x1d\xab") == "1DAB"


def test_a_piece_given_up_says_why() -> None:
    reading = garbled_piece(Piece(b"X3", GAP))
    assert (reading.reason, reading.raw_hex) == ("GAP", "5833")
    assert "Scan again" in reading.detail
