"""What is wrong, before it matters: ports, permissions, disk, broker, service, key and clock, one line each.

One rule for the editor: a check changes nothing anywhere (no heartbeat: the service would take it for a new
boot of this bridge), and every line that is not well says what to do.
"""

import email.utils
import grp
import http.client
import os
import pwd
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from devices.attached import Attached, attached, path_of
from devices.driver import Decoder, Driver, Linked, Noting, PacketDecoder
from devices.errors import DeviceError
from devices.transports.mqtt import open_mqtt
from devices.transports.pcsc import open_pcsc
from devices.transports.serial_port import open_serial
from devices.transports.usb_hid import open_hid
from devices.usb_place import SYSFS_USB, holder_of, read_place
from firmware_bridge.clock import Clock
from firmware_bridge.commissioning import how_to, is_proven, must_prove
from firmware_bridge.errors import BridgeError, LinkDown, Rejected
from firmware_bridge.line import READINGS_PATH, Line, Service, read_key
from firmware_bridge.settings import Settings, StationSettings
from firmware_bridge.station import Station
from firmware_bridge.stations import broker_of, has_layout

GREETING_S = 2.0
"""How long a device on the network may take to greet."""

MEGABYTE = 1 << 20
POST_S = 5.0
TAKES_READERS = frozenset(("pn533_usb", "pn533"))
"""Drivers of the kernel that take an ACR122U and its like before pcscd can."""

CLOCK_OFF_S = 3.0
"""A Date header counts whole seconds and the answer takes a moment; beyond this the clock is really off."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, and what was found."""

    what: str
    well: bool
    found: str


def examine(settings: Settings, stations: list[Station], clock: Clock) -> Iterator[Finding]:
    """Look at everything the configuration names, in the order a technician would."""
    yield from _spool(settings)
    yield from _key(settings)
    yield from _service(settings, clock)
    yield from _broker(settings)
    for station, configured in zip(stations, settings.station, strict=True):
        if station.driver.transport == "serial":
            yield _port(configured.device, configured.port, configured.baud or station.driver.baud)
        if station.driver.transport == "hid":
            yield _hid(configured)
        if station.driver.transport == "pcsc":
            yield _pcsc(configured, station.driver)
        if station.driver.transport == "tcp":
            yield _tcp(station)
        if station.driver.reads_codes:
            yield _proof(settings, configured, station.driver)


def _spool(settings: Settings) -> Iterator[Finding]:
    folder = Path(settings.spool_dir)
    there = folder
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK):
        yield Finding("spool", False, f"{there} cannot be written by {_me()}; chown it")  # noqa: FBT003
        return
    free_mb = shutil.disk_usage(there).free // MEGABYTE
    wanted_mb = settings.limits.spool_max_mb + settings.limits.journal_max_mb
    words = f"{folder}: {free_mb} MB free, {wanted_mb} MB may be used"
    yield Finding("spool", free_mb > wanted_mb, words if free_mb > wanted_mb else f"{words}; make room")


def _key(settings: Settings) -> Iterator[Finding]:
    path = Path(settings.key_file)
    try:
        read_key(path)
        others = path.stat().st_mode & 0o077
    except (LinkDown, OSError) as error:
        yield Finding("key", False, str(error))  # noqa: FBT003
        return
    yield Finding("key", not others, f"{path}: others may read it; chmod 600" if others else str(path))


def _service(settings: Settings, clock: Clock) -> Iterator[Finding]:
    service = Service(settings.service, lambda: read_key(Path(settings.key_file)), settings.ca_file)
    try:
        yield from _health(service, clock)
    except (OSError, http.client.HTTPException) as error:
        yield Finding("service", False, f"{settings.service} cannot be reached ({error})")  # noqa: FBT003
        return
    line = Line(service)
    try:
        line.post(READINGS_PATH, b"{}", POST_S)
    except Rejected as refused:
        # An empty delivery is refused for its shape if the key is good, and for the key if it is not.
        good = refused.code not in (401, 403, 404)
        yield Finding("service key", good, "accepted" if good else f"{refused}; ask for a new key")
    except BridgeError as error:
        yield Finding("service key", False, str(error))  # noqa: FBT003
    finally:
        line.close()


def _health(service: Service, clock: Clock) -> Iterator[Finding]:
    connection = service.connection(POST_S)
    try:
        connection.request("GET", service.path("/health"))
        before_us = clock.wall_us()
        answer = connection.getresponse()
        answer.read(65_536)
    finally:
        connection.close()
    yield Finding("service", answer.status == 200, f"{service.url}/health answers {answer.status}")
    stamp = answer.getheader("Date")
    if stamp:
        off_s = before_us / 1e6 - email.utils.parsedate_to_datetime(stamp).timestamp()
        words = f"{off_s:+.0f} s from the service's"
        well = abs(off_s) <= CLOCK_OFF_S
        yield Finding("clock", well, words if well else f"{words}; set this machine's time")


