"""A network dock without hardware: two network namespaces and a cable, a real dnsmasq at one end, a bay at the other.

One rule for the editor: nothing of it is seen outside its namespaces, and nothing of it outlives the test.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.leash import leash

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
LINK, MAC, NAME = "eth1", "00:25:df:00:00:07", "X60A12345"
LEASE_S = 120
"""The shortest lease that dnsmasq gives."""

PATIENCE_S = 60.0

_SCRIPT = """#!/bin/sh
case $1 in
bound|renew) ip address replace "$ip/24" dev "$interface" ;;
deconfig) ip address flush dev "$interface" ;;
esac
"""
_TOOLS = ("dnsmasq", "udhcpc", "ip", "unshare", "nsenter")


def has_network_docks() -> bool:
    """Whether this machine has dnsmasq and a DHCP client, and lets us make network namespaces."""
    if os.geteuid() or not all(shutil.which(it, path=PATH) for it in _TOOLS):
        return False
    probe = "mount -t sysfs sysfs /sys && ip link add name a type veth peer name b"
    words = ("unshare", "--net", "--mount", "sh", "-c", probe)
    return subprocess.run(words, capture_output=True, env=os.environ | {"PATH": PATH}).returncode == 0


@dataclass(slots=True)
class NetworkDock:
    """One cable with one bay. `leases` is the file that dnsmasq keeps, `sysfs` where its end of the cable is seen."""

    leases: Path
    sysfs: Path
    _store: int
    _dock: int
    _camera: "subprocess.Popen[bytes]"

    def lease(self) -> int | None:
        """When the bay's lease ends, in Unix seconds; None where it has none."""
        lines = self.leases.read_text("ascii").splitlines() if self.leases.exists() else []
        ends = [int(it.split()[0]) for it in lines if f" {MAC} " in it]
        return ends[0] if ends else None

    def asks(self) -> None:
        """The camera asks for an address, or to keep the one it has."""
        self._camera.send_signal(signal.SIGUSR1)

    def renews(self) -> None:
        """The camera asks until its lease ends later than before: dnsmasq writes whole seconds."""
        before = self.lease()

        def is_later() -> bool:
            self.asks()
            return self.lease() not in (None, before)

        until(is_later, "a renewed lease", 0.2)

    def gives_back(self) -> None:
        """The camera gives its address back."""
        self._camera.send_signal(signal.SIGUSR2)

    def pull(self) -> None:
        """Pull the dock's cable."""
        inside(self._dock, "ip", "link", "set", "bay1", "down")

    def plug_in(self) -> None:
        """Plug it in again."""
        inside(self._dock, "ip", "link", "set", "bay1", "up")


def inside(namespace: int, *words: str) -> None:
    """Run a command in the network of the process `namespace`."""
    subprocess.run(_in(namespace, *words), check=True, capture_output=True, env=os.environ | {"PATH": PATH})


def until(holds: Callable[[], object], what: str, pause_s: float = 0.02) -> None:
    """Wait until it holds. Raises AssertionError saying `what` did not come."""
    ends_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends_s, f"did not come: {what}"
        time.sleep(pause_s)


@contextmanager
def network_dock(folder: Path) -> Iterator[NetworkDock]:
    """A dock with a camera in its bay that has asked for an address."""
    leases, script = folder / "dnsmasq.leases", folder / "address"
    script.write_text(_SCRIPT, "ascii")
    script.chmod(0o755)
    with ExitStack() as stack:
        own = "mount --make-rprivate / && mount -t sysfs sysfs /sys && echo ready && exec sleep 600"
        store, dock = (_started(stack, "unshare", "--net", "--mount", "sh", "-c", own) for _ in range(2))
        for end in (store, dock):
            assert end.stdout is not None
            assert end.stdout.readline() == b"ready\n", "no network namespace"
        inside(store.pid, "ip", "link", "add", LINK, "type", "veth", "peer", "name", "bay1", "address", MAC,
               "netns", str(dock.pid))  # fmt: skip
        inside(store.pid, "ip", "address", "add", "10.99.0.1/24", "dev", LINK)
        inside(store.pid, "ip", "link", "set", LINK, "up")
        inside(dock.pid, "ip", "link", "set", "bay1", "up")
        daemon = ("dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--port=0", f"--interface={LINK}",
                  "--bind-interfaces", "--no-ping", "--dhcp-authoritative", "--user=root", "--pid-file=",
                  f"--dhcp-range=10.99.0.50,10.99.0.60,{LEASE_S}", f"--dhcp-leasefile={leases}")  # fmt: skip
        _started(stack, *_in(store.pid, *daemon))
        until(leases.exists, "dnsmasq's lease file")
        client = (
            "udhcpc",
            "-f",
            "-i",
            "bay1",
            "-s",
            str(script),
            "-x",
            f"hostname:{NAME}",
            "-t",
            "9",
            "-T",
            "1",
        )
        camera = _started(stack, *_in(dock.pid, *client))
        sysfs = Path("/proc", str(store.pid), "root", "sys", "class", "net")
        yield NetworkDock(leases, sysfs, store.pid, dock.pid, camera)


def _in(namespace: int, *words: str) -> tuple[str, ...]:
    return ("nsenter", f"--net=/proc/{namespace}/ns/net", *words)


def _started(stack: ExitStack, *words: str) -> "subprocess.Popen[bytes]":
    started = subprocess.Popen(
        [*leash(), *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | {"PATH": PATH}
    )
    stack.callback(_ended, started)
    return started


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()
