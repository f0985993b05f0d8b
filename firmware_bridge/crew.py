"""The running stations: a thread each, so that one can be stopped or started while the others go on.

One rule for the editor: a station whose terms are the same is never touched. Its port stays open, and what its
decoder holds of a frame is still there.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from firmware_bridge.settings import Timing
from firmware_bridge.station import Desk, Station
from firmware_bridge.stations import Wanted
from firmware_bridge.threads import Threads, still_running
from firmware_bridge.watcher import Watcher

LEAVE_S = 2.0
"""Longest wait for stations that are told to end: one turn, and what it must keep on disk. One that takes longer (it
is opening its port) ends by itself; the next one on its port finds it busy, and comes back."""

log = logging.getLogger("firmware_bridge")


class Change(NamedTuple):
    """What another configuration did to the stations, by their devices' names."""

    started: tuple[str, ...]
    restarted: tuple[str, ...]
    stopped: tuple[str, ...]

    def __str__(self) -> str:
        words = [f"{what} {', '.join(names)}" for what, names in zip(self._fields, self, strict=True) if names]
        return "; ".join(words) or "no station changed"


@dataclass(frozen=True, slots=True)
class Running:
    """One station at work."""

    wanted: Wanted
    watcher: Watcher
    end: threading.Event
    thread: threading.Thread


@dataclass(slots=True)
class Crew:
    """The stations of one bridge. `turn_into` and `timed` belong to one thread."""

    desk: Desk
    threads: Threads
    timing: Timing
    _running: dict[str, Running] = field(default_factory=dict, init=False)

    def stations(self) -> list[Station]:
        """Those at work."""
        return [it.wanted.station for it in self._running.values()]

    def kept(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        """`wanted`, with the station that is at work in place of a new one on the same terms."""
        return [self._same(it) or it for it in wanted]

    def dismiss(self, wanted: Sequence[Wanted]) -> Change:
        """Stop each station that is not wanted any more, or on other terms; what `engage` will then start."""
        named = {it.station.device for it in wanted}
        leaving = {it.station.device for it in wanted if self._same(it) is None} & self._running.keys()
        gone = self._running.keys() - named
        change = Change(
            started=tuple(it.station.device for it in wanted if it.station.device not in self._running),
            restarted=tuple(sorted(leaving)),
            stopped=tuple(sorted(gone)),
        )
        self._stop([self._running.pop(name) for name in (*change.restarted, *change.stopped)])
        return change

    def engage(self, wanted: Sequence[Wanted]) -> None:
        """Start each of `wanted` that is not at work."""
        for it in wanted:
            if it.station.device not in self._running:
                self._start(it)

    def timed(self, timing: Timing) -> None:
        """From now on wait as long as `timing` says."""
        self.timing = timing
        for it in self._running.values():
            it.watcher.timed(timing)

    def _same(self, wanted: Wanted) -> Wanted | None:
        running = self._running.get(wanted.station.device)
        return running.wanted if running and running.wanted.terms == wanted.terms else None

    def _start(self, wanted: Wanted) -> None:
        watcher, end = Watcher(wanted.station, self.desk, self.timing), threading.Event()
        thread = self.threads.start(f"station {wanted.station.device}", watcher.run, end)
        self._running[wanted.station.device] = Running(wanted, watcher, end, thread)

    def _stop(self, leaving: Sequence[Running]) -> None:
        for it in leaving:
            it.end.set()
        still = still_running([it.thread for it in leaving], LEAVE_S)
        if still:
            log.warning("not waiting any longer for the end of %s", ", ".join(still))
