"""Cambrionix hubs: rows in both layouts, the bay map, the theft flag, restarts, and never a command too early."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.docks import cambrionix_text as text
from devices.docks.bays import AGAIN_S
from devices.drivers.docks.cambrionix import Cambrionix
from devices.errors import NotConfigured
from devices.readings import BayReported, DeviceReported, Garbled, Reading
from devices.wire import decode_reading, encode
from tests.devices.feeding import every_way, fed
from tests.devices.test_claimed_vectors import CAMBRIONIX, of

SETTLE_S = 2.0


def hub() -> Cambrionix:
    return Cambrionix({})


def bays_of(readings: list[Reading]) -> list[tuple[int, str, bool | None]]:
    return [(it.bay, it.word, it.present) for it in readings if isinstance(it, BayReported)]


def words_of(readings: list[Reading]) -> list[str]:
    return [it.word for it in readings if isinstance(it, DeviceReported)]


def wire(vector: dict[str, Any]) -> bytes:
    said = vector["input_text"]
    return (said if said.endswith(">> ") else said + "\r\n").encode()


def facts_of(data: bytes) -> dict[str, dict[str, Any]]:
    """What was noted of these bytes, by what it is."""
    decoder = hub()
    decoder.feed(data, 0.0)
    return {note.what: dict(note.facts) for note in decoder.take_notes()}


class Line:
    """A hub's end of the line, in simulated seconds: what we send, and its answers."""

    def __init__(self, decoder: Cambrionix) -> None:
        self.decoder = decoder
        self.at_s = 0.0
        self.sent = [decoder.opening()]
        self.said: list[Reading] = []

    def rests(self, tenths: int = 5) -> None:
        """Silence of so many tenths of a second."""
        for _ in range(tenths):
            self.at_s += 0.1
            self.said += self.decoder.idle(self.at_s)
            self._take()

    def answers(self, *lines: str, prompt: str = ">> ") -> None:
        """The hub writes these lines and its prompt."""
        self.at_s += 0.1
        data = "".join(line + "\r\n" for line in lines) + prompt
        self.said += self.decoder.feed(data.encode(), self.at_s)
        self._take()

    def _take(self) -> None:
        data = self.decoder.take_replies()
        self.sent += [data] if data else []

    def opens(self) -> None:
        """The hub answers the first commands as one without lamps or alarms does."""
        self.answers()
        self.rests()
        for lines in (["mfr:cambrionix,mode :main,hw:PP15S,fw:1.68,fc:un"], [], [], [], [], []):
            self.answers(*lines)


@of(CAMBRIONIX)
def test_a_vector_is_read_the_same_however_it_is_cut(vector: dict[str, Any]) -> None:
    for readings in every_way(hub, wire(vector)):
        assert readings == fed(hub, wire(vector))
        assert any(isinstance(it, Garbled) for it in readings) == (vector["kind"] == "invalid")


@of(CAMBRIONIX, kind="invalid")
def test_what_is_no_row_and_no_error_is_garbled_with_its_bytes(vector: dict[str, Any]) -> None:
    (reading,) = fed(hub, wire(vector))
    reasons = {"fields": "FIELDS", "flags": "FLAGS", "not an error line": "LINE"}
    assert reading.reason == reasons[vector["expected"]["error"]]
    assert reading.raw_hex == vector["input_text"].encode().hex().upper()


@of(CAMBRIONIX, kind="valid")
def test_every_fact_of_a_vector_is_found(vector: dict[str, Any]) -> None:
    said, expected = vector["input_text"], vector["expected"]
    lines = said.removesuffix(">> ").split("\r\n")
    pairs = dict(text.read_pair(line) for line in lines if ":" in line)
    if "port" in expected:
        row = text.read_row(said)
        names = {"attached": "is_attached"}
        assert {name: getattr(row, names.get(name, name)) for name in expected} == expected | {
            "flags": tuple(expected["flags"])
        }
        assert text.read_row(text.row_text(row)) == row
    elif "fatal" in expected:
        assert text.read_error(said) == (expected["fatal"], expected["code"], expected["text"])
    elif "bay_to_usb_path" in expected:
        found = text.read_bays(pairs)
        mapped = {str(bay): path for bay, path in found.paths.items()}
        assert mapped | {"control": found.control} == expected["bay_to_usb_path"]
    elif "hardware" in expected:
        noted = facts_of(wire(vector))
        found = {name.lower().replace(" ", "_"): value for name, value in noted["system"].items()}
        assert found | noted["title"] == expected
    elif "security" in expected:
        assert facts_of(wire(vector))["security"] == expected
    elif "v5" in expected:
        facts = text.read_limits(pairs)
        assert {name: list(it) if isinstance(it, tuple) else it for name, it in facts.items()} == expected
    else:
        facts = text.read_health(pairs)
        found = {name: list(it) if isinstance(it, tuple) else it for name, it in facts.items()}
        assert {name: found[name] for name in expected} == expected


