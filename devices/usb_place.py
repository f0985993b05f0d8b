"""Where something is plugged in, as the kernel names it: "usb:1-2.4" is bus 1, port 2, and port 4 of the hub there.

One rule for the editor: sysfs is read as files; nothing here opens a device or needs a permission.
"""

import re
from pathlib import Path
from typing import NamedTuple

from devices.errors import NotConfigured

USB_PREFIX = "usb:"
SYSFS_USB = Path("/sys/bus/usb/devices")
FILE_BYTES_MAX = 4096

_PLACE = re.compile(r"usb:([0-9]{1,3})-([0-9]{1,3}(?:\.[0-9]{1,3}){0,6})(?::[0-9]{1,3}\.([0-9]{1,3}))?")


class UsbPlace(NamedTuple):
    """A socket: the bus, the ports from the machine outwards, and an interface of the device where one is named."""

    bus: int
    ports: tuple[int, ...]
    interface: int | None = None

    def __str__(self) -> str:
        return f"{USB_PREFIX}{self.bus}-{'.'.join(str(it) for it in self.ports)}"


def read_place(text: str) -> UsbPlace:
    """The place in "usb:1-2.4" or "usb:1-2.4:1.0". Raises NotConfigured."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise NotConfigured(
            f'`port`: expected a USB place such as "usb:1-2.4", found {text!r}; see `kit-bridge devices`'
        )
    ports = tuple(int(it) for it in found[2].split("."))
    return UsbPlace(int(found[1]), ports, int(found[3]) if found[3] else None)


def interface_folder(place: UsbPlace, interface: int, sysfs: Path = SYSFS_USB) -> Path | None:
    """The sysfs folder of an interface, whatever its configuration is numbered; None where there is none."""
    name = str(place).removeprefix(USB_PREFIX)
    return next(iter(sorted(sysfs.glob(f"{name}:*.{interface}"))), None)


def holder_of(place: UsbPlace, interface: int, sysfs: Path = SYSFS_USB) -> str | None:
    """The kernel driver that holds an interface ("usbhid", or "usbfs" where a program does); None where none does."""
    folder = interface_folder(place, interface, sysfs)
    try:
        return None if folder is None else (folder / "driver").readlink().name
    except OSError:
        return None


def report_descriptors(device: str, sysfs: Path = SYSFS_USB) -> tuple[bytes, ...]:
    """The HID report descriptors of a device ("1-2.4"), as the kernel shows them while its own driver is bound."""
    found = []
    for file in sorted(sysfs.glob(f"{device}:*/*/report_descriptor")):
        try:
            with file.open("rb") as opened:
                found.append(opened.read(FILE_BYTES_MAX))
        except OSError:
            continue  # it left between the listing and the reading
    return tuple(found)
