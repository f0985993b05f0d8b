"""From configuration to things that can be opened: ports, lamps, the broker.

One rule for the editor: a table says which transport opens how; a new transport is a function and a line.
"""

import queue
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from devices.attached import path_of
from devices.driver import Driver
from devices.readings import DeviceReported
from devices.transports.book_file import open_book
from devices.transports.leases import open_leases
from devices.transports.mqtt import Broker, Message, open_mqtt
from devices.transports.pcsc import open_pcsc
from devices.transports.port import Port
from devices.transports.serial_port import open_serial
from devices.transports.tcp import open_tcp
from devices.transports.usb_hid import open_hid
from devices.transports.usb_presence import open_usb_presence
from devices.wire import Light
from firmware_bridge.clock import SYSTEM, Clock
from firmware_bridge.commissioning import refuse_unproven
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.feedback import (
    ConsoleLamp,
    FileLamp,
    Lamp,
    LinesLamp,
    MqttLamp,
    OwnLamp,
    Placed,
    SerialLamp,
)
from firmware_bridge.settings import ITSELF, LightSettings, Settings, StationSettings
from firmware_bridge.station import Station, Wish

PASSWORD_BYTES_MAX = 1024
CONSOLE = "console"
OWN_HOLD_S = 3.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a station stands: the bridge's name and its broker."""

    bridge: str
    broker: Broker | None


Opener = Callable[[StationSettings, Driver, Place], Port]


def _serial(station: StationSettings, driver: Driver, place: Place) -> Port:
    del place
    return open_serial(path_of(station.port), station.baud or driver.baud)


def _mqtt(station: StationSettings, driver: Driver, place: Place) -> Port:
    if place.broker is None:
        raise SettingsWrong([f"{station.device}: there is no [broker]"])
    names = {"bridge": place.bridge, "device": station.device}
    topics = [station.port] if station.port else [it.format(**names) for it in driver.topics]
    name = f"kit-{place.bridge}-{station.device}"
    return open_mqtt(place.broker, name, topics, keep_session=driver.wanted_late)


def _hid(station: StationSettings, driver: Driver, place: Place) -> Port:
    del driver, place
    return open_hid(station.port, any_layout=has_layout(station))


def has_layout(station: StationSettings) -> bool:
    """Whether a HID scanner's layout is configured, so that its own descriptor may say what it likes."""
    return station.options_text().get("layout", "own") != "own"


def _pcsc(station: StationSettings, driver: Driver, place: Place) -> Port:
    del driver, place
    return open_pcsc(station.port)


def _usb_presence(station: StationSettings, driver: Driver, place: Place) -> Port:
    del driver, place
    return open_usb_presence(station.port, time.sleep)


def _dhcp(station: StationSettings, driver: Driver, place: Place) -> Port:
    del driver, place
    return open_leases(
        station.port, station.options_text().get("link", ""), time.sleep, lambda: SYSTEM.wall_us() / 1e6
    )


def _https(station: StationSettings, driver: Driver, place: Place) -> Port:
    """What is said by HTTPS goes through `kit-bridge relay`, a process of its own, which keeps a book of it."""
    del driver, place
    return open_book(station.port, time.sleep, lambda: SYSTEM.wall_us() / 1e6)


def _tcp(station: StationSettings, driver: Driver, place: Place) -> Port:
    del driver, place
    return open_tcp(station.port)


OPENERS: Mapping[str, Opener] = {
    "serial": _serial,
    "hid": _hid,
    "pcsc": _pcsc,
    "tcp": _tcp,
    "mqtt": _mqtt,
    "usb-presence": _usb_presence,
    "dhcp": _dhcp,
    "https": _https,
}
"""How a driver's transport is opened. `firmware_bridge.settings` refuses a driver of any other."""


class Terms(NamedTuple):
    """All that a station's work depends on. Its lamps do not belong to that, nor who lights its bays: they change
    without its port."""

    settings: StationSettings
    must_be_proven: bool


class Wanted(NamedTuple):
    """A station that a configuration asks for, and on which terms."""

    terms: Terms
    station: Station


def stations_of(settings: Settings, drivers: Mapping[str, Driver]) -> list[Station]:
    """The configured stations, none of them open. Raises SettingsWrong as `broker_of` does."""
    return [it.station for it in wanted_of(settings, drivers)]


