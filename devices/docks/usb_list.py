"""A list of USB devices as one line of JSON: what the port writes after each look, and the decoder reads.

    [{"sysfs":"1-2","idVendor":"2cd9"},{"sysfs":"1-2.4","serial":"X60A12345","idVendor":"0525","idProduct":"a4a5"}] LF

One rule for the editor: the names are the kernel's own (sysfs), so that a list can be compared with the machine.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec

DEVICES_MAX = 1024
LINE_BYTES_MAX = 1 << 18
DEVICE = r"^[0-9]{1,3}-[0-9]{1,3}(\.[0-9]{1,3}){0,6}$"
"""How sysfs names a device: neither a root hub ("usb1") nor an interface ("1-2.4:1.0")."""


class UsbSeen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One device: its place below /sys/bus/usb/devices, and what it calls itself. `serial` None: no string."""

    sysfs: Annotated[str, msgspec.Meta(pattern=DEVICE)]
    serial: Annotated[str, msgspec.Meta(max_length=256)] | None = None
    idVendor: Annotated[str, msgspec.Meta(max_length=8)] | None = None  # noqa: N815 - the kernel's name
    idProduct: Annotated[str, msgspec.Meta(max_length=8)] | None = None  # noqa: N815 - the kernel's name


_lists = msgspec.json.Decoder(Annotated[tuple[UsbSeen, ...], msgspec.Meta(max_length=DEVICES_MAX)] | UsbSeen)


def list_line(devices: Iterable[UsbSeen]) -> bytes:
    """The line of a look."""
    return msgspec.json.encode(tuple(devices)) + b"\n"


def read_list(line: bytes) -> tuple[UsbSeen, ...]:
    """The devices of a line; a single object is a list of one. Raises DecodeError or UnicodeDecodeError."""
    found = _lists.decode(line)
    return (found,) if isinstance(found, UsbSeen) else found
