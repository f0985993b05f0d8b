"""The demo's processes: started side by side, watched, and ended every one.

One rule for the editor: each child has a session of its own, so that Ctrl-C reaches the demo alone, which then
ends the children in order; what does not end when asked is killed with all that it started.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

POLL_S = 0.02
SETTINGS = "KIT_"
LAST_WORDS = 12
"""How many lines of a dead child's log are shown."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One process to be: its name (that of its log), what it is to people, and its command.

    `ends_in_s` is how long it may take to end when asked. `may_end` is true for one whose work can be done.
    `talks` leaves its standard output on the terminal; everything else goes to the log.
    """

    name: str
    title: str
    command: Sequence[str]
    ends_in_s: float = 3.0
    may_end: bool = False
    talks: bool = False
    stdin: int = subprocess.DEVNULL
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Child:
    """One running process and its log."""

    plan: Plan
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def has_ended(self) -> bool:
        """Whether it is no longer there."""
        return self.process.poll() is not None

    def last_words(self) -> list[str]:
        """The end of its log."""
        try:
            return self.log.read_text("utf-8", "replace").splitlines()[-LAST_WORDS:]
        except OSError:
            return []

    def signal(self, number: int) -> None:
        """Send a signal to it and to what it started."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return


@dataclass(slots=True)
class Children:
    """All of them. `tie` is `leash.leash()`: it must be made, and `start` called, in the main thread, because the
    kernel takes the death of the thread that started a child for the death of its parent."""

    logs: Path
    tie: Callable[[], None]
    environment: Mapping[str, str] = field(default_factory=dict)
    _running: list[Child] = field(default_factory=list)

    def start(self, plan: Plan) -> Child:
        """Start one. Raises OSError where its program cannot be run."""
        self.logs.mkdir(parents=True, exist_ok=True)
        path = self.logs / f"{plan.name}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                list(plan.command),
                stdin=plan.stdin,
                stdout=None if plan.talks else log,
                stderr=log,
                env=self._environment(plan),
                start_new_session=True,
                preexec_fn=self.tie,  # noqa: PLW1509 - the demo has no threads
            )
        child = Child(plan, path, process)
        self._running.append(child)
        return child

    def _environment(self, plan: Plan) -> dict[str, str]:
        """This process's own, without settings meant for another kit store on this machine."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        return {**mine, **self.environment, **plan.environment}

    def ended(self) -> Child | None:
        """One that ended though it should not have; None while all is well."""
        for child in self._running:
            code = child.process.poll()
            if code is not None and not (code == 0 and child.plan.may_end):
                return child
        return None

    def end_all(self) -> None:
        """End every one, the last started first. Returns when none is left."""
        for child in reversed(self._running):
            self._end(child)
        self._running.clear()

    def kill_all(self) -> None:
        """End every one at once, without a word."""
        for child in self._running:
            child.signal(signal.SIGKILL)
            child.process.wait()
        self._running.clear()

    def _end(self, child: Child) -> None:
        child.signal(signal.SIGTERM)
        until_s = time.monotonic() + child.plan.ends_in_s
        while not child.has_ended and time.monotonic() < until_s:
            time.sleep(POLL_S)
        child.signal(signal.SIGKILL)  # what it started and left behind, or itself
        child.process.wait()