FLAGS = st.sampled_from(["A C", "D I", "A F", "e A S", "T D I", "R A P", "E A C"])
TYPE_C = st.sampled_from(["A C -", "D I _", "P F q", "C c +", "A O Q"])
NUMBER = st.integers(0, 9999)
ROWS = st.builds(
    lambda port, ma, is_type_c, flags, type_c, mv, seconds, charged, centi: text.Row(
        port, ma, tuple((type_c if is_type_c else flags).split()),
        (type_c[0] in "AP") if is_type_c else "A" in flags,
        type_c[2] if is_type_c else next(it for it in flags.split() if it in "OSBIPCF"),
        seconds, charged, centi / 100, None if is_type_c else 1, 10 * mv if is_type_c else None,
    ),
    st.integers(0, 999), NUMBER, st.booleans(), FLAGS, TYPE_C, NUMBER, NUMBER, st.none() | NUMBER, NUMBER,
)  # fmt: skip


@given(ROWS)
def test_a_row_comes_back_from_its_text_in_both_layouts(row: text.Row) -> None:
    assert text.read_row(text.row_text(row)) == row


PARTS = st.sampled_from(
    [b">> ", b"boot>> ", b"\r\n", b"5, 0001, A C, 1, 5, x, 0.01", b"*E410: x", b"*FATAL ERROR E001: x", b"Nodes : 1",
     b"Ports: 2", b"Hub 1 Port 1 : Hub 1", b"Hub 1 Port 2 : Port 7", b"5V Now: 5.1", b"5V Flags: UV", b"what: x",
     b"self: 1", b"mfr:c,fw:1,what:2", b"Firmware: 1", b"leds 1 C", b"armed", b"\xff"]
)  # fmt: skip


@given(st.lists(st.one_of(st.binary(max_size=20), PARTS), max_size=40))
def test_no_bytes_make_it_fail_and_what_it_says_goes_over_the_wire(parts: list[bytes]) -> None:
    decoder = hub()
    decoder.opening()
    for at_s, part in enumerate(parts):
        decoder.show("red", 3)
        for reading in decoder.feed(part, float(at_s)) + decoder.idle(at_s + 0.5):
            assert decode_reading(encode(reading)) == reading
        decoder.take_replies()
        assert all(encode(note) for note in decoder.take_notes())


def test_a_hub_is_asked_who_it_is_one_command_a_prompt_and_then_watched() -> None:
    line = Line(hub())
    line.opens()
    line.answers("state", "1, 0500, A C, 1, 5, x, 0.01", "2, 0000, D I, 0, 0, x, 0.00")
    assert [data.decode("latin-1").strip() for data in line.sent] == [
        "\x03", "id", "system", "bd", "health", "crf", "sec", "state", "health",
    ]  # fmt: skip
    assert [it.firmware for it in line.said if isinstance(it, DeviceReported)] == ["1.68"]
    assert bays_of(line.said) == [(1, "CHARGING", True), (2, "EMPTY", False)]


def test_the_theft_alarm_is_armed_where_it_is_to_be() -> None:
    line = Line(Cambrionix({"security": "arm"}))
    line.opens()
    assert b"sec arm\r\n" in line.sent
    line.answers("3, 0000, T D I, 0, 0, x, 0.00")
    (taken,) = [it for it in line.said if isinstance(it, BayReported)]
    assert (taken.word, taken.present) == ("FAULT", False)
    assert "theft alarm" in (taken.fault or "")


def test_finished_is_ready_and_a_small_current_is_not() -> None:
    said = (
        "1, 0010, A F, 1, 900, 60, 1.20\r\n2, 0001, A C, 1, 900, x, 1.20\r\n3, 0500, A S, 0, 0, x, 0.10\r\n"
    )
    assert bays_of(fed(hub, said.encode())) == [
        (1, "READY", True),
        (2, "CHARGING", True),
        (3, "UNKNOWN", True),
    ]


def test_a_bouncing_plug_is_neither_out_nor_in_until_it_stays() -> None:
    decoder = hub()
    inside, outside = b"1, 0500, A C, 1, 5, x, 0.01\r\n", b"1, 0000, D I, 0, 0, x, 0.00\r\n"
    told = [
        bays_of(decoder.feed(data, at_s))
        for at_s, data in enumerate((inside, outside, inside, outside, outside))
    ]
    assert told == [[(1, "CHARGING", True)], [], [], [], []]
    assert bays_of(decoder.feed(outside, 3.0 + SETTLE_S)) == [(1, "EMPTY", False)]
    assert bays_of(decoder.feed(outside, 9.0)) == []
    assert decoder.repeated == 5


