"""London days, calendar months and shift windows, clock changes and leap days included."""

import calendar as gregorian
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.people.calendar import (
    HOUR_US,
    LONDON,
    ShiftPattern,
    add_months,
    current_or_next,
    day_end_us,
    day_start_us,
    local_day,
    shift_window,
)

DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
EARLY = ShiftPattern("Early", time(7), time(16), date(2020, 1, 1))
LATE = ShiftPattern("Late", time(15), time(0), date(2020, 1, 1))
NIGHT = ShiftPattern("Night", time(22), time(7), date(2020, 1, 1))
MEDWAY = (EARLY, LATE, NIGHT)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2025-11-22", 12, "2026-11-22"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2023-02-28", 12, "2024-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-08-31", 3, "2026-11-30"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -12, "2025-01-15"),
        ("1900-01-31", 1, "1900-02-28"),
        ("2000-01-31", 1, "2000-02-29"),
    ],
)
def test_months_are_calendar_months_clamped_to_the_months_end(day: str, months: int, later: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


@given(DAYS, st.integers(0, 120))
def test_adding_months_lands_in_the_month_that_many_later_on_the_same_day_or_its_last(
    day: date, months: int
) -> None:
    later = add_months(day, months)
    last = gregorian.monthrange(later.year, later.month)[1]
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day == last and last < day.day)


@given(DAYS, DAYS, st.integers(0, 60))
def test_a_later_course_never_gives_an_earlier_anniversary(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert add_months(first, months) <= add_months(second, months)


@given(DAYS)
def test_a_london_day_begins_where_the_day_before_ends(day: date) -> None:
    start, end = day_start_us(day), day_end_us(day)
    assert local_day(start) == local_day(end - 1) == day
    assert local_day(start - 1) == day - timedelta(days=1)
    assert (end - start) // HOUR_US in (23, 24, 25)


def test_the_days_the_clocks_change_have_23_and_25_hours() -> None:
    assert day_end_us(date(2026, 3, 29)) - day_start_us(date(2026, 3, 29)) == 23 * HOUR_US
    assert day_end_us(date(2026, 10, 25)) - day_start_us(date(2026, 10, 25)) == 25 * HOUR_US


def test_half_past_midnight_in_summer_is_already_the_new_day_though_utc_says_the_old_one() -> None:
    assert local_day(
        int(datetime.fromisoformat("2026-06-30T23:30:00+00:00").timestamp()) * 1_000_000
    ) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("night_of", "hours"), [("2026-10-23", 9), ("2026-10-24", 10), ("2026-10-25", 9), ("2026-03-28", 8)]
)
def test_a_night_duty_across_the_clock_change_lasts_as_long_as_it_lasts(night_of: str, hours: int) -> None:
    window = shift_window(NIGHT, date.fromisoformat(night_of))
    assert window is not None
    assert window.ends_us - window.starts_us == hours * HOUR_US


def test_a_shift_that_ends_in_the_repeated_hour_is_given_its_later_end() -> None:
    window = shift_window(ShiftPattern("Odd", time(17), time(1, 30), date(2020, 1, 1)), date(2026, 10, 24))
    assert window is not None
    assert window.ends_us - window.starts_us == int(9.5 * HOUR_US)


def test_a_shift_that_starts_in_the_skipped_hour_still_has_a_start_before_its_end() -> None:
    window = shift_window(ShiftPattern("Odd", time(1, 30), time(9), date(2020, 1, 1)), date(2026, 3, 29))
    assert window is not None
    assert window.starts_us == at("2026-03-29 00:30")
    assert window.ends_us == at("2026-03-29 09:00")


def test_a_late_shift_that_ends_at_24_ends_when_the_day_does() -> None:
    window = shift_window(LATE, date(2026, 11, 22))
    assert window is not None
    assert window.ends_us == day_end_us(date(2026, 11, 22))


def test_a_pattern_runs_from_its_first_day_until_the_day_it_is_ended() -> None:
    ended = ShiftPattern("Early", time(7), time(16), date(2026, 1, 1), date(2026, 4, 1))
    assert shift_window(ended, date(2025, 12, 31)) is None
    assert shift_window(ended, date(2026, 1, 1)) is not None
    assert shift_window(ended, date(2026, 3, 31)) is not None
    assert shift_window(ended, date(2026, 4, 1)) is None


@pytest.mark.parametrize(
    ("now", "name", "on"),
    [
        ("2026-11-22 05:50", "Night", "2026-11-21"),
        ("2026-11-22 06:00", "Early", "2026-11-22"),
        ("2026-11-22 06:30", "Early", "2026-11-22"),
        ("2026-11-22 13:00", "Early", "2026-11-22"),
        ("2026-11-22 14:30", "Late", "2026-11-22"),
        ("2026-11-22 15:59", "Late", "2026-11-22"),
        ("2026-11-22 21:30", "Night", "2026-11-22"),
        ("2026-11-22 23:59", "Night", "2026-11-22"),
        ("2026-11-23 00:01", "Night", "2026-11-22"),
    ],
)
def test_the_hatch_offers_the_shift_people_are_drawing_for(now: str, name: str, on: str) -> None:
    window = current_or_next(MEDWAY, at(now))
    assert window is not None
    assert (window.name, window.on) == (name, date.fromisoformat(on))


def test_between_shifts_the_hatch_offers_the_next_one() -> None:
    window = current_or_next((EARLY,), at("2026-11-22 20:00"))
    assert window is not None
    assert window.on == date(2026, 11, 23)


def test_a_store_without_a_pattern_offers_no_shift() -> None:
    assert current_or_next((), at("2026-11-22 20:00")) is None


@given(st.integers(at("2024-01-01 00:00"), at("2029-01-01 00:00")))
def test_at_any_moment_the_shift_offered_has_not_ended(now_us: int) -> None:
    window = current_or_next(MEDWAY, now_us)
    assert window is not None
    assert window.starts_us - HOUR_US <= now_us < window.ends_us
