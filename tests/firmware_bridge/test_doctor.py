"""What the doctor finds, and that looking changes nothing."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from devices.docks.camera_book import CameraBook
from devices.docks.content import Written
from devices.drivers import DRIVERS
from firmware_bridge.clock import SYSTEM, Clock
from firmware_bridge.doctor import examine
from firmware_bridge.findings import Finding
from firmware_bridge.machine import Machine
from firmware_bridge.settings import LightSettings, Settings, StationSettings, load
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.state import running_state
from firmware_bridge.stations import stations_of
from tests.devices.certificates import Authority, Certified
from tests.devices.mosquitto import Mosquitto
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.running_bridge import RunningBridge
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


def with_station(settings: Settings, **words: object) -> Settings:
    """The configuration with another station in place of its own."""
    return msgspec.structs.replace(settings, station=(StationSettings(**words),))  # type: ignore[arg-type]


def test_a_dock_of_usb_ports_is_well_where_its_hub_is(healthy: Settings, tmp_path: Path) -> None:
    bus = tmp_path / "bus"
    options = {"hub": "1-5", "bays": "1=1.1"}
    settings = with_station(healthy, device="rack", driver="usb-dock", port=str(bus), options=options)
    assert "there is no such folder" in found(settings)["rack"].found
    bus.mkdir()
    assert found(settings)["rack"].found == "no hub is plugged in at 1-5; plug it in, or see `kit-bridge devices`"
    (bus / "1-5").mkdir()
    (bus / "1-5/idVendor").write_text("0525\n")
    assert found(settings)["rack"] == Finding("rack", True, f"{bus}: 1 USB devices, the hub 1-5 among them")


def test_a_network_dock_is_well_where_its_leases_are_kept_and_its_cable_is_in(
    healthy: Settings, tmp_path: Path
) -> None:
    leases, net = tmp_path / "leases", tmp_path / "net"
    options = {"bays": "1=00:25:df:00:00:07", "link": "eth1"}
    settings = with_station(healthy, device="rack", driver="dhcp-dock", port=str(leases), options=options)
    machine = Machine(clock=lambda: None, net=net)

    def rack() -> Finding:
        findings = examine(settings, stations_of(settings, DRIVERS), SYSTEM, machine)
        return next(it for it in findings if it.what == "rack")

    assert "dhcp-leasefile" in rack().found
    leases.write_text("1000000000 00:25:df:00:00:07 10.99.0.56 X60A12345 *\n")
    assert "eth1 has no link" in rack().found
    (net / "eth1").mkdir(parents=True)
    (net / "eth1/carrier").write_text("1\n")
    assert rack().found == f"{leases}: every lease in it has ended; does dnsmasq run? systemctl restart dnsmasq"
    leases.write_text("0 00:25:df:00:00:07 10.99.0.56 X60A12345 *\n")
    assert rack() == Finding("rack", True, f"{leases}: 1 leases in force")


def test_a_relay_is_well_where_it_writes_its_book_and_films_are_taken(healthy: Settings, tmp_path: Path) -> None:
    path, film = tmp_path / "cameras.json", Written("PUT", "x_B8A44F000001_20261122T081530Z", "", {})
    settings = with_station(healthy, device="films", driver="axis-body-worn", port=str(path))
    assert "is `kit-bridge relay` running?" in found(settings)["films"].found
    path.write_text("{}")
    assert "is no book of a relay" in found(settings)["films"].found
    book = CameraBook()
    book.note(film, 507, 1)
    path.write_bytes(book.line(1))
    assert "films are not taken: it answers 507" in found(settings)["films"].found
    book.note(film, 201, 2)
    path.write_bytes(book.line(2))
    assert found(settings)["films"] == Finding("films", True, f"{path}: 1 cameras, 1 films on their way")


def test_a_bridge_that_runs_is_believed_and_its_ports_are_left_to_it(
    running: RunningBridge, service: StubService
) -> None:
    running.write(running.scanner("hatch"), running.scanner("second"))
    running.start()
    until(running.port("hatch").is_open, "the scanner being open")
    running.port("hatch").send(b"]C0X3\rbad\r")
    until(lambda: running.device("hatch").garbled, "both being read")
    running.port("second").unplug()
    running.until_word("second", "MISSING")
    findings = found(load(running.path, DRIVERS))
    assert findings["hatch"] == Finding("hatch", True, "OPEN by the bridge that runs; 1 good, 1 garbled, 0 repeated")
    assert (findings["second"].well, "plug it back in" in findings["second"].found) == (False, True)
    assert findings["configuration"].well
    assert findings["clock"].found == "+0.0 s from the service's", "as its heartbeat measured it"
    assert running.port("hatch").openings() == 1


def test_the_state_of_a_bridge_that_has_gone_is_of_yesterday(running: RunningBridge) -> None:
    running.write(running.scanner("hatch"))
    running.start()
    until(running.port("hatch").is_open, "the scanner being open")
    folder = running.folder / "spool"
    assert running_state(folder, SYSTEM) is not None
    assert running_state(folder, Clock(lambda: SYSTEM.wall_us() + 120_000_000, SYSTEM.mono_ns)) is None, "it hangs"
    state = msgspec.json.decode((folder / "state.json").read_bytes())
    other = running.folder / "other"
    other.mkdir()
    (other / "state.json").write_bytes(msgspec.json.encode({**state, "pid": 2**22 + 1}))
    assert running_state(other, SYSTEM) is None, "there is no such process"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority of the force's own."""
    return Authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def over_tls(service: StubService, certified: Certified) -> Iterator[str]:
    """The service behind TLS; its address."""
    assert service._server is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified.cert_file, certified.key_file)
    plain = service._server.socket
    service._server.socket = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
    yield service.url.replace("http:", "https:")


def test_a_services_certificate_is_looked_at_too(
    healthy: Settings, service: StubService, authority: Authority
) -> None:
    with over_tls(service, authority.certify("service")) as url:
        settings = msgspec.structs.replace(healthy, service=url, ca_file=str(authority.ca_file))
        findings = found(settings)
        assert (findings["service"].well, findings["service key"].well) == (True, True)
        assert findings["certificate"].found.startswith("good for ")
        stranger = found(msgspec.structs.replace(settings, ca_file=""))["service"]
        assert (stranger.well, "in `ca_file`" in stranger.found) == (False, True)
        later = Clock(lambda: SYSTEM.wall_us() + 100 * 365 * 86_400_000_000, SYSTEM.mono_ns)
        assert not found(settings, later)["certificate"].well


def test_a_lamps_port_is_tried_too(healthy: Settings, tmp_path: Path) -> None:
    lamp = SimulatedPort(tmp_path / "tower")
    lights = (
        LightSettings(name="tower", kind="serial", port=str(lamp.link), green_hex="A1", red_hex="A4"),
        LightSettings(name="file", kind="file", path="lights.jsonl"),
    )
    settings = msgspec.structs.replace(healthy, light=lights)
    assert "plug it in" in found(settings)["light tower"].found
    lamp.plug()
    assert found(settings)["light tower"].well
    assert "light file" not in found(settings)
    assert lamp.received() == b"", "and not lit"
    lamp.unplug()
