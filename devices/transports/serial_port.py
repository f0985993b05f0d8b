"""Serial ports (USB-CDC, RS-232, pty) by pyserial: the only file that imports it.

One rule for the editor: every way pyserial reports an unplugged device ends here as `Gone`. It has several
(measured with pyserial 3.5 on a pty whose master closed): `read` raises SerialException with no errno,
`in_waiting` a bare OSError 5, `write` a SerialException, and `is_open` stays true throughout. pyserial's
SerialException is an OSError, and configuring a port that vanishes meanwhile raises termios.error, which
is not.
"""

import errno
import termios
from collections.abc import Iterator
from dataclasses import dataclass

import serial
from serial.tools import list_ports

from devices.errors import DeviceError, Gone, NotConfigured, NotOpened
from devices.readings import DeviceWord
from devices.transports.port import Arrival

READ_MAX = 8192
"""Most bytes one `read` returns; what is left waits in the kernel."""

WRITE_TIMEOUT_S = 0.5

_WORD_BY_ERRNO: dict[int, tuple[DeviceWord, str]] = {
    errno.EACCES: (
        "DENIED",
        "permission denied; add the bridge's account to the port's group (kit-bridge udev)",
    ),
    errno.EPERM: (
        "DENIED",
        "permission denied; add the bridge's account to the port's group (kit-bridge udev)",
    ),
    errno.EAGAIN: ("BUSY", "another program holds it"),
    errno.EBUSY: ("BUSY", "another program holds it"),
}


@dataclass(frozen=True, slots=True)
class ListedPort:
    """One serial port the system lists. `location` is the USB place ("1-4:1.1"), None where there is none."""

    path: str
    location: str | None
    vendor: int | None
    product: int | None
    serial: str | None
    title: str


def listed_ports() -> Iterator[ListedPort]:
    """Every serial port the system knows now."""
    for found in list_ports.comports():
        yield ListedPort(
            path=found.device,
            location=found.location or None,
            vendor=found.vid,
            product=found.pid,
            serial=found.serial_number or None,
            title=found.product or found.description or "",
        )


class SerialPort:
    """An open serial line. It satisfies `devices.transports.port.Port`."""

    def __init__(self, line: serial.Serial, path: str) -> None:
        self._line = line
        self._path = path

    def read(self, timeout_s: float) -> list[Arrival]:
        """The bytes that have arrived, as one piece; waits at most `timeout_s` for the first."""
        try:
            if self._line.timeout != timeout_s:
                self._line.timeout = timeout_s
            first: bytes = self._line.read(1)
            if not first:
                return []
            waiting = min(self._line.in_waiting, READ_MAX - 1)
            return [first + self._line.read(waiting)] if waiting else [first]
        except (OSError, termios.error) as error:
            raise Gone(f"{self._path} went away ({error}); plug it back in") from error

    def kept(self) -> None:
        """Nothing to do: a serial line remembers nothing."""

    def write(self, data: bytes) -> None:
        """Send `data`; raises Gone if the device is away or takes nothing for half a second."""
        try:
            self._line.write(data)
        except (OSError, termios.error) as error:
            raise Gone(f"{self._path} takes nothing ({error}); plug it back in") from error

    def close(self) -> None:
        """Let the port go."""
        try:
            self._line.close()
        except (OSError, termios.error):
            return


class SerialLines:
    """The two lines of a serial port that a program may raise and lower as it likes: RTS and DTR.

    On a USB-serial adapter they are pins, and drive a lamp or a relay through a transistor. The kernel raises both
    when a port is opened and lowers both when it is closed (tty_port_open and HUPCL, Linux drivers/tty), so a lamp may
    flicker at a start, and what is wired the other way round is lit while no bridge runs.
    """

    def __init__(self, line: serial.Serial, path: str) -> None:
        self._line = line
        self._path = path

    def put(self, *, rts: bool, dtr: bool) -> None:
        """Raise (true) or lower each line. Raises Gone where the adapter is away, NotConfigured where this is no port
        with lines."""
        try:
            self._line.rts, self._line.dtr = rts, dtr
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL):
                raise NotConfigured(
                    f"{self._path} has no lines RTS and DTR ({error}); name the port of a USB-serial adapter"
                ) from error
            raise Gone(f"{self._path} went away ({error}); plug it back in") from error

    def close(self) -> None:
        """Let the port go."""
        try:
            self._line.close()
        except (OSError, termios.error):
            return


def open_lines(path: str, *, rts: bool, dtr: bool) -> SerialLines:
    """Open `path` alone for its lines, which are put to `rts` and `dtr` at once. Raises as `open_serial` and `put`."""
    line = _opened(path, 9600)
    lines = SerialLines(line, path)
    try:
        lines.put(rts=rts, dtr=dtr)
    except DeviceError:
        lines.close()
        raise
    return lines


def open_serial(path: str, baud: int) -> SerialPort:
    """Open `path` alone (a second opener is refused) at `baud` 8N1, and drop what was waiting in it.

    Raises NotOpened with the word to report, or NotConfigured where the line refuses `baud`.
    """
    return SerialPort(_opened(path, baud), path)


def _opened(path: str, baud: int) -> serial.Serial:
    try:
        return serial.Serial(path, baud, timeout=0.1, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
    except ValueError as error:
        raise NotConfigured(f"{path}: {error}; check `baud`") from error
    except (OSError, termios.error) as error:
        number = error.errno if isinstance(error, OSError) else None
        word, why = _WORD_BY_ERRNO.get(number or 0, ("MISSING", "nothing answers there; plug it in"))
        raise NotOpened(f"{path}: {why} ({error})", word) from error
