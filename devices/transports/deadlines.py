"""Sockets that somebody else closes when their time is up: a peer that sends a byte a minute holds nothing for long.

One rule for the editor: a socket is only shut here, never closed; the thread that reads it wakes with an error, and
closes it itself.
"""

import contextlib
import socket
import threading
from collections.abc import Callable


class Deadlines:
    """When each open socket's time is up, by the clock `now_s`. For several threads."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._until: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self._is_over = False

    def give(self, sock: socket.socket, seconds: float) -> None:
        """From now on `sock` has so many seconds; none after `end`."""
        with self._lock:
            self._until[sock] = self._now_s() + seconds
            is_over = self._is_over
        if is_over:
            _shut(sock)

    def forget(self, sock: socket.socket) -> None:
        """It is closed, or closes itself."""
        with self._lock:
            self._until.pop(sock, None)

    def sweep(self) -> int:
        """Shut what is beyond its time; how many those were."""
        now_s = self._now_s()
        with self._lock:
            late = [sock for sock, until in self._until.items() if until <= now_s]
        for sock in late:
            _shut(sock)
            self.forget(sock)
        return len(late)

    def end(self) -> None:
        """Shut everything, and whatever comes after."""
        with self._lock:
            self._is_over = True
            socks = list(self._until)
        for sock in socks:
            _shut(sock)


def _shut(sock: socket.socket) -> None:
    """Without the TLS farewell: that would be a second thread in one TLS session."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
