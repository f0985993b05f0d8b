"""What every transport gives a station: one small port.

One rule for the editor: a port belongs to one thread, the station's. Nothing here is called from another.
"""

from typing import Protocol

from devices.driver import Packet

Arrival = bytes | Packet
"""A piece of a byte stream, or one message of a transport that has messages."""


class Port(Protocol):
    """An open line to one device.

    `read` and `write` raise `devices.errors.Gone` once the device is away; `close` never raises.
    """

    def read(self, timeout_s: float) -> list[Arrival]:
        """What has arrived, waiting at most `timeout_s` seconds for the first of it; empty means silence."""
        ...

    def kept(self) -> None:
        """Told that everything `read` gave so far is on disk: a broker may now forget it."""
        ...

    def write(self, data: bytes) -> None:
        """Send `data` to the device."""
        ...

    def close(self) -> None:
        """Let the line go. May be called twice."""
        ...
