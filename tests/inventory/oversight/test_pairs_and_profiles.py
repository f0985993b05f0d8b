"""How many can go out at once, what the targets ask hour by hour, and what was carried: against counting by hand."""

from datetime import date, time
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inventory.oversight.demand import by_hour, by_shift, peak
from inventory.oversight.moments import NEXT, NOW, StoreSaid, asked_of
from inventory.oversight.most_pairs import SHORT, Sets, most_pairs, most_sets, short_of
from inventory.oversight.profile import Drawn, hourly, shifts_carried
from inventory.oversight.targets import Target
from inventory.people.calendar import HOUR_US, ShiftPattern, day_end_us, day_start_us

SINCE = date(2025, 1, 1)
SHIFTS = (
    ShiftPattern("Early", time(7), time(16), SINCE), ShiftPattern("Late", time(15), time(0), SINCE),
    ShiftPattern("Night", time(22), time(7), SINCE),
)  # fmt: skip
MEDWAY = StoreSaid(1, "ME", "Medway", "North", SHIFTS)
DAY, SPRING, AUTUMN = date(2026, 11, 22), date(2026, 3, 29), date(2026, 10, 25)
SEVEN = day_start_us(DAY) + 7 * HOUR_US
BOTH, T7, T10 = frozenset({"T7", "T10"}), frozenset({"T7"}), frozenset({"T10"})


# ---- pairs -----------------------------------------------------------------------------------------


def by_trying(people: dict[frozenset[str], int], sets: Sets) -> int:
    """Every way of giving each group its models and each sort of pack its: the most that anybody finds."""
    ways = [(models, model, fits) for models in people for model in models & sets.handles.keys()
            for fits in sets.packs if model in fits]  # fmt: skip
    best = 0
    for given_out in product(*(range(min(people[models], sets.packs[fits]) + 1) for models, _, fits in ways)):
        many = list(zip(ways, given_out, strict=True))
        fine = (
            all(sum(n for (who, _, _), n in many if who == each) <= people[each] for each in people)
            and all(sum(n for (_, _, of), n in many if of == each) <= sets.packs[each] for each in sets.packs)
            and all(
                sum(n for (_, model, _), n in many if model == each) <= min(sets.handles[each], sets.loads.get(each, 0))
                for each in sets.handles
            )
        )
        best = max(best, sum(given_out)) if fine else best
    return best


few = st.integers(0, 2)
groups = st.dictionaries(st.sampled_from((T7, T10, BOTH, frozenset({"X2"}))), few, max_size=3)
some_sets = st.builds(
    Sets,
    st.dictionaries(st.sampled_from(("T7", "T10")), few),
    st.dictionaries(st.sampled_from((T7, BOTH)), few),
    st.fixed_dictionaries({"T7": few, "T10": few}),
)


@settings(max_examples=60)
@given(groups, some_sets)
@example({T7: 1, BOTH: 1}, Sets({"T7": 1, "T10": 1}, {BOTH: 2}, {"T7": 1, "T10": 1}))
def test_the_most_pairs_are_the_most_that_any_sharing_out_finds(people: dict[frozenset[str], int], sets: Sets) -> None:
    found = most_pairs(people, sets)
    assert found == by_trying(people, sets)
    assert found <= min(sum(people.values()), most_sets(sets))


def test_somebody_trained_on_x2_counts_nothing_where_there_are_t7s() -> None:
    sets = Sets({"T7": 5}, {T7: 5}, {"T7": 5})
    assert most_pairs({frozenset({"X2"}): 9}, sets) == 0
    assert short_of({frozenset({"X2"}): 9}, sets) == "PEOPLE"


@pytest.mark.parametrize(("sets", "short"), [
    (Sets({"T7": 1}, {T7: 9}, {"T7": 9}), "HANDLES"), (Sets({"T7": 9}, {T7: 1}, {"T7": 9}), "PACKS"),
    (Sets({"T7": 9}, {T7: 9}, {"T7": 1}), "LOADS"), (Sets({"T7": 9}, {T7: 9}, {"T7": 9}), "PEOPLE"),
    (Sets({"T7": 2}, {T7: 2}, {"T7": 9}), ""),
])  # fmt: skip
def test_what_is_short_is_what_alone_would_make_one_pair_more(sets: Sets, short: str) -> None:
    assert short_of({T7: 4}, sets) == short
    assert short in (*SHORT, "")


