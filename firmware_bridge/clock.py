"""The bridge's two clocks, and the only place that reads them.

One rule for the editor: `wall_us` is told, never trusted (nothing is ordered or timed by it); every age and
every wait comes from `mono_ns`.

The monotonic clock is CLOCK_BOOTTIME where there is one, because CLOCK_MONOTONIC stands still while a
machine sleeps: a scan from before a lid was closed would pass for a fresh one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """`wall_us`: microseconds since 1970 UTC. `mono_ns`: nanoseconds that only grow, also through sleep."""

    wall_us: Callable[[], int]
    mono_ns: Callable[[], int]

    def mono_s(self) -> float:
        """The monotonic clock in seconds, as decoders want it."""
        return self.mono_ns() / NS_PER_S


def _wall_us() -> int:
    return time.time_ns() // 1000


def _boot_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


SYSTEM = Clock(_wall_us, _boot_ns if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic_ns)
"""This machine's clocks."""
