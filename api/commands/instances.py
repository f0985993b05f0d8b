"""Several instances of the service on one port: one process each, started, watched and stopped together.

Python runs one thread at a time, so an instance fills one core; on PostgreSQL any number share the work. Each listens
on the same port for itself (SO_REUSEPORT: the kernel deals connections out, socket(7)).

One rule for the editor: an instance never outlives who started it. It holds the reading end of a pipe, and goes
when the pipe breaks, however its parent died.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from types import FrameType

from api import logs

LOOK_EVERY_S = 0.2
EARLY_S = 10.0
"""An instance that ends sooner than this after its start has not run at all."""
EARLY_ENDS_MAX = 3
ONE_OF_SEVERAL = "KITSTORE_ONE_OF_SEVERAL"
"""Set for an instance that another process started, and for nothing else."""
STOP_S = 15.0
"""How long instances may take to finish what they are doing."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on a port that others listen on too. Raises OSError where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, reuse_port=True, backlog=2048)


def end_with_parent() -> None:
    """End this process in order (SIGTERM) when the pipe that is its standard input breaks."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


class Instances:
    """Runs `count` processes of `command` until it is told to stop (SIGTERM, SIGINT) or they will not run."""

    def __init__(self, command: list[str], count: int) -> None:
        self.command = command
        self.count = count
        self._running: dict[subprocess.Popen[bytes], float] = {}
        self._early_ends = 0
        self._stopping = threading.Event()

    def run(self) -> int:
        """Start them, replace whichever ends, stop them when told. Gives the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self._stopping.is_set():
                code = self._look_after()
                if code is not None:
                    return code
                self._stopping.wait(LOOK_EVERY_S)
        finally:
            self._end_all()
        return 0

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _look_after(self) -> int | None:
        for process, since in list(self._running.items()):
            code = process.poll()
            if code is None:
                continue
            del self._running[process]
            self._early_ends = self._early_ends + 1 if time.monotonic() - since < EARLY_S else 0
            logs.error("an instance ended", pid=process.pid, code=code)
            if self._early_ends >= EARLY_ENDS_MAX:
                return code if code > 0 else 1
        while len(self._running) < self.count:
            self._running[self._started()] = time.monotonic()
        return None

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, stdin=subprocess.PIPE, env={**os.environ, ONE_OF_SEVERAL: "1"})

    def _end_all(self) -> None:
        for process in self._running:
            process.terminate()
        give_up = time.monotonic() + STOP_S
        for process in self._running:
            try:
                process.wait(max(0.1, give_up - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
