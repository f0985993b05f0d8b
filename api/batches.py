"""The queue in front of the writer: what may share a commit with what.

One rule for the editor: two commands that touch the same person or item never share a batch, and of two such
commands the one that came first goes first.
"""

import asyncio
import queue
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from inventory.schema.tx import Tx

BATCH_MAX = 64
QUEUE_MAX = 2000
IDS_A_COMMAND = 64
GATHER_S = 0.003
"""How long a batch waits for those that usually come with it: clients that were answered together ask together."""


class Busy(RuntimeError):
    """The queue is full; answer 503 and ask to try again."""


class Kind(Protocol):
    """A kind of command that can be run many at a time, in a handful of statements."""

    def run(self, tx: Tx, payloads: Sequence[Any]) -> Sequence[Any]:
        """One result a payload, in order. If this raises, the writer runs the payloads one by one instead."""
        ...


@dataclass(slots=True, eq=False)
class Command:
    """One thing to write. `keys` name the people and items it touches ("p7", "i12"); None: it shares with nothing."""

    keys: frozenset[str] | None
    run: Callable[[Tx], Any] | None = None
    kind: Kind | None = None
    payload: Any = None
    ids: int = 0
    attempt: bool = False
    future: Future[Any] = field(default_factory=Future)
    loop: asyncio.AbstractEventLoop | None = None
    waiter: asyncio.Future[Any] | None = None

    def __post_init__(self) -> None:
        self.ids += IDS_A_COMMAND

    def run_alone(self, tx: Tx) -> Any:
        """Run this command by itself."""
        if self.kind is not None:
            return self.kind.run(tx, [self.payload])[0]
        assert self.run is not None, "a command has something to run or is of a kind"
        return self.run(tx)


class CommandQueue:
    """Commands in the order they came, handed out in batches that do not touch the same person or item.

    A batch waits up to `gather_s` seconds for as many as came last time; one that usually comes alone does not wait.
    """

    def __init__(self, gather_s: float = GATHER_S) -> None:
        self._gather_s = gather_s
        self._new: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._held: deque[Command] = deque()
        self._closed = False
        self._usual = 1.0

    def put(self, command: Command) -> None:
        """Queue `command`. Raises Busy when too much is waiting already."""
        if self._new.qsize() >= QUEUE_MAX:
            raise Busy("too much is waiting to be written; try again in a moment")
        self._new.put(command)

    def close(self) -> None:
        """No more will come; `take` hands out what is left and then None."""
        self._new.put(None)

    def take(self) -> list[Command] | None:
        """The next batch; waits for the first command. None when closed and empty."""
        batch: list[Command] = []
        touched: set[str] = set()
        passed: deque[Command] = deque()
        barred: set[str] = set()
        until = 0.0
        while len(batch) < BATCH_MAX and len(passed) < BATCH_MAX:
            command = self._next(self._patience(len(batch) + len(passed), until))
            if command is None:
                break
            until = until or time.monotonic() + self._gather_s
            if command.keys is None:
                if batch or passed:
                    passed.append(command)
                else:
                    batch.append(command)
                break
            if command.keys & touched or command.keys & barred:
                passed.append(command)
                barred |= command.keys
                continue
            batch.append(command)
            touched |= command.keys
        self._held.extendleft(reversed(passed))
        self._usual = max(float(len(batch) + len(passed)), 0.75 * self._usual)
        return batch or None

    def _patience(self, found: int, until: float) -> float | None:
        """How long to wait for one more: for ever for the first, and a moment while there are usually more."""
        if not found:
            return None
        return max(0.0, until - time.monotonic()) if found < self._usual else 0.0

    def _next(self, wait_s: float | None) -> Command | None:
        if self._held:
            return self._held.popleft()
        if self._closed:
            return None
        try:
            command = self._new.get(block=wait_s != 0.0, timeout=wait_s)
        except queue.Empty:
            return None
        self._closed = command is None
        return command
