"""What the doctor finds, and that looking changes nothing."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from devices.drivers import DRIVERS
from firmware_bridge.clock import SYSTEM, Clock
from firmware_bridge.doctor import Finding, examine
from firmware_bridge.settings import Settings, load
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.stations import stations_of
from tests.devices.mosquitto import Mosquitto
from tests.firmware_bridge.stub_service import StubService


@pytest.fixture
def healthy(tmp_path: Path, service: StubService) -> Settings:
    """A configuration in which nothing is wrong but that the scanner is not plugged in."""
    (tmp_path / "key").write_text("test-key")
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "bridge.toml").write_text(
        f'bridge = "medway"\nservice = "{service.url}"\nkey_file = "key"\nspool_dir = "spool"\n'
        '[[station]]\ndevice = "hatch"\ndriver = "serial-scanner"\nport = "scanner"\n'
    )
    settings = load(tmp_path / "bridge.toml", DRIVERS)
    station = msgspec.structs.replace(settings.station[0], port=str(tmp_path / "scanner"))
    limits = msgspec.structs.replace(settings.limits, spool_max_mb=1, journal_max_mb=1)
    return msgspec.structs.replace(settings, station=(station,), limits=limits)


def found(settings: Settings, clock: Clock = SYSTEM) -> dict[str, Finding]:
    """What is found, by what was looked at."""
    return {it.what: it for it in examine(settings, stations_of(settings, DRIVERS), clock)}


def test_a_port_in_use_is_told_from_one_that_is_not_there(healthy: Settings) -> None:
    assert "plug it in" in found(healthy)["hatch"].found
    scanner = SimulatedPort(Path(healthy.station[0].port))
    scanner.plug()
    station = stations_of(healthy, DRIVERS)[0]
    port = station.open_port()
    assert "is the bridge itself running?" in found(healthy)["hatch"].found
    port.close()
    assert found(healthy)["hatch"].well
    scanner.unplug()


def test_a_clock_an_hour_off_is_said(healthy: Settings) -> None:
    behind = Clock(lambda: SYSTEM.wall_us() - 3_600_000_000, SYSTEM.mono_ns)
    finding = found(healthy, behind)["clock"]
    assert not finding.well
    assert finding.found.startswith("-3600 s from the service's") or "-3599" in finding.found


@pytest.mark.parametrize(
    ("change", "what", "said"),
    [
        ({"key_file": "/none"}, "key", "cannot be read"),
        ({"service": "http://127.0.0.1:9"}, "service", "cannot be reached"),
        ({"spool_dir": "/proc/none"}, "spool", ""),
    ],
)
def test_each_wrong_thing_is_found_and_the_rest_is_still_looked_at(
    healthy: Settings, change: dict[str, str], what: str, said: str
) -> None:
    findings = found(msgspec.structs.replace(healthy, **change))
    assert not findings[what].well
    assert said in findings[what].found
    assert "hatch" in findings


def test_looking_leaves_no_trace(healthy: Settings, service: StubService) -> None:
    found(healthy)
    assert service.heartbeats == []
    assert service.deliveries == []
    assert not Path(healthy.spool_dir).exists()


@pytest.mark.mqtt
def test_a_broker_is_well_when_it_speaks_our_version(healthy: Settings, tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path).start()
    text = (tmp_path / "bridge.toml").read_text() + f'[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n'
    (tmp_path / "bridge.toml").write_text(text)
    settings = load(tmp_path / "bridge.toml", DRIVERS)
    look: Callable[[], Finding] = lambda: found(settings)["broker"]  # noqa: E731
    assert look().well
    assert "MQTT 5" in look().found
    broker.kill()
    assert "cannot be reached" in look().found
