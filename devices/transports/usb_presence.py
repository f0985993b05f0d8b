"""What is plugged into USB, looked at again and again: a line for each look that found something else.

One rule for the editor: sysfs is read as files. Nothing here opens a device, needs a permission or asks a device
anything, so a camera that is busy copying is not disturbed.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from devices.docks.usb_list import DEVICE, DEVICES_MAX, UsbSeen, list_line
from devices.errors import Gone, NotOpened
from devices.transports.port import Arrival
from devices.usb_place import SYSFS_USB

LOOK_S = 1.0
FILE_BYTES_MAX = 256

_DEVICE = re.compile(DEVICE)


class UsbPresencePort:
    """Looks at a folder of USB devices. It satisfies `devices.transports.port.Port`; `wait` sleeps so many seconds."""

    def __init__(self, folder: Path, wait: Callable[[float], object], look_s: float = LOOK_S) -> None:
        self._folder = folder
        self._wait = wait
        self._look_s = look_s
        self._waited_s = look_s
        self._last = b""

    def __str__(self) -> str:
        return f"the USB devices in {self._folder}"

    def read(self, timeout_s: float) -> list[Arrival]:
        """The list of what is plugged in, where it is another one than before."""
        if self._waited_s < self._look_s:
            self._wait(timeout_s)
            self._waited_s += timeout_s
            return []
        self._waited_s = 0.0
        try:
            line = list_line(sorted(_devices(self._folder), key=lambda it: it.sysfs))
        except OSError as error:
            raise Gone(f"{self._folder}: the USB devices cannot be listed any more ({error})") from error
        if line == self._last:
            return []
        self._last = line
        return [line]

    def kept(self) -> None:
        """Nothing to do: the next look shows what is there."""

    def write(self, data: bytes) -> None:
        """Nothing is written to a bus that is only looked at."""

    def close(self) -> None:
        """Nothing to let go."""


def open_usb_presence(port: str, wait: Callable[[float], object]) -> UsbPresencePort:
    """Watch the folder `port`, by default the kernel's. Raises NotOpened where it is none."""
    folder = Path(port) if port else SYSFS_USB
    if not folder.is_dir():
        raise NotOpened(
            f"{folder}: there is no such folder of USB devices; leave `port` out to watch this machine's"
        )
    return UsbPresencePort(folder, wait)


def _devices(folder: Path) -> Iterator[UsbSeen]:
    names = sorted(it.name for it in folder.iterdir() if _DEVICE.fullmatch(it.name))
    for name in names[:DEVICES_MAX]:
        vendor = _word(folder / name / "idVendor")
        if vendor is None:
            continue  # it left between the listing and the reading, or has not told its name yet
        product, serial = (_word(folder / name / file) for file in ("idProduct", "serial"))
        yield UsbSeen(sysfs=name, serial=serial, idVendor=vendor[:8], idProduct=product and product[:8])


def _word(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            return opened.read(FILE_BYTES_MAX).decode("utf-8", "replace").strip() or None
    except OSError:
        return None
