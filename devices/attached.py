"""What is plugged in now, by physical port, and what changed since.

One rule for the editor: a thing is named by the place it is plugged into, never by the order in which the
kernel met it (ttyACM numbers move when a cable does).

Two lists are joined: the serial ports the system knows, and the USB devices in sysfs (read as files: no
permission and no control transfer needed), which is how a docked camera with no serial port is seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from devices.errors import NotOpened
from devices.hid.descriptor import Descriptor, read_descriptor
from devices.hid.pos import pos_reports
from devices.transports.serial_port import ListedPort, listed_ports
from devices.usb_place import SYSFS_USB, USB_PREFIX, report_descriptors

BY_PATH = Path("/dev/serial/by-path")


@dataclass(frozen=True, slots=True)
class Attached:
    """One thing that is plugged in.

    `place` is its physical port: "usb:1-4:1.1" (bus-port.port, with the interface of a serial port), or the
    path of a port that sits on no bus. `path` opens it, None where it is not a serial port. `is_hid_pos`: its
    report descriptor says that it is a HID POS scanner (the kernel shows it while no program has it open).
    """

    place: str
    path: str | None
    vendor: int | None = None
    product: int | None = None
    serial: str | None = None
    title: str = ""
    by_path: str | None = None
    is_hid_pos: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """What came and what went between two looks."""

    came: tuple[Attached, ...]
    went: tuple[Attached, ...]


def attached(
    ports: Iterable[ListedPort] | None = None, sysfs: Path = SYSFS_USB, by_path: Path = BY_PATH
) -> tuple[Attached, ...]:
    """Everything plugged in now, by place. The arguments exist so that a test can bring its own machine."""
    links = {str(link.resolve()): str(link) for link in _entries(by_path)}
    serial_ports = [_from_port(port, links) for port in (listed_ports() if ports is None else ports)]
    taken = {port.place.removeprefix(USB_PREFIX).split(":")[0] for port in serial_ports}
    others = [_from_sysfs(entry) for entry in _entries(sysfs) if _is_usb_device(entry.name)]
    portless = [it for it in others if it.place.removeprefix(USB_PREFIX) not in taken]
    return tuple(sorted([*serial_ports, *portless], key=_by_place))


def changed(before: Iterable[Attached], after: Iterable[Attached]) -> Changed:
    """What came and went between two answers of `attached`; another serial in the same port is both."""
    was, now = set(before), set(after)
    return Changed(came=tuple(sorted(now - was, key=_by_place)), went=tuple(sorted(was - now, key=_by_place)))


def path_of(port: str, now: Iterable[Attached] | None = None) -> str:
    """The path that opens `port`, which is a path already or a place such as "usb:1-4:1.1" or "usb:1-4".

    Raises NotOpened (MISSING) if nothing with a serial port is plugged in there.
    """
    if not port.startswith(USB_PREFIX):
        return port
    for it in attached() if now is None else now:
        if it.path and (it.place == port or it.place.startswith(port + ":")):
            return it.path
    raise NotOpened(f"{port}: nothing with a serial port is plugged in there; see `kit-bridge devices`")


def _by_place(it: Attached) -> tuple[str, str, str]:
    return (it.place, it.path or "", it.serial or "")


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _is_usb_device(name: str) -> bool:
    """Whether a sysfs name is a device ("1-2.4"), not a root hub ("usb1") or an interface ("1-2.4:1.0")."""
    return name[:1].isdigit() and "-" in name and ":" not in name


def _from_port(port: ListedPort, links: dict[str, str]) -> Attached:
    place = f"{USB_PREFIX}{port.location}" if port.location else port.path
    link = links.get(str(Path(port.path).resolve()))
    return Attached(place, port.path, port.vendor, port.product, port.serial, port.title, link)


def _from_sysfs(entry: Path) -> Attached:
    return Attached(
        place=USB_PREFIX + entry.name,
        path=None,
        vendor=_hex(_word(entry / "idVendor")),
        product=_hex(_word(entry / "idProduct")),
        serial=_word(entry / "serial"),
        title=_word(entry / "product") or "",
        is_hid_pos=any(_is_scanners(it) for it in report_descriptors(entry.name, entry.parent)),
    )


def _is_scanners(data: bytes) -> bool:
    descriptor = read_descriptor(data)
    return isinstance(descriptor, Descriptor) and bool(pos_reports(descriptor))


def _word(file: Path) -> str | None:
    """The file's text, or None if it is not there: a device may leave between the listing and the reading."""
    try:
        return file.read_bytes()[:256].decode("utf-8", "replace").strip() or None
    except OSError:
        return None


def _hex(word: str | None) -> int | None:
    try:
        return int(word, 16) if word else None
    except ValueError:
        return None
