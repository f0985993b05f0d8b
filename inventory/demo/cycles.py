"""How a qualification comes round: who renews in time, who late, and on which days, now and in years to come.

One rule for the editor: a date depends on the seed, the person and the course, and never on when it is asked
for. So moving the force forward in one step or in many gives the same results.

A late person's delay averages 150 days, so in the long run `late / persons * 150 / 515` of them are lapsed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.demo.plan import dice
from inventory.people.calendar import add_months

VALID_MONTHS = 12
LATE_DAYS = (20, 280)
LONG_RUN_LAPSED = 150 / 515
"""Share of late people who are lapsed at any time: the mean delay over the mean time between passes."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One person's qualification on the anchor day.

    `last_pass` is the last pass by then, `failed_on` a failed refresher after it, `late` whether this person
    renews late, `renews_on` the first renewal after the anchor day.
    """

    ref: str
    course: str
    last_pass: date
    late: bool
    renews_on: date
    failed_on: date | None = None


def current_cycle(seed: int, what: tuple[str, str], anchor: date, days_left: int, late: bool) -> Cycle:
    """A cycle of (person, course) whose last good day is, to a day at month ends, `days_left` after the anchor."""
    passed = add_months(anchor + timedelta(days=days_left + 1), -VALID_MONTHS)
    renews_on = max(_renewal(seed, what, passed, late), anchor + timedelta(days=1))
    return Cycle(*what, passed, late, renews_on)


def lapsed_cycle(seed: int, ref: str, course: str, anchor: date, failed: bool) -> Cycle:
    """A cycle that has run out (or was failed) before the anchor day and is renewed some time after it."""
    rng = dice(seed, "lapsed", ref, course)
    delay = LATE_DAYS[0] + int((LATE_DAYS[1] - LATE_DAYS[0]) * max(rng.random(), rng.random()))
    gone = rng.randint(1, delay - 1)
    ended = anchor - timedelta(days=gone)
    valid_for = timedelta(days=rng.randint(40, 200)) if failed else timedelta()
    passed = add_months(ended + valid_for, -VALID_MONTHS)
    renews_on = anchor + timedelta(days=delay - gone)
    return Cycle(ref, course, passed, late=True, renews_on=renews_on, failed_on=ended if failed else None)


def passes(seed: int, cycle: Cycle, upto: date) -> Iterator[date]:
    """The days of all passes from `last_pass` on, up to and including `upto`."""
    day, following, number = cycle.last_pass, cycle.renews_on, 0
    while day <= upto:
        yield day
        number += 1
        day = following
        following = _renewal(seed, (cycle.ref, cycle.course, number), day, cycle.late)


def _renewal(seed: int, what: tuple[object, ...], passed: date, late: bool) -> date:
    """The day of the next pass: up to five days before the last good day is over, or weeks after it."""
    rng = dice(seed, "renewal", *what)
    lapses_on = add_months(passed, VALID_MONTHS)
    if late:
        return lapses_on + timedelta(days=rng.randint(*LATE_DAYS))
    return lapses_on - timedelta(days=rng.randint(1, 5))