def test_a_bay_that_stays_charged_is_told_again_before_it_is_taken_for_silent() -> None:
    decoder, full = hub(), b"1, 0010, A F, 1, 900, 60, 1.20\r\n"
    told = [bays_of(decoder.feed(full, at_s)) for at_s in (0.0, AGAIN_S - 1, AGAIN_S, AGAIN_S + 1)]
    assert told == [[(1, "READY", True)], [], [(1, "READY", True)], []]


def test_a_hub_that_restarts_by_itself_is_told_everything_again() -> None:
    line = Line(Cambrionix({"security": "arm"}))
    line.opens()
    line.answers()
    line.answers("1, 0500, A C, 1, 5, x, 0.01")
    line.answers()
    line.sent.clear()
    for _ in range(4):
        line.rests(11)
        line.answers("1, 0000, R A P, 1, 0, x, 0.00")
    assert line.sent[:3] == [b"state\r\n", b"id\r\n", b"system\r\n"]
    assert words_of(line.said).count("OPEN") == 2


def test_a_fatal_error_is_left_alone_until_the_hub_is_back() -> None:
    line = Line(hub())
    line.opens()
    line.answers("*FATAL ERROR E001: Stack", prompt="")
    line.sent.clear()
    line.rests(80)
    assert line.sent == []
    assert words_of(line.said)[-1] == "WEDGED"
    line.rests(50)
    assert line.sent == [b"\x03"]
    line.answers("1, 0500, A C, 1, 5, x, 0.01")
    assert words_of(line.said)[-1] == "OPEN"


def test_a_hub_in_its_boot_loader_says_so() -> None:
    line = Line(hub())
    line.answers("*E900: Not in boot mode", prompt="boot>> ")
    assert words_of(line.said) == ["MISCONFIGURED"]


def test_low_volts_are_said_once_and_taken_back_when_they_are_gone() -> None:
    decoder = hub()
    low, well = b"5V Now: 4.4\r\n5V Flags: UV\r\n>> ", b"5V Now: 5.1\r\n5V Flags:\r\n>> "
    told = [decoder.feed(data, float(at_s)) for at_s, data in enumerate((well, low, low, well))]
    assert [[it.detail and it.detail[:21] for it in said] for said in told] == [
        [], ["The hub marks v5 UV ("], [], [None],
    ]  # fmt: skip


def test_the_light_of_a_bay_is_set_by_its_number_and_the_others_left() -> None:
    line = Line(hub())
    line.opens()
    line.answers("1, 0, D I, 0, 0, x, 0.00", "4, 0, D I, 0, 0, x, 0.00")
    line.answers()
    line.sent.clear()
    line.decoder.show("green", 3)
    line.decoder.show("none")
    for _ in range(4):
        line.answers()
    assert line.sent[:4] == [b"leds 1 xxC\r\n", b"leds 2 xxO\r\n", b"leds 1 RRRR\r\n", b"leds 2 RRRR\r\n"]


def test_a_hub_without_lamps_is_asked_for_them_once() -> None:
    line = Line(hub())
    line.opens()
    line.answers("1, 0, D I, 0, 0, x, 0.00")
    line.answers()
    line.decoder.show("green", 1)
    line.answers()
    assert line.sent[-1] == b"leds 1 C\r\n"
    line.answers("leds 1 C", "*E401: Command not recognised")
    line.answers()
    line.sent.clear()
    line.decoder.show("red", 1)
    line.rests(30)
    assert not any(b"leds" in data for data in line.sent)


def test_a_hub_that_gives_no_prompt_is_wedged() -> None:
    line = Line(hub())
    line.rests(200)
    assert words_of(line.said) == ["WEDGED"]
    assert set(line.sent) == {b"\x03"}


def test_an_answer_that_stops_before_its_prompt_is_given_up() -> None:
    (reading,) = fed(hub, b"Ports: 15\r\nNodes : 5\r\n")
    assert reading.reason == "NO_PROMPT"


@pytest.mark.parametrize(
    "tree",
    [
        "Hub 1 Port 1 : Hub 1",
        "Hub 1 Port 1 : Port 1\r\nHub 1 Port 2 : Port 1",
        "Hub 1 Port 1 : Port 1\r\nPorts: 2",
    ],
)
def test_a_tree_that_does_not_lead_to_every_bay_is_refused(tree: str) -> None:
    (reading,) = fed(hub, f"Nodes : 1\r\n{tree}\r\n>> ".encode())
    assert reading.reason == "BAYS"


@pytest.mark.parametrize(
    "options", [{"security": "on"}, {"poll_s": "0"}, {"settle_s": "never"}, {"dock": "a"}]
)
def test_an_option_that_is_none_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(NotConfigured):
        Cambrionix(options)
