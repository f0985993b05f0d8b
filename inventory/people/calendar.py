"""Europe/London dates and UTC microseconds, and the shift windows between them.

One rule for the editor: no clock is asked here, and no other file of the kit store turns a date into a time.
Where the clocks make a wall time happen twice or never, a window takes its widest reading, so that a validity
is never judged for less than the duty.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
LEAD_US = HOUR_US
"""How long before its start people already draw kit for a shift (design; a touch at the hatch changes it)."""

_DAY = timedelta(days=1)


def local_day(at_us: int) -> date:
    """The Europe/London calendar date at `at_us` (UTC microseconds since 1970)."""
    return datetime.fromtimestamp(at_us // SECOND_US, LONDON).date()


def moment_said(at_us: int) -> str:
    """A moment as people say it: "22 November 2026, 07:00 GMT"."""
    at = datetime.fromtimestamp(at_us // SECOND_US, LONDON)
    return f"{at:%-d %B %Y, %H:%M %Z}"


@lru_cache(maxsize=16384)
def day_start_us(day: date) -> int:
    """The UTC microsecond at which the London day begins. It is also the exclusive end of the day before."""
    return int(datetime(day.year, day.month, day.day, tzinfo=LONDON).timestamp()) * SECOND_US


def day_end_us(day: date) -> int:
    """The first UTC microsecond after the London day (23, 24 or 25 hours after its start)."""
    return day_start_us(day + _DAY)


def add_months(day: date, months: int) -> date:
    """`months` calendar months later (earlier where negative), clamped to the end of a shorter month.

    29 February 2024 plus 12 months is 28 February 2025 (design `domain.md` section 4.3). Raises ValueError
    where the year leaves 1..9999.
    """
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, _last_day(year, month0 + 1)))


def _last_day(year: int, month: int) -> int:
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


@dataclass(frozen=True, slots=True)
class ShiftPattern:
    """A store's shift in local wall time. `ends` at or before `starts` means the next day.

    It runs on London days from `from_on` up to, not including, `to_on`.
    """

    name: str
    starts: time
    ends: time
    from_on: date
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class ShiftWindow:
    """One shift on one day: `starts_us` to `ends_us` (exclusive), UTC microseconds."""

    name: str
    on: date
    starts_us: int
    ends_us: int


def shift_window(pattern: ShiftPattern, on: date) -> ShiftWindow | None:
    """The window of `pattern` that starts on the London day `on`, or None where it does not run that day."""
    if on < pattern.from_on or (pattern.to_on is not None and on >= pattern.to_on):
        return None
    end_day = on + _DAY if pattern.ends <= pattern.starts else on
    starts_us = min(_readings_us(on, pattern.starts))
    return ShiftWindow(pattern.name, on, starts_us, max(_readings_us(end_day, pattern.ends)))


def _readings_us(on: date, wall: time) -> tuple[int, int]:
    """Both readings of a wall time; they differ only in the hour the clocks repeat or skip."""
    first, second = (datetime.combine(on, wall.replace(fold=fold), LONDON).timestamp() for fold in (0, 1))
    return int(first) * SECOND_US, int(second) * SECOND_US


def current_or_next(
    patterns: Iterable[ShiftPattern], now_us: int, lead_us: int = LEAD_US
) -> ShiftWindow | None:
    """The shift a person at the hatch draws kit for, or None where the store has no pattern in use.

    The one that started last, counting a shift as started `lead_us` before its time (at 06:30 that is the
    early shift, although the night is still on). Where none is on, the next to start.
    """
    today = local_day(now_us)
    days = [today + timedelta(days=step) for step in (-1, 0, 1)]
    windows = [each for pattern in patterns for on in days if (each := shift_window(pattern, on))]
    ahead = [each for each in windows if each.ends_us > now_us]
    on_now = [each for each in ahead if each.starts_us - lead_us <= now_us]
    if on_now:
        return max(on_now, key=lambda each: (each.starts_us, each.name))
    return min(ahead, key=lambda each: (each.starts_us, each.name), default=None)
