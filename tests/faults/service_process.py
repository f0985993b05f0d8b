"""A real `kitstore serve` in a process of its own, for tests that race against it and kill it.

One rule for the editor: nothing is waited for by sleeping alone; whoever waits asks again and says what never came.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.house.source_tree import TOP
from tests.leash import leash
from tests.postgresql_server import as_the_service

PATIENCE_S = 60.0


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until `condition` holds; fail saying what never came."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.02)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def quick_to_start(folder: Path | None = None) -> dict[str, str]:
    """The environment, with compiled Python kept in `folder` (None: beside the packages, in the environment that the
    tests run in): a process that is started twenty times compiles once."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str((folder or Path(sys.prefix)) / "bytecode")}


@dataclass
class ServiceProcess:
    """One service on one port, which it keeps through every restart."""

    folder: Path
    database: str
    settings: Mapping[str, str] = field(default_factory=dict)
    began_ns: int = field(default_factory=time.time_ns)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, fault: str = "", *, wait: bool = True) -> None:
        """Start it, to be killed at `fault` where one is given."""
        told = {"KIT_DATABASE": as_the_service(self.database), "KIT_OVERLAY": "demo", "KIT_FAULT_POINT": fault}
        environment = {**quick_to_start(), **told, **self.settings}
        program = [sys.executable, "-m", "tests.faults.serve_at", str(self.began_ns)]
        command = [*leash(), *program, "serve", "--port", str(self.port)]
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=TOP, env=environment, stdout=log, stderr=log)
        if wait:
            until(self.is_ready, f"the service: {self.log()[-2000:]}")

    def is_ready(self) -> bool:
        """Whether /health says so. Fails where the process has ended."""
        assert self.process is not None
        assert self.process.poll() is None, f"the service ended: {self.log()[-2000:]}"
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)  # httpx loads certificates each time
        try:
            asking.request("GET", "/health")
            return asking.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asking.close()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def died(self) -> int:
        """Wait for the end; the return code (-9 when it was killed)."""
        assert self.process is not None
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE_S)

    def stop(self) -> int:
        """SIGTERM; the return code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def log(self) -> str:
        """Everything it has said."""
        path = self.folder / "service.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""
