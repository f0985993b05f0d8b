"""The bridge's configuration: one TOML file, refused whole if anything in it is wrong.

One rule for the editor: a wrong file is answered with every line that is wrong, its field and what was
expected; nothing is guessed and nothing wrong is left out of the answer for later.

Paths in the file are taken from the folder the file stands in. `docs/bridge.example.toml` shows every key.
"""

import tomllib
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from devices.driver import Driver, Lit
from devices.errors import NotConfigured
from devices.readings import Name
from devices.transports.pcsc import PCSC_PREFIX
from devices.transports.tcp import read_address
from devices.usb_place import read_place
from devices.wire import SCAN_AGE_MAX_MS
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.toml_shape import faults, is_told, nearest, sentences, sound

CONFIGURATION = "configuration"
"""The name under which a bridge reports how its own configuration stands, among its devices."""

STATIONS_MAX = 255
"""Most stations of one bridge: a heartbeat names them all, and the configuration (devices.wire.Heartbeat)."""

FILE_BYTES_MAX = 1 << 20

TopicWord = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Megabytes = Annotated[int, msgspec.Meta(ge=1, le=1_048_576)]
ITSELF = "device"
"""The light that is the scanned device itself."""

Hex = Annotated[str, msgspec.Meta(pattern="^([0-9A-Fa-f]{2})*$", max_length=512)]
LightKind = Literal["console", "file", "serial", "lines", "mqtt"]
LightsOfLine = tuple[Literal["green", "amber", "red"], ...]


class StationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device: what it is called, which driver reads it, and the physical port it is plugged into.

    `port` is a path ("/dev/serial/by-path/...", a pty), a USB place ("usb:1-4"), for a card reader "pcsc:" and the
    beginning of its name, or for a device on the network "tcp:" with its host and port. A driver that listens to
    MQTT needs none; a topic filter there takes the place of its own. One that watches USB ports needs none; a folder
    there takes the place of the kernel's. `feedback` names the lights that show this station's answers; "device" is
    the device itself, if it has a light or a beeper. `bays_at` names another station that lights, opens and locks the
    bays of this one, which only sees them: bay 6 here is bay 6 there.
    """

    device: TopicWord
    driver: str
    port: Annotated[str, msgspec.Meta(max_length=200)] = ""
    options: dict[str, str | int | float | bool] = {}
    baud: Annotated[int, msgspec.Meta(ge=50, le=4_000_000)] | None = None
    feedback: tuple[str, ...] = ("console",)
    bays_at: str = ""

    def options_text(self) -> dict[str, str]:
        """The options as drivers want them: text, with true and false in lower case."""
        return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in self.options.items()}


class LightSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One lamp, sounder or screen line. Which keys it needs depends on `kind` (`NEEDS`).

    `*_hex` are the bytes a serial lamp is sent for each light; `rts` and `dtr` the lights for which these lines of a
    port are up, or down when `inverted`; `hold_s` is how long it stays lit.
    """

    name: Name
    kind: LightKind
    path: str = ""
    port: str = ""
    baud: Annotated[int, msgspec.Meta(ge=50, le=4_000_000)] = 9600
    green_hex: Hex = ""
    amber_hex: Hex = ""
    red_hex: Hex = ""
    none_hex: Hex = ""
    rts: LightsOfLine = ()
    dtr: LightsOfLine = ()
    inverted: bool = False
    hold_s: Seconds = 3.0


NEEDS: dict[LightKind, tuple[str, ...]] = {
    "console": (),
    "file": ("path",),
    "serial": ("port", "green_hex", "red_hex"),
    "lines": ("port",),
    "mqtt": (),
}


_PLUGGED_IN = "its `port`; `kit-bridge devices` lists what is plugged in"
PORT_NEEDED: Mapping[str, str] = {
    "dhcp": "as its `port` the lease file of dnsmasq",
    "https": "as its `port` the book that `kit-bridge relay` writes",
    "serial": _PLUGGED_IN,
    "hid": _PLUGGED_IN,
    "pcsc": _PLUGGED_IN,
    "tcp": "as its `port` the address of the reader, such as tcp:192.0.2.7",
}
"""The transports whose stations need a port, and what that is."""

