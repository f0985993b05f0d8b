"""Cards on a serial CCID reader: asked for again and again, told once, never when nobody was there."""

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.cli import decode
from devices.codes.identify import identity_of_card
from devices.drivers.rfid.serial_card_reader import ASK, BE_READY, NAME, SEQ_READY, SEQ_UID, SerialCardReader
from devices.errors import NotConfigured
from devices.pcsc import ccid
from devices.readings import CardPresented, DeviceReported, Garbled, Reading
from devices.wire import decode_reading, encode
from tests.devices.feeding import every_way, vectors
from tests.devices.test_claimed_vectors import CCID_SERIAL, of

HOLLIS, REID, PHONE, ANOTHER = "04A1B2C3D4E580", "A29F4715", "081234AB", "08998877"
TAKEN = ccid.frame(b"\x00")


def answer(data: str, seq: int = SEQ_UID) -> bytes:
    """The reader's answer: data in hex, its status as the capture has it."""
    return TAKEN + ccid.frame(ccid.message(ccid.DATA, bytes.fromhex(data), seq, b"\x02\x81\x00"))


READY, NOBODY, GONE = answer("", SEQ_READY), answer("6300"), answer("")


def line(*lies: str, options: dict[str, str] | None = None) -> tuple[SerialCardReader, list[Reading]]:
    """A reader that was opened, and then asked once for each of `lies` (a number, "" where no card lies there), half a
    second apart; and what it said."""
    reader = SerialCardReader(options or {})
    assert reader.opening() == BE_READY
    said = reader.feed(READY, 0.0)
    for turn, uid in enumerate(lies, start=1):
        said += reader.idle(turn / 2)
        assert reader.take_replies() == ASK
        said += reader.feed(answer(f"{uid}9000") if uid else NOBODY, turn / 2 + 0.05)
    return reader, said


def uids(said: list[Reading]) -> list[str]:
    return [it.uid for it in said if isinstance(it, CardPresented)]


@of(CCID_SERIAL, kind="valid")
def test_a_captured_frame_is_a_card_or_a_command(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["input_hex"]), vector["expected"]
    for readings in every_way(lambda: SerialCardReader({}), data):
        assert uids(readings) == ([expected["uid"]] if "uid" in expected else [])
        assert not any(isinstance(it, Garbled) for it in readings)
    reader = SerialCardReader({})
    reader.feed(data, 0.0)
    assert [note.what for note in reader.take_notes()] == (["card"] if "uid" in expected else ["command"])


def test_what_the_reader_is_asked_is_what_was_captured() -> None:
    (captured,) = [it["input_hex"] for it in vectors() if it["id"] == "B-ccid-serial-getuid"]
    assert ASK.hex().upper() == captured
    assert BE_READY.hex().upper() == "0262000000000000" + "0100006303"


def test_a_card_is_told_once_however_long_it_lies_and_again_when_it_comes_back() -> None:
    reader, said = line("", HOLLIS, HOLLIS, HOLLIS, "", "", "", HOLLIS, "")
    assert uids(said) == [HOLLIS, HOLLIS]
    assert [note.what for note in reader.take_notes()] == ["answer", *["card", "removed"] * 2]


def test_a_card_at_the_edge_of_the_field_is_one_card() -> None:
    reader, said = line("", HOLLIS, "", HOLLIS, options={"quiet_s": "2"})
    assert uids(said) == [HOLLIS]
    assert reader.repeated == 1


def test_a_card_that_lay_there_before_anybody_asked_is_not_presented() -> None:
    reader, said = line(HOLLIS, HOLLIS, "", HOLLIS)
    assert uids(said) == [HOLLIS]
    assert [note.what for note in reader.take_notes()][:3] == ["answer", "lying", "removed"]


def test_a_card_laid_where_another_lay_is_another_card() -> None:
    assert uids(line("", HOLLIS, REID)[1]) == [HOLLIS, REID]


def test_a_phone_that_is_asked_again_is_one_phone_and_can_belong_to_nobody() -> None:
    _, said = line("", PHONE, ANOTHER, PHONE, "")
    assert uids(said) == [PHONE]
    (card,) = (it for it in said if isinstance(it, CardPresented))
    problem = identity_of_card(card).problem
    assert problem is not None
    assert problem.code == "CARD_RANDOM"


def test_a_card_that_tells_no_number_is_said_once() -> None:
    reader, said = line("")
    for turn in range(3):
        said += reader.feed(answer("6A81"), 1.0 + turn)
    assert [it.reason for it in said if isinstance(it, Garbled)] == ["NO_UID"]


def test_a_reader_that_was_switched_off_and_on_is_told_to_be_ready_again() -> None:
    reader, said = line("")
    said += reader.feed(GONE, 1.0)
    sent = [reader.take_replies()]
    said += reader.feed(READY, 1.1) + reader.idle(1.6)
    assert [*sent, reader.take_replies()] == [BE_READY, ASK]
    assert said == []


def test_a_frame_that_the_reader_refuses_is_sent_again() -> None:
    reader, _ = line("")
    reader.idle(1.0)
    assert reader.take_replies() == ASK
    reader.feed(ccid.frame(b"\xff"), 1.1)
    assert reader.take_replies() == b""
    reader.idle(2.2)
    assert reader.take_replies() == ASK
    assert reader.take_notes()[-1].facts == {"why": "wrong check"}


def test_a_reader_that_answers_nothing_is_wedged_until_it_does() -> None:
    reader = SerialCardReader({})
    reader.opening()
    said: list[Reading] = []
    for second in range(30):
        said += reader.idle(float(second))
        reader.take_replies()
    said += reader.feed(NOBODY, 31.0)
    assert [it.word for it in said if isinstance(it, DeviceReported)] == ["WEDGED", "OPEN"]


def test_a_broken_frame_costs_no_card_behind_it() -> None:
    broken = bytearray(answer(f"{HOLLIS}9000"))
    broken[-2] ^= 1
    reader, said = line("")
    said += reader.feed(bytes(broken), 1.0)
    said += reader.idle(2.0)
    said += reader.feed(answer(f"{HOLLIS}9000"), 3.0)
    assert uids(said) == [HOLLIS]
    assert "CHECKSUM" in [it.reason for it in said if isinstance(it, Garbled)]


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([NOBODY, GONE, READY, answer(f"{REID}9000"), b"\x02", b"\x02\x80"]) | st.binary()
    )
)
def test_no_bytes_stop_the_reader(pieces: list[bytes]) -> None:
    reader = SerialCardReader({})
    reader.opening()
    said = [it for turn, data in enumerate(pieces) for it in reader.feed(data, turn / 10)] + reader.idle(1e6)
    reader.take_replies()
    assert all(decode_reading(encode(it)) == it for it in said)
    assert len(reader.take_notes()) <= 128


@pytest.mark.parametrize(
    "options", [{"poll_s": "0"}, {"poll_s": "often"}, {"quiet_s": "61"}, {"uid_order": "mixed"}]
)
def test_a_wrong_option_is_refused_by_name(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured, match=next(iter(options))):
        SerialCardReader(options)


def test_a_capture_can_be_decoded_at_a_desk() -> None:
    done = CliRunner().invoke(decode, [NAME, "--hex", (ASK + answer(f"{REID}9000")).hex()])
    assert done.exit_code == 0, done.output
    said = [json.loads(line) for line in done.output.splitlines()]
    assert [it.get("what", it.get("uid")) for it in said] == ["command", REID, "card"]
