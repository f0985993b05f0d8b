"""The roll: each device's word, told when it changes and not otherwise."""

from devices.readings import CodePresented, DeviceReported, Garbled
from devices.wire import decode_reading, encode
from firmware_bridge.roll import Roll, Times
from tests.firmware_bridge.hands import Hands


def roll_of_two() -> tuple[Roll, list[DeviceReported]]:
    """A roll of two devices, and what was told."""
    roll, told = Roll(), list[DeviceReported]()
    roll.listed([DeviceReported(device=name, word="STOPPED", port=f"/dev/{name}") for name in ("a", "b")])
    roll.tell(told.append)
    return roll, told


def test_a_change_is_told_once_to_everyone_with_all_that_is_known() -> None:
    roll, told = roll_of_two()
    also: list[str] = []
    roll.tell(lambda report: also.append(report.word))
    for _ in range(3):
        roll.changed("a", "OPEN")
    assert told == [DeviceReported(device="a", word="OPEN", port="/dev/a")]
    assert also == ["OPEN"]


def test_another_reason_is_a_change_too_and_is_cut_to_what_the_wire_takes() -> None:
    roll, told = roll_of_two()
    roll.changed("a", "MISSING", "unplugged")
    roll.changed("a", "MISSING", "x" * 1000)
    assert [len(report.detail or "") for report in told] == [9, 400]


def test_what_a_device_says_of_itself_never_silences_the_heartbeat() -> None:
    roll, told = roll_of_two()
    roll.changed("a", "WEDGED", "answered \0\0", "1.2\0" + "x" * 100)
    assert told[0].detail == "answered \N{SYMBOL FOR NULL}\N{SYMBOL FOR NULL}"
    assert decode_reading(encode(told[0])) == told[0]


def test_what_is_only_noted_is_there_for_whoever_asks() -> None:
    roll, told = roll_of_two()
    roll.noted("b", "OPEN")
    assert told == []
    assert [report.word for report in roll.all()] == ["STOPPED", "OPEN"]


def test_counts_run_since_the_start() -> None:
    roll, told = roll_of_two()
    for _ in range(2):
        roll.counted(
            "a", [CodePresented(text="X"), Garbled(reason="GAP"), CodePresented(text="Y")], repeated=5
        )
    assert roll.all()[0] == DeviceReported(
        device="a", word="STOPPED", port="/dev/a", good=4, garbled=2, repeated=10
    )
    assert told == []


def test_since_when_it_is_so_and_when_it_was_last_read_are_known_of_each() -> None:
    hands = Hands()
    roll = Roll(lambda: hands.now_us)
    begin_us = hands.now_us
    roll.listed([DeviceReported(device="hatch", word="STOPPED")])
    hands.turn(1)
    roll.changed("hatch", "OPEN")
    hands.turn(1)
    roll.counted("hatch", [CodePresented(text="X")])
    roll.changed("hatch", "OPEN", "the same word with another reason")
    assert roll.times() == {"hatch": Times(since_us=begin_us + 1_000_000, last_reading_us=begin_us + 2_000_000)}
    hands.turn(1)
    roll.noted("hatch", "MISSING")
    roll.turned_into([DeviceReported(device="hatch", word="STOPPED"), DeviceReported(device="new", word="STOPPED")])
    assert roll.times()["hatch"].since_us == roll.times()["new"].since_us == begin_us + 3_000_000
    assert roll.times()["new"].last_reading_us is None


def test_what_a_station_says_on_its_way_out_of_the_configuration_is_not_noted() -> None:
    roll, told = roll_of_two()
    roll.turned_into([DeviceReported(device="only", word="STOPPED")])
    roll.changed("hatch", "OPEN")
    roll.noted("hatch", "MISSING")
    roll.counted("hatch", [CodePresented(text="X")])
    assert ([it.device for it in roll.all()], told, roll.word("hatch")) == (["only"], [], "STOPPED")
