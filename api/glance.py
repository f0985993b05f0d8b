"""Looks at the whole force that are dear: one serves everybody for a moment, and says when it was taken.

A look at 7,000 people and 20,000 pieces takes some tenths of a second. Whoever asks within GOOD of the last one is
given that; a little later they are given it too, and a new one is taken beside it; later still they wait for it.
So what is shown is never older than STALE, it always says how old it is, and a hundred who look cost what one does.

One rule for the editor: nothing is decided by a glance. The gate, every list that an act begins from, and every named
report look for themselves.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

GOOD_US = 5_000_000
STALE_US = 30_000_000


@dataclass(frozen=True, slots=True)
class _Taken:
    value: Any
    at_us: int


@dataclass(slots=True)
class Glance:
    """The last look of each name, and those that are being taken."""

    _last: dict[str, _Taken] = field(default_factory=dict)
    _taking: dict[str, asyncio.Task[Any]] = field(default_factory=dict)

    async def at(
        self, name: str, now_us: int, take: Callable[[], Awaitable[T]], good_us: int = GOOD_US, stale_us: int = STALE_US
    ) -> T:
        """The look called `name`, not older than `stale_us`. `take` takes one; what it raises, whoever waits gets."""
        last = self._last.get(name)
        age_us = now_us - last.at_us if last is not None else stale_us
        if last is not None and 0 <= age_us < good_us:
            return last.value  # type: ignore[no-any-return]
        taking = self._taking.get(name)
        if taking is None:
            taking = asyncio.create_task(self._take(name, now_us, take))
            self._taking[name] = taking
            taking.add_done_callback(_heard)
        if last is not None and 0 <= age_us < stale_us:
            return last.value  # type: ignore[no-any-return]
        return await asyncio.shield(taking)

    async def _take(self, name: str, now_us: int, take: Callable[[], Awaitable[T]]) -> T:
        try:
            value = await take()
            self._last[name] = _Taken(value, now_us)
            return value
        finally:
            self._taking.pop(name, None)

    def forget(self) -> None:
        """Take every look anew: what is shown next was seen after now."""
        self._last.clear()

    async def stop(self) -> None:
        """Wait for what is being taken."""
        await asyncio.gather(*self._taking.values(), return_exceptions=True)


def _heard(task: asyncio.Task[Any]) -> None:
    """What went wrong beside is nobody's yet: whoever asks next takes a look of their own, and hears of it."""
    if not task.cancelled():
        task.exception()
