"""The ports that a configuration names, each tried as the bridge would open it.

One rule for the editor: a check opens, looks and closes; it writes nothing to a device. A transport that has no check
here has one elsewhere, or nothing that could be looked at without a device.
"""

import grp
import os
import pwd
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from devices.attached import Attached, attached, path_of
from devices.docks.camera_book import read_line as read_book
from devices.docks.leases import Lease, read_line
from devices.driver import Decoder, Driver, Linked, Noting, PacketDecoder
from devices.errors import DeviceError, NotOpened
from devices.transports.book_file import open_book
from devices.transports.leases import open_leases
from devices.transports.pcsc import open_pcsc
from devices.transports.serial_port import open_serial
from devices.transports.usb_hid import open_hid
from devices.usb_place import SYSFS_USB, USB_PREFIX, holder_of, read_place
from firmware_bridge.clock import Clock
from firmware_bridge.findings import Finding, fine, wrong
from firmware_bridge.machine import UDEV, Machine, probed_for_a_modem, taken_for_braille
from firmware_bridge.settings import LightSettings, StationSettings
from firmware_bridge.station import Station
from firmware_bridge.stations import has_layout

GREETING_S = 2.0
"""How long a device on the network may take to greet."""

LEASES_BYTES_MAX = 1 << 20

TAKES_READERS = frozenset(("pn533_usb", "pn533"))
"""Drivers of the kernel that take an ACR122U and its like before pcscd can."""

Check = Callable[[Station, StationSettings, Clock, Machine], Finding]


def check_port(station: Station, configured: StationSettings, clock: Clock, machine: Machine) -> Finding | None:
    """Try the station's port; None where there is nothing to be tried."""
    check = CHECKS.get(station.driver.transport)
    return check(station, configured, clock, machine) if check else None


def check_lamp(light: LightSettings, machine: Machine) -> Finding | None:
    """Try a lamp's own port; None where it has none."""
    return _opens(f"light {light.name}", light.port, light.baud, machine) if light.kind == "serial" else None


def _serial(station: Station, configured: StationSettings, clock: Clock, machine: Machine) -> Finding:
    del clock
    return _opens(configured.device, configured.port, configured.baud or station.driver.baud, machine)


def _opens(device: str, port: str, baud: int, machine: Machine) -> Finding:
    try:
        path = path_of(port)
        open_serial(path, baud).close()
    except NotOpened as error:
        return wrong(device, str(error), _mend(port, error.word, machine))
    except DeviceError as error:
        return wrong(device, str(error))
    words, modem = f"{path} opens at {baud} baud", probed_for_a_modem(path, machine)
    return wrong(device, words, modem) if modem else fine(device, words)


def _mend(port: str, word: str, machine: Machine) -> str:
    """What else to say of a serial port that could not be opened."""
    if word == "BUSY":
        return "is the bridge itself running?"
    if word == "DENIED":
        return group_hint(port)
    return taken_for_braille(port, attached(), machine) if word == "MISSING" else ""


def group_hint(port: str, group_of: Callable[[Path], str] | None = None) -> str:
    """Whose a port is that may not be opened, and the line that changes that."""
    path = Path(port) if not port.startswith(USB_PREFIX) else Path(path_of(port))
    group = (group_of or _group)(path)
    if group in ("root", ""):
        return f"only root may open it: {UDEV}"
    join = f"as root: usermod -aG {group} {me()}, then start the bridge anew"
    return f"it belongs to the group {group}; {join}; or {UDEV}"


def _hid(station: Station, configured: StationSettings, clock: Clock, machine: Machine) -> Finding:
    del station, clock, machine
    try:
        port = open_hid(configured.port, any_layout=has_layout(configured))
    except DeviceError as error:
        return wrong(configured.device, str(error))
    words = f"{port}; the kernel's driver is set aside while the bridge has it"
    port.close()
    return fine(configured.device, words)


def _pcsc(station: Station, configured: StationSettings, clock: Clock, machine: Machine) -> Finding:
    del clock, machine
    try:
        port = open_pcsc(configured.port)
    except DeviceError as error:
        return wrong(configured.device, str(error) + taken_hint(station.driver))
    port.close()
    return fine(configured.device, str(port))


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


