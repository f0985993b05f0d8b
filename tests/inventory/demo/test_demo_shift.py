"""The script of the Medway early shift: 56 people, about 328 scans, and the refusals an officer would meet."""

from collections import Counter
from datetime import date, timedelta

import pytest

from inventory.demo.force import DemoForce, build
from inventory.demo.shift import CARD, COUNTERSIGN, SCAN, Step, early_shift, returns

ANCHOR = date(2026, 11, 22)
DAYS = (0, 1, 2, 40, 400)


@pytest.fixture(scope="module")
def demo() -> DemoForce:
    return build(ANCHOR)


def scans(steps: list[Step]) -> list[Step]:
    return [each for each in steps if each.act in (CARD, SCAN)]


@pytest.mark.parametrize("days", DAYS)
def test_56_people_make_about_328_scans_in_half_an_hour(demo: DemoForce, days: int) -> None:
    steps = early_shift(demo, ANCHOR + timedelta(days=days))
    assert len({each.ref for each in steps}) == 56
    assert abs(len(scans(steps)) - 328) <= 10
    times = [each.at_s for each in steps]
    assert times == sorted(times)
    assert 1_700 < times[-1] < 1_810


@pytest.mark.parametrize("days", DAYS)
def test_the_refusals_of_a_real_morning_are_among_them(demo: DemoForce, days: int) -> None:
    steps = early_shift(demo, ANCHOR + timedelta(days=days))
    codes = {code for each in steps for code in each.refusals}
    assert codes >= {
        "CED_OUT_OF_DATE", "PPST_OUT_OF_DATE", "AUTHORITY_SUSPENDED", "DUTY_RESTRICTED", "CED_NOT_TRAINED",
        "EXPIRED", "AT_ANOTHER_STORE", "CHARGE_LOW", "ASSIGNED_TO_ANOTHER",
    }  # fmt: skip
    verdicts = Counter(each.expected for each in steps)
    assert verdicts["UNKNOWN_CODE"] == verdicts["RESUMED"] == 1
    assert verdicts["REFUSED"] >= 10
    assert verdicts["COMPLETED"] >= 54


@pytest.mark.parametrize("days", DAYS)
def test_no_piece_of_kit_goes_into_two_sets(demo: DemoForce, days: int) -> None:
    taken = [
        each.code
        for each in early_shift(demo, ANCHOR + timedelta(days=days))
        if each.act == SCAN and each.expected == "IN_SET" and not each.code.startswith("SBG")
    ]
    assert len(taken) == len(set(taken))


def test_over_half_the_shift_draws_a_ced_three_of_them_the_new_model(demo: DemoForce) -> None:
    drawn = [
        each.code for each in early_shift(demo, ANCHOR) if each.act == SCAN and each.expected == "IN_SET"
    ]
    handles = [code for code in drawn if code.startswith(("X4A", "X5T"))]
    assert 30 <= len(handles) <= 36
    assert sum(code.startswith("X5T") for code in handles) == 3


def test_the_same_day_has_the_same_script_and_another_day_another(demo: DemoForce) -> None:
    assert early_shift(build(ANCHOR), ANCHOR) == early_shift(demo, ANCHOR)
    assert early_shift(demo, ANCHOR) != early_shift(demo, ANCHOR + timedelta(days=1))


def test_no_script_is_made_for_a_day_before_the_force(demo: DemoForce) -> None:
    with pytest.raises(ValueError, match="day"):
        early_shift(demo, ANCHOR - timedelta(days=1))


def test_everybody_who_drew_brings_it_back(demo: DemoForce) -> None:
    out = early_shift(demo, ANCHOR)
    back = returns(out)
    drew = {each.ref for each in out if each.act == COUNTERSIGN}
    assert {each.ref for each in back if each.act == CARD} == drew
    brought = Counter((each.ref, each.code) for each in back if each.act == SCAN)
    expected = Counter(
        (each.ref, each.code)
        for each in out
        if each.act == SCAN
        and each.expected == "IN_SET"
        and not each.code.startswith("SBG")
        and each.ref in drew
    )
    assert brought == expected, "a magazine is scanned once, and brings its cartridges back with it"
