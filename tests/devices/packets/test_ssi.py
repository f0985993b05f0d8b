"""SSI and SCI packets: every claimed vector parsed and built again, and nothing else believed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.framing import CHECKSUM, NOISE
from devices.packets.ssi import SCI, SHORT, SSI, Dialect, SsiPacket
from devices.seeking import WAIT
from tests.devices.feeding import vectors

DIALECTS = {"serial SSI": SSI, "serial SCI": SCI}
VECTORS = [v for v in vectors() if v["transport"] in DIALECTS]
both = pytest.mark.parametrize("dialect", [SSI, SCI], ids=["SSI", "SCI"])


def of(kind: str) -> Any:
    chosen = [v for v in VECTORS if v["kind"] == kind]
    return pytest.mark.parametrize("vector", chosen, ids=[v["id"] for v in chosen])


def look(dialect: Dialect, data: bytes, is_end: bool = True) -> int | str:
    return dialect.look(bytearray(data), 0, is_end)


@of("valid")
def test_a_packet_says_what_its_maker_printed_and_is_built_again_byte_for_byte(
    vector: dict[str, Any],
) -> None:
    dialect, data, expected = (
        DIALECTS[vector["transport"]],
        bytes.fromhex(vector["input_hex"]),
        vector["expected"],
    )
    assert look(dialect, data) == len(data)
    packet = dialect.unpack(data)
    assert packet.opcode == expected["opcode"]
    assert packet.host == (expected.get("source") == "host")
    assert packet.again == expected.get("retransmit", False)
    assert packet.more == expected.get("continuation", False)
    assert packet.permanent == expected.get("permanent", False)
    if "cause" in expected:
        assert packet.data == bytes((expected["cause"],))
    if "barcode_type" in expected:
        assert packet.data == bytes((expected["barcode_type"],)) + expected["data"].encode()
    elif "data" in expected:
        assert packet.data == expected["data"].encode()
    assert dialect.pack(packet) == data


@of("invalid")
def test_a_packet_that_is_wrong_is_not_believed(vector: dict[str, Any]) -> None:
    found = look(DIALECTS[vector["transport"]], bytes.fromhex(vector["input_hex"]))
    assert found == {"checksum": CHECKSUM, "short": SHORT}[vector["expected"]["error"]]


@pytest.mark.parametrize(
    ("name", "data", "printed"),
    [
        ("START_DECODE", b"", "04E40400FF14"),
        ("STOP_DECODE", b"", "04E50400FF13"),
        ("SCAN_ENABLE", b"", "04E90400FF0F"),
        ("SCAN_DISABLE", b"", "04EA0400FF0E"),
        ("CMD_NAK", b"\x02", "05D1040002FF24"),
        ("PARAM_SEND", b"\xff\x8a\x08", "07C60400FF8A08FD9E"),
    ],
)
def test_a_command_is_built_as_printed(name: str, data: bytes, printed: str) -> None:
    assert SSI.pack(SsiPacket(SSI.code(name), data, host=True)).hex().upper() == printed


@pytest.mark.parametrize(
    ("name", "data", "host", "printed"),
    [("BEEP", b"\x06", True, "04428006FF34"), ("CMD_ACK", b"", False, "035900FFA4")],
)
def test_sci_is_built_as_mindeos_manual_prints_it(name: str, data: bytes, host: bool, printed: str) -> None:
    assert SCI.pack(SsiPacket(SCI.code(name), data, host=host)).hex().upper() == printed


@both
@given(
    data=st.binary(max_size=251),
    host=st.booleans(),
    again=st.booleans(),
    permanent=st.booleans(),
    pick=st.integers(min_value=0),
)
def test_what_is_packed_is_unpacked(
    dialect: Dialect, data: bytes, host: bool, again: bool, permanent: bool, pick: int
) -> None:
    opcode = sorted(dialect.opcodes)[pick % len(dialect.opcodes)]
    packet = SsiPacket(opcode, data, host=host, again=again, permanent=permanent)
    packed = dialect.pack(packet)
    assert look(dialect, packed) == len(packed)
    assert dialect.unpack(packed) == packet
    assert all(look(dialect, packed[:at], is_end=False) == WAIT for at in range(1, len(packed)))


@both
@given(data=st.binary(min_size=1, max_size=20), at=st.integers(min_value=0), change=st.integers(1, 255))
def test_one_changed_byte_is_noticed(dialect: Dialect, data: bytes, at: int, change: int) -> None:
    packed = bytearray(dialect.pack(SsiPacket(dialect.code("DECODE_DATA"), data)))
    packed[at % len(packed)] ^= change
    assert look(dialect, bytes(packed)) != len(packed)


@both
def test_a_bit_of_the_status_that_has_no_meaning_is_not_believed(dialect: Dialect) -> None:
    packed = dialect.pack(SsiPacket(dialect.code("DECODE_DATA"), b"X3"))
    for bit in (0x04, 0x10, 0x20):
        body = bytearray(packed[:-2])
        body[dialect.header - 1] |= bit
        assert look(dialect, bytes(body) + (-sum(body) & 0xFFFF).to_bytes(2, "big")) == NOISE


@both
def test_more_data_than_a_packet_holds_is_refused(dialect: Dialect) -> None:
    opcode, most = dialect.code("DECODE_DATA"), b"x" * (255 - dialect.header)
    assert look(dialect, dialect.pack(SsiPacket(opcode, most))) == 257
    with pytest.raises(ValueError, match="at most"):
        dialect.pack(SsiPacket(opcode, most + b"x"))


def test_an_opcode_without_a_name_is_shown_as_hex() -> None:
    assert (SSI.named(0xF3), SSI.named(0xF9)) == ("DECODE_DATA", "F9")
    with pytest.raises(KeyError):
        SSI.code("COFFEE")