def _tcp(station: Station, configured: StationSettings, clock: Clock, machine: Machine) -> Finding:
    """Dial it and hear its greeting; nothing is written, so nothing in the device changes."""
    del configured, clock, machine
    try:
        port = station.open_port()
        try:
            greeting = b"".join(it for it in port.read(GREETING_S) if isinstance(it, bytes))
        finally:
            port.close()
    except DeviceError as error:
        return wrong(station.device, str(error))
    why = _unwelcome(station.driver.decoder(station.options), greeting)
    return wrong(station.device, f"{port}: {why}") if why else fine(station.device, f"{port} greets")


def _unwelcome(decoder: Decoder | PacketDecoder, greeting: bytes) -> str:
    """Why what a device greets with is not well; empty where it is."""
    if not (isinstance(decoder, Decoder) and isinstance(decoder, Linked) and isinstance(decoder, Noting)):
        return ""
    decoder.opening()
    decoder.feed(greeting, 0.0)
    ended = decoder.ended()
    if ended is None:
        return "" if decoder.take_notes() else "it takes the connection and does not greet; is that the right port?"
    return ended.why + (" Is it the bridge itself that runs?" if ended.word == "BUSY" else "")


def _usb_presence(station: Station, configured: StationSettings, clock: Clock, machine: Machine) -> Finding:
    """Whether the folder of USB devices is there, and the hub whose ports are the bays."""
    del clock
    folder = Path(configured.port) if configured.port else machine.sysfs
    if not folder.is_dir():
        return wrong(station.device, f"{folder}: there is no such folder", "leave `port` out to watch this machine's")
    count = sum(1 for it in folder.iterdir() if (it / "idVendor").is_file())
    hub = station.options.get("hub", "")
    if hub and not (folder / hub).exists():
        return wrong(station.device, f"no hub is plugged in at {hub}", "plug it in, or see `kit-bridge devices`")
    return fine(station.device, f"{folder}: {count} USB devices" + (f", the hub {hub} among them" if hub else ""))


def _dhcp(station: Station, configured: StationSettings, clock: Clock, machine: Machine) -> Finding:
    """Whether the leases can be read and are kept, and the cable of the dock is in."""
    device, file, link = station.device, configured.port, station.options.get("link", "")
    now_s = clock.wall_us() / 1e6
    try:
        open_leases(file, link, lambda _s: None, lambda: now_s).close()
        with Path(file).open("rb") as opened:
            lines = opened.read(LEASES_BYTES_MAX).decode("latin-1").split("\n")
    except (DeviceError, OSError) as error:
        return wrong(device, str(error))
    if link and _word(machine.net / link / "carrier") != "1":
        return wrong(device, f"the interface {link} has no link", "plug the dock's cable in, and switch the dock on")
    found = [it for it in map(read_line, lines) if isinstance(it, Lease) and it.expires is not None]
    valid = [it for it in found if not it.expires or it.expires >= now_s]
    if found and not valid:
        return wrong(device, f"{file}: every lease in it has ended", "does dnsmasq run? systemctl restart dnsmasq")
    return fine(device, f"{file}: {len(valid)} leases in force")


def _https(station: Station, configured: StationSettings, clock: Clock, machine: Machine) -> Finding:
    """Whether the relay writes its book, and films are taken."""
    del machine
    file = Path(configured.port)
    try:
        open_book(configured.port, lambda _s: None, lambda: clock.wall_us() / 1e6).close()
        book = read_book(file.read_bytes())
    except (DeviceError, OSError) as error:
        return wrong(station.device, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return wrong(station.device, f"{file} is no book of a relay ({error})", "see `port`")
    if book.trouble:
        return wrong(station.device, f"{file}: films are not taken: {book.trouble}", "see to the evidence system")
    films = sum(len(camera.open) for camera in book.cameras)
    return fine(station.device, f"{file}: {len(book.cameras)} cameras, {films} films on their way")


CHECKS: Mapping[str, Check] = {
    "serial": _serial,
    "hid": _hid,
    "pcsc": _pcsc,
    "tcp": _tcp,
    "usb-presence": _usb_presence,
    "dhcp": _dhcp,
    "https": _https,
}


def me() -> str:
    """The account that looks."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _group(path: Path) -> str:
    try:
        return grp.getgrgid(path.stat().st_gid).gr_name
    except (OSError, KeyError):
        return ""


def _word(file: Path) -> str:
    try:
        return file.read_text("ascii", "replace").strip()
    except OSError:
        return ""


