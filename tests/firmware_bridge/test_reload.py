"""Another configuration while the bridge runs: taken over whole or not at all, and who is in both notices nothing."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devices.drivers import DRIVERS
from devices.readings import DeviceReported
from firmware_bridge import reload
from firmware_bridge.crew import Change
from firmware_bridge.notify import Systemd
from firmware_bridge.reload import FIXED, TAKEN_OVER, Configuration
from firmware_bridge.settings import Settings, load
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.running_bridge import RunningBridge
from tests.firmware_bridge.stub_service import StubService

LIGHT = (
    '[[light]]\nname = "{0}"\nkind = "serial"\nport = "{1}"\n'
    'green_hex = "A1"\nred_hex = "FF"\nnone_hex = "A0"\nhold_s = 60\n'
)


def words_of(service: StubService, device: str) -> list[str]:
    """What the service was told of a device, in order."""
    said = [it.reading for it in service.observations() if isinstance(it.reading, DeviceReported)]
    return [it.word for it in said if it.device == device]


def test_stations_come_go_and_change_while_the_others_miss_nothing(
    running: RunningBridge, service: StubService
) -> None:
    running.write(running.scanner("stays"), running.scanner("goes"), running.scanner("changes"))
    running.start()
    for name in ("stays", "goes", "changes"):
        until(running.port(name).is_open, f"{name} being open")
    running.write(running.scanner("comes"), running.scanner("changes", "none"), running.scanner("stays"))
    running.bridge.reload()
    sent = []

    def goes_on_scanning() -> bool:
        sent.append(f"STAYS{len(sent)}")
        running.port("stays").send(f"]C0{sent[-1]}\r".encode())
        return running.port("comes").is_open() and running.port("changes").openings() == 2

    until(goes_on_scanning, "the new stations")
    assert not running.port("goes").is_open()
    running.port("comes").send(b"]C0NEW\r")
    running.port("changes").send(b"BARE\r")
    until(lambda: len(running.texts()) >= len(sent) + 2, "what all three read")
    assert sorted(running.texts()) == sorted(["BARE", "NEW", *sent])
    until(lambda: running.device("stays").good == len(sent), "its count")
    assert [it.device for it in running.state().devices] == ["comes", "changes", "stays", "configuration"]
    until(lambda: words_of(service, "goes") == ["OPEN", "STOPPED"], "the service told that it is gone")
    assert (words_of(service, "stays"), running.port("stays").openings()) == (["OPEN"], 1), "nothing happened to it"


def test_a_changed_file_is_noticed_without_being_told(
    running: RunningBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "LOOK_S", 0.01)
    running.write(running.scanner("hatch"))
    running.start()
    running.write(running.scanner("hatch"), running.scanner("second"))
    until(running.port("second").is_open, "the new station")


def test_a_wrong_file_is_refused_whole_by_its_line_said_once_and_mended(
    running: RunningBridge, service: StubService, caplog: pytest.LogCaptureFixture
) -> None:
    running.write(running.scanner("hatch"))
    running.start()
    until(running.port("hatch").is_open, "the scanner being open")
    good = running.path.read_text()
    running.path.write_text(good.replace("serial-scanner", "no-such-driver") + running.scanner("second"))
    with caplog.at_level(logging.WARNING):
        running.bridge.reload()
        running.until_word("configuration", "MISCONFIGURED")
    line = good[: good.index("driver =")].count("\n") + 1
    assert f"bridge.toml line {line}: `station[0].driver`: no driver is called" in caplog.text
    detail = running.device("configuration").detail
    assert detail is not None
    assert detail.startswith(f"refused: bridge.toml line {line}: `station[0].driver`: no driver is called")
    running.port("hatch").send(b"]C0STILL\r")
    until(lambda: running.texts() == ["STILL"], "the old configuration going on")
    assert not running.port("second").is_open(), "nothing of a wrong file is taken over"
    until(
        lambda: any(it.word == "MISCONFIGURED" for it in service.heartbeats[-1].devices), "the service told of it"
    )
    running.path.write_text(good)
    running.bridge.reload()
    running.until_word("configuration", "OPEN")


def test_what_cannot_change_is_said_to_need_a_restart_and_the_rest_is_taken_over(running: RunningBridge) -> None:
    running.write(running.scanner("hatch"))
    running.start()
    running.write(running.scanner("hatch"), running.scanner("second"), service="http://127.0.0.1:9")
    running.bridge.reload()
    until(running.port("second").is_open, "the new station")
    running.until_word("configuration", "MISCONFIGURED")
    assert running.device("configuration").detail == "in force but for `service`: restart the bridge for that"
    running.port("second").send(b"]C0STILL\r")
    until(lambda: running.texts() == ["STILL"], "a delivery to the service of before")


def test_what_a_station_read_before_it_was_taken_away_is_delivered(
    running: RunningBridge, service: StubService
) -> None:
    running.write(running.scanner("goes"), running.scanner("stays"))
    running.start()
    until(running.port("goes").is_open, "the scanner being open")
    service.stop()
    running.port("goes").send(b"]C0LAST\r")
    until(lambda: running.device("goes").good == 1, "the scan being kept")
    running.write(running.scanner("stays"))
    running.bridge.reload()
    until(lambda: running.device("goes").word == "STOPPED", "the station gone")
    service.start()
    until(lambda: running.texts() == ["LAST"], "its scan")


def test_a_lamp_that_is_in_both_keeps_its_port_one_that_is_not_goes_dark_and_a_new_one_lights(
    running: RunningBridge,
) -> None:
    stays, goes, comes = (running.port(it) for it in ("lamp-stays", "lamp-goes", "lamp-comes"))
    light = {it.link.name: LIGHT.format(it.link.name, it.link) for it in (stays, goes, comes)}
    scanner = running.scanner("hatch")
    running.write(light["lamp-stays"], light["lamp-goes"], scanner + 'feedback = ["lamp-stays", "lamp-goes"]\n')
    running.start()
    until(running.port("hatch").is_open, "the scanner being open")
    running.port("hatch").send(b"]C0ONE\r")
    until(lambda: b"\xa1" in stays.received() and goes.is_open(), "both lamps lit")
    running.write(light["lamp-stays"], light["lamp-comes"], scanner + 'feedback = ["lamp-stays", "lamp-comes"]\n')
    running.bridge.reload()
    until(lambda: not goes.is_open(), "the lamp being let go")
    assert goes.received().endswith(b"\xa0")
    running.port("hatch").send(b"]C0TWO\r")
    until(lambda: b"\xa1" in comes.received(), "the new lamp lit")
    assert b"\xa1" in stays.received()
    assert stays.is_open()
    assert running.port("hatch").openings() == 1, "a change of its lamps does not touch a station"


@dataclass
class Asked:
    """What a configuration asked of its bridge."""

    path: Path
    applied: list[Settings] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)

    def watch(self) -> Configuration:
        """The configuration in the file as it is now."""
        return Configuration(self.path, DRIVERS, load(self.path, DRIVERS), self._apply, self._say, Systemd())

    def _apply(self, settings: Settings) -> Change:
        self.applied.append(settings)
        return Change((), (), ())

    def _say(self, word: str, detail: str) -> None:
        self.said.append((word, detail))


@pytest.fixture
def asked(running: RunningBridge) -> Asked:
    """A configuration of one scanner and no bridge."""
    running.write(running.scanner("hatch"))
    return Asked(running.path)


def test_a_file_that_is_still_being_written_is_no_configuration(asked: Asked, running: RunningBridge) -> None:
    configuration = asked.watch()
    whole = asked.path.read_text() + running.scanner("second") + running.scanner("third")
    for end in (len(whole) - 200, len(whole) - 100, len(whole)):  # as an editor writes it
        asked.path.write_text(whole[:end])
        configuration.look()
    assert asked.applied == []
    configuration.look()
    assert [len(it.station) for it in asked.applied] == [3]
    configuration.look()
    assert len(asked.applied) == 1, "what is in force already is not taken over again"


def test_the_same_wrong_file_is_said_once_another_one_again_and_one_that_is_gone_too(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    configuration = asked.watch()
    good = asked.path.read_text()
    for text in ("this is no TOML", good.replace("serial-scanner", "nothing"), None):
        asked.path.unlink() if text is None else asked.path.write_text(text)
        for _ in range(4):
            configuration.look()
    assert caplog.text.count("configuration refused; the one of before goes on") == 3
    assert [word for word, _ in asked.said] == ["MISCONFIGURED"] * 3
    assert "cannot be read" in asked.said[-1][1]
    asked.path.write_text(good)
    for _ in range(2):
        configuration.look()
    assert asked.said[-1] == ("OPEN", "")
    assert asked.applied == []


def test_a_broker_that_there_was_not_waits_for_a_restart_and_its_docks_with_it(asked: Asked) -> None:
    configuration = asked.watch()
    docks = '\n[broker]\nhost = "here"\n[[station]]\ndevice = "docks"\ndriver = "kit-dock"\n'
    asked.path.write_text(asked.path.read_text().replace("[timing]", "only_commissioned = true\n[timing]") + docks)
    configuration.look(at_once=True)
    (applied,) = asked.applied
    assert ([it.device for it in applied.station], applied.broker) == (["hatch"], None)
    assert applied.only_commissioned
    assert asked.said == [("MISCONFIGURED", "in force but for `broker`: restart the bridge for that")]


def test_every_setting_is_taken_over_or_said_to_need_a_restart() -> None:
    assert sorted((*FIXED, *TAKEN_OVER)) == sorted(Settings.__struct_fields__)
