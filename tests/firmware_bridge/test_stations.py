"""From configuration to things that can be opened."""

from pathlib import Path

import pytest

from devices.drivers import DRIVERS
from devices.errors import NotOpened
from devices.wire import Answer
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.feedback import ConsoleLamp, FileLamp, MqttLamp, SerialLamp
from firmware_bridge.settings import Settings, load
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.station import Wish
from firmware_bridge.stations import OPENERS, Place, broker_of, lamps_of, placed_of, roll_of, stations_of
from tests.devices.mosquitto import Mosquitto
from tests.firmware_bridge.hands import Hands


def settings_in(folder: Path, more: str = "", port: str = "/dev/none") -> Settings:
    """A configuration with one scanner and one dock."""
    (folder / "secret").write_text("s3cret\n")
    (folder / "bridge.toml").write_text(
        f"""bridge = "medway"
service = "http://127.0.0.1:1"
key_file = "k"
spool_dir = "spool"
[broker]
host = "127.0.0.1"
port = 1
username = "medway"
password_file = "secret"
[[station]]
device = "hatch"
driver = "serial-scanner"
port = "{port}"
feedback = ["console", "tower", "file", "mqtt"]
[[station]]
device = "docks"
driver = "kit-dock"
[[light]]
name = "tower"
kind = "serial"
port = "/dev/tower"
green_hex = "01"
red_hex = "02"
[[light]]
name = "file"
kind = "file"
path = "lights.jsonl"
[[light]]
name = "mqtt"
kind = "mqtt"
{more}"""
    )
    return load(folder / "bridge.toml", DRIVERS)


def test_each_station_has_its_driver_and_opens_its_own_port(tmp_path: Path) -> None:
    scanner = SimulatedPort(tmp_path / "scanner")
    scanner.plug()
    hatch, docks = stations_of(settings_in(tmp_path, port=str(scanner.link)), DRIVERS)
    assert (hatch.device, hatch.driver.name, docks.driver.name) == ("hatch", "serial-scanner", "kit-dock")
    port = hatch.open_port()
    assert scanner.is_open()
    port.close()
    scanner.unplug()
    with pytest.raises(NotOpened, match="broker"):
        docks.open_port()


def test_before_a_port_was_tried_its_device_is_stopped(tmp_path: Path) -> None:
    assert [(it.device, it.word, it.driver, it.port) for it in roll_of(settings_in(tmp_path))] == [
        ("hatch", "STOPPED", "serial-scanner", "/dev/none"),
        ("docks", "STOPPED", "kit-dock", ""),
    ]


def test_the_brokers_password_comes_from_its_file(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    broker = broker_of(settings)
    assert broker is not None
    assert broker.password == "s3cret"
    (tmp_path / "secret").unlink()
    with pytest.raises(SettingsWrong, match="password_file"):
        broker_of(settings)


def test_each_device_has_the_lamps_it_names(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    placed = placed_of(settings, Hands().clock, lambda _message: None, {})
    lamps = lamps_of(settings, placed, stations_of(settings, DRIVERS))
    kinds = [type(placed.lamp) for placed in lamps["hatch"]]
    assert kinds == [ConsoleLamp, SerialLamp, FileLamp, MqttLamp]
    assert [placed.name for placed in lamps["docks"]] == ["console"]
    lamps["hatch"][2].lamp.show("hatch", Answer(seq=1, outcome="IN_SET"))
    assert (tmp_path / "lights.jsonl").exists()


def test_a_device_that_is_its_own_lamp_is_asked_through_its_station(tmp_path: Path) -> None:
    own = '[[station]]\ndevice = "{}"\ndriver = "ssi-scanner"\nport = "/dev/{}"\nfeedback = ["device"]\n'
    settings = settings_in(tmp_path, own.format("left", "a") + own.format("right", "b"))
    stations = stations_of(settings, DRIVERS)
    lamps = lamps_of(settings, placed_of(settings, Hands().clock, lambda _message: None, {}), stations)
    lamps["left"][0].lamp.show("left", Answer(seq=1, outcome="IN_SET", light="green"))
    lamps["left"][0].lamp.rest()
    left, right = (it.wishes for it in stations if it.device in ("left", "right"))
    assert [left.get_nowait(), left.get_nowait()] == [Wish("green"), Wish("none")]
    assert right.empty()
    assert lamps["left"][0].name != lamps["right"][0].name


def test_every_transport_that_a_driver_here_uses_can_be_opened() -> None:
    assert {driver.transport for driver in DRIVERS.values()} <= set(OPENERS)


@pytest.mark.mqtt
def test_a_dock_station_listens_where_its_driver_says_or_where_it_is_told(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path).start()
    try:
        dock, *_ = [it for it in settings_in(tmp_path).station if it.driver == "kit-dock"]
        place = Place("medway", broker.broker())
        port = OPENERS["mqtt"](dock, DRIVERS["kit-dock"], place)
        assert port._topics == ("kit/v1/medway/dock/+/bay/+", "kit/v1/medway/dock/+/state")  # type: ignore[attr-defined]
        port.close()
    finally:
        broker.kill()
    with pytest.raises(SettingsWrong):
        OPENERS["mqtt"](dock, DRIVERS["kit-dock"], Place("medway", None))
