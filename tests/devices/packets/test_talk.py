"""The conversation with a scanner of either dialect: what is heard, what is answered, what is said again."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Lit, Noting, Talking
from devices.drivers.scanners import sci_scanner, ssi_scanner
from devices.packets.outbox import ANSWER_S
from devices.packets.ssi import SCI, SSI, Dialect, SsiPacket
from devices.packets.talk import Talk
from devices.readings import CodePresented, DeviceReported, Garbled, Reading
from devices.wire import Light, decode_reading, encode
from tests.devices.feeding import before_the_last_byte, every_way, fed

TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@dataclass(frozen=True)
class Side:
    """A scanner of one dialect: how its decoder is made, and its words."""

    dialect: Dialect
    make: Callable[[], Talk]
    frame: Callable[..., bytes]

    def said(self, name: str, data: bytes = b"", again: bool = False) -> bytes:
        """A packet of the scanner."""
        return self.dialect.pack(SsiPacket(self.dialect.code(name), data, again=again))

    def host(self, name: str, data: bytes = b"", again: bool = False) -> bytes:
        """A packet of ours."""
        return self.dialect.pack(SsiPacket(self.dialect.code(name), data, host=True, again=again))


SIDES = [
    Side(SSI, lambda: ssi_scanner.ssi_scanner({}), ssi_scanner.frame),
    Side(SCI, lambda: sci_scanner.sci_scanner({}), sci_scanner.frame),
]
sides = pytest.mark.parametrize("side", SIDES, ids=["SSI", "SCI"])


def texts(readings: list[Reading]) -> list[str]:
    return [it.text for it in readings if isinstance(it, CodePresented)]


@sides
def test_it_is_all_that_a_decoder_can_be(side: Side) -> None:
    talk = side.make()
    assert isinstance(talk, Talking)
    assert isinstance(talk, Lit)
    assert isinstance(talk, Noting)


@sides
def test_a_scan_is_acknowledged_once(side: Side) -> None:
    talk = side.make()
    assert texts(talk.feed(side.frame("X30001234"), 0.0)) == ["X30001234"]
    assert talk.take_replies() == side.host("CMD_ACK")
    assert talk.take_replies() == b""


@sides
def test_a_scan_that_comes_again_is_acknowledged_again_and_told_once(side: Side) -> None:
    talk = side.make()
    talk.feed(side.frame("X3"), 0.0)
    talk.take_replies()
    assert talk.feed(side.frame("X3", again=True), 2.0) == []
    assert talk.take_replies() == side.host("CMD_ACK")
    assert talk.repeated == 1
    assert texts(talk.feed(side.frame("X3"), 3.0)) == ["X3"]


@sides
def test_a_broken_scan_is_asked_for_again_and_then_told_even_if_it_is_the_one_before(side: Side) -> None:
    talk = side.make()
    talk.feed(side.frame("X3"), 0.0)
    broken = bytearray(side.frame("X3"))
    broken[-1] ^= 1
    readings = talk.feed(bytes(broken), 1.0) + talk.idle(1.5)
    assert [it.raw_hex for it in readings if isinstance(it, Garbled)] == [broken.hex().upper()]
    assert talk.take_replies() == side.host("CMD_NAK", b"\x01")
    assert texts(talk.feed(side.frame("X3", again=True), 1.6)) == ["X3"]


@sides
def test_a_broken_repetition_is_not_a_second_scan(side: Side) -> None:
    talk = side.make()
    talk.feed(side.frame("X3"), 0.0)
    broken = bytearray(side.frame("X3", again=True))
    broken[-1] ^= 1
    talk.feed(bytes(broken), 2.0)
    talk.idle(2.5)
    assert talk.feed(side.frame("X3", again=True), 2.6) == []


@sides
def test_only_what_came_last_is_answered(side: Side) -> None:
    """A scanner waits for one answer at a time: a second one would be taken for the answer to its next scan."""
    talk = side.make()
    talk.feed(b"\xff\xfe\xfd" + side.frame("X3"), 0.0)
    assert talk.take_replies() == side.host("CMD_ACK")


@sides
def test_its_firmware_is_asked_for_and_known(side: Side) -> None:
    talk = side.make()
    assert talk.opening() == side.host("REQUEST_REVISION")
    (word,) = talk.feed(side.said("REPLY_REVISION", b"PAABLS00-004-R01\x00 5"), 0.1)
    assert isinstance(word, DeviceReported)
    assert (word.word, word.firmware) == ("OPEN", "PAABLS00-004-R01  5")
    assert talk.take_replies() == side.host("CMD_ACK")
    assert talk.idle(60.0) == []


@sides
def test_a_scanner_that_answers_nothing_is_asked_twice_and_said_to_be_wedged(side: Side) -> None:
    talk = side.make()
    talk.opening()
    assert talk.idle(10.0) == []
    assert talk.idle(10.0 + ANSWER_S) == []
    assert talk.take_replies() == side.host("REQUEST_REVISION", again=True)
    assert talk.idle(13.0) == []
    (word,) = talk.idle(13.0 + ANSWER_S)
    assert isinstance(word, DeviceReported)
    assert word.word == "WEDGED"
    assert [talk.idle(at_s) for at_s in (20.0, 40.0)] == [[], []]


@sides
@pytest.mark.parametrize("light", ["green", "amber", "red", "none"])
def test_an_answer_is_shown_by_one_command_after_the_other(side: Side, light: Light) -> None:
    talk = side.make()
    talk.show(light)
    sent = []
    while said := talk.take_replies():
        assert side.dialect.look(bytearray(said), 0, True) == len(said)
        sent.append(side.dialect.named(said[1]))
        talk.feed(side.said("CMD_ACK"), 0.0)
    assert ("BEEP" in sent) == (light != "none")
    assert any(name.startswith("LED") for name in sent)


@sides
def test_a_command_that_arrived_broken_is_sent_again_and_one_that_is_refused_is_not(side: Side) -> None:
    talk = side.make()
    talk.show("none")
    first = talk.take_replies()
    talk.feed(side.said("CMD_NAK", b"\x01"), 0.0)
    assert talk.take_replies() == side.dialect.pack(side.dialect.unpack(first)._replace(again=True))
    talk.show("none")
    talk.feed(side.said("CMD_NAK", b"\x06"), 0.0)
    assert talk.take_replies() == first


@sides
def test_our_own_words_echoed_are_not_answered(side: Side) -> None:
    talk = side.make()
    assert talk.feed(side.host("CMD_ACK") + side.host("BEEP", b"\x01"), 0.0) == []
    assert talk.take_replies() == b""
    assert [note.what for note in talk.take_notes()] == ["CMD_ACK", "BEEP"]


@sides
def test_notes_that_nobody_takes_do_not_grow(side: Side) -> None:
    talk = side.make()
    for _ in range(500):
        talk.feed(side.said("CMD_ACK"), 0.0)
    assert len(talk.take_notes()) == 64
    assert talk.take_notes() == []


@sides
def test_a_scanner_set_to_plain_text_is_said_to_be_set_wrong_once_and_sent_nothing(side: Side) -> None:
    talk = side.make()
    readings = []
    for at_s in range(6):
        readings += talk.feed(b"X30001234\r", float(at_s)) + talk.idle(at_s + 0.5)
        assert talk.take_replies() == b""
    alarms = [it for it in readings if isinstance(it, DeviceReported)]
    assert [it.word for it in alarms] == ["MISCONFIGURED"]
    assert "packeted" in (alarms[0].detail or "")
    assert texts(readings) == []


@sides
@given(text=TEXTS)
def test_a_scan_arrives_however_it_is_cut(side: Side, text: str) -> None:
    data = side.frame(text)
    for readings in every_way(side.make, data):
        assert texts(readings) == [text]
        assert readings == fed(side.make, data)
    assert before_the_last_byte(side.make, data) == []


@sides
@given(text=TEXTS, before=st.binary(max_size=30), between=st.binary(max_size=30))
def test_garbage_costs_no_scan(side: Side, text: str, before: bytes, between: bytes) -> None:
    data = before + side.frame(text) + between + side.frame("X30009999")
    readings = fed(side.make, data)
    assert texts(readings) == [text, "X30009999"]
    assert fed(side.make, *(data[at : at + 1] for at in range(len(data)))) == readings


@sides
@given(data=st.binary(max_size=300))
def test_no_bytes_make_it_raise_and_all_readings_fit_the_wire(side: Side, data: bytes) -> None:
    talk = side.make()
    readings = talk.feed(data, 0.0) + talk.idle(60.0)
    for reading in readings:
        assert decode_reading(encode(reading)) == reading
    answer = talk.take_replies()
    assert answer == b"" or side.dialect.look(bytearray(answer), 0, True) == len(answer)
    assert fed(side.make, *(bytes((byte,)) for byte in data)) == readings
