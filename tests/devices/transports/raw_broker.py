"""A broker of a test's own that says the very bytes it is given, and keeps the very bytes it hears.

One rule for the editor: it understands nothing but where a packet ends; what it says is written out by the test.
"""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable

Say = Callable[[bytes], bytes | None]
"""What to answer to one packet; None closes the connection."""


class RawBroker:
    """Listens on the loopback. `answers` gives, for each connection in turn, what is said to each packet."""

    def __init__(self, *answers: Say) -> None:
        self._answers = list(answers)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._now: socket.socket | None = None
        self.port = int(self._listening.getsockname()[1])
        self.heard: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._serve, daemon=True).start()

    def say(self, data: bytes) -> None:
        """Say something unasked, on the connection of now."""
        assert self._now is not None
        with contextlib.suppress(OSError):  # the other side may have gone already
            self._now.sendall(data)

    def hang_up(self) -> None:
        """Close the connection of now."""
        assert self._now is not None
        with contextlib.suppress(OSError):  # the other side may have gone already
            self._now.shutdown(socket.SHUT_RDWR)

    def next_of(self, kind: int) -> bytes:
        """The next packet heard that is of a type (its first four bits)."""
        while True:
            packet = self.heard.get(timeout=10)
            if packet[0] >> 4 == kind:
                return packet

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()
        if self._now is not None:
            self._now.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            for answer in self._answers:
                self._now, _ = self._listening.accept()
                with self._now:
                    self._talk(self._now, answer)

    def _talk(self, connection: socket.socket, answer: Say) -> None:
        with contextlib.suppress(OSError):
            while packet := _packet(connection):
                self.heard.put(packet)
                said = answer(packet)
                if said is None:
                    return
                connection.sendall(said)


def _packet(connection: socket.socket) -> bytes:
    """One packet: type, remaining length (MQTT 5, 2.1.4), and as much as that says. Empty at the end."""
    data, length, shift = connection.recv(1), 0, 0
    while data:
        more = connection.recv(1)
        data += more
        if not more:
            return b""
        length |= (more[0] & 0x7F) << shift
        shift += 7
        if not more[0] & 0x80:
            break
    while data and length:
        piece = connection.recv(length)
        if not piece:
            return b""
        data, length = data + piece, length - len(piece)
    return data
