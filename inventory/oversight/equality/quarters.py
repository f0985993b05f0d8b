"""The only periods there are: calendar quarters, by London days.

One rule for the editor: no other period may be asked for. Two that overlap, one taken from the other, would tell of the
few days between them.
"""

import re
from dataclasses import dataclass
from datetime import date

from inventory.people.calendar import add_months, day_start_us, local_day

NAMED = re.compile(r"^(\d{4})-Q([1-4])$")


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter: its name "2026-Q3", its first day, the first day after it, and both as moments."""

    name: str
    first: date
    after: date

    @property
    def from_us(self) -> int:
        """When it begins."""
        return day_start_us(self.first)

    @property
    def to_us(self) -> int:
        """When it is over (exclusive)."""
        return day_start_us(self.after)


def quarter_named(name: str) -> Quarter:
    """The quarter of that name. Raises ValueError for what is none."""
    match = NAMED.match(name)
    if match is None:
        raise ValueError("quarter: expected a calendar quarter as 2026-Q3")
    first = date(int(match[1]), 3 * int(match[2]) - 2, 1)
    return Quarter(name, first, add_months(first, 3))


def quarter_of(day: date) -> Quarter:
    """The quarter that a day is in."""
    return quarter_named(f"{day.year}-Q{(day.month + 2) // 3}")


def last_over(now_us: int, how_many: int = 8) -> list[Quarter]:
    """The quarters that are over, the newest first."""
    found, quarter = [], quarter_of(local_day(now_us))
    for _ in range(how_many):
        quarter = quarter_of(add_months(quarter.first, -3))
        found.append(quarter)
    return found