READ_PORT: Mapping[str, Callable[[str], object]] = {"hid": read_place, "tcp": read_address}
"""What judges a port before it is opened."""


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The MQTT broker of docks and of the bridge's own word. Leave the table out where there is none."""

    host: Annotated[str, msgspec.Meta(min_length=1)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 1883
    version: Literal["5", "3.1.1"] = "5"
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    cert_key_file: str = ""
    keepalive_s: Annotated[int, msgspec.Meta(ge=1, le=600)] = 15


class Timing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every wait of the bridge, in seconds. The defaults are the design's; tests make them short.

    `scan_live_s` may be shortened, never lengthened: an older scan is not a scan (house.md decision 5).
    """

    scan_live_s: Annotated[float, msgspec.Meta(gt=0, le=SCAN_AGE_MAX_MS / 1000)] = SCAN_AGE_MAX_MS / 1000
    scan_retry_first_s: Seconds = 0.1
    scan_retry_cap_s: Seconds = 2.0
    scan_post_s: Seconds = 3.0
    retry_first_s: Seconds = 1.0
    retry_cap_s: Seconds = 60.0
    post_s: Seconds = 10.0
    heartbeat_s: Seconds = 5.0
    reopen_first_s: Seconds = 0.5
    reopen_cap_s: Seconds = 5.0
    stable_s: Seconds = 30.0


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the bridge may keep on disk."""

    spool_max_mb: Megabytes = 512
    journal_max_mb: Megabytes = 64
    journal_file_mb: Megabytes = 4
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=60)] = 7


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `only_commissioned`: no scanner goes live that has not read the test card right.
    `observations`: how bays, docks and devices reach the service; scans travel by HTTPS always."""

    bridge: TopicWord
    service: str
    key_file: str
    spool_dir: str
    ca_file: str = ""
    allow_plain_http: bool = False
    only_commissioned: bool = False
    observations: Literal["https", "mqtt"] = "https"
    broker: BrokerSettings | None = None
    timing: Timing = Timing()
    limits: Limits = Limits()
    station: Annotated[tuple[StationSettings, ...], msgspec.Meta(min_length=1, max_length=STATIONS_MAX)]
    light: tuple[LightSettings, ...] = ()


def load(path: Path, drivers: Mapping[str, Driver]) -> Settings:
    """The settings in the file `path`, for the drivers there are. Raises SettingsWrong with every problem."""
    return settings_in(read_file(path), path, drivers)


def read_file(path: Path) -> bytes:
    """What is in the file. Raises SettingsWrong."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise SettingsWrong([f"{path}: cannot be read ({error})"]) from error
    if len(data) > FILE_BYTES_MAX:
        raise SettingsWrong([f"{path}: expected at most {FILE_BYTES_MAX} bytes"])
    return data


def settings_in(data: bytes, path: Path, drivers: Mapping[str, Driver]) -> Settings:
    """The settings in `data`, read from `path`. Raises SettingsWrong with every problem."""
    try:
        text = data.decode("utf-8")
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsWrong([f"{path}: not TOML: {error}"]) from error
    except UnicodeDecodeError as error:
        raise SettingsWrong([f"{path}: cannot be read ({error})"]) from error
    found = list(faults(table, Settings))
    settings = sound(table, Settings, found)
    if settings is not None:
        found += [it for it in _problems(settings, drivers) if not is_told(it[0], found)]
    if settings is None or found:
        raise SettingsWrong(sentences(path, text, found))
    return _from_folder(settings, path.resolve().parent)


def _problems(settings: Settings, drivers: Mapping[str, Driver]) -> Iterator[tuple[str, str]]:
    yield from _service_problems(settings)
    yield from _way_problems(settings)
    lights = {"console", ITSELF, *(light.name for light in settings.light)}
    ports: dict[str, str] = {}
    devices: set[str] = set()
    for number, station in enumerate(settings.station):
        place = f"$.station[{number}]"
        yield from _station_problems(place, station, settings, drivers)
        if station.device == CONFIGURATION:
            yield f"{place}.device", f"{CONFIGURATION!r} is what the bridge calls this file; name the device otherwise"
        if station.device in devices:
            yield f"{place}.device", f"{station.device!r} is named twice; every device needs its own name"
        if station.port and station.port in ports:
            yield f"{place}.port", f"{station.port!r} is already the port of {ports[station.port]!r}"
        for name in sorted(set(station.feedback) - lights):
            yield f"{place}.feedback", f"no light is called {name!r}{nearest(name, lights)}"
        devices.add(station.device)
        ports[station.port] = station.device
    for number, station in enumerate(settings.station):
        others = devices - {station.device}
        if station.bays_at and station.bays_at not in others:
            why = f"no other device is called {station.bays_at!r}{nearest(station.bays_at, others)}"
            yield f"$.station[{number}].bays_at", why
    for number, light in enumerate(settings.light):
        yield from _light_problems(f"$.light[{number}]", light, settings)


