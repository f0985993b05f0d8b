"""What a broker has sent and nobody has read yet.

One rule for the editor: it is bounded. When it is full paho's thread waits, and with it the line: nothing is dropped,
and the connection is not given up for what is the broker's haste.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from devices.driver import Packet

INBOX_MAX = 512
"""Most messages that wait to be read. Mosquitto 2.0.11 sends more than IN_FLIGHT_MAX of what waited for a session that
comes back (measured: each acknowledgement lets two through); the line is then left unread until there is room."""

READ_MAX = 256

GATHER_S = 0.003
"""Where several came the last time, what comes within this is taken with the first."""


class Came(NamedTuple):
    """A message and what acknowledges it."""

    mid: int
    qos: int
    packet: Packet


@dataclass(slots=True)
class Inbox:
    """What has come and was not read. One that is full makes paho wait, and so the line."""

    _came: deque[Came] = field(default_factory=deque)
    _change: threading.Condition = field(default_factory=threading.Condition)
    _is_closed: bool = False
    _is_busy: bool = False

    def put(self, came: Came, *, is_read: bool) -> None:
        """Add a message. Where somebody reads, wait for room; nobody waits once it is closed."""
        with self._change:
            self._change.wait_for(lambda: self._is_closed or not is_read or len(self._came) < INBOX_MAX)
            self._came.append(came)
            self._change.notify_all()

    def take(self, timeout_s: float) -> list[Came]:
        """What is there, oldest first and at most READ_MAX, after waiting at most so long for the first."""
        with self._change:
            self._change.wait_for(lambda: self._came, timeout_s)
            if self._is_busy and self._came:  # more is on its way, and all of it is kept in one commit
                self._change.wait_for(lambda: self._is_closed or len(self._came) >= READ_MAX, GATHER_S)
            taken = [self._came.popleft() for _ in range(min(READ_MAX, len(self._came)))]
            self._is_busy = len(taken) > 1
            self._change.notify_all()
            return taken

    def close(self) -> None:
        """Make nobody wait any more."""
        with self._change:
            self._is_closed = True
            self._change.notify_all()
