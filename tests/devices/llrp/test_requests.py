"""What a reader is asked, against the bytes that the LLRP toolkit writes for the same."""

import pytest

from devices.llrp.messages import Message, Parameter, read_message, write_message
from devices.llrp.requests import OUR_ROSPEC, add_rospec, events, keepalive, parting, steps
from devices.llrp.vocabulary import (
    AISPEC,
    ANTENNA_CONFIGURATION,
    CONTENT_SELECTOR,
    EVENT_SPEC,
    EVENTS_AND_REPORTS,
    INVENTORY,
    INVENTORY_COMMAND,
    KEEPALIVE_SPEC,
    MESSAGES,
    REPORT_SPEC,
    ROSPEC,
    SINGULATION_CONTROL,
)
from tests.devices.llrp.captured import CAPTURES


def below(parent: Message | Parameter | None, *types: int) -> Parameter:
    """The parameter that stands below `parent` by these types."""
    for type_ in types:
        assert parent is not None
        parent = parent.first(type_)
    assert isinstance(parent, Parameter)
    return parent


def captured(name: str) -> Message:
    """A published message."""
    message = read_message(CAPTURES[name])
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize("name", ["ltk-enable-rospec", "ltk-start-rospec"])
def test_plain_requests_are_the_toolkits_bytes(name: str) -> None:
    theirs = captured(name)
    (ours,) = (it.request for it in steps((), 5000, None, reset=False) if it.request.type == theirs.type)
    assert write_message(ours._replace(id=theirs.id)) == CAPTURES[name]


def test_the_boundary_of_the_inventory_is_the_toolkits_bytes() -> None:
    ours, theirs = write_message(add_rospec((), None)), CAPTURES["ltk-add-rospec"]
    head = 10 + 4 + 6  # of the message, of the ROSpec, its id, priority and state
    boundary, antennas = theirs[head : head + 18], theirs[head + 18 + 4 : head + 18 + 8]
    assert ours[head : head + 18] == boundary
    assert ours[head + 18 + 4 : head + 18 + 8] == antennas  # one antenna id: 0, all
    assert ours[14:20] == theirs[14:20]


def test_antennas_session_and_report_stand_where_the_toolkit_has_them() -> None:
    ours, theirs = add_rospec((1, 2), 1), captured("ltk-add-rospec2")
    assert below(ours, ROSPEC, AISPEC).fields == below(theirs, ROSPEC, AISPEC).fields == {"antennas": (1, 2)}
    way = (ROSPEC, AISPEC, INVENTORY, ANTENNA_CONFIGURATION, INVENTORY_COMMAND)
    assert below(ours, *way).fields == below(theirs, *way).fields
    assert below(ours, *way, SINGULATION_CONTROL) == below(
        captured("r420-12"), ANTENNA_CONFIGURATION, INVENTORY_COMMAND, SINGULATION_CONTROL
    )  # a real reader's session 1; the toolkit's sample has the two bits the wrong way round
    report = (ROSPEC, REPORT_SPEC, CONTENT_SELECTOR)
    assert below(theirs, *report).fields == {"flags": 0x1700}  # antenna, RSSI, first and last seen
    assert below(ours, *report).fields == {"flags": 0x1580}  # antenna, RSSI, last seen, count
    assert below(ours, ROSPEC, REPORT_SPEC).fields == {"trigger": 2, "n": 1}


def test_the_configuration_is_made_of_what_the_toolkit_writes() -> None:
    theirs = captured("ltk-set-reader-config")
    assert below(keepalive(5000), KEEPALIVE_SPEC) == below(theirs, KEEPALIVE_SPEC)
    assert below(events(), EVENTS_AND_REPORTS) == below(theirs, EVENTS_AND_REPORTS)
    wanted = {it.fields["type"]: it.fields["on"] for it in below(events(), EVENT_SPEC).inner}
    assert wanted == {2: 0x80, 3: 0x00, 4: 0x80, 8: 0x80}


def test_what_another_client_left_is_cleared_before_anything_is_set() -> None:
    asked = [MESSAGES[it.request.type].name for it in steps((), 5000, None, reset=False)]
    assert asked == [
        "GET_READER_CAPABILITIES", "DELETE_ROSPEC", "DELETE_ACCESSSPEC", "SET_READER_CONFIG", "SET_READER_CONFIG",
        "GET_READER_CONFIG", "ENABLE_EVENTS_AND_REPORTS", "ADD_ROSPEC", "ENABLE_ROSPEC", "START_ROSPEC",
    ]  # fmt: skip


def test_a_reader_is_reset_only_where_that_is_asked_for() -> None:
    def resets(*, reset: bool) -> list[object]:
        asked = [it.request for it in steps((), 5000, None, reset=reset) if it.request.type == 3]
        return [it.fields["reset"] for it in asked]

    assert resets(reset=True) == [0x80, 0, 0]
    assert resets(reset=False) == [0, 0]


def test_the_last_words_stop_the_field_and_let_the_reader_go() -> None:
    stop, close = parting()
    assert (stop.name, stop.fields) == ("STOP_ROSPEC", {"rospec": OUR_ROSPEC})
    assert write_message(close) == bytes.fromhex("040E0000000A00000000")
