"""The socket on which systemd would listen, held by a test: a real unix datagram socket.

One rule for the editor: what was said is kept as it came, in order.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class SystemdEar:
    """What a process told its unit."""

    socket: socket.socket
    heard: list[str] = field(default_factory=list)

    def words(self) -> list[str]:
        """Every line that has been said, without the status."""
        self.listen()
        return [line for said in self.heard for line in said.split("\n") if not line.startswith("STATUS=")]

    def status(self) -> str:
        """The last status."""
        self.listen()
        return next((x[7:] for it in reversed(self.heard) for x in it.split("\n") if x.startswith("STATUS=")), "")

    def listen(self) -> None:
        """Take in what has come."""
        while True:
            try:
                self.heard.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return


@contextmanager
def systemd_ear(address: Path | str) -> Iterator[SystemdEar]:
    """Listen at a path, or at an abstract address that begins with a NUL."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as ear:
        ear.bind(str(address))
        yield SystemdEar(ear)
