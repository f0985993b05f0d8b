"""Every driver is registered, honest about what it has met, and documented."""

from pathlib import Path

import pytest

import devices.drivers
from devices.driver import Decoder, Driver, PacketDecoder
from devices.drivers import DRIVERS
from devices.options import allowed_words

ROOT = Path(devices.drivers.__file__).parent
PAGES = ROOT.parent.parent / "docs" / "devices"
MESSAGES = ("mqtt", "hid", "pcsc")
"""Transports that have messages, not a stream."""

every_driver = pytest.mark.parametrize("driver", DRIVERS.values(), ids=DRIVERS.keys())


def test_every_driver_file_is_registered_once() -> None:
    files = [file for file in ROOT.rglob("*.py") if file.name != "__init__.py"]
    modules = {f"devices.drivers.{file.parent.name}.{file.stem}" for file in files}
    assert {driver.decoder.__module__ for driver in DRIVERS.values()} == modules
    assert len(DRIVERS) == len(files)


@every_driver
def test_a_driver_is_found_under_its_own_name(driver: Driver) -> None:
    assert DRIVERS[driver.name] is driver


@every_driver
def test_a_driver_works_with_its_defaults_and_with_each_word_of_each_option(driver: Driver) -> None:
    chosen: list[dict[str, str]] = [{}]
    for name, (default, meaning) in driver.options.items():
        words = allowed_words(meaning) or (default,)
        assert default in words
        chosen += [{name: word} for word in words]
    for options in chosen:
        decoder = driver.decoder(options)
        assert isinstance(decoder, PacketDecoder if driver.transport in MESSAGES else Decoder)
        assert decoder.repeated == 0


@every_driver
def test_a_driver_of_messages_says_which_topics_it_hears(driver: Driver) -> None:
    assert bool(driver.topics) == (driver.transport == "mqtt")
    assert all("{bridge}" in topic for topic in driver.topics)


@every_driver
def test_a_driver_has_a_page_that_lists_its_options_and_admits_what_it_has_met(driver: Driver) -> None:
    page = (PAGES / f"{driver.name}.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in driver.options)
    assert driver.tried_on or "never met a real device" in page


@every_driver
def test_a_driver_draws_its_wire_format_at_the_head_of_its_file(driver: Driver) -> None:
    file = ROOT / Path(*driver.decoder.__module__.split(".")[2:]).with_suffix(".py")
    head = file.read_text("utf-8").split('"""')[1]
    assert "One rule for the editor" in head
    assert any(line.startswith("    ") for line in head.splitlines())
