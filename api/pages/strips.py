"""Bars on a time axis, as numbers for an SVG that is drawn by a template: no script, no library.

One rule for the editor: a bar never stands alone; its words stand beside it in the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from api.pages.life import Span
from inventory.people.calendar import day_start_us, local_day

WIDE = 1000
LABEL_WIDE = 80
LABELLED = {1: "{year}", 4: "April", 7: "July", 10: "October"}
"""Months that carry a label on the axis."""

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of time laid over `WIDE` units."""

    from_us: int
    until_us: int

    def at(self, at_us: int) -> float:
        """Where a moment lies, kept within the axis."""
        share = (at_us - self.from_us) / max(1, self.until_us - self.from_us)
        return round(min(1.0, max(0.0, share)) * WIDE, 1)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from `x`, `wide` units long, of a kind that the style sheet knows, and what it says on hover."""

    x: float
    wide: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis, in units, with its label."""

    x: float
    label: str


def bar(axis: Axis, from_us: int, until_us: int, kind: str, title: str) -> Bar:
    """A bar between two moments, never thinner than can be seen."""
    x = axis.at(from_us)
    return Bar(x, max(2.0, round(axis.at(until_us) - x, 1)), kind, title)


def custody_axis(spans: Sequence[Span], now_us: int, days: int = 42) -> Axis:
    """From the item's first movement, at most `days` days back, to now."""
    earliest = now_us - days * DAY_US
    first = spans[0].from_us if spans else earliest
    return Axis(max(earliest, min(first, now_us - DAY_US)), now_us)


def custody_bars(spans: Sequence[Span], axis: Axis) -> list[Bar]:
    """One bar for each time somebody had it, as far as it lies on the axis."""
    kinds = {"STORE": "store", "PERSON": "person"}
    shown = [span for span in spans if span.until_us is None or span.until_us > axis.from_us]
    return [
        bar(axis, span.from_us, span.until_us or axis.until_us, kinds.get(span.holder, "away"), span.name)
        for span in shown
    ]


def month_ticks(axis: Axis, now_us: int) -> list[Tick]:
    """The first of each month on the axis; a few are labelled, where no label would run into "today" or the edge."""
    day = local_day(axis.from_us).replace(day=1)
    ticks = []
    while (at_us := day_start_us(day)) < axis.until_us:
        x = axis.at(at_us)
        is_free = abs(x - axis.at(now_us)) > LABEL_WIDE and x < WIDE - LABEL_WIDE
        label = LABELLED.get(day.month, "") if is_free else ""
        if at_us >= axis.from_us:
            ticks.append(Tick(x, label.format(year=day.year)))
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return ticks
