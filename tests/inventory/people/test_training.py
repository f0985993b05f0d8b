"""Currency: the test vectors of design section 4.3, and what must hold for any record of training."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.people.calendar import LONDON, day_start_us, local_day
from inventory.people.training import (
    FAMILIES,
    Boundary,
    Currency,
    Ending,
    Result,
    ValidityRule,
    currencies,
    currency,
)
from inventory.schema import words

YEAR = ValidityRule(12)
LATER = date(2030, 1, 1)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp()) * 1_000_000


def ppst(day: str, outcome: str = "PASS", minutes: int = 720) -> Result:
    return Result("PPST", None, date.fromisoformat(day), minutes, outcome)


def ced(course: str, day: str, outcome: str = "PASS", model: str = "T7") -> Result:
    return Result(f"CED_{course}", model, date.fromisoformat(day), 1080, outcome)


def judged(results: Iterable[Result], rule: ValidityRule = YEAR, on: date = LATER) -> Currency:
    found = currency(results, rule, on)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("attended", "boundary", "last_good"),
    [
        ("2025-11-22", Boundary.EXCLUSIVE, "2026-11-21"),
        ("2024-02-29", Boundary.EXCLUSIVE, "2025-02-27"),
        ("2025-11-22", Boundary.INCLUSIVE, "2026-11-22"),
        ("2024-02-29", Boundary.INCLUSIVE, "2025-02-28"),
        ("2025-03-01", Boundary.EXCLUSIVE, "2026-02-28"),
        ("2023-03-01", Boundary.EXCLUSIVE, "2024-02-29"),
    ],
)
def test_a_pass_lasts_no_longer_than_12_months(attended: str, boundary: Boundary, last_good: str) -> None:
    found = judged([ppst(attended)], ValidityRule(12, boundary))
    assert found.last_good_day == date.fromisoformat(last_good)
    assert found.valid_until_us == day_start_us(date.fromisoformat(last_good) + timedelta(days=1))
    assert found.ended_by is Ending.TIME


def test_a_night_duty_that_outlasts_the_last_good_day_is_not_covered() -> None:
    found = judged([ced("INITIAL", "2025-11-22")])
    assert found.last_good_day == date(2026, 11, 21)
    assert not found.covers(at("2026-11-22 07:00"))


def test_a_duty_that_ends_the_moment_the_validity_does_is_covered() -> None:
    found = judged([ced("INITIAL", "2025-11-22")])
    assert found.covers(at("2026-11-22 00:00"))
    assert not found.covers(at("2026-11-22 00:00") + 1)


def test_a_window_of_fifteen_months_is_twelve_and_three_of_grace() -> None:
    rule = ValidityRule(12, grace_months=3)
    assert judged([ppst("2025-11-22")], rule).last_good_day == date(2027, 2, 21)


def test_an_early_refresher_restarts_from_its_own_date() -> None:
    found = judged([ced("INITIAL", "2025-11-22"), ced("REFRESHER", "2026-08-03")])
    assert found.last_good_day == date(2027, 8, 2)


def test_a_failed_refresher_ends_the_validity_at_the_start_of_its_day() -> None:
    found = judged([ced("INITIAL", "2026-01-10"), ced("REFRESHER", "2026-06-01", "FAIL")])
    assert found.ended_by is Ending.FAIL
    assert found.valid_until_us == at("2026-06-01 00:00")
    assert found.last_good_day == date(2026, 5, 31)


def test_a_pass_after_the_fail_counts_again() -> None:
    record = [
        ced("INITIAL", "2026-01-10"),
        ced("REFRESHER", "2026-06-01", "FAIL"),
        ced("REFRESHER", "2026-06-08"),
    ]
    assert judged(record).last_good_day == date(2027, 6, 7)


def test_a_pass_and_a_fail_on_one_day_are_a_fail() -> None:
    both = [ppst("2026-06-01"), ppst("2026-06-01", "FAIL")]
    assert judged(both).valid_until_us == judged(both[::-1]).valid_until_us == at("2026-06-01 00:00")


def test_a_fail_after_the_validity_ran_out_does_not_hide_that_it_ran_out() -> None:
    found = judged([ppst("2024-06-01"), ppst("2025-09-01", "FAIL")])
    assert (found.ended_by, found.last_good_day) == (Ending.TIME, date(2025, 5, 31))


def test_a_partial_course_is_no_pass_and_no_fail() -> None:
    assert currency([ppst("2026-01-01", "PARTIAL")], YEAR, LATER) is None
    found = judged([ppst("2026-01-01"), ppst("2026-06-01", "PARTIAL")])
    assert found.last_good_day == date(2026, 12, 31)


def test_a_course_with_too_few_hours_is_no_pass() -> None:
    rule = ValidityRule(12, minutes_min={"PPST": 720})
    assert currency([ppst("2026-01-01", minutes=719)], rule, LATER) is None
    assert judged([ppst("2026-01-01", minutes=720)], rule).last_pass_on == date(2026, 1, 1)


def test_a_retracted_result_counts_for_nothing() -> None:
    wrong = Result("PPST", None, date(2026, 5, 1), 720, "FAIL", retracted=True)
    assert judged([ppst("2026-01-01"), wrong]).ended_by is Ending.TIME


def test_a_result_dated_in_the_future_does_not_count_yet() -> None:
    assert currency([ppst("2026-11-23")], YEAR, date(2026, 11, 22)) is None
    assert currency([ppst("2026-11-22")], YEAR, date(2026, 11, 22)) is not None


def test_a_refresher_renews_nothing_that_was_never_opened() -> None:
    assert currency([ced("REFRESHER", "2026-01-10")], YEAR, LATER) is None
    found = judged([ced("REFRESHER", "2025-01-10"), ced("CONVERSION", "2026-02-01")])
    assert found.last_pass_on == date(2026, 2, 1)


def test_training_on_one_model_says_nothing_about_another() -> None:
    record = [
        ced("INITIAL", "2026-01-10"),
        ced("CONVERSION", "2026-06-01", model="T10"),
        ced("REFRESHER", "2026-07-01", "FAIL", model="T10"),
    ]
    found = currencies(record, {"CED": YEAR}, LATER)
    assert set(found) == {("CED", "T7"), ("CED", "T10")}
    assert found["CED", "T7"].ended_by is Ending.TIME
    assert found["CED", "T10"].ended_by is Ending.FAIL


def test_a_course_without_a_time_limit_lasts_until_it_is_failed() -> None:
    rule = ValidityRule(None)
    passed = Result("BWV_USER", None, date(2016, 1, 1), 60, "PASS")
    failed = Result("BWV_USER", None, date(2026, 1, 1), 60, "FAIL")
    assert judged([passed], rule).valid_until_us is None
    assert judged([passed], rule).covers(at("2099-01-01 00:00"))
    assert judged([passed, failed], rule).valid_until_us == at("2026-01-01 00:00")


def test_a_qualification_without_a_rule_is_not_answered() -> None:
    assert currencies([ppst("2026-01-01")], {"CED": YEAR}, LATER) == {}


@pytest.mark.parametrize("numbers", [{"months": 0}, {"months": -12}, {"months": 12, "grace_months": -1}])
def test_a_rule_with_a_senseless_number_is_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="months"):
        ValidityRule(**numbers)


def test_every_course_on_record_belongs_to_a_qualification() -> None:
    assert set(FAMILIES) == set(words.COURSES)


# ---- what holds for any record ---------------------------------------------------------------------

DAYS = st.dates(date(2020, 1, 1), date(2029, 12, 31))
RECORDS = st.lists(
    st.builds(
        lambda day, outcome: Result("PPST", None, day, 720, outcome), DAYS, st.sampled_from(words.OUTCOMES)
    ),
    max_size=8,
)
RULES = st.builds(ValidityRule, st.integers(1, 36), st.sampled_from(Boundary), st.integers(0, 6))


@given(RECORDS, RULES)
def test_the_order_of_entry_does_not_matter(record: list[Result], rule: ValidityRule) -> None:
    assert currency(record, rule, LATER) == currency(record[::-1], rule, LATER)


@given(RECORDS, RULES)
def test_no_validity_outlasts_the_last_pass_by_more_than_the_rule(
    record: list[Result], rule: ValidityRule
) -> None:
    found = currency(record, rule, LATER)
    passes = [each.attended_on for each in record if each.outcome == "PASS"]
    if found is None:
        assert not passes
        return
    assert found.last_pass_on == max(passes)
    assert found.last_good_day is not None
    assert found.valid_until_us is not None
    longest = rule.last_good_day(max(passes))
    assert longest is not None
    assert found.last_good_day <= longest
    assert local_day(found.valid_until_us - 1) == found.last_good_day


@given(RECORDS, RULES, DAYS)
def test_a_fail_never_makes_anybody_current(record: list[Result], rule: ValidityRule, day: date) -> None:
    fail = Result("PPST", None, day, 720, "FAIL")
    before, after = currency(record, rule, LATER), currency([*record, fail], rule, LATER)
    assert (before is None) == (after is None)
    if before and after:
        assert before.valid_until_us is not None
        assert after.valid_until_us is not None
        assert after.valid_until_us <= before.valid_until_us


@given(RECORDS, RULES, DAYS)
def test_nobody_is_in_date_on_the_day_of_a_fail_unless_they_passed_later(
    record: list[Result], rule: ValidityRule, day: date
) -> None:
    fail = Result("PPST", None, day, 720, "FAIL")
    found = currency([*record, fail], rule, day)
    assert found is None or not found.covers(day_start_us(day) + 1)


SHORTER = ValidityRule(6, from_on=date(2026, 7, 1))


def test_a_pass_keeps_the_rule_of_its_own_day() -> None:
    rule = ValidityRule(12, changes=(SHORTER,))
    assert judged([ppst("2026-06-30")], rule).last_good_day == date(2027, 6, 29)
    assert judged([ppst("2026-07-01")], rule).last_good_day == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("attended", "on", "months", "last_good"),
    [
        ("2026-06-30", "2026-06-30", 6, "2026-12-29"),  # cut short, and said so before the change begins
        ("2025-09-01", "2026-06-30", 6, "2026-06-30"),  # over by the new rule: good up to the day before it
        ("2025-09-01", "2026-07-01", 6, "2026-02-28"),
        ("2025-06-20", "2026-06-30", 15, "2026-06-19"),  # over already: nobody is current again before the change
        ("2025-06-20", "2026-07-01", 15, "2026-09-19"),
        ("2025-08-01", "2026-06-30", 15, "2026-10-31"),
    ],
)
def test_a_change_for_everybody_reaches_what_was_passed_before_it(
    attended: str, on: str, months: int, last_good: str
) -> None:
    rule = ValidityRule(12, changes=(ValidityRule(months, from_on=date(2026, 7, 1), for_all=True),))
    found = judged([ppst(attended)], rule, date.fromisoformat(on))
    assert found.last_good_day == date.fromisoformat(last_good)


@given(
    attended=st.dates(date(2024, 1, 1), date(2027, 12, 31)), on=st.dates(date(2026, 1, 1), date(2028, 6, 30)),
    months=st.integers(1, 30), day=st.dates(date(2026, 2, 1), date(2027, 6, 30)), for_all=st.booleans(),
)  # fmt: skip
def test_nobody_is_told_a_day_on_which_they_would_not_be_current(
    attended: date, on: date, months: int, day: date, for_all: bool
) -> None:
    if on < attended:
        return
    rule = ValidityRule(12, changes=(ValidityRule(months, from_on=day, for_all=for_all),))
    record = [ppst(attended.isoformat())]
    last = judged(record, rule, on).last_good_day
    assert last is not None
    if on <= last:
        then = judged(record, rule, last).last_good_day
        assert then is not None
        assert then >= last


def test_eight_hours_of_personal_safety_training_were_a_pass_before_the_national_twelve() -> None:
    rule = ValidityRule(12, changes=(ValidityRule(12, from_on=date(2024, 4, 1), minutes_min={"PPST": 720}),))
    assert currency([ppst("2024-04-01", minutes=480)], rule, LATER) is None
    assert judged([ppst("2024-03-31", minutes=480)], rule).last_pass_on == date(2024, 3, 31)
