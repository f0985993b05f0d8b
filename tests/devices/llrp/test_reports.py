"""What a reader tells: the tags of real reports, why it refuses, and who it is."""

import pytest

from devices.llrp.messages import Bits, Message, Parameter, Value, read_message
from devices.llrp.reports import (
    SAID_MAX,
    Capabilities,
    TagRead,
    capabilities_of,
    refusal_of,
    sockets_of,
    tags_of,
)
from tests.devices.llrp.captured import CAPTURES


def captured(name: str) -> Message:
    """A published message."""
    message = read_message(CAPTURES[name])
    assert isinstance(message, Message)
    return message


def report(**epc: Value) -> Message:
    """A report of one tag with an EPC in bits."""
    return Message(61, 1, {}, (Parameter(240, {}, (Parameter(241, epc), Parameter(12, {"number": 0x3000}))),))


def test_a_speedways_report_tells_its_tag() -> None:
    seen = 1_594_174_805_140_192
    assert tags_of(captured("r420-61")) == [TagRead("3000ABCDEF00000000000003", 1, -48, seen)]


def test_the_toolkits_report_tells_its_tag() -> None:
    (tag,) = tags_of(captured("ltk-ro-access-report"))
    assert isinstance(tag, TagRead)
    assert (tag.epc, tag.antenna, tag.rssi_dbm, tag.seen) == ("306EDD870775C77926B231A9", 1, 0, 1)
    assert tag.first_seen_us == tag.last_seen_us == 1_222_091_477_000_000


def test_another_implementations_report_tells_its_tags() -> None:
    short, long = tags_of(captured("llrpjs-61"))
    assert isinstance(short, TagRead)
    assert (short.epc, short.antenna, short.rssi_dbm, short.seen) == ("3034257BF7194E4000000001", 1, -61, 3)
    assert long == TagRead("3034257BF7194E40000000010203", 2, -40)


@pytest.mark.parametrize(("bits", "hex_"), [(0, ""), (16, "ABCD"), (12, "ABC0"), (496, "AB" * 62)])
def test_an_epc_may_have_any_number_of_bits_that_a_tag_can_have(bits: int, hex_: str) -> None:
    (tag,) = tags_of(report(epc=Bits(bits, bytes.fromhex(hex_))))
    assert isinstance(tag, TagRead)
    assert (tag.epc, tag.pc) == (hex_, 0x3000)


def test_an_epc_that_no_tag_can_have_is_not_told() -> None:
    assert tags_of(report(epc=Bits(504, bytes(63)))) == ["An EPC of 504 bits; a Gen2 tag has at most 496."]
    assert tags_of(Message(61, 1, {}, (Parameter(240),))) == ["The report of a tag holds no EPC."]


def test_a_speedway_says_who_it_is_and_which_sockets_are_filled() -> None:
    who = capabilities_of(captured("r420-11"))
    assert who == Capabilities(25_882, 2_001_002, "5.14.0.240", 4)
    assert str(who) == "Impinj, model 2001002, 4 antennas"
    assert sockets_of(captured("r420-12")) == {1: True, 2: False, 3: False, 4: False}
    assert refusal_of(captured("r420-11")) == refusal_of(captured("r420-4")) == ""


def test_a_refusal_names_parameter_and_field_by_the_standards_words() -> None:
    field = Parameter(288, {"field": 2, "code": 301})
    inner = Parameter(289, {"parameter": 183, "code": 201}, (field,))
    outer = Parameter(289, {"parameter": 177, "code": 200}, (inner,))
    said = {"code": 100, "description": "no antenna 9\x1b" + "x" * 999}
    refusal = refusal_of(Message(30, 1, {}, (Parameter(287, said, (outer,)),)))
    assert refusal.startswith("100 parameter error, “no antenna 9 xxx")
    assert refusal.endswith(
        "(ROSpec: 200 parameter error; AISpec: 201 field error; field 2: 301 value out of range)"
    )
    assert len(refusal) < SAID_MAX + 140


def test_an_answer_that_does_not_say_success_is_none() -> None:
    assert refusal_of(Message(30, 1)) == "an answer without LLRPStatus"
