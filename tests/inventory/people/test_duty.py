"""Limited duties: which kinds are left, for how long, and never why."""

from datetime import date

import pytest

from inventory.people.duty import (
    Restriction,
    RestrictionOrder,
    kinds_allowed,
    kinds_text,
    lift_restriction,
    parse_kinds,
    restrict,
)
from inventory.people.errors import BadField
from tests.inventory.people.conftest import NOW, TODAY, KitStore

CAMERA = frozenset({"BWV_CAMERA"})
BOTH = frozenset({"BWV_CAMERA", "SBG"})


def restriction(kinds: frozenset[str], from_us: int = 0, to_us: int | None = None) -> Restriction:
    return Restriction(kinds, from_us, to_us, 9_000)


def test_nobody_restricted_is_on_full_duty() -> None:
    assert kinds_allowed([], 10, 20) is None


def test_two_restrictions_leave_only_what_both_allow() -> None:
    assert kinds_allowed([restriction(BOTH), restriction(CAMERA)], 10, 20) == CAMERA
    assert kinds_allowed([restriction(frozenset())], 10, 20) == frozenset()


@pytest.mark.parametrize(
    ("from_us", "to_us", "restricted"),
    [(19, None, True), (20, None, False), (0, 11, True), (0, 10, False)],
)
def test_a_restriction_counts_when_it_touches_the_duty(
    from_us: int, to_us: int | None, restricted: bool
) -> None:
    assert (kinds_allowed([restriction(CAMERA, from_us, to_us)], 10, 20) is not None) is restricted


def test_a_restriction_past_its_review_stays_until_it_is_lifted() -> None:
    assert kinds_allowed([restriction(CAMERA)], 9_500, 9_900) == CAMERA


def test_kinds_are_read_from_either_separator_and_written_in_one_order() -> None:
    assert kinds_text(parse_kinds(" sbg; BWV_CAMERA ,")) == "BWV_CAMERA,SBG"
    assert parse_kinds("  ") == frozenset()
    with pytest.raises(BadField, match="TASER"):
        parse_kinds("SBG, TASER")


@pytest.mark.db
def test_a_restriction_is_recorded_with_a_review_date_and_lifted_once(store: KitStore) -> None:
    person_id = store.person("K1")
    order = RestrictionOrder(person_id, "ADJUSTED", CAMERA, TODAY, date(2027, 1, 1))
    restriction_id = restrict(store.conn, store.ids, order, NOW)
    lift_restriction(store.conn, restriction_id, NOW)
    with pytest.raises(BadField):
        lift_restriction(store.conn, restriction_id, NOW)


@pytest.mark.db
def test_a_restriction_without_a_sensible_category_or_review_is_refused(store: KitStore) -> None:
    person_id = store.person("K1")
    for category, review_on, field in (
        ("MEDICAL", date(2027, 1, 1), "category"),
        ("ADJUSTED", date(2026, 11, 21), "review_on"),
    ):
        order = RestrictionOrder(person_id, category, CAMERA, TODAY, review_on)
        with pytest.raises(BadField) as refused:
            restrict(store.conn, store.ids, order, NOW)
        assert refused.value.field == field