# ---- moments ---------------------------------------------------------------------------------------


def test_the_next_duty_is_the_next_to_begin_also_while_two_are_on() -> None:
    at_seven, at_half_past_three = asked_of(SHIFTS, SEVEN), asked_of(SHIFTS, SEVEN + 17 * HOUR_US // 2)
    assert (at_seven[NOW].shift, at_seven[NEXT].shift) == ("Early", "Late")
    assert at_seven[NOW].until_us == SEVEN + 9 * HOUR_US
    assert (at_half_past_three[NOW].shift, at_half_past_three[NEXT].shift) == ("Late", "Night")
    assert asked_of((), SEVEN).keys() == {NOW}


# ---- what is asked, and what was carried -----------------------------------------------------------

TARGETS = [Target(1, "Early", "CED_HANDLE", "", 37), Target(1, "Late", "CED_HANDLE", "", 33),
           Target(1, "Night", "CED_HANDLE", "", 26), Target(1, "", "CED_HANDLE", "", 2),
           Target(1, "Early", "BWV_CAMERA", "", 9)]  # fmt: skip


def test_the_busiest_moment_adds_the_shifts_that_overlap() -> None:
    asked = by_shift(TARGETS, "CED_HANDLE")
    assert peak(SHIFTS, asked, day_start_us(DAY)) == 37 + 2 + 33 + 2
    hours = by_hour(SHIFTS, asked, day_start_us(DAY))
    assert [hours[n] for n in (3, 7, 15, 16, 22)] == [28, 39, 74, 35, 63]


@pytest.mark.parametrize(("day", "hours"), [(DAY, 24), (SPRING, 23), (AUTUMN, 25)])
def test_a_day_has_the_hours_that_the_clocks_give_it(day: date, hours: int) -> None:
    out = [Drawn(1, "CED_HANDLE", "ME-A", day_start_us(day), day_end_us(day))]
    found = hourly(out, [MEDWAY], [], "CED_HANDLE", day)
    assert [each.out for each in found] == [1.0] * hours


draws = st.lists(st.tuples(st.integers(-20, 44), st.integers(1, 30), st.integers(0, 59)), max_size=8)


@settings(max_examples=40)
@given(draws)
def test_the_hours_of_a_day_are_those_that_minute_by_minute_counting_finds(found: list[tuple[int, int, int]]) -> None:
    begins, minute = day_start_us(DAY), HOUR_US // 60
    out = [
        Drawn(1, "CED_HANDLE", "", begins + start * HOUR_US // 2 + late * minute,
              begins + start * HOUR_US // 2 + late * minute + halves * HOUR_US // 2)
        for start, halves, late in found
    ]  # fmt: skip
    hours = hourly(out, [MEDWAY], [], "CED_HANDLE", DAY)
    by_minute = [
        sum(each.from_us <= begins + n * minute < each.until_us for each in out) for n in range(24 * 60)
    ]
    assert [round(each.out * 60) for each in hours] == [sum(by_minute[n * 60 : n * 60 + 60]) for n in range(24)]


def test_an_early_officers_draw_counts_for_the_early_shift_alone() -> None:
    overtime = Drawn(1, "CED_HANDLE", "ME-A", SEVEN, SEVEN + 11 * HOUR_US)  # 07:00 to 18:00
    late = Drawn(1, "CED_HANDLE", "ME-B", SEVEN + 8 * HOUR_US, SEVEN + 17 * HOUR_US)
    rows = {each.shift: each for each in shifts_carried([overtime, late], [MEDWAY], TARGETS, "CED_HANDLE", DAY)}
    assert {name: each.carried_hours for name, each in rows.items()} == {"Early": 9, "Late": 9, "Night": 0}
    assert (rows["Early"].target_hours, rows["Early"].percent) == (39 * 9, pytest.approx(100 / 39))


def test_a_target_for_one_team_counts_that_team_alone() -> None:
    of_team = [Target(1, "Early", "CED_HANDLE", "ME-A", 4)]
    out = [Drawn(1, "CED_HANDLE", team, SEVEN, SEVEN + 9 * HOUR_US) for team in ("ME-A", "ME-B")]
    early = shifts_carried(out, [MEDWAY], of_team, "CED_HANDLE", DAY)[0]
    assert (early.carried_hours, early.target_hours) == (9, 36)
