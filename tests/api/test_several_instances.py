"""Several instances on one port: they share the work, one that dies is replaced, and none outlives its parent."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

WITHIN_S = 240
KITSTORE = Path(sys.executable).parent / "kitstore"


def until(what: Callable[[], bool], said: str) -> None:
    """Wait until it is so."""
    give_up = time.monotonic() + WITHIN_S
    while time.monotonic() < give_up:
        if what():
            return
        time.sleep(0.05)
    raise AssertionError(f"never came: {said}")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_healthy(port: int) -> bool:
    """Whether a new connection is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def children_of(pid: int) -> set[int]:
    """The processes that `pid` started and that still run."""
    return set(filter(runs, map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())))


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Parent:
    """`kitstore serve --instances 2` on a PostgreSQL."""

    def __init__(self, database: str, folder: Path) -> None:
        self.port = free_port()
        config = folder / "kit.toml"
        config.write_text(f'database = "{database}"\nport = {self.port}\noverlay = "demo"\ninstances = 2\n', "utf-8")
        self.log = folder / "log"
        with self.log.open("wb") as log:
            words = [str(KITSTORE), "--config", str(config), "serve"]
            self.process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)

    def is_ready(self) -> bool:
        """Both instances listen."""
        assert self.process.poll() is None, self.log.read_text("utf-8")
        return len(self.listeners()) == 2 and is_healthy(self.port)

    def end(self) -> None:
        """Leave nothing running."""
        pids = children_of(self.process.pid) if self.process.poll() is None else set()
        self.process.kill()
        self.process.wait()
        for pid in filter(runs, pids):
            os.kill(pid, signal.SIGKILL)

    def listeners(self) -> list[str]:
        """The sockets that listen on the port, one an instance."""
        lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
        return [line for line in lines if line.split()[1].endswith(f":{self.port:04X}") and line.split()[3] == "0A"]


@pytest.fixture
def parent(make_pg_database: Callable[..., str], tmp_path: Path) -> Iterator[Parent]:
    """Two instances, ready."""
    made = Parent(make_pg_database(), tmp_path)
    try:
        until(made.is_ready, "both instances ready")
        yield made
    finally:
        made.end()


def instance_that_answers(port: int) -> int:
    """The number of the instance that a new connection reaches."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/health")
    number = json.loads(connection.getresponse().read())["instance"]
    connection.close()
    return int(number)


@pytest.mark.db
def test_instances_share_the_port_under_numbers_of_their_own_and_one_that_dies_is_replaced(parent: Parent) -> None:
    numbers: set[int] = set()

    def both_answered() -> bool:
        numbers.add(instance_that_answers(parent.port))
        return numbers == {1, 2}

    until(both_answered, "an answer of instance 1 and one of instance 2")
    first = children_of(parent.process.pid)
    assert len(first) == 2
    killed = min(first)
    os.kill(killed, signal.SIGKILL)
    until(lambda: not runs(killed) and len(children_of(parent.process.pid)) == 2, "another in its place")
    until(parent.is_ready, "both ready again")
    last = children_of(parent.process.pid)
    assert len(last & first) == 1
    parent.process.send_signal(signal.SIGTERM)
    assert parent.process.wait(WITHIN_S) == 0
    assert not any(map(runs, last))


@pytest.mark.db
def test_instances_go_when_their_parent_is_killed(parent: Parent) -> None:
    pids = children_of(parent.process.pid)
    parent.process.kill()
    until(lambda: not any(map(runs, pids)), "every instance gone")
    assert parent.listeners() == []


def test_one_process_serves_sqlite_and_several_share_a_port_that_is_named(tmp_path: Path) -> None:
    def told(*words: str) -> str:
        done = subprocess.run([KITSTORE, *words], capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 1
        return done.stderr

    assert "expected 1 on SQLite" in told("serve", "--instances", "2")
    config = tmp_path / "kit.toml"
    config.write_text('database = "postgresql+psycopg://nobody@/nothing"\n', "utf-8")
    assert "port: expected a number" in told("--config", str(config), "serve", "--instances", "2", "--port", "0")
