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

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy" / "mosquitto"
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
        config = self.folder / "mosquitto.conf"
        config.write_text(self.configuration())
        command = shutil.which("mosquitto", path=PATH)
        assert command is not None
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen([command, "-c", str(config)], stderr=log, stdout=log)
        end = time.monotonic() + 15
        while not self._accepts():
            assert time.monotonic() < end, (self.folder / "mosquitto.log").read_text()
            time.sleep(0.01)
        return self

    def configuration(self) -> str:
        """What it is told: a listener on its port, and `more`."""
        anonymous = "" if "allow_anonymous" in self.more else "allow_anonymous true\n"
        return f"listener {self.port} 127.0.0.1\n{anonymous}user root\n{self.more}\n"

    def reload(self) -> None:
        """Have it read its files again (SIGHUP)."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

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


class Shipped(Mosquitto):
    """The configuration and access list of docs/deploy/mosquitto as they are: only paths, port, account and log are
    this test's. `certificates` runs the script beside them; the authority, the broker's own, and the service's
    certificate are made."""

    def configuration(self) -> str:
        """The shipped file, with this machine's places in it."""
        text = (DEPLOY / "mosquitto.conf").read_text("utf-8")
        for shipped, here in (
            ("listener 8883 127.0.0.1", f"listener {self.port} 127.0.0.1"),
            ("/etc/mosquitto/kitstore/", f"{self.folder}/"),
            ("/var/lib/mosquitto/", f"{self.folder}/"),
            ("log_dest syslog", "log_dest stderr\nuser root"),
        ):
            assert shipped in text, f"{shipped}: no longer in the shipped configuration"
            text = text.replace(shipped, here)
        return text

    def ready(self) -> "Shipped":
        """Make the certificates and start."""
        shutil.copy(DEPLOY / "acl", self.folder)
        self.certificates("ca")
        self.certificates("broker", "localhost", "127.0.0.1")
        self.certificates("issue", "kitstore")
        self.start()
        return self

    def certificates(self, *words: str) -> None:
        """Run the shipped script."""
        command = ["sh", str(DEPLOY / "certificates.sh"), str(self.folder), *words]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def let_in(self, name: str) -> Broker:
        """It, as somebody with a certificate for `name` names it; the certificate is made where there is none."""
        file = name.replace("/", ".")
        if not (self.folder / f"{file}.pem").exists():
            self.certificates("issue", name)
        return self.tls(
            cert_file=str(self.folder / f"{file}.pem"), cert_key_file=str(self.folder / f"{file}.key")
        )

    def tls(self, **words: object) -> Broker:
        """It, over TLS, with or without a certificate of ours."""
        return self.broker(ca_file=str(self.folder / "ca.pem"), **words)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