def _broker(settings: Settings) -> Iterator[Finding]:
    try:
        broker = broker_of(settings)
        if broker is None:
            return
        open_mqtt(broker, f"kit-{settings.bridge}-doctor", [f"kit/v1/{settings.bridge}/doctor"]).close()
    except (BridgeError, DeviceError) as error:
        yield Finding("broker", False, str(error))  # noqa: FBT003
        return
    yield Finding("broker", True, f"{broker} speaks MQTT {broker.version}")  # noqa: FBT003


def _port(device: str, port: str, baud: int) -> Finding:
    try:
        path = path_of(port)
        open_serial(path, baud).close()
    except DeviceError as error:
        hint = "" if "another program" not in str(error) else "; is the bridge itself running?"
        return Finding(device, False, str(error) + hint + _group_hint(port))  # noqa: FBT003
    return Finding(device, True, f"{path} opens at {baud} baud")  # noqa: FBT003


def _hid(station: StationSettings) -> Finding:
    try:
        port = open_hid(station.port, any_layout=has_layout(station))
    except DeviceError as error:
        return Finding(station.device, False, str(error))  # noqa: FBT003
    words = f"{port}; the kernel's driver is set aside while the bridge has it"
    port.close()
    return Finding(station.device, True, words)  # noqa: FBT003


def _pcsc(station: StationSettings, driver: Driver) -> Finding:
    try:
        port = open_pcsc(station.port)
    except DeviceError as error:
        return Finding(station.device, False, str(error) + taken_hint(driver))  # noqa: FBT003
    port.close()
    return Finding(station.device, True, str(port))  # noqa: FBT003


def _tcp(station: Station) -> Finding:
    """Dial it and hear its greeting; nothing is written, so nothing in the device changes."""
    try:
        port = station.open_port()
        try:
            greeting = b"".join(it for it in port.read(GREETING_S) if isinstance(it, bytes))
        finally:
            port.close()
    except DeviceError as error:
        return Finding(station.device, False, str(error))  # noqa: FBT003
    why = _unwelcome(station.driver.decoder(station.options), greeting)
    return Finding(station.device, not why, f"{port}: {why}" if why else f"{port} greets")


def _unwelcome(decoder: Decoder | PacketDecoder, greeting: bytes) -> str:
    """Why what a device greets with is not well; empty where it is."""
    if not (isinstance(decoder, Decoder) and isinstance(decoder, Linked) and isinstance(decoder, Noting)):
        return ""
    decoder.opening()
    decoder.feed(greeting, 0.0)
    ended = decoder.ended()
    if ended is None:
        return (
            ""
            if decoder.take_notes()
            else "it takes the connection and does not greet; is that the right port?"
        )
    return ended.why + (" Is it the bridge itself that runs?" if ended.word == "BUSY" else "")


def taken_hint(driver: Driver, now: Iterable[Attached] | None = None, sysfs: Path = SYSFS_USB) -> str:
    """Whether one of the kernel's own drivers has taken a reader that pcscd would use, and how to mend that."""
    vendors = {usb.vendor for usb in driver.usb_ids}
    for it in attached() if now is None else now:
        if it.vendor in vendors and it.path is None:
            holder = holder_of(read_place(it.place), 0, sysfs)
            if holder in TAKES_READERS:
                mend = f"echo blacklist {holder} > /etc/modprobe.d/kit-bridge.conf, then plug the reader in again"
                return f"; the kernel's {holder} has taken {it.place}: as root: {mend}"
    return ""


def _proof(settings: Settings, station: StationSettings, driver: Driver) -> Finding:
    what = f"{station.device} commissioned"
    if is_proven(Path(settings.spool_dir), station):
        return Finding(what, True, "it has read the test card right")  # noqa: FBT003
    may_wait = not must_prove(settings, station, driver)
    words = "not yet, and this bridge does not ask for it" if may_wait else "not yet, so it is not live"
    return Finding(what, may_wait, f"{words}; {how_to(station.device)}")


def _group_hint(port: str) -> str:
    """Who owns the port, where permission is what is missing."""
    path = Path(port)
    if not path.exists() or os.access(path, os.R_OK | os.W_OK):
        return ""
    group = _name(lambda: grp.getgrgid(path.stat().st_gid).gr_name)
    return f"; it belongs to the group {group}, and {_me()} is not in it"


def _me() -> str:
    return _name(lambda: pwd.getpwuid(os.geteuid()).pw_name)


def _name(look_up: Callable[[], str]) -> str:
    try:
        return look_up()
    except KeyError:
        return "(no name)"
