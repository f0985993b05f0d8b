"""`kitstore demo` as a newcomer runs it: from one command to officers drawing kit, and to nothing left behind.

One rule for the editor: the demo is only started, watched and ended here, like a person would; what it did is read
from its database after it has ended.
"""

import os
import queue
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psutil
import pytest

from api.demo.command import free_port
from api.demo.home import Home
from api.demo.players import of_the_first
from inventory.demo import shift
from inventory.demo.force import build
from inventory.demo.plan import PEOPLE
from inventory.demo.shift import Step, early_shift

KITSTORE = Path(sys.executable).with_name("kitstore")
PATIENCE_S = 240.0
FEW = 8


@dataclass
class Demo:
    """One running demo: its lines as they come, and its whole family of processes."""

    folder: Path
    options: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    lines: list[str] = field(default_factory=list)
    _new: "queue.SimpleQueue[str | None]" = field(default_factory=queue.SimpleQueue)
    family: list[psutil.Process] = field(default_factory=list)
    has_said_all: bool = False

    def start(self) -> "Demo":
        """Start it."""
        self.process = subprocess.Popen(
            [str(KITSTORE), "demo", "--dir", str(self.folder), *self.options],
            env={**os.environ, "KITSTORE_PORT": str(self.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as said:
            for line in said:
                self._new.put(line.rstrip("\n"))
        self._new.put(None)

    def wait_for(self, beginning: str) -> str:
        """The next line that begins so. Fails, showing what was said instead, where none comes."""
        until_s = time.monotonic() + PATIENCE_S
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                line = self._new.get(timeout=left_s)
            except queue.Empty:
                break
            if line is None:
                self.has_said_all = True
                break
            self.lines.append(line)
            if line.startswith(beginning):
                self.family = psutil.Process(self.process.pid).children(recursive=True)
                return line
        raise AssertionError(f"no line begins with {beginning!r}:\n" + "\n".join(self.lines))

    def finish(self) -> int:
        """Wait until it has ended; its exit code, with everything it said in `lines`."""
        code = self.process.wait(PATIENCE_S)
        while not self.has_said_all:
            line = self._new.get(timeout=PATIENCE_S)
            self.lines += [line] if line is not None else []
            self.has_said_all = line is None
        return code

    def end(self, number: int = signal.SIGINT) -> int:
        """End it as a person does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.finish()

    def left_behind(self) -> list[psutil.Process]:
        """Processes of the family that are still there after a while."""
        _, alive = psutil.wait_procs(self.family, timeout=20.0)
        return [each for each in alive if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]

    @property
    def unforeseen(self) -> list[str]:
        """What was not answered as the script says."""
        return [line for line in self.lines if "not as the script says" in line]


Start = Callable[..., Demo]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's folder after its first start, with nothing played. Copy it."""
    folder = tmp_path_factory.mktemp("demo") / "home"
    demo = Demo(folder, ("--no-play",)).start()
    demo.wait_for("Making the demo force")
    demo.wait_for("ready")
    assert demo.end() == 0, demo.lines
    return folder


@pytest.fixture
def start(loaded: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts a demo on a copy of the loaded folder; ends it with the test, whatever happened."""
    folder = tmp_path / "home"
    shutil.copytree(loaded, folder, ignore=shutil.ignore_patterns("run"))
    running: list[Demo] = []

    def begin(*options: str) -> Demo:
        running.append(Demo(folder, ("--speed", "0", *options)).start())
        return running[-1]

    yield begin
    for demo in running:
        demo.end(signal.SIGKILL)
        assert demo.left_behind() == []


def script(folder: Path, people: int, day: date | None = None) -> list[Step]:
    """What the players of this folder's demo do."""
    notes = Home(folder).notes()
    assert notes is not None
    anchor = date.fromisoformat(notes.anchor)
    return of_the_first(early_shift(build(anchor), day or date.fromisoformat(notes.brought_to)), people)


def counted(folder: Path, what: str) -> int:
    """A count out of the demo's database."""
    with sqlite3.connect(Home(folder).database) as conn:
        return int(conn.execute(f"SELECT count(*) FROM {what}").fetchone()[0])


def kitstore(folder: Path, *words: str) -> None:
    """A `kitstore` command on the demo's database; fails with what it says."""
    home = Home(folder)
    settings = {
        "KIT_DATABASE": f"sqlite:///{home.database}",
        "KIT_OVERLAY": "demo",
        "KIT_CHECKPOINT_KEY": str(home.keys / "checkpoints.pem"),
    }
    command = [str(KITSTORE), *words]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def check_the_books(folder: Path) -> None:
    """The ledger verifies against the checkpoints kept beside it, and the audit finds nothing."""
    kitstore(folder, "ledger", "verify", "--kept", str(folder / "checkpoints"))
    kitstore(folder, "audit")


def check_as_scripted(demo: Demo, steps: list[Step]) -> None:
    """From wire to ledger: as many draws and refusals as the script foresees, and sound books."""
    assert demo.unforeseen == []
    folder = demo.folder
    drawn = "visit WHERE state = 'COMPLETED' AND by_person IS NOT NULL"
    assert counted(folder, drawn) == sum(s.act == shift.COUNTERSIGN for s in steps)
    refused = sum(s.expected == "REFUSED" for s in steps)
    assert counted(folder, "decision WHERE verdict = 'DENY' AND door = 'hatch'") == refused
    scans = sum(s.act in shift.READ_BY_HARDWARE for s in steps)
    assert counted(folder, "reading WHERE stream = 'scan'") == scans
    check_the_books(folder)


# ---- a few people: every road the demo takes -----------------------------------------------------------


def test_a_few_officers_draw_their_kit_from_wire_to_ledger_and_the_next_start_hands_it_back_and_plays_again(
    start: Start,
) -> None:
    demo = start("--people", str(FEW))
    address = demo.wait_for("ready").split()[1]
    with urllib.request.urlopen(f"{address}/health", timeout=10) as answer:
        assert answer.status == 200
    demo.wait_for("The shift is out")
    assert demo.end() == 0
    assert not any(line.startswith("Making") for line in demo.lines)
    steps = script(demo.folder, FEW)
    check_as_scripted(demo, steps)
    assert counted(demo.folder, "person") == PEOPLE
    assert demo.left_behind() == []
    demo = start("--people", str(FEW))
    demo.wait_for("The shift is out")
    assert demo.end() == 0
    assert demo.unforeseen == []
    assert any("hands its kit back" in line for line in demo.lines)
    drawn = sum(each.act == shift.COUNTERSIGN for each in steps)
    assert counted(demo.folder, "visit WHERE state = 'COMPLETED' AND by_person IS NOT NULL") == 2 * drawn
    assert counted(demo.folder, "ledger WHERE kind = 'RETURNED'") > 0
    check_the_books(demo.folder)


@pytest.mark.parametrize("days", [1, 40])
def test_a_start_on_a_later_day_brings_the_force_to_it_and_plays(start: Start, days: int) -> None:
    demo = start("--people", str(FEW), "--clock-offset-days", str(days))
    demo.wait_for("Bringing the force")
    demo.wait_for("The shift is out")
    assert demo.end() == 0
    check_brought(demo, days)
    check_as_scripted(demo, script(demo.folder, FEW))


def check_brought(demo: Demo, days: int) -> None:
    """The force was brought to that many days after its making, and nothing of what brought it was refused."""
    notes = Home(demo.folder).notes()
    assert notes is not None
    gone = date.fromisoformat(notes.brought_to) - date.fromisoformat(notes.anchor)
    assert days <= gone.days <= days + 1
    assert not any("refused:" in line for line in demo.lines if line.startswith("  "))


def test_without_mosquitto_the_stand_in_is_named_and_works(start: Start) -> None:
    demo = start("--people", "2", "--stand-in-broker")
    demo.wait_for("The shift is out")
    assert demo.end() == 0
    assert any("WARNING" in line and "STAND-IN BROKER" in line for line in demo.lines)
    assert demo.unforeseen == []


def test_the_shift_can_be_chosen_for_everybody(start: Start) -> None:
    demo = start("--people", "2", "--shift", "Night")
    demo.wait_for("The shift is out")
    assert demo.end() == 0
    assert demo.unforeseen == []
    with sqlite3.connect(Home(demo.folder).database) as conn:
        assert conn.execute("SELECT DISTINCT shift_name FROM visit").fetchall() == [("Night",)]


# ---- ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process(start: Start, number: int) -> None:
    demo = start("--people", "2")
    demo.wait_for("  PC")
    names = {" ".join(each.cmdline()) for each in demo.family}
    for part in ("serve", "kit-bridge run", "kit-bridge simulate", "api.demo.players"):
        assert any(part in name for name in names), part
    assert demo.end(number) == 0
    assert demo.left_behind() == []


def test_a_first_start_that_is_broken_off_leaves_nothing_half_done(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "home").start()
    demo.wait_for("  stores, places and shifts")
    assert demo.end() == 0
    assert demo.left_behind() == []
    home = Home(tmp_path / "home")
    assert not home.is_loaded()
    assert not home.database.exists()


def test_a_kill_that_nobody_can_catch_leaves_nothing_behind(start: Start) -> None:
    demo = start("--no-play")
    demo.wait_for("Docks")
    assert demo.end(signal.SIGKILL) == -signal.SIGKILL
    assert demo.left_behind() == []
    again = start("--no-play")
    again.wait_for("ready")
    assert again.end() == 0
    check_the_books(demo.folder)


@pytest.mark.parametrize("part", ["kit-bridge run", "kitstore serve"])
def test_when_a_process_dies_the_demo_says_which_and_ends(start: Start, part: str) -> None:
    demo = start("--no-play")
    demo.wait_for("Docks")
    (victim,) = [each for each in demo.family if part in " ".join(each.cmdline())]
    victim.kill()
    assert demo.finish() == 1
    assert any(line.startswith("Stopping: ") and part in line for line in demo.lines), demo.lines
    assert demo.left_behind() == []


def test_a_port_in_use_and_a_folder_in_use_are_said_at_once(start: Start, tmp_path: Path) -> None:
    demo = start("--no-play")
    demo.wait_for("ready")
    other = Demo(tmp_path / "other", port=demo.port).start()
    assert other.finish() == 1
    assert any(f"Port {demo.port}" in line and "KITSTORE_PORT" in line for line in other.lines)
    twin = start("--no-play")
    assert twin.finish() == 1
    assert any("A demo is running" in line for line in twin.lines)
    assert demo.end() == 0


# ---- the whole shift -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("days", [0, 400])
def test_fifty_six_people_draw_their_kit_as_the_script_says(start: Start, days: int) -> None:
    demo = start("--clock-offset-days", str(days))
    if days:
        demo.wait_for("Bringing the force")
    demo.wait_for("The shift is out")
    assert demo.end() == 0
    check_brought(demo, days)
    steps = script(demo.folder, 0)
    assert len({each.ref for each in steps}) == shift.PEOPLE
    check_as_scripted(demo, steps)
