"""A HID POS scanner from its socket to the bridge's word, over a bus of our own: activated, read, lost and back."""

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from devices.drivers import DRIVERS
from devices.hid.pos import NAMED
from devices.transports.usb_hid import open_hid
from firmware_bridge import port_checks, stations
from firmware_bridge.cli import main
from firmware_bridge.clock import SYSTEM
from firmware_bridge.doctor import examine
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.monitor import Screen, watch
from firmware_bridge.settings import Settings, Timing, load
from firmware_bridge.station import Station
from firmware_bridge.stations import stations_of
from tests.devices.fake_usb import FakeBus, FakeScanner, Interface
from tests.devices.hid.reports import aim_report
from tests.firmware_bridge.bridge_process import until

QUICK = Timing(reopen_first_s=0.02, reopen_cap_s=0.05, stable_s=0.2)


@pytest.fixture
def scanner() -> FakeScanner:
    """A Honeywell, which keeps silent until it is told to speak."""
    return FakeScanner([Interface(NAMED["aim"])], vendor=0x0C2E)


@pytest.fixture
def bus(scanner: FakeScanner, monkeypatch: pytest.MonkeyPatch) -> FakeBus:
    """A bus with the scanner in port 4, which this process takes for the machine's own."""
    bus = FakeBus()
    bus.plug(scanner, 4)

    def on_this_bus(port: str, *, any_layout: bool = False) -> object:
        return open_hid(port, any_layout=any_layout, backend=bus)

    monkeypatch.setattr(stations, "open_hid", on_this_bus)
    monkeypatch.setattr(port_checks, "open_hid", on_this_bus)
    return bus


@contextmanager
def watched(bus: FakeBus) -> Iterator[list[str]]:
    """The lines of a monitor that watches the scanner."""
    shown: list[str] = []
    station = Station("hatch", DRIVERS["hid-pos-scanner"], {}, lambda: open_hid("usb:1-4", backend=bus))
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=([station], QUICK, Screen(SYSTEM, shown.append), stop))
    thread.start()
    yield shown
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def configured(folder: Path, more: str = 'port = "usb:1-4"') -> Settings:
    """A bridge with this scanner."""
    (folder / "bridge.toml").write_text(
        'bridge = "medway"\nservice = "http://127.0.0.1:9"\nkey_file = "key"\nspool_dir = "spool"\n'
        f'[[station]]\ndevice = "hatch"\ndriver = "hid-pos-scanner"\n{more}\n'
    )
    return load(folder / "bridge.toml", DRIVERS)


def test_a_scanner_is_told_to_speak_and_its_scans_come_through(bus: FakeBus, scanner: FakeScanner) -> None:
    with watched(bus) as shown:
        until(lambda: scanner.set == [(0x03FE, b"\xfe\x01")], "the activation")
        scanner.reports.put(aim_report("X30001234", "]C0"))
        until(lambda: any('"text":"X30001234"' in line for line in shown), "the scan")
    assert scanner.interfaces[0].held_by_kernel


def test_a_pulled_cable_is_said_once_and_the_scanner_comes_back_by_itself(
    bus: FakeBus, scanner: FakeScanner
) -> None:
    with watched(bus) as shown:
        until(lambda: shown, "the first word")
        bus.pull(4)
        until(lambda: any("MISSING" in line for line in shown), "its loss")
        scanner.set.clear()
        bus.plug(scanner, 4)
        until(lambda: [line.split()[1] for line in shown] == ["OPEN", "MISSING", "OPEN"], "its return")
        until(lambda: scanner.set == [(0x03FE, b"\xfe\x01")], "the activation after the return")
    assert [line.split()[1] for line in shown] == ["OPEN", "MISSING", "OPEN"]


def test_a_station_opens_the_scanner_in_its_socket(
    tmp_path: Path, bus: FakeBus, scanner: FakeScanner
) -> None:
    (hatch,) = stations_of(configured(tmp_path), DRIVERS)
    port = hatch.open_port()
    assert scanner.opened == 1
    port.close()


def test_a_station_with_a_layout_of_its_own_takes_what_does_not_describe_itself(
    tmp_path: Path, bus: FakeBus
) -> None:
    bus.plug(FakeScanner([Interface(b"\x06\x00\xff")]), 4)
    (hatch,) = stations_of(
        configured(tmp_path, 'port = "usb:1-4"\noptions = { layout = "microscan" }'), DRIVERS
    )
    hatch.open_port().close()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("", "needs its `port`"),
        ('port = "/dev/hidraw0"', "expected a USB place"),
        ('port = "usb:1-4"\noptions = { layout = "moon" }', "option layout"),
        ('port = "usb:1-4"\nfeedback = ["device"]', "no light or beeper of its own"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, more: str, why: str) -> None:
    with pytest.raises(SettingsWrong, match=why):
        configured(tmp_path, more)


def test_the_doctor_opens_it_and_gives_it_back(tmp_path: Path, bus: FakeBus, scanner: FakeScanner) -> None:
    settings = configured(tmp_path)
    found = {it.what: it for it in examine(settings, stations_of(settings, DRIVERS), SYSTEM)}
    assert found["hatch"].well
    assert "reports of up to 64 bytes" in found["hatch"].found
    assert scanner.interfaces[0].held_by_kernel
    assert "hatch commissioned" in found


@pytest.mark.parametrize(
    ("act", "number", "mend"), [("open", errno.EACCES, "kit-bridge udev"), ("claim", errno.EBUSY, "stop it")]
)
def test_the_doctor_says_how_to_mend_it(
    tmp_path: Path, bus: FakeBus, scanner: FakeScanner, act: str, number: int, mend: str
) -> None:
    scanner.fails[act] = number
    settings = configured(tmp_path)
    found = {it.what: it for it in examine(settings, stations_of(settings, DRIVERS), SYSTEM)}
    assert not found["hatch"].well
    assert mend in found["hatch"].found


def test_a_capture_of_reports_is_played_back_as_the_scanner_sent_it(tmp_path: Path) -> None:
    steps = [("descriptor/0c2e:0b8f", NAMED["aim"]), ("report", aim_report("X30001234", "]C0"))]
    capture = tmp_path / "capture.jsonl"
    capture.write_text(
        "".join(f'{{"device": "hatch", "topic": "{topic}", "hex": "{data.hex()}"}}\n' for topic, data in steps)
    )
    words = ["--driver", "hid-pos-scanner", "--port", "hatch", "--replay", str(capture)]
    answer = CliRunner().invoke(main, ["monitor", *words])
    assert answer.exit_code == 0
    assert '"text":"X30001234","symbology":"]C0"' in answer.output
