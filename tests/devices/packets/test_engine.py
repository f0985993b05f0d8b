"""Packets of scan engines, and the text of scans between them: neither is ever taken for the other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.framing import CHECKSUM, GAP, LENGTH, RESTARTED, RESYNC, Piece
from devices.packets import engine
from devices.packets.engine import EngineFramer, EnginePacket
from tests.devices.feeding import vectors

VECTORS = [v for v in vectors() if v["transport"] == "serial/HID-POS scan engine 7E00/0200"]
OK = engine.reply(0)


def of(kind: str) -> Any:
    chosen = [v for v in VECTORS if v["kind"] == kind]
    return pytest.mark.parametrize("vector", chosen, ids=[v["id"] for v in chosen])


def pieces(*chunks: bytes, at_s: float = 0.0) -> list[Piece]:
    framer = EngineFramer()
    found = [piece for chunk in chunks for piece in framer.feed(chunk, at_s)]
    return found + framer.idle(at_s + 60.0)


def every_way(data: bytes) -> list[Piece]:
    whole = pieces(data)
    assert pieces(*(data[at : at + 1] for at in range(len(data)))) == whole
    for cut in range(1, len(data)):
        assert pieces(data[:cut], data[cut:]) == whole
    return whole


@of("valid")
def test_a_packet_says_what_was_printed_and_is_built_again_byte_for_byte(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["input_hex"]), vector["expected"]
    (piece,) = every_way(data)
    assert piece == Piece(data)
    packet = engine.unpack(piece.data)
    assert packet is not None
    assert packet.data.hex().upper() == expected["data"]
    if "reply" in expected:
        assert engine.REPLIES[packet.code] == expected["reply"]
        assert engine.reply(packet.code, packet.data) == data
    else:
        assert engine.COMMANDS[packet.code] == expected["command"]
        assert packet.zone == int(expected["zone"], 16)
        assert engine.command(packet.code, packet.zone, packet.data) == data


@of("invalid")
def test_a_packet_that_is_wrong_is_given_up_whole(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["input_hex"])
    (piece,) = every_way(data)
    assert piece == Piece(data, {"crc": CHECKSUM, "length": LENGTH}[vector["expected"]["error"]])


def test_the_replies_of_newlands_manual_have_its_checks() -> None:
    printed = {1: "020001010004 01", 2: "02000201005D51", 3: "02000301006A61"}
    for code, wire in printed.items():
        assert engine.reply(code) == bytes.fromhex(wire)


def test_a_scan_may_follow_a_reply_at_once_and_a_reply_a_scan() -> None:
    assert every_way(OK + b"X30001234\r" + OK + b"X3\r\n" + OK) == [
        Piece(OK), Piece(b"X30001234"), Piece(OK), Piece(b"X3"), Piece(OK),
    ]  # fmt: skip


def test_a_tilde_in_a_scan_is_text() -> None:
    assert every_way(b"a~b~\r~\r") == [Piece(b"a~b~"), Piece(b"~")]
    assert every_way(b"a~\0b\r") == [Piece(b"a~b")]


def test_a_command_may_leave_its_check_out_and_a_reply_may_not() -> None:
    bare = bytes.fromhex("7E000801000201ABCD")
    assert every_way(bare) == [Piece(bare)]
    assert engine.unpack(bare) == EnginePacket(8, b"\x01", 2)
    assert every_way(bytes.fromhex("0200000100ABCD"))[0].fault == CHECKSUM


def test_a_reply_in_the_middle_of_a_scan_gives_the_scan_up() -> None:
    assert every_way(b"X300" + OK + b"X3\r") == [Piece(b"X300", RESTARTED), Piece(OK), Piece(b"X3")]


def test_the_rest_of_a_broken_reply_is_never_the_beginning_of_a_serial_number() -> None:
    short = bytes.fromhex("02000000003331")  # its length says one byte less than it has
    assert every_way(short + b"X30001234\rX3\r") == [
        Piece(short[:6], CHECKSUM), Piece(b"\x31X30001234", RESYNC), Piece(b"X3"),
    ]  # fmt: skip
    long = bytes.fromhex("02000005003331")
    assert [it.fault for it in every_way(long + b"X30001234\r" + b"X3\r")] == [CHECKSUM, RESYNC, ""]


def test_a_sound_reply_within_a_broken_one_is_found() -> None:
    assert every_way(bytes.fromhex("020000F0") + OK + b"X3\r") == [
        Piece(bytes.fromhex("020000F0"), LENGTH),
        Piece(OK),
        Piece(b"X3"),
    ]


def test_after_a_broken_reply_and_a_silence_a_scan_is_believed() -> None:
    framer = EngineFramer()
    broken = framer.feed(bytes.fromhex("02000001003330"), 0.0)
    assert [it.fault for it in broken] == [CHECKSUM]
    assert framer.idle(0.3) == []
    assert framer.feed(b"X3\r", 1.0) == [Piece(b"X3")]


def test_half_a_scan_before_a_gap_is_given_up_with_what_follows_it() -> None:
    framer = EngineFramer()
    assert framer.feed(b"X300", 0.0) == []
    assert framer.idle(0.3) == [Piece(b"X300", GAP)]
    assert framer.feed(b"01234\rX3\r", 0.4) == [Piece(b"01234", RESYNC), Piece(b"X3")]


def test_endless_bytes_after_a_broken_reply_cost_no_memory() -> None:
    framer = EngineFramer()
    framer.feed(bytes.fromhex("02000001003330"), 0.0)
    given_up = [it for _ in range(100) for it in framer.feed(b"A" * 999, 0.0)]
    assert {it.fault for it in given_up} == {RESYNC}
    assert sum(len(it.data) for it in given_up) > 98_000


@given(st.binary(max_size=60))
def test_no_bytes_make_it_raise_and_no_cut_makes_a_difference(data: bytes) -> None:
    every_way(data)


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_garbage_costs_at_most_the_record_it_touches(before: bytes, after: bytes) -> None:
    framer = EngineFramer()
    framer.feed(before, 0.0)
    framer.idle(1.0)
    framer.feed(b"\r", 1.0)
    found = framer.feed(OK + b"X30001234\r", 2.0) + framer.feed(after, 2.0)
    assert found[:2] == [Piece(OK), Piece(b"X30001234")]
