"""dnsmasq's lease file, looked at again and again, and the link of the interface that the dock is plugged into.

One rule for the editor: a file is believed when two looks in a row found the same in it. dnsmasq writes it in
place, and half of it would be bays that were emptied.
"""

from collections.abc import Callable
from pathlib import Path

from devices.docks.leases import AllTold, Lease, Link, line_of, read_line
from devices.errors import Gone, NotOpened
from devices.transports.port import Arrival

LOOK_S = 1.0
FILE_BYTES_MAX = 1 << 20
SYSFS_NET = Path("/sys/class/net")

_BEFORE_THE_FIRST = b"\0"


class LeasePort:
    """Watches a lease file. It satisfies `devices.transports.port.Port`.

    `wait` sleeps so many seconds, `now_s` is the time in Unix seconds, by which dnsmasq writes when a lease ends.
    """

    def __init__(self, file: Path, carrier: Path | None, wait: Callable[[float], object],
                 now_s: Callable[[], float]) -> None:  # fmt: skip
        self._file = file
        self._carrier = carrier
        self._wait = wait
        self._now_s = now_s
        self._waited_s = LOOK_S
        self._seen = _BEFORE_THE_FIRST
        self._leases: dict[tuple[str, str], Lease] | None = None
        self._link: Link | None = None

    def __str__(self) -> str:
        return f"the leases in {self._file}"

    def read(self, timeout_s: float) -> list[Arrival]:
        """What changed since the look before: leases as the file has them, `del` for one that is not there any more."""
        if self._waited_s < LOOK_S:
            self._wait(timeout_s)
            self._waited_s += timeout_s
            return []
        self._waited_s = 0.0
        lines = [*self._link_lines(), *self._lease_lines()]
        return ["".join(f"{line}\n" for line in lines).encode("latin-1")] if lines else []

    def kept(self) -> None:
        """Nothing to do: the next look shows what is there."""

    def write(self, data: bytes) -> None:
        """Nothing is written to a file that is another program's."""

    def close(self) -> None:
        """Nothing to let go."""

    def _link_lines(self) -> list[str]:
        if self._carrier is None:
            return []
        try:
            is_up = self._carrier.read_text("ascii", "replace").strip() == "1"
        except OSError:
            is_up = False  # the interface is set down, or is not there at all
        link = Link(self._carrier.parent.name, is_up)
        if link == self._link:
            return []
        self._link = link
        return [line_of(link)]

    def _lease_lines(self) -> list[str]:
        try:
            with self._file.open("rb") as opened:
                data = opened.read(FILE_BYTES_MAX)
        except OSError as error:
            raise Gone(f"{self._file} cannot be read any more ({error})") from error
        before, self._seen = self._seen, data
        if data != before:
            return []
        texts = data.decode("latin-1").split("\n")
        strange = [] if self._leases is not None else [it for it in texts if it and _is_strange(it)]
        return [*strange, *self._changes([read_line(it) for it in texts])]

    def _changes(self, lines: list[Lease | Link | AllTold | None]) -> list[str]:
        now_s = self._now_s()
        valid = [it for it in lines if isinstance(it, Lease) and it.expires is not None]
        leases = {(it.mac, it.ip): it for it in valid if not it.expires or it.expires >= now_s}
        before = self._leases or {}
        gone = [it._replace(event="del", expires=None) for key, it in before.items() if key not in leases]
        fresh = [it for key, it in leases.items() if before.get(key) != it]
        ended = [it for it in gone if it.mac not in {mac for mac, _ in leases}]
        done = [line_of(AllTold())] if self._leases is None else []
        self._leases = leases
        return [*map(line_of, ended), *map(line_of, fresh), *done]


def open_leases(file: str, link: str, wait: Callable[[float], object], now_s: Callable[[], float],
                sysfs: Path = SYSFS_NET) -> LeasePort:  # fmt: skip
    """Watch the lease file `file`, and the link of the interface `link` where one is named. Raises NotOpened."""
    try:
        with Path(file).open("rb"):
            pass
    except PermissionError as error:
        raise NotOpened(
            f"{file}: the bridge may not read it; let its group read dnsmasq's leases", "DENIED"
        ) from error
    except OSError as error:
        raise NotOpened(
            f"{file}: there is no lease file ({error}); see dhcp-leasefile in dnsmasq.conf"
        ) from error
    return LeasePort(Path(file), sysfs / link / "carrier" if link else None, wait, now_s)


def _is_strange(line: str) -> bool:
    """Whether a line is neither a lease nor what dnsmasq writes of IPv6 (its DUID, and leases of longer addresses)."""
    words = line.split(" ")
    is_ipv6 = words[0] == "duid" or (len(words) == 5 and ":" in words[2])
    return not is_ipv6 and read_line(line) is None
