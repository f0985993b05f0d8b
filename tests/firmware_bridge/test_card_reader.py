"""A card reader from pcscd to the bridge's word: cards are read once, readers and the daemon come and go."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.attached import Attached
from devices.drivers import DRIVERS
from devices.transports.pcsc import open_pcsc
from firmware_bridge import port_checks, stations
from firmware_bridge.clock import SYSTEM
from firmware_bridge.doctor import examine
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.findings import Finding
from firmware_bridge.monitor import Screen, watch
from firmware_bridge.port_checks import taken_hint
from firmware_bridge.settings import Settings, Timing, load
from firmware_bridge.station import Station
from firmware_bridge.stations import stations_of
from tests.devices.drivers.rfid.test_pcsc_card_reader import CLASSIC
from tests.devices.fake_pcsc import FakeCard, FakeScard
from tests.devices.virtual_card import VirtualReader
from tests.firmware_bridge.bridge_process import until

QUICK = Timing(reopen_first_s=0.02, reopen_cap_s=0.05, stable_s=0.2)
ACS = "ACS ACR122U PICC Interface 00 00"
HOLLIS = FakeCard(CLASSIC, bytes.fromhex("04A1B2C3D4E5809000"))
DRIVER = DRIVERS["pcsc-card-reader"]


@pytest.fixture
def scard(monkeypatch: pytest.MonkeyPatch) -> FakeScard:
    """A service with one reader, which this process takes for the machine's own."""
    made = FakeScard({ACS: None})
    for module in (stations, port_checks):
        monkeypatch.setattr(module, "open_pcsc", lambda port: open_pcsc(port, made))
    return made


@contextmanager
def watched(station: Station) -> Iterator[list[str]]:
    """The lines of a monitor that watches the reader."""
    shown: list[str] = []
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=([station], QUICK, Screen(SYSTEM, shown.append), stop))
    thread.start()
    yield shown
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def configured(folder: Path, port: str = "pcsc:ACS") -> Settings:
    """A bridge with this reader."""
    (folder / "bridge.toml").write_text(
        'bridge = "medway"\nservice = "http://127.0.0.1:9"\nkey_file = "key"\nspool_dir = "spool"\n'
        f'[[station]]\ndevice = "cards"\ndriver = "pcsc-card-reader"\nport = "{port}"\n'
    )
    return load(folder / "bridge.toml", DRIVERS)


def cards(shown: list[str]) -> list[str]:
    """The cards that a monitor has shown."""
    return [line for line in shown if '"type":"card"' in line]


def words(shown: list[str]) -> list[str]:
    """The device words that a monitor has shown."""
    return [line.split()[1] for line in shown if "{" not in line]


def found(settings: Settings) -> Finding:
    """What the doctor says of the reader."""
    return {it.what: it for it in examine(settings, stations_of(settings, DRIVERS), SYSTEM)}["cards"]


def test_a_card_is_asked_and_told_once_however_long_it_lies(tmp_path: Path, scard: FakeScard) -> None:
    (station,) = stations_of(configured(tmp_path), DRIVERS)
    with watched(station) as shown:
        until(lambda: words(shown) == ["OPEN"], "the first word")
        scard.lay(ACS, HOLLIS)
        until(lambda: cards(shown), "the card")
        scard.lay(ACS, None)
        until(lambda: any('"what":"removed"' in line for line in shown), "its removal")
    assert len(cards(shown)) == 1
    assert '"technology":"ISO14443A","uid":"04A1B2C3D4E580"' in cards(shown)[0]


def test_a_pulled_reader_is_said_once_and_comes_back_without_reading_what_lies_on_it(
    tmp_path: Path, scard: FakeScard
) -> None:
    (station,) = stations_of(configured(tmp_path), DRIVERS)
    with watched(station) as shown:
        until(lambda: words(shown) == ["OPEN"], "the first word")
        scard.unplug(ACS)
        until(lambda: words(shown) == ["OPEN", "MISSING"], "its loss")
        scard.lay(ACS, HOLLIS)
        until(lambda: any('"what":"lying"' in line for line in shown), "its return with a card on it")
    assert words(shown) == ["OPEN", "MISSING", "OPEN"]
    assert cards(shown) == []


@pytest.mark.parametrize(("port", "why"), [("", "needs its `port`"), ("/dev/x", "pcsc:"), ("ACS", "pcsc:")])
def test_a_wrong_port_is_named(tmp_path: Path, port: str, why: str) -> None:
    with pytest.raises(SettingsWrong, match=why):
        configured(tmp_path, port)


def test_the_doctor_names_the_reader_it_found_or_what_is_wrong(tmp_path: Path, scard: FakeScard) -> None:
    settings = configured(tmp_path)
    assert found(settings).well
    assert ACS in found(settings).found
    scard.unplug(ACS)
    assert not found(settings).well
    assert "no such card reader" in found(settings).found
    scard.fails["establish"] = 0x8010006A
    assert "polkit" in found(settings).found


def test_the_doctor_names_the_driver_that_has_taken_a_reader(tmp_path: Path) -> None:
    (tmp_path / "1-3:1.0").mkdir()
    acr122u = [Attached("usb:1-3", None, 0x072F, 0x2200)]
    assert taken_hint(DRIVER, acr122u, tmp_path) == ""
    (tmp_path / "1-3:1.0" / "driver").symlink_to("../drivers/pn533_usb")
    assert "blacklist pn533_usb" in taken_hint(DRIVER, acr122u, tmp_path)
    assert taken_hint(DRIVER, [Attached("usb:1-3", None, 0x1234, 1)], tmp_path) == ""


@pytest.mark.pcsc
def test_a_real_service_is_read_lost_and_found_again(tmp_path: Path) -> None:
    (station,) = stations_of(configured(tmp_path, "pcsc:Virtual Test Reader 00 00"), DRIVERS)
    with VirtualReader(tmp_path) as reader, watched(station) as shown:
        until(lambda: words(shown) == ["OPEN"], "the first word")
        card = reader.lay("04A1B2C3D4E580", CLASSIC.hex())
        until(lambda: cards(shown), "the card")
        card.take_away()
        reader.stop()
        until(lambda: words(shown) == ["OPEN", "MISSING"], "the loss of the daemon")
        reader.start()
        until(lambda: words(shown) == ["OPEN", "MISSING", "OPEN"], "its return")
        reader.lay("F68E2A99", CLASSIC.hex())
        until(lambda: len(cards(shown)) == 2, "another card")
    assert '"uid":"F68E2A99"' in cards(shown)[1]
