"""The threads of a bridge: started, told to end, and never left to die unseen.

One rule for the editor: a thread that ends without having been told to ends the process (its supervisor starts it
again); a bridge that is half dead would look alive.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Work = Callable[[threading.Event], None]

log = logging.getLogger("firmware_bridge")


@dataclass(slots=True)
class Threads:
    """All threads of one bridge. `stop` ends them all; one with an end of its own can be told to end alone."""

    stop: threading.Event
    died: str = field(default="", init=False)
    """The name of the thread that ended by a fault; empty while all is well."""
    _running: list[tuple[threading.Thread, threading.Event]] = field(default_factory=list, init=False)

    def start(self, name: str, work: Work, end: threading.Event | None = None) -> threading.Thread:
        """Run `work(end)` until `end` is set, by default the stop of all."""
        until = end or self.stop

        def run() -> None:
            try:
                work(until)
            finally:
                if not (until.is_set() or self.stop.is_set()):
                    self.died = name
                    log.critical("bridge: the thread %r ended by a fault; stopping so that we are restarted", name)
                    self.stop.set()

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._running = [it for it in self._running if it[0].is_alive() or not it[1].is_set()]
        self._running.append((thread, until))
        if self.stop.is_set():  # asked after it stands in the list: `end` has set it, or will
            until.set()
        thread.start()
        return thread

    def are_alive(self) -> bool:
        """Whether every thread that should run does."""
        return not self.died and all(it.is_alive() or end.is_set() for it, end in self._running)

    def end(self, wait_s: float) -> list[str]:
        """Tell all to end and wait at most `wait_s` for it; the names of those that have not."""
        self.stop.set()
        for _, end in self._running:
            end.set()
        return still_running([it for it, _ in reversed(self._running)], wait_s)


def still_running(threads: Sequence[threading.Thread], wait_s: float) -> list[str]:
    """Wait at most `wait_s` for all of `threads`; the names of those that have not ended."""
    end_s = time.monotonic() + wait_s
    for thread in threads:
        thread.join(max(0.0, end_s - time.monotonic()))
    return [it.name for it in threads if it.is_alive()]
