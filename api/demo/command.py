"""`kitstore demo`: the whole demo from one terminal. Starts every process, watches them, and ends them all.

One rule for the editor: this process stays light. Whatever needs the database or the web framework is a process of
its own, so that a start on an existing database takes as long as the service alone.
"""

import http.client
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click

from api.demo import plans, told
from api.demo.asked import Asked
from api.demo.broker import Broker, NoBroker, choose_broker
from api.demo.children import Child, Children, Plan
from api.demo.home import Busy, Home, claim
from api.demo.leash import leash
from api.demo.voice import say

READY_S = 60.0
"""Longest wait for the service; a cold disk on a loaded machine is slow."""

LOOK_S = 0.05


class Failed(RuntimeError):
    """The demo cannot go on; the message says why in words."""


@dataclass(slots=True)
class Signals:
    """Ctrl-C, SIGTERM and a closed terminal. The second one does not wait."""

    number: int = 0
    count: int = 0

    def on(self, number: int, _frame: FrameType | None) -> None:
        """Remember the first signal; the main loop looks."""
        self.number = self.number or number
        self.count += 1
        if self.count > 1:
            raise KeyboardInterrupt


@click.command()
@click.option(
    "--dir",
    "folder",
    envvar="KITSTORE_DEMO_DIR",
    default="var/demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo lives. Delete it to begin anew.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address the service listens on.")
@click.option(
    "--port", envvar="KITSTORE_PORT", default=8470, show_default=True, type=click.IntRange(1, 65_535)
)
@click.option(
    "--speed",
    default=5.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="How many times as fast as life the shift is played; 0 is as fast as answers come.",
)
@click.option(
    "--people",
    default=0,
    type=click.IntRange(min=0),
    metavar="N",
    help="Only the first N people of the shift come to the hatch.",
)
@click.option(
    "--shift",
    default="",
    metavar="NAME",
    help="Touch this shift for everybody (Early, Late, Night) instead of the one the hatch proposes.",
)
@click.option("--play/--no-play", default=True, show_default=True, help="Play the shift, or only serve.")
@click.option(
    "--stand-in-broker", "stand_in", is_flag=True, help="Use the stand-in broker although Mosquitto is here."
)
@click.option(
    "--clock-offset-days",
    "offset_days",
    envvar="KITSTORE_CLOCK_OFFSET_DAYS",
    default=0,
    type=click.IntRange(0, 3650),
    help="Let the service live so many days ahead: what does the demo look like next year?",
)
def demo(**words: object) -> None:
    """Watch a shift draw its kit: service, bridge, simulated scanners and docks, on a fictional force.

    The first start makes a force of 7,120 people (some ten seconds); later ones find it in place. Ctrl-C ends
    every process.
    """
    asked = Asked(**words)  # type: ignore[arg-type]
    try:
        code = run(asked)
    except (Failed, Busy, NoBroker) as problem:
        click.echo(str(problem), err=True)
        code = 1
    sys.exit(code)


def run(asked: Asked) -> int:
    """The demo from first to last; 0 when it was stopped as asked. Raises Failed, Busy or NoBroker."""
    home = Home(asked.folder.resolve())
    check_port(asked.host, asked.port)
    held = claim(home)
    children = Children(home.logs, leash(), plans.quick_imports(home))
    with _listening() as signals:
        try:
            _go(asked, home, children, signals)
        except KeyboardInterrupt:
            children.kill_all()
        finally:
            children.end_all()
            os.close(held)
    return 0


def _go(asked: Asked, home: Home, children: Children, signals: Signals) -> None:
    if not home.is_loaded():
        _load(asked, home, children, signals)
    notes = home.notes()
    if signals.number or notes is None:
        return
    children.start(plans.service(asked, home))
    shutil.rmtree(home.run, ignore_errors=True)
    home.run.mkdir(parents=True)
    broker = choose_broker(home.run, free_port(), stand_in=asked.stand_in)
    _start_hardware(asked, home, children, broker)
    if not _wait_until_ready(asked, children, signals):
        return
    for line in told.ready(asked, home, notes, broker):
        say(line)
    children.start(plans.players(asked, home))
    _watch(children, signals)
    say("\nstopping")


def _load(asked: Asked, home: Home, children: Children, signals: Signals) -> None:
    command = (sys.executable, "-m", "api.demo.first_load", str(home.folder), str(asked.offset_days))
    child = children.start(Plan("first-load", "the first load", command, may_end=True, talks=True))
    while not signals.number and not child.has_ended:
        time.sleep(LOOK_S)
    _check(children)
    if not signals.number and not home.is_loaded():
        raise Failed(
            f"The demo force is not in {home.folder} after the first load. Delete the folder and start again."
        )


def _start_hardware(asked: Asked, home: Home, children: Children, broker: Broker) -> None:
    """The broker, the simulated devices and the bridge that reads them."""
    children.start(Plan("broker", "the MQTT broker", broker.command, ends_in_s=2.0))
    os.mkfifo(home.hardware)
    pipe = os.open(
        home.hardware, os.O_RDWR | os.O_CLOEXEC
    )  # so that it never ends while the devices are there
    try:
        children.start(plans.hardware(home, broker, pipe))
    finally:
        os.close(pipe)
    (home.run / "bridge.toml").write_text(plans.bridge_config(home, asked.address, broker), "utf-8")
    children.start(plans.bridge(home))


def _wait_until_ready(asked: Asked, children: Children, signals: Signals) -> bool:
    """Wait for the service; False where the demo is to stop. Raises Failed where it will not come."""
    until_s = time.monotonic() + READY_S
    while not signals.number:
        _check(children)
        if is_ready(asked.near, asked.port):
            return True
        if time.monotonic() > until_s:
            raise Failed(
                f"The service did not get ready in {READY_S:g} seconds; see {children.logs}/service.log"
            )
        time.sleep(LOOK_S)
    return False


def _watch(children: Children, signals: Signals) -> None:
    while not signals.number:
        _check(children)
        time.sleep(LOOK_S)


def _check(children: Children) -> None:
    """Raises Failed, naming the child, where one ended that should not have."""
    child = children.ended()
    if child is not None:
        raise Failed(_obituary(child))


def _obituary(child: Child) -> str:
    code = child.process.returncode
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    words = "".join(f"\n    {line}" for line in child.last_words())
    return f"Stopping: {child.plan.title} {how}. Its log, {child.log}, ends with:{words or ' nothing'}"


# ---- ports ---------------------------------------------------------------------------------------------


def check_port(host: str, port: int) -> None:
    """Raises Failed where nothing can listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise Failed(
                f"Port {port} on {host} cannot be used ({problem.strerror}). Choose another: KITSTORE_PORT={port + 1}"
            ) from problem


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(host: str, port: int) -> bool:
    """Whether GET /health answers 200."""
    line = http.client.HTTPConnection(host, port, timeout=1.0)
    try:
        line.request("GET", "/health")
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


@contextmanager
def _listening() -> Iterator[Signals]:
    signals = Signals()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signals.on) for number in numbers}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
