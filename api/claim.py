"""One process on an SQLite file, one number an instance on PostgreSQL: claimed before anything is written.

One rule for the editor: the claim is held by the operating system (a file lock) or the database (an advisory
lock), so that a killed process lets it go without a trace.
"""

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from api.settings import Settings
from inventory.schema.engine import make_engine

INSTANCE_LOCKS = 0x6B697400
"""First key of the PostgreSQL advisory locks by which instances take their numbers."""

INSTANCES_MAX = 64


class Taken(RuntimeError):
    """Another process holds this database; the message says which."""


@dataclass(slots=True)
class Claim:
    """A claim on a database. `instance` is this process's number in logs and chains."""

    instance: int
    _file: int | None = None
    _conn: sa.Connection | None = None

    def release(self) -> None:
        """Let the claim go."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._conn is not None:
            engine = self._conn.engine
            self._conn.close()
            engine.dispose()
            self._conn = None

    def __enter__(self) -> "Claim":
        return self

    def __exit__(self, *_: Any) -> None:
        self.release()


def lock_path(settings: Settings) -> Path:
    """The lock file beside an SQLite database."""
    return settings.sqlite_path.with_name(settings.sqlite_path.name + ".lock")


def claim(settings: Settings) -> Claim:
    """Claim the database for this process. Raises Taken where another process holds it (or all numbers)."""
    return _claim_file(settings) if settings.is_sqlite else _claim_number(settings)


def _claim_file(settings: Settings) -> Claim:
    path = lock_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 20).decode("ascii", "replace").strip()
        os.close(handle)
        raise Taken(
            f"{settings.sqlite_path} is in use by process {holder or 'unknown'} (a running service, or another"
            " command). An SQLite database is written by one process at a time: stop that one first, or use the"
            " service's own pages and API."
        ) from None
    with suppress(OSError):  # whose it is, for people; the lock holds on a full disk too
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
    return Claim(1, _file=handle)


def _claim_number(settings: Settings) -> Claim:
    engine = make_engine(settings.database, pool_size=1)
    conn = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    for number in range(1, INSTANCES_MAX + 1):
        got = conn.exec_driver_sql(f"SELECT pg_try_advisory_lock({INSTANCE_LOCKS}, {number})").scalar()
        if got:
            return Claim(number, _conn=conn)
    conn.close()
    engine.dispose()
    raise Taken(f"{INSTANCES_MAX} instances serve this database already")