def _service_problems(settings: Settings) -> Iterator[tuple[str, str]]:
    try:
        address = urllib.parse.urlsplit(settings.service)
        address.port  # noqa: B018  reading it is the check
    except ValueError as error:
        yield "$.service", f"expected an address such as https://kit.example, found {settings.service!r} ({error})"
        return
    if address.scheme not in ("http", "https") or not address.hostname:
        yield "$.service", f"expected an address such as https://kit.example, found {settings.service!r}"
        return
    here = address.hostname in ("localhost", "127.0.0.1", "::1")
    if address.scheme == "http" and not here and not settings.allow_plain_http:
        yield "$.service", ("plain http would show the bridge's key to the network; use https, "
                            "or set allow_plain_http = true on a line of its own")  # fmt: skip


def _way_problems(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.observations == "mqtt" and settings.broker is None:
        yield "$.observations", "to go by MQTT they need a [broker]"
    elif settings.observations == "mqtt" and settings.broker and settings.broker.version != "5":
        yield "$.observations", ("to go by MQTT they need version 5: in 3.1.1 a broker that refuses them says that it"
                                 " took them")  # fmt: skip


def _station_problems(
    place: str, station: StationSettings, settings: Settings, drivers: Mapping[str, Driver]
) -> Iterator[tuple[str, str]]:
    driver = drivers.get(station.driver)
    if driver is None:
        yield f"{place}.driver", f"no driver is called {station.driver!r}{nearest(station.driver, drivers)}"
        return
    unknown = sorted(set(station.options) - set(driver.options))
    for name in unknown:
        yield f"{place}.options.{name}", f"{station.driver} has no such option{nearest(name, driver.options)}"
    if not unknown:
        yield from _option_problems(place, station, driver)
    if driver.transport in PORT_NEEDED and not station.port:
        yield place, f"a {station.driver} needs {PORT_NEEDED[driver.transport]}"
    if driver.transport in READ_PORT and station.port:
        yield from _port_problems(place, station.port, READ_PORT[driver.transport])
    if driver.transport == "pcsc" and station.port and not station.port.startswith(PCSC_PREFIX):
        yield f"{place}.port", f"expected \"pcsc:\" and the reader's name, found {station.port!r}"
    if driver.transport == "mqtt" and settings.broker is None:
        yield f"{place}.driver", f"{station.driver} listens to MQTT, and there is no [broker]"
    if driver.transport not in ("serial", "hid", "pcsc", "mqtt", "tcp", "usb-presence", "dhcp", "https"):
        yield (
            f"{place}.driver",
            f"{station.driver} needs the {driver.transport} transport, not yet in this bridge",
        )


def _port_problems(place: str, port: str, read: Callable[[str], object]) -> Iterator[tuple[str, str]]:
    try:
        read(port)
    except NotConfigured as error:
        yield f"{place}.port", str(error)


def _option_problems(place: str, station: StationSettings, driver: Driver) -> Iterator[tuple[str, str]]:
    """A driver judges the values of its own options, when it is asked for a decoder."""
    try:
        decoder = driver.decoder(station.options_text())
    except NotConfigured as error:
        yield f"{place}.options", str(error)
        return
    if ITSELF in station.feedback and not isinstance(decoder, Lit):
        yield f"{place}.feedback", f"a {station.driver} has no light or beeper of its own"


def _light_problems(place: str, light: LightSettings, settings: Settings) -> Iterator[tuple[str, str]]:
    if light.name == ITSELF:
        yield f"{place}.name", f"{ITSELF!r} is what a scanned device's own light is called"
    for key in NEEDS[light.kind]:
        if not getattr(light, key):
            yield place, f"a light of kind {light.kind!r} needs `{key}`"
    if light.kind == "lines" and not (light.rts or light.dtr):
        yield place, "a light of kind 'lines' needs `rts` or `dtr`: the lights that line is for"
    if light.kind == "mqtt" and settings.broker is None:
        yield f"{place}.kind", "a light of kind 'mqtt' needs a [broker]"


def _from_folder(settings: Settings, folder: Path) -> Settings:
    """The settings with every path made whole."""

    def whole(path: str) -> str:
        return str(folder / path) if path else ""

    broker = settings.broker and msgspec.structs.replace(
        settings.broker,
        **{key: whole(getattr(settings.broker, key))
           for key in ("password_file", "ca_file", "cert_file", "cert_key_file")},
    )  # fmt: skip
    lights = tuple(msgspec.structs.replace(light, path=whole(light.path)) for light in settings.light)
    paths = {key: whole(getattr(settings, key)) for key in ("key_file", "spool_dir", "ca_file")}
    return msgspec.structs.replace(settings, broker=broker, light=lights, **paths)
