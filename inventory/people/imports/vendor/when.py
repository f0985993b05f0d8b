"""Times and dates as a vendor's file writes them, by the shape and the zone that a person chose.

One rule for the editor: nothing here tries a second shape. 03/04/2026 is two days, and only the person who made the
export knows which; a time that London's clocks show twice, or never, is refused and said so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache

from inventory.people.calendar import LONDON, SECOND_US
from inventory.people.imports.fields import YEARS, Unfit

SHAPES: Mapping[str, str] = {
    "ISO": "2026-11-22 05:50 or 2026-11-22T05:50:00Z",
    "DMY": "22/11/2026 05:50",
    "MDY": "11/22/2026 05:50, or 5:50 AM",
    "EPOCH_S": "seconds since 1970, 1795326600",
    "EPOCH_MS": "milliseconds since 1970, 1795326600000",
}
"""How times may be written -> an example of it."""

COUNTED_FROM = 2000
"""No count of seconds is of an earlier year: seconds that are read as milliseconds would be of 1970."""

ZONES: Mapping[str, tzinfo] = {"UTC": UTC, "Europe/London": LONDON}
_WRITTEN = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?)?"
)


@dataclass(frozen=True, slots=True)
class Clocks:
    """How one file writes times: a shape of SHAPES, and the zone of those that name none."""

    shape: str
    zone: str


@lru_cache(maxsize=8192)
def moment(text: str, clocks: Clocks) -> int:
    """A time as UTC microseconds; a date alone is its midnight. Raises Unfit."""
    if clocks.shape.startswith("EPOCH"):
        return _epoch(text, clocks.shape)
    found = _written(text, clocks.shape)
    if found.tzinfo is None:
        found = _once(found, ZONES[clocks.zone])
    return int(found.timestamp()) * SECOND_US


@lru_cache(maxsize=8192)
def day(text: str, clocks: Clocks) -> str:
    """A date as ISO text; of a time, its date in the zone. Raises Unfit."""
    zone = ZONES[clocks.zone]
    if clocks.shape.startswith("EPOCH"):
        return datetime.fromtimestamp(_epoch(text, clocks.shape) // SECOND_US, zone).date().isoformat()
    found = _written(text, clocks.shape)
    return (found.astimezone(zone) if found.tzinfo else found).date().isoformat()


def _epoch(text: str, shape: str) -> int:
    per_second = 1 if shape == "EPOCH_S" else 1000
    found = int(text) * (SECOND_US // per_second) if text.isascii() and text.isdigit() and len(text) <= 14 else -1
    low, high = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * SECOND_US for year in (COUNTED_FROM, YEARS[1]))
    if not low <= found < high:
        raise Unfit(SHAPES[shape])
    return found


def _written(text: str, shape: str) -> datetime:
    try:
        found = datetime.fromisoformat(text) if shape == "ISO" else _slashed(text, shape)
    except ValueError as error:
        raise Unfit(f"a time or date as {SHAPES[shape]}") from error
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise Unfit(f"a year between {YEARS[0]} and {YEARS[1]}")
    return found


def _slashed(text: str, shape: str) -> datetime:
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(text)
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    day_no, month = (first, second) if shape == "DMY" else (second, first)
    hour = int(match[4] or 0)
    if match[7]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if match[7].lower() == "p" else 0)
    return datetime.combine(date(year, month, day_no), time(hour, int(match[5] or 0), int(match[6] or 0)))


def _once(found: datetime, zone: tzinfo) -> datetime:
    """`found` in `zone`, where its clocks show it exactly once."""
    early, late = found.replace(tzinfo=zone, fold=0), found.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():
        how = "twice" if early.utcoffset() > late.utcoffset() else "not at all"  # type: ignore[operator]
        raise Unfit(f"a time that says its offset: London's clocks showed this one {how} when they changed")
    return early
