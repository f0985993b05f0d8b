"""SCI scanners: the vector by the driver, and what differs from SSI."""

import pytest

from devices.drivers.scanners.sci_scanner import DRIVER, frame, sci_scanner
from devices.readings import CodePresented
from tests.devices.feeding import every_way, fed, vectors

pytestmark = pytest.mark.vectors("serial SCI")

(VECTOR,) = (v for v in vectors() if v["transport"] == "serial SCI")


def test_the_manuals_own_example_is_a_code_and_is_acknowledged() -> None:
    data, expected = bytes.fromhex(VECTOR["input_hex"]), VECTOR["expected"]
    for readings in every_way(lambda: sci_scanner({}), data):
        assert readings == [CodePresented(text=expected["data"], raw_hex=VECTOR["input_hex"])]
    talk = sci_scanner({})
    talk.feed(data, 0.0)
    assert (data[1], talk.take_notes()) == (expected["opcode"], [])
    assert talk.take_replies().hex().upper() == "035980FF24"
    assert frame(expected["data"]) == data


def test_a_symbology_is_known_by_the_prefix_alone() -> None:
    (code,) = fed(lambda: DRIVER.decoder({"prefix": "aim"}), frame("]d221S1\x1d17261231\r\n"))
    assert code == CodePresented(
        text="21S1\x1d17261231", symbology="]d2", raw_hex=frame("]d221S1\x1d17261231\r\n").hex().upper()
    )


def test_a_low_beep_is_sent_as_the_manual_prints_it() -> None:
    talk = sci_scanner({})
    talk.show("amber")
    talk.take_replies()
    talk.feed(bytes.fromhex("035900FFA4"), 0.0)
    assert talk.take_replies().hex().upper() == "04428006FF34"
