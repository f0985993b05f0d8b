"""What the force asks of recalls, of lapses in hand, and of checks and dates that come due.

One rule for the editor: no clock is asked here, and what bounds a supervisor's word may be shortened, never lengthened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.gate.policy_check import Source, check_origin, is_whole

CHASES = "chases"
MINUTE_US = 60_000_000
RETAIN_MINUTES_MAX = 12 * 60
"""One duty, at most 12 hours (design `domain.md` 2.3)."""
KEYS: dict[str, tuple[str, ...]] = {
    "recall": ("tell_minutes", "back_minutes"),
    "lapse": ("decide_minutes", "return_minutes", "retain_minutes_max"),
    "checks": ("full_check_days", "dock_days"),
    "expiry": ("days",),
}
"""Table -> its numbers; each has its origin and source beside."""


@dataclass(frozen=True, slots=True)
class ChaseTerms:
    """How long each step may take. Microseconds, but `_days`.

    tell, back: from the recall to word with whoever has it, and from that to its return · decide: from the lapse to a
    supervisor's word · return_now: from RETURN NOW to the return · retain_max: for how long it may be kept at most.
    """

    tell_us: int = 240 * MINUTE_US
    back_us: int = 1440 * MINUTE_US
    decide_us: int = 15 * MINUTE_US
    return_us: int = 60 * MINUTE_US
    retain_max_us: int = RETAIN_MINUTES_MAX * MINUTE_US
    full_check_days: int = 14
    dock_days: int = 3
    expiry_days: int = 90


def chase_terms(data: Mapping[str, Any]) -> ChaseTerms:
    """What a checked file says."""
    of = data[CHASES]
    return ChaseTerms(
        tell_us=of["recall"]["tell_minutes"] * MINUTE_US,
        back_us=of["recall"]["back_minutes"] * MINUTE_US,
        decide_us=of["lapse"]["decide_minutes"] * MINUTE_US,
        return_us=of["lapse"]["return_minutes"] * MINUTE_US,
        retain_max_us=of["lapse"]["retain_minutes_max"] * MINUTE_US,
        full_check_days=of["checks"]["full_check_days"],
        dock_days=of["checks"]["dock_days"],
        expiry_days=of["expiry"]["days"],
    )


def check_chases(source: Source) -> None:
    """Check the file of recalls, lapses and what comes due. Raises PolicyError."""
    for name in source.data:
        source.need(name in ("title", "version", CHASES), name, f"no such key; one of title, version, {CHASES}")
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    tables = source.data[CHASES]
    source.need(isinstance(tables, dict), CHASES, f"a table with {', '.join(KEYS)}")
    for name in tables:
        source.need(name in KEYS, f"{CHASES}.{name}", f"one of {', '.join(KEYS)}")
    for name, numbers in KEYS.items():
        key, table = f"{CHASES}.{name}", tables.get(name)
        source.need(isinstance(table, dict), key, f"a table with {', '.join(numbers)}")
        for part in table:
            source.need(part in (*numbers, "origin", "source"), f"{key}.{part}", f"one of {', '.join(numbers)}")
        for part in numbers:
            source.need(is_whole(table.get(part)) and table[part] >= 1, f"{key}.{part}", "a whole number, 1 or more")
        check_origin(source, key, table)
    kept = tables["lapse"]["retain_minutes_max"]
    says = f"{RETAIN_MINUTES_MAX} or less: one duty; never lengthened"
    source.need(kept <= RETAIN_MINUTES_MAX, f"{CHASES}.lapse.retain_minutes_max", says)
