"""What comes due of people: bands to the day, across clock changes and leap days; rostered past it; courses."""

from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from inventory.gate import policy as policies
from inventory.people.authority import Authorisation, Stop
from inventory.people.bands import BANDS, band_of
from inventory.people.calendar import HOUR_US, day_end_us, day_start_us
from inventory.people.due import AUTHORITY, Due, carried_until, due_of
from inventory.people.due_reading import DuePerson, course_months, uncovered
from inventory.people.roster import RosteredDuty
from inventory.people.standing import Standing
from inventory.people.training import Currency, Result, currencies

RULES = policies.load().courses
DAYS = st.dates(date(2023, 12, 1), date(2032, 3, 31))
WORST = (date(2028, 2, 29), date(2024, 2, 29), date(2026, 3, 29), date(2026, 10, 25), date(2025, 12, 31))
"""Leap days, the days on which the clocks change, the last of a year."""


def sto(training: dict[tuple[str, str | None], Currency], until_us: int, **changes: object) -> Standing:
    """A constable who may carry the T7 until then, with this training."""
    values: dict[str, object] = {
        "person_id": 7, "records": frozenset({7}), "ref": "7", "kind": "REGULAR", "name": "Alex Hollis", "rank": "PC",
        "collar": None, "home_store_id": 1, "joined_on": None, "left": False, "leaves_us": None, "opted_in": True,
        "training": training, "authorisations": (Authorisation("T7", "OVERT", 0, until_us),), "stops": (),
        "restrictions": (), "duty_kinds_allowed": None, "duty_review_us": None, "gates": {}, "pin_set": False,
    }  # fmt: skip
    return Standing(**(values | changes))  # type: ignore[arg-type]


def passed(course: str, on: date, model: str | None = None) -> Result:
    """A full pass."""
    return Result(course, model, on, 2000, "PASS")


def band_by_counting(today: date, last_good: date) -> int | None:
    """The band by counting days one at a time: how many more mornings it is still good."""
    left, day = 0, today
    while day <= last_good and left <= 90:
        left, day = left + 1, day + timedelta(days=1)
    return next((band for band in (0, 14, 30, 60, 90) if left <= band), None)


@given(on=DAYS | st.sampled_from(WORST), ahead=st.integers(-400, 400), hour=st.integers(0, 22))
def test_a_band_is_the_days_that_are_left_whatever_the_clocks_and_the_calendar_do(
    on: date, ahead: int, hour: int
) -> None:
    today = on + timedelta(days=365 + ahead)
    held = currencies([passed("CED_INITIAL", on, "T7"), passed("PPST", on)], RULES, today)
    if not held:
        return
    now_us = min(day_start_us(today) + hour * HOUR_US, day_end_us(today) - 1)
    last_good = held["PPST", None].last_good_day
    assert last_good is not None
    found = {each.what: each for each in due_of(sto(held, day_end_us(today) + 1), now_us)}
    for what in ("CED", "PPST"):
        assert found[what].band == band_by_counting(today, last_good)
        assert found[what].last_good_day == last_good
        assert (found[what].band == 0) is (not held["PPST", None].covers(now_us + 1)), "0 is when the gate says no"


def test_the_bands_of_the_vectors() -> None:
    assert [band_of(days) for days in (91, 90, 61, 60, 31, 30, 15, 14, 1, 0, -300)] == [
        None, 90, 90, 60, 60, 30, 30, 14, 14, 0, 0,
    ]  # fmt: skip
    leap = currencies([passed("PPST", date(2024, 2, 29))], RULES, date(2025, 2, 27))
    (last_day,) = [each for each in due_of(sto(leap, 0), day_start_us(date(2025, 2, 27))) if each.what == "PPST"]
    assert (last_day.days, last_day.band, last_day.ends_on) == (1, 14, date(2025, 2, 28))
    assert list(BANDS) == sorted(BANDS, reverse=True)


def test_nobody_is_chased_for_a_model_they_left_behind_or_a_force_they_left() -> None:
    today, now_us = date(2026, 11, 22), day_start_us(date(2026, 11, 22))
    both = currencies(
        [passed("CED_INITIAL", date(2025, 1, 6), "X2"), passed("CED_CONVERSION", date(2026, 1, 6), "T7")], RULES, today
    )
    of = sto(both, now_us + HOUR_US)
    assert {(each.what, each.model) for each in due_of(of, now_us)} == {("CED", "T7"), (AUTHORITY, "T7")}
    assert due_of(sto(both, now_us, left=True), now_us) == []
    lapsed_long_ago = Authorisation("T7", "OVERT", 0, now_us - 366 * 24 * HOUR_US)
    assert due_of(sto(both, 0, authorisations=(lapsed_long_ago,)), now_us) == []
    ended = Stop("ENDED", now_us - 5, None)
    cut = Authorisation("T7", "OVERT", 0, now_us - 5)
    assert carried_until((cut,), (ended,), now_us) == {}, "what was ended is not chased"
    assert carried_until((cut,), (), now_us) != {}, "what ran out by itself is"


def due(person_id: int, days: int, what: str = "CED", today: date = date(2026, 11, 22)) -> DuePerson:
    """Somebody whose course counts no more in so many days."""
    one = Due(person_id, what, "T7", today + timedelta(days=days), days, band_of(days))
    return DuePerson(person_id, str(person_id), "Alex Hollis", "PC", "A", 1, (one,))


def test_whoever_is_on_at_the_moment_it_runs_out_is_rostered_past_it() -> None:
    ends_us = day_start_us(date(2026, 11, 25))
    night = RosteredDuty(1, 1, ends_us - 2 * HOUR_US, ends_us + 7 * HOUR_US, "Night", "t")
    late = RosteredDuty(2, 1, ends_us - 9 * HOUR_US, ends_us, "Late", "t")
    people = [due(1, 3), due(2, 3)]
    found = uncovered(people, {1: [night, night], 2: [late]})
    assert [(each.person.id, each.duties) for each in found] == [(1, 1)], "the same duty of two sources is one"


def counted(people: list[int]) -> Iterator[tuple[date, int]]:
    """People a month, reckoned plainly: (month, how many last good days lie in it)."""
    for month in {(date(2026, 11, 22) + timedelta(days=days - 1)).replace(day=1) for days in people if days > 0}:
        yield month, sum(
            1 for days in people if days > 0 and (date(2026, 11, 22) + timedelta(days=days - 1)).replace(day=1) == month
        )


@given(days=st.lists(st.integers(-50, 300), min_size=1, max_size=40), seats=st.integers(0, 12))
def test_courses_are_counted_by_the_month_of_the_last_good_day_and_nobody_is_lost(days: list[int], seats: int) -> None:
    now_us = day_start_us(date(2026, 11, 22))
    there = {("CED", "T7", date(2026, 12, 1)): seats}
    months = course_months([due(n, each) for n, each in enumerate(days, 1)], there, now_us)
    by_month = {each.month: each for each in months}
    for month, number in counted(days):
        assert by_month[month].runs_out == number
    first = by_month[date(2026, 11, 1)]
    assert first.backlog == sum(1 for each in days if each <= 0)
    asked = sum(each.runs_out + each.backlog for each in months)
    assert asked == len(days)
    owed_by_december = sum(each.runs_out + each.backlog for each in months[:2])
    assert months[1].waiting == max(0, owed_by_december - seats)
    assert months[-1].waiting == asked - min(seats, owed_by_december)
