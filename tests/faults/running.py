"""The real service in a process of its own, started and killed as often as a test likes.

One rule for the editor: nothing here waits without a limit, and no process outlives its test.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.postgresql_server import as_the_service

START_S = 60.0
ANSWER_S = 15.0
KITSTORE = Path(sys.executable).parent / "kitstore"


@dataclass
class Killable:
    """`kitstore serve` on one database, always on the same port."""

    url: str
    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def start(self, fault: str = "") -> None:
        """Start it and wait until it is ready; `fault` is a point to die at (`api.faults`)."""
        environment = os.environ | {
            "KIT_DATABASE": as_the_service(self.url), "KIT_PORT": str(self.port), "KIT_OVERLAY": "demo",
            "KIT_FAULT_POINT": fault,
            "KIT_CHECKPOINT_KEY": str(self.folder / "checkpoint.pem"), "KIT_CHECKPOINT_EVERY_S": "1",
        }  # fmt: skip
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen([str(KITSTORE), "serve"], env=environment, stdout=log, stderr=log)
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError((self.folder / "service.log").read_text("utf-8")[-3000:])
            if self._is_ready():
                return
            time.sleep(0.05)
        raise AssertionError("the service did not become ready")

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """Kill it as a power cut would (SIGKILL), if it still runs."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def wait_until_dead(self) -> None:
        """It was told to die by itself."""
        assert self.process is not None
        assert self.process.wait(ANSWER_S) == -signal.SIGKILL
        self.process = None

    def sign_in(self, name: str, password: str) -> None:
        """Sign in; the session lives in the database and outlasts a kill."""
        code, body, cookies = self._send("/api/v1/sign-in", {"name": name, "password": password}, {})
        assert code == 200, body
        self.headers = {"Cookie": cookies, "X-CSRF": body["csrf"]}

    def post(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]] | None:
        """One request under an idempotency key; None where no answer came."""
        try:
            code, found, _ = self._send(path, body, {**self.headers, "Idempotency-Key": key})
        except (OSError, http.client.HTTPException):
            return None
        return code, found

    def _send(
        self, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)
        try:
            connection.request(
                "POST", path, json.dumps(body), {"Content-Type": "application/json", **headers}
            )
            answer = connection.getresponse()
            text = answer.read()
            cookies = (v.split(";")[0] for k, v in answer.getheaders() if k.lower() == "set-cookie")
            return answer.status, json.loads(text or b"{}"), "; ".join(cookies)
        finally:
            connection.close()
