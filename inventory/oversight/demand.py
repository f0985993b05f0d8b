"""What the targets ask of a store hour by hour, and at its busiest: its day-to-day need, which nothing may strip.

One rule for the editor: pure. Where two shifts overlap both are asked for at once, because people of both are on.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from inventory.oversight.moments import windows
from inventory.oversight.targets import Target
from inventory.people.calendar import HOUR_US, ShiftPattern, ShiftWindow

HOURS = 24


def by_shift(targets: Iterable[Target], kind: str) -> dict[str, int]:
    """Pieces of a kind by shift, teams added up; under "" those of every shift, which are added to each."""
    found: dict[str, int] = defaultdict(int)
    for each in targets:
        if each.kind == kind:
            found[each.shift] += each.pieces
    return dict(found)


def asked_on(of_shift: dict[str, int], shift: str) -> int:
    """What is asked on one shift."""
    return of_shift.get(shift, 0) + (of_shift.get("", 0) if shift else 0)


def by_hour(
    patterns: Sequence[ShiftPattern], of_shift: dict[str, int], day_us: int, hours: int = HOURS
) -> list[float]:
    """What is asked in each hour from `day_us` on, on average over the hour."""
    spans = [(each, asked_on(of_shift, each.name)) for each in windows(patterns, day_us, 1)]
    return [
        sum(pieces * overlap_us(span, begins, begins + HOUR_US) for span, pieces in spans) / HOUR_US
        for begins in (day_us + n * HOUR_US for n in range(hours))
    ]


def overlap_us(span: ShiftWindow, from_us: int, until_us: int) -> int:
    """For how long a shift runs between two moments."""
    return max(0, min(span.ends_us, until_us) - max(span.starts_us, from_us))


def peak(patterns: Sequence[ShiftPattern], of_shift: dict[str, int], day_us: int) -> int:
    """The most that is asked at any one moment of the day and night from `day_us`: the store's day-to-day need."""
    spans = [(each, asked_on(of_shift, each.name)) for each in windows(patterns, day_us, 1)]
    starts = [span.starts_us for span, _ in spans if day_us - HOURS * HOUR_US <= span.starts_us]
    return max(
        (sum(pieces for span, pieces in spans if span.starts_us <= at < span.ends_us) for at in starts),
        default=of_shift.get("", 0) if not patterns else 0,
    )
