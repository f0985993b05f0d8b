"""A real Mosquitto of a test's own, on a free port, that can be killed, frozen and started again.

One rule for the editor: it listens on the loopback alone and leaves nothing behind.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from devices.transports.mqtt import Broker

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


@dataclass
class Mosquitto:
    """One broker process. `more` is added to its configuration."""

    folder: Path
    more: str = ""
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Mosquitto":
        """Start it, on the same port as before, and wait until it accepts connections."""
        self.port = self.port or _free_port()
        anonymous = "" if "allow_anonymous" in self.more else "allow_anonymous true\n"
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\n{anonymous}user root\n{self.more}\n")
        command = shutil.which("mosquitto", path=PATH)
        assert command is not None
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen([command, "-c", str(config)], stderr=log, stdout=log)
        end = time.monotonic() + 15
        while not self._accepts():
            assert time.monotonic() < end, (self.folder / "mosquitto.log").read_text()
            time.sleep(0.01)
        return self

    def kill(self) -> None:
        """kill -9: nothing is said to anybody."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """Stop answering without going away."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def broker(self, **words: object) -> Broker:
        """It, as a configuration names it."""
        return Broker("127.0.0.1", self.port, **{"keepalive_s": 2, "open_timeout_s": 2.0, **words})  # type: ignore[arg-type]

    def _accepts(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.5).close()
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
