"""Cards on a PC/SC reader: asked for their number once, told once, never when nobody was there."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.codes.identify import identity_of_card
from devices.driver import Packet
from devices.drivers.rfid.pcsc_card_reader import PcscCardReader
from devices.pcsc.atr import Atr, read_atr
from devices.pcsc.packets import CARD, COMMAND, COMMANDS, GET_UID, LYING, REMOVED, RESPONSE
from devices.readings import CardPresented, Garbled, Reading
from tests.devices.test_claimed_vectors import of

CLASSIC = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
DESFIRE = bytes.fromhex("3B86800106757781028000")


def storage(standard: int, name: int = 0) -> bytes:
    """The answer to reset of a storage card."""
    body = bytes.fromhex("8F8001804F0CA000000306") + bytes((standard, name >> 8, name & 255, 0, 0, 0, 0))
    check = 0
    for byte in body:
        check ^= byte
    return b"\x3b" + body + bytes((check,))


def presented(reader: PcscCardReader, uid: str, atr: bytes = CLASSIC, at_s: float = 0.0) -> list[Reading]:
    """What a reader says when a card is laid on it."""
    assert reader.packet(Packet(CARD, atr), at_s) == []
    assert reader.take_replies() == GET_UID
    return reader.packet(Packet(RESPONSE, bytes.fromhex(uid) + b"\x90\x00"), at_s)


def taken_away(reader: PcscCardReader, at_s: float) -> None:
    """The card is taken off."""
    assert reader.packet(Packet(REMOVED, b""), at_s) == []


@of("PC/SC APDU response", kind="valid")
def test_a_response_with_a_number_is_a_card(vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    (card,) = PcscCardReader({}).packet(Packet(RESPONSE, bytes.fromhex(vector["input_hex"])), 0.0)
    assert isinstance(card, CardPresented)
    assert (card.technology, card.uid, len(card.uid)) == (
        "ISO14443A",
        expected["uid"],
        2 * expected["uid_len"],
    )
    assert card.raw_hex == vector["input_hex"]


@of("PC/SC APDU response", kind="invalid")
def test_a_response_without_a_number_is_garbled_and_says_why(vector: dict[str, Any]) -> None:
    (reading,) = PcscCardReader({}).packet(Packet(RESPONSE, bytes.fromhex(vector["input_hex"])), 0.0)
    assert isinstance(reading, Garbled)
    assert reading.raw_hex == vector["input_hex"]
    said = {
        "function not supported": ("NO_UID", "function not supported"),
        "no UID bytes": ("UID_LENGTH", "has 0"),
    }
    reason, words = said[vector["expected"]["error"]]
    assert reading.reason == reason
    assert words in reading.detail


@of("PC/SC APDU")
def test_the_commands_are_those_of_the_standard(vector: dict[str, Any]) -> None:
    reader, command = PcscCardReader({}), bytes.fromhex(vector["input_hex"])
    assert COMMANDS[command] == vector["expected"]["command"]
    assert reader.packet(Packet(COMMAND, command), 0.0) == []
    assert [it.facts for it in reader.take_notes()] == [vector["expected"]]


@of("PC/SC ATR")
def test_an_answer_to_reset_says_what_kind_of_card_it_is(vector: dict[str, Any]) -> None:
    atr, expected = read_atr(bytes.fromhex(vector["input_hex"])), vector["expected"]
    said = {"rid": atr.rid, "standard": atr.standard, "card_name": atr.name, "ats": atr.ats}
    assert {name: value for name, value in said.items() if value is not None} == expected


@pytest.mark.parametrize(
    ("atr", "uid", "technology", "canonical"),
    [
        (CLASSIC, "F68E2A99", "ISO14443A", "F68E2A99"),
        (DESFIRE, "04A1B2C3D4E580", "ISO14443A", "04A1B2C3D4E580"),
        (storage(0x07), "11223344", "ISO14443B", "11223344"),
        (storage(0x0B), "E004010012345678", "ISO15693", "E004010012345678"),
        (storage(0x0B), "78563412000104E0", "ISO15693", "E004010012345678"),
        (storage(0x11), "01120412345678E0", "FELICA", "01120412345678E0"),
        (b"", "78563412000104E0", "ISO15693", "E004010012345678"),
        (b"", "04A1B2C3D4E5F60718AA", "ISO14443A", "04A1B2C3D4E5F60718AA"),
    ],
)
def test_a_card_is_known_by_one_word_and_one_order(
    atr: bytes, uid: str, technology: str, canonical: str
) -> None:
    (card,) = presented(PcscCardReader({}), uid, atr)
    assert isinstance(card, CardPresented)
    assert (card.technology, card.uid) == (technology, canonical)


def test_a_reader_that_gives_the_last_byte_first_is_turned_round() -> None:
    (card,) = presented(PcscCardReader({"uid_order": "reversed"}), "80E5D4C3B2A104")
    assert card.uid == "04A1B2C3D4E580"


def test_a_card_that_draws_its_number_anew_is_read_and_stands_for_nobody() -> None:
    reader = PcscCardReader({})
    (card,) = presented(reader, "085A1FC3")
    said = reader.take_notes()[-1]
    assert said.what == "not for enrolment"
    assert "new random number at every touch" in str(said.facts["why"])
    problem = identity_of_card(card).problem
    assert problem is not None
    assert problem.code == "CARD_RANDOM"
    assert identity_of_card(card).candidates == ()


def test_a_card_that_lay_there_before_is_no_presentation() -> None:
    reader = PcscCardReader({})
    assert reader.packet(Packet(LYING, CLASSIC), 0.0) == []
    assert reader.take_replies() == b""
    assert [it.what for it in reader.take_notes()] == ["lying"]
    taken_away(reader, 5.0)
    assert len(presented(reader, "F68E2A99", at_s=5.1)) == 1


def test_a_card_at_the_edge_of_the_field_is_told_once() -> None:
    reader = PcscCardReader({})
    readings = [reading for at_s in (0.0, 0.4, 0.8) for reading in _touched(reader, "F68E2A99", at_s)]
    assert len(readings) == 1
    assert reader.repeated == 2
    assert len(presented(reader, "F68E2A99", at_s=3.0)) == 1


def test_another_card_at_once_is_told_at_once() -> None:
    reader = PcscCardReader({})
    cards = [*_touched(reader, "F68E2A99", 0.0), *_touched(reader, "04A1B2C3D4E580", 0.2)]
    assert [card.uid for card in cards] == ["F68E2A99", "04A1B2C3D4E580"]


def _touched(reader: PcscCardReader, uid: str, at_s: float) -> list[Reading]:
    readings = presented(reader, uid, at_s=at_s)
    taken_away(reader, at_s + 0.1)
    return readings


def test_a_card_that_is_gone_before_it_was_asked_is_not_asked() -> None:
    reader = PcscCardReader({})
    reader.packet(Packet(CARD, CLASSIC), 0.0)
    taken_away(reader, 0.01)
    assert reader.take_replies() == b""
    assert [it.what for it in reader.take_notes()] == ["card", "removed"]


@pytest.mark.parametrize(
    "spoilt", [CLASSIC[:-1], CLASSIC[:-1] + b"\x00", b"\x3f" + CLASSIC[1:], b"\x3b\x00", b""]
)
def test_an_answer_to_reset_that_is_not_sound_says_nothing(spoilt: bytes) -> None:
    assert read_atr(spoilt) == Atr()


@given(
    st.lists(
        st.tuples(st.sampled_from([CARD, LYING, RESPONSE, REMOVED, COMMAND, "x"]), st.binary(max_size=40))
    )
)
def test_no_packet_can_raise(packets: list[tuple[str, bytes]]) -> None:
    reader = PcscCardReader({})
    for at_s, (topic, payload) in enumerate(packets):
        for reading in reader.packet(Packet(topic, payload), float(at_s)):
            assert isinstance(reading, CardPresented | Garbled)
        reader.take_replies()
        reader.take_notes()
