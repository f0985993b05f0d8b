"""The bridge's clocks."""

import time

from firmware_bridge.clock import SYSTEM, Clock


def test_ages_are_reckoned_on_a_clock_that_counts_a_machines_sleep() -> None:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before <= SYSTEM.mono_ns() <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def test_the_wall_clock_is_in_microseconds() -> None:
    before = time.time_ns() // 1000
    assert before <= SYSTEM.wall_us() <= time.time_ns() // 1000


def test_decoders_are_given_seconds() -> None:
    assert Clock(lambda: 0, lambda: 1_500_000_000).mono_s() == 1.5
