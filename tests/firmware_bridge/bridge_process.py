"""A real `kit-bridge run` in a process of its own, on a folder of its own, for tests that kill it.

One rule for the editor: nothing is waited for by sleeping; `until` asks again and again and says what never
came.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from devices.wire import Answer
from firmware_bridge.bridge import State
from firmware_bridge.feedback import ShownLine
from firmware_bridge.simulate import SimulatedPort
from tests.leash import leash

PATIENCE_S = 30.0

TIMING = """
[timing]
scan_retry_first_s = 0.02
scan_retry_cap_s = 0.1
scan_post_s = 1.0
retry_first_s = 0.05
retry_cap_s = 0.3
post_s = 2.0
heartbeat_s = 0.2
reopen_first_s = 0.05
reopen_cap_s = 0.2
stable_s = 1.0
"""


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until `condition` holds; fail saying what never came."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.01)


@dataclass
class BridgeFolder:
    """A configured bridge with one scanner on a pty and one lights file."""

    folder: Path
    service: str
    more: str = ""
    timing: str = TIMING
    process: subprocess.Popen[bytes] | None = None
    scanner: SimulatedPort = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "bridge.key").write_text("test-key\n")
        self.scanner = SimulatedPort(self.folder / "hatch-scanner")
        self.scanner.plug()
        (self.folder / "bridge.toml").write_text(
            f'''bridge = "medway"
service = "{self.service}"
key_file = "bridge.key"
spool_dir = "spool"
{self.timing}
[[light]]
name = "file"
kind = "file"
path = "lights.jsonl"
[[station]]
device = "hatch-scanner"
driver = "serial-scanner"
port = "{self.scanner.link}"
feedback = ["file", "console"]
options = {{ prefix = "aim" }}
{self.more}'''
        )

    def start(self, fault: str = "") -> None:
        """Start it, to be killed at `fault` where one is given."""
        env = {**os.environ, "KIT_FAULT_POINT": fault}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*leash(), sys.executable, "-m", "firmware_bridge", "run", "-c", "bridge.toml"],
                cwd=self.folder,
                env={**env, "PYTHONPATH": str(Path(__file__).parents[2])},
                stderr=log,
                stdout=log,
            )
        until(self._is_up_or_dead, f"the bridge opening its scanner: {self.log()}")
        assert fault or self.process.poll() is None, self.log()

    def _is_up_or_dead(self) -> bool:
        return self.scanner.is_open() or self.process is None or self.process.poll() is not None

    def died(self) -> int:
        """Wait for the process to end; its return code (-9 when it was killed)."""
        assert self.process is not None
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the return code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """End whatever still runs."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.scanner.unplug()

    def lights(self) -> list[Answer]:
        """Every answer the lights file has shown."""
        path = self.folder / "lights.jsonl"
        if not path.exists():
            return []
        lines = path.read_bytes().split(b"\n")[:-1]
        return [msgspec.json.decode(line, type=ShownLine).answer for line in lines]

    def state(self) -> State:
        """What the bridge says of itself in state.json."""
        return msgspec.json.decode((self.folder / "spool" / "state.json").read_bytes(), type=State)

    def word(self) -> str:
        """What the bridge says of its scanner; nothing before it has said anything."""
        path = self.folder / "spool" / "state.json"
        return self.state().devices[0].word if path.exists() else ""

    def log(self) -> str:
        """Everything it has logged."""
        return (self.folder / "log").read_text()