def wanted_of(settings: Settings, drivers: Mapping[str, Driver]) -> list[Wanted]:
    """The configured stations with their terms. Raises SettingsWrong as `broker_of` does."""
    place = Place(settings.bridge, broker_of(settings))
    return [
        Wanted(_terms(settings, it, drivers[it.driver]), _station(settings, it, drivers[it.driver], place))
        for it in settings.station
    ]


def _terms(settings: Settings, station: StationSettings, driver: Driver) -> Terms:
    bare = msgspec.structs.replace(station, feedback=(), bays_at="")
    return Terms(bare, settings.only_commissioned and driver.reads_codes)


def _station(settings: Settings, station: StationSettings, driver: Driver, place: Place) -> Station:
    def open_port() -> Port:
        refuse_unproven(settings, station, driver)  # asked at every try: a proof may have come meanwhile
        return OPENERS[driver.transport](station, driver, place)

    return Station(station.device, driver, station.options_text(), open_port)


def roll_of(settings: Settings) -> list[DeviceReported]:
    """What is known of each device before its port was tried."""
    return [
        DeviceReported(device=it.device, word="STOPPED", driver=it.driver, port=it.port)
        for it in settings.station
    ]


def broker_of(settings: Settings) -> Broker | None:
    """The broker, if there is one. Raises SettingsWrong if its password cannot be read."""
    broker = settings.broker
    if broker is None:
        return None
    return Broker(
        host=broker.host,
        port=broker.port,
        version=broker.version,
        username=broker.username,
        password=_password(broker.password_file),
        ca_file=broker.ca_file,
        cert_file=broker.cert_file,
        cert_key_file=broker.cert_key_file,
        keepalive_s=broker.keepalive_s,
    )


class Made(NamedTuple):
    """A lamp, and the settings it was made by; the console has none."""

    by: LightSettings | None
    placed: Placed


def placed_of(
    settings: Settings, clock: Clock, say: Callable[[Message], None], before: Mapping[str, Made]
) -> dict[str, Made]:
    """The configured lamps by name; one of `before` whose settings are the same is taken over, its port open.

    `say` publishes for lamps on MQTT.
    """
    placed = {CONSOLE: before.get(CONSOLE) or Made(None, Placed(CONSOLE, ConsoleLamp(), 0.0))}
    for light in settings.light:
        was = before.get(light.name)
        lamp = was.placed.lamp if was and was.by == light else _lamp(light, settings, clock, say)
        placed[light.name] = Made(light, Placed(light.name, lamp, light.hold_s))
    return placed


def lamps_of(
    settings: Settings, placed: Mapping[str, Made], stations: Sequence[Station]
) -> dict[str, tuple[Placed, ...]]:
    """The lamps of each of `stations`: those of `placed` that it names, and its own."""
    wishes = {it.device: it.wishes for it in stations}
    return {
        it.device: tuple(
            _own(it.device, wishes[it.device]) if name == ITSELF else placed[name].placed
            for name in it.feedback
        )
        for it in settings.station
        if it.device in wishes
    }


def _own(device: str, wishes: queue.Queue[Wish]) -> Placed:
    """A light of the device itself. Each goes dark on its own: they are not one lamp."""
    return Placed(f"{device} itself", OwnLamp(wishes), OWN_HOLD_S)


def _lamp(light: LightSettings, settings: Settings, clock: Clock, say: Callable[[Message], None]) -> Lamp:
    if light.kind == "serial":
        bytes_of: dict[Light, bytes] = {
            "green": bytes.fromhex(light.green_hex),
            "amber": bytes.fromhex(light.amber_hex),
            "red": bytes.fromhex(light.red_hex),
            "none": bytes.fromhex(light.none_hex),
        }
        return SerialLamp(light.port, light.baud, bytes_of)
    if light.kind == "lines":
        return LinesLamp(light.port, frozenset(light.rts), frozenset(light.dtr), light.inverted)
    if light.kind == "file":
        return FileLamp(Path(light.path), clock)
    if light.kind == "mqtt":
        return MqttLamp(settings.bridge, say)
    return ConsoleLamp()


def _password(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_bytes()[:PASSWORD_BYTES_MAX].decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsWrong([f"`broker.password_file`: {path} cannot be read ({error})"]) from error
