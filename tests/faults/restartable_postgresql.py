"""A PostgreSQL of the test's own that can be killed and started again on the same data.

One rule for the editor: it is made of the same parts as the run's own server, so the settings are the same.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import postgresql_server as parts


@dataclass
class RestartablePostgres:
    """One cluster in a folder of its own, listening on a socket there."""

    folder: Path
    owner: dict[str, Any]
    binaries: Path
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        """SQLAlchemy URL of its database."""
        return f"postgresql+psycopg://kit@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._running.enter_context(parts._serving(self.binaries, self.folder, self.owner))

    def kill(self) -> None:
        """kill -9 of the whole server, as a power cut."""
        server = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(server, signal.SIGSTOP)  # so that it neither starts another process nor mourns one
        for child in Path(f"/proc/{server}/task/{server}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        os.kill(server, signal.SIGKILL)
        self._running.close()

    def stop(self) -> None:
        """Stop it, hanging up on everybody."""
        self._running.close()


@contextmanager
def restartable_postgres() -> Iterator[RestartablePostgres]:
    """A cluster, started; gone at the end. Raises NoServer."""
    folder = Path(tempfile.mkdtemp(prefix="kit-pg-"))
    try:
        owner = parts._hand_over(folder)
        binaries = parts._binaries(folder, owner)
        parts._initialise(binaries, folder, owner)
        server = RestartablePostgres(folder, owner, binaries)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
