"""A device on the network that is dialled: one TCP connection to its address ("tcp:192.0.2.7:5084").

    open     a name, a connection, both within their time-out; one try, the watcher makes the next one, later and later
    read     what has come, or silence after the time-out
    closed   by the other side, by a cut network (keep-alive probes, or bytes that nobody acknowledges), or by `close`
             from another thread: all are `Gone`

One rule for the editor: every way a connection dies ends here as `Gone`. A peer whose power was cut sends nothing;
without probes and without a limit on unacknowledged bytes its connection would look well for a quarter of an hour.
"""

import contextlib
import re
import socket
from typing import NamedTuple

from devices.errors import Gone, NotConfigured, NotOpened
from devices.transports.port import Arrival

TCP_PREFIX = "tcp:"
LLRP_PORT = 5084
"""The port IANA gave LLRP. It is what a tcp address means that names none."""

READ_MAX = 65_536
CONNECT_S = 3.0
WRITE_S = 2.0

_PROBES = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)
"""Dead after about 25 s of silence, or 10 s in which nothing that we wrote was acknowledged."""

_SIX, _HOST = r"\[(?P<six>[0-9A-Fa-f:.]+)\]", r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
_ADDRESS = re.compile(rf"tcp:(?:{_SIX}|{_HOST})(?::(?P<port>[0-9]{{1,5}}))?")


class Address(NamedTuple):
    """Where a device listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{TCP_PREFIX}{host}:{self.port}"


class TcpPort:
    """An open connection. It satisfies `devices.transports.port.Port`; `close` may come from another thread."""

    def __init__(self, line: socket.socket, address: Address) -> None:
        self._line = line
        self._address = address

    def __str__(self) -> str:
        return str(self._address)

    def read(self, timeout_s: float) -> list[Arrival]:
        """The bytes that have come, as one piece; waits at most `timeout_s` for the first."""
        try:
            self._line.settimeout(timeout_s)
            data = self._line.recv(READ_MAX)
        except TimeoutError as error:
            if error.errno is None:  # our own; with a number it is the kernel's: nobody acknowledged
                return []
            raise Gone(f"{self} answers no more ({error}); check its power and network") from error
        except OSError as error:
            raise Gone(f"{self} went away ({error}); check its power and network") from error
        if not data:
            raise Gone(f"{self} closed the connection")
        return [data]

    def kept(self) -> None:
        """Nothing to do: a connection remembers nothing."""

    def write(self, data: bytes) -> None:
        """Send `data`; raises Gone if the device is away or takes nothing for two seconds."""
        try:
            self._line.settimeout(WRITE_S)
            self._line.sendall(data)
        except OSError as error:
            raise Gone(f"{self} takes nothing ({error}); check its power and network") from error

    def close(self) -> None:
        """Let the connection go, and wake whoever reads from it."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()


def read_address(port: str) -> Address:
    """The address in "tcp:host", "tcp:host:5084" or "tcp:[2001:db8::7]:5084". Raises NotConfigured."""
    found = _ADDRESS.fullmatch(port)
    number = int(found["port"] or LLRP_PORT) if found else 0
    if found is None or not 1 <= number <= 65_535:
        raise NotConfigured(
            f'`port`: expected an address such as "tcp:192.0.2.7:{LLRP_PORT}", found {port!r}'
        )
    return Address(found["six"] or found["host"], number)


def open_tcp(port: str, connect_s: float = CONNECT_S) -> TcpPort:
    """Connect to the device at `port`, within `connect_s`. Raises NotOpened, or NotConfigured for a wrong address."""
    address = read_address(port)
    try:
        line = socket.create_connection((address.host, address.port), connect_s)
    except (socket.gaierror, UnicodeError) as error:  # the latter for a label of more than 63 letters
        raise NotOpened(f"{address}: no machine has that name ({error}); check the address") from error
    except ConnectionRefusedError as error:
        why = (
            "the machine is there and nothing listens on that port; is the service switched on in the reader?"
        )
        raise NotOpened(f"{address}: {why}") from error
    except OSError as error:
        raise NotOpened(f"{address}: cannot be reached ({error}); check its power and network") from error
    for level, option, value in _PROBES:
        line.setsockopt(level, option, value)
    return TcpPort(line, address)
