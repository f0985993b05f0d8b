"""HID POS scanners: the layout is read, never assumed, and a code in several reports is whole or nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import Packet
from devices.drivers.scanners.hid_pos_scanner import ACTIVATE, PART_GAP_S, HidPosScanner
from devices.errors import NotConfigured
from devices.hid.packets import REFUSED, REPORT, descriptor_topic
from devices.hid.pos import NAMED
from devices.packets import engine
from devices.readings import CodePresented, DeviceReported, Garbled, Reading
from tests.devices.hid.reports import aim_report, plain_report
from tests.devices.test_claimed_vectors import of

AIM, PLAIN, MICROSCAN = NAMED["aim"], NAMED["plain"], NAMED["microscan"]
DESCRIPTORS = {"A-hidpos-layout2-reply": PLAIN, "A-hid-microscan": MICROSCAN}
"""What the manuals of the two vectors without a descriptor print of their layout."""

REFUSED_AS = {"report id": "REPORT_ID", "incomplete: last report says more follows": "INCOMPLETE"}


def scanner(descriptor: bytes = AIM, vendor: int = 0x05E0, **options: str) -> HidPosScanner:
    """A scanner whose report descriptor has come."""
    made = HidPosScanner(options)
    assert made.packet(Packet(descriptor_topic(vendor, 1), descriptor), 0.0) == []
    return made


def heard(made: HidPosScanner, *reports: bytes, every_s: float = 0.01) -> list[Reading]:
    """What it makes of these reports, `every_s` apart, and of the silence after them."""
    readings = [
        it for at, data in enumerate(reports) for it in made.packet(Packet(REPORT, data), at * every_s)
    ]
    return readings + made.idle(len(reports) * every_s + PART_GAP_S)


def reports_of(vector: dict[str, Any]) -> list[bytes]:
    """The reports of a vector, and the silence that follows."""
    data = bytes.fromhex(vector["input_hex"])
    length = vector.get("report_len", len(data))
    return [data[at : at + length] for at in range(0, len(data), length)]


def made_for(vector: dict[str, Any]) -> HidPosScanner:
    """A scanner with the descriptor of this vector."""
    words = vector.get("descriptor_hex")
    return scanner(bytes.fromhex(words) if words else DESCRIPTORS[vector["id"]])


@of("USB HID POS", "USB HID (Microscan)", kind="valid")
def test_a_vectors_reports_hold_what_it_says(vector: dict[str, Any]) -> None:
    made, expected = made_for(vector), vector["expected"]
    readings = heard(made, *reports_of(vector))
    if "data_hex" in expected:
        assert readings == []
        assert [(it.what, it.facts) for it in made.take_notes()] == [("reply", {"data": vector["input_hex"]})]
        return
    (code,) = readings
    assert isinstance(code, CodePresented)
    assert (code.text, code.symbology) == (expected["data"], expected.get("aim"))
    assert code.raw_hex == vector["input_hex"]


@of("USB HID POS", kind="invalid")
def test_a_vector_that_is_wrong_is_garbled_with_its_bytes(vector: dict[str, Any]) -> None:
    (reading,) = heard(made_for(vector), *reports_of(vector))
    assert isinstance(reading, Garbled)
    assert (reading.reason, reading.raw_hex) == (REFUSED_AS[vector["expected"]["error"]], vector["input_hex"])


@of("USB HID POS", "USB HID (Microscan)")
def test_a_capture_of_reports_is_read_as_they_came(vector: dict[str, Any]) -> None:
    made = made_for(vector)
    whole = made.packet(Packet("capture", bytes.fromhex(vector["input_hex"])), 0.0)
    assert whole + made.idle(60.0) == heard(made_for(vector), *reports_of(vector))


def test_the_same_bytes_mean_what_the_descriptor_says() -> None:
    report = aim_report("X30001234", "]C0")
    (by_aim,) = heard(scanner(AIM), report)
    (by_plain,) = heard(scanner(PLAIN), report)
    assert (by_aim.text, by_aim.symbology) == ("X30001234", "]C0")
    assert (by_plain.text, by_plain.symbology) == ("]C0X30001", None)


def test_a_report_before_the_descriptor_is_not_guessed_at() -> None:
    (reading,) = heard(HidPosScanner({}), aim_report("X30001234", "]C0"))
    assert reading.reason == "NO_LAYOUT"
    assert reading.raw_hex.startswith("02095D4330")


def test_a_configured_layout_stands_whatever_the_device_says_of_itself() -> None:
    for layout in ("plain", PLAIN.hex()):
        made = HidPosScanner({"layout": layout, "prefix": "aim"})
        assert made.packet(Packet(descriptor_topic(1, 1), AIM), 0.0) == []
        (code,) = heard(made, plain_report("]C0X30001234"))
        assert (code.text, code.symbology) == ("X30001234", "]C0")


@pytest.mark.parametrize("layout", ["", "moon", "05 8C", "0507"])
def test_a_layout_that_is_none_is_refused_by_name(layout: str) -> None:
    with pytest.raises(NotConfigured, match="option layout"):
        HidPosScanner({"layout": layout})


@pytest.mark.parametrize(
    "descriptor", [b"", b"\x05", bytes.fromhex("0507850275089501090481 02".replace(" ", ""))]
)
def test_a_device_that_is_no_scanner_says_what_to_set(descriptor: bytes) -> None:
    made = HidPosScanner({})
    (word,) = made.packet(Packet(descriptor_topic(1, 1), descriptor), 0.0)
    assert isinstance(word, DeviceReported)
    assert word.word == "MISCONFIGURED"
    assert "HID POS" in word.detail or "descriptor" in word.detail


# ---- codes in several reports ----------------------------------------------------------------------

LINK = "https://id.gs1.org/01/09506000134352/21/" + "S" * 60
FIRST, LAST = aim_report(LINK[:56], "]Q1", more=True), aim_report(LINK[56:], "]Q1")


def test_a_code_whose_end_comes_late_is_given_up_and_its_end_passes_for_nothing() -> None:
    made = scanner()
    assert made.packet(Packet(REPORT, FIRST), 0.0) == []
    assert [it.reason for it in made.idle(PART_GAP_S)] == ["INCOMPLETE"]
    assert made.idle(PART_GAP_S * 2) == []


def test_a_new_symbol_in_the_middle_of_another_ends_the_other() -> None:
    readings = heard(scanner(), FIRST, aim_report("X30001234", "]C0"))
    assert [getattr(it, "reason", getattr(it, "text", None)) for it in readings] == [
        "INCOMPLETE",
        "X30001234",
    ]


def test_a_part_that_cannot_be_read_takes_the_whole_code_with_it_and_no_other() -> None:
    broken = bytearray(FIRST)
    broken[1] = 200
    for parts in ((bytes(broken), LAST), (FIRST, FIRST[:20], LAST), (FIRST, bytes(broken), LAST)):
        readings = heard(scanner(), *parts, aim_report("X30001234", "]C0"))
        assert {type(it) for it in readings[:-1]} == {Garbled}
        assert readings[-1] == CodePresented(
            text="X30001234", symbology="]C0", raw_hex=aim_report("X30001234", "]C0").hex().upper()
        )


def test_a_code_that_never_ends_is_bounded() -> None:
    readings = heard(scanner(), *[FIRST] * 300, LAST, aim_report("X30001234", "]C0"))
    assert next(it.reason for it in readings if isinstance(it, Garbled)) == "TOO_LONG"
    assert readings[-1].text == "X30001234"


def test_the_separator_of_gs1_is_kept() -> None:
    (code,) = heard(scanner(), aim_report("010950600013435210Kit1\x1d21S1", "]d2"))
    assert code.text == "010950600013435210Kit1\x1d21S1"


def test_a_scanner_that_sends_no_identifier_is_read_without() -> None:
    (code,) = heard(scanner(), aim_report("X30001234", "\0\0\0"))
    assert (code.text, code.symbology) == ("X30001234", None)


def test_an_identifier_that_no_symbology_has_is_garbled() -> None:
    (reading,) = heard(scanner(), aim_report("X30001234", "ABC"))
    assert reading.reason == "AIM_ID_MISSING"


def test_reports_that_hold_no_code_are_noted_and_told_as_nothing() -> None:
    trigger = AIM[:-1] + bytes.fromhex("8504 0600FF 0901 7508 9501 8102 C0".replace(" ", ""))
    made = scanner(trigger)
    assert heard(made, b"\x04\x01", aim_report("", "]C0")) == []
    assert [it.what for it in made.take_notes()] == ["report", "empty"]
    assert made.take_notes() == []


def test_an_engines_answer_to_a_command_is_no_code() -> None:
    sound = engine.reply(0)
    broken = sound[:-1] + bytes((sound[-1] ^ 1,))
    assert heard(scanner(PLAIN), plain_report(sound.decode("latin-1"))) == []
    assert len(heard(scanner(PLAIN), plain_report(broken.decode("latin-1")))) == 1


# ---- activation -----------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", [0x0C2E, 0x23D0])
def test_a_honeywell_is_told_once_to_send_its_codes_here(vendor: int) -> None:
    made = scanner(vendor=vendor)
    assert made.opening() == b""
    assert made.take_replies() == ACTIVATE == bytes.fromhex("03FE01")
    assert made.take_replies() == b""


def test_others_are_told_nothing_unless_they_name_the_report_or_it_is_configured() -> None:
    assert scanner().take_replies() == b""
    assert (
        scanner(AIM[:-1] + bytes.fromhex("85FE75089501 0901B102C0".replace(" ", ""))).take_replies()
        == ACTIVATE
    )
    assert scanner(activate="yes").take_replies() == ACTIVATE
    assert scanner(vendor=0x0C2E, activate="no").take_replies() == b""


def test_a_scanner_that_refuses_the_activation_is_still_read() -> None:
    made = scanner(vendor=0x0C2E)
    assert made.packet(Packet(REFUSED, made.take_replies()), 0.1) == []
    assert [it.what for it in made.take_notes()] == ["refused"]
    assert heard(made, aim_report("X30001234", "]C0"))[0].text == "X30001234"


# ---- whatever comes -------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["report", "capture", "descriptor/0c2e:1", "descriptor", "refused"]),
            st.binary(max_size=200) | st.sampled_from([AIM, PLAIN, FIRST, LAST]),
        ),
        max_size=12,
    ),
    st.sampled_from(["own", "aim", "plain"]),
)
def test_no_packet_can_raise(packets: list[tuple[str, bytes]], layout: str) -> None:
    made = HidPosScanner({"layout": layout})
    for at, (topic, payload) in enumerate(packets):
        for reading in made.packet(Packet(topic, payload), at * 0.3):
            assert isinstance(reading, CodePresented | Garbled | DeviceReported)
    made.idle(1000.0)


@given(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.just("\x1d"), min_size=1, max_size=400)
)
def test_a_text_of_any_length_arrives_as_it_was_sent(text: str) -> None:
    pieces = [text[at : at + 56] for at in range(0, len(text), 56)]
    parts = [aim_report(it, "]d1", more=True) for it in pieces[:-1]]
    (code,) = heard(scanner(), *parts, aim_report(pieces[-1], "]d1"))
    assert code.text == text
