"""Work that outlives the request that asked for it: one thread for it, and who is to be waited for at the end.

One rule for the editor: it knows no report. What it runs asks `is_stopping` now and then, and ends when it says so.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Background:
    """The work under way in this instance, one piece at a time; the rest waits."""

    is_stopping: bool = False
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "background"))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` on the event loop, without waiting for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread, when its turn comes."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def stop(self) -> None:
        """Tell what is under way to end, and wait for it."""
        self.is_stopping = True
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._pool.shutdown)
