"""The two moments that readiness is asked of, store by store: the duty that is on, and the next one to begin.

One rule for the editor: shifts are the store's own patterns, read as the hatch reads them; a store without any has no
next duty, and now is asked of the moment alone.

Times are UTC microseconds, ends exclusive.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

import sqlalchemy as sa

from inventory.people.calendar import (
    ShiftPattern,
    ShiftWindow,
    current_or_next,
    local_day,
    shift_window,
)
from inventory.schema.fast import Fast
from inventory.schema.people import shift_pattern, store

NOW, NEXT = "NOW", "NEXT"
MOMENTS = (NOW, NEXT)


@dataclass(frozen=True, slots=True)
class StoreSaid:
    """An open store, and its shift patterns (ended ones too)."""

    id: int
    code: str
    name: str
    division: str
    patterns: tuple[ShiftPattern, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """When and for how long kit would be drawn: from `at_us` up to the end of the duty. `shift` "": no pattern."""

    at_us: int
    until_us: int
    shift: str = ""


_STORES = Fast(
    sa.select(store.c.id, store.c.code, store.c.name, store.c.division)
    .where(store.c.closed_us.is_(None))
    .order_by(store.c.name)
)
_PATTERNS = Fast(
    sa.select(
        shift_pattern.c.store_id, shift_pattern.c.name, shift_pattern.c.starts, shift_pattern.c.ends,
        shift_pattern.c.from_on, shift_pattern.c.to_on,
    ).order_by(shift_pattern.c.store_id, shift_pattern.c.starts, shift_pattern.c.id)
)  # fmt: skip


def open_stores(conn: sa.Connection) -> list[StoreSaid]:
    """Every open store by name, with its shifts."""
    patterns: dict[int, list[ShiftPattern]] = defaultdict(list)
    for store_id, name, starts, ends, from_on, to_on in _PATTERNS.rows(conn):
        patterns[store_id].append(
            ShiftPattern(
                name, time.fromisoformat(starts), time.fromisoformat(ends), date.fromisoformat(from_on),
                date.fromisoformat(to_on) if to_on else None,
            )
        )  # fmt: skip
    return [
        StoreSaid(row[0], row[1], row[2], row[3] or "", tuple(patterns.get(row[0], ())))
        for row in _STORES.rows(conn)
    ]


def asked_of(patterns: Sequence[ShiftPattern], now_us: int) -> dict[str, Asked]:
    """What is asked now and at the next start of a shift, by moment; without a next one, NOW alone."""
    on = current_or_next(patterns, now_us)
    if on is None:
        return {NOW: Asked(now_us, now_us)}
    found = {NOW: Asked(now_us, on.ends_us, on.name)}
    after = _next(patterns, on, now_us)
    if after is not None:
        found[NEXT] = Asked(after.starts_us, after.ends_us, after.name)
    return found


def _next(patterns: Sequence[ShiftPattern], on: ShiftWindow, now_us: int) -> ShiftWindow | None:
    begins = [each for each in windows(patterns, now_us, 2) if each.starts_us > max(on.starts_us, now_us)]
    return min(begins, key=lambda each: (each.starts_us, each.name), default=None)


def windows(patterns: Sequence[ShiftPattern], from_us: int, days: int) -> list[ShiftWindow]:
    """Every shift that starts on the London day before `from_us`, on that day, or on one of the `days` after it."""
    first = local_day(from_us) - timedelta(days=1)
    ons = [first + timedelta(days=step) for step in range(days + 2)]
    return [each for on in ons for pattern in patterns if (each := shift_window(pattern, on))]


def by_store(stores: Sequence[StoreSaid], now_us: int) -> Mapping[int, dict[str, Asked]]:
    """`asked_of` for each store; what has the same patterns is worked out once."""
    known: dict[tuple[ShiftPattern, ...], dict[str, Asked]] = {}
    for each in stores:
        if each.patterns not in known:
            known[each.patterns] = asked_of(each.patterns, now_us)
    return {each.id: known[each.patterns] for each in stores}
