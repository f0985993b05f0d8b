"""What systemd is told: that the bridge is ready, how it is, that it reloads, that it stops, that it still lives.

One rule for the editor: without systemd every word here goes nowhere, and nothing waits for an answer.

The protocol is a datagram of `NAME=value` lines to the unix socket that $NOTIFY_SOCKET names, where a leading `@` is
an abstract one; $WATCHDOG_USEC is how long systemd waits for a WATCHDOG=1 (sd_notify(3), sd_watchdog_enabled(3)).
"""

import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

log = logging.getLogger("firmware_bridge")


@dataclass(frozen=True, slots=True)
class Systemd:
    """The unit that this process runs as. `address` is empty where it runs as none; `watchdog_s` is how often at
    the longest it must be told that we live, None where it does not ask."""

    address: str = ""
    watchdog_s: float | None = None

    def say(self, **words: str | int) -> None:
        """Tell it `words`, such as READY=1. Never waits and never raises."""
        if not self.address:
            return
        to = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        lines = "\n".join(f"{name}={str(value).replace(chr(10), ' ')}" for name, value in words.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as line:
                line.sendto(lines.encode(), to)
        except OSError as why:
            log.info("systemd is not told %s: %s", ", ".join(words), why)


def systemd_of(environment: Mapping[str, str], pid: int | None = None) -> Systemd:
    """The unit as the environment describes it; a watchdog that is meant for another process is not ours to feed."""
    usec, of_pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    is_ours = of_pid in ("", str(os.getpid() if pid is None else pid))
    watchdog_s = int(usec) / 1e6 if usec.isdecimal() and int(usec) and is_ours else None
    return Systemd(environment.get("NOTIFY_SOCKET", ""), watchdog_s)
