"""Carry authorisations and their stops, as windows in time."""

from datetime import date

import pytest

from inventory.people.authority import (
    Authorisation,
    Authority,
    Duty,
    Grant,
    Stop,
    StopOrder,
    authority_for,
    effective,
    grant,
    lift_suspension,
    stop,
)
from inventory.people.errors import BadField
from tests.inventory.people.conftest import NOW, KitStore

TONIGHT = Duty(1_000, 2_000)


def overt(from_us: int, to_us: int, model: str = "T7") -> Authorisation:
    return Authorisation(model, "OVERT", from_us, to_us)


def answer(granted: list[Authorisation], *stops: Stop, model: str = "T7", mode: str = "OVERT") -> Authority:
    return authority_for(effective(granted, stops), stops, model, mode, TONIGHT)


@pytest.mark.parametrize(
    ("from_us", "to_us", "expected"),
    [
        (0, 5_000, Authority.LIVE),
        (1_000, 2_000, Authority.LIVE),
        (1_001, 5_000, Authority.NONE),
        (0, 1_999, Authority.NONE),
        (3_000, 5_000, Authority.NONE),
    ],
)
def test_authority_must_stand_through_the_whole_duty(from_us: int, to_us: int, expected: Authority) -> None:
    assert answer([overt(from_us, to_us)]) is expected


def test_authority_for_one_model_or_one_way_of_carrying_is_none_for_another() -> None:
    assert answer([overt(0, 5_000)], model="T10") is Authority.NONE
    assert answer([overt(0, 5_000)], mode="COVERT") is Authority.NONE


def test_a_grant_that_follows_without_a_gap_carries_the_duty_across() -> None:
    assert answer([overt(0, 1_500), overt(1_500, 5_000)]) is Authority.LIVE
    assert answer([overt(0, 1_500), overt(1_501, 5_000)]) is Authority.NONE


@pytest.mark.parametrize(
    ("from_us", "to_us", "expected"),
    [
        (500, None, Authority.SUSPENDED),
        (1_999, None, Authority.SUSPENDED),
        (2_000, None, Authority.LIVE),
        (0, 1_001, Authority.SUSPENDED),
        (0, 1_000, Authority.LIVE),
    ],
)
def test_a_suspension_that_touches_the_duty_stops_it(
    from_us: int, to_us: int | None, expected: Authority
) -> None:
    assert answer([overt(0, 5_000)], Stop("SUSPENDED", from_us, to_us)) is expected


def test_a_suspension_of_one_model_leaves_the_other() -> None:
    both = [overt(0, 5_000), overt(0, 5_000, "T10")]
    suspended = Stop("SUSPENDED", 0, None, "T10", "OVERT")
    assert answer(both, suspended) is Authority.LIVE
    assert answer(both, suspended, model="T10") is Authority.SUSPENDED


def test_an_end_cuts_the_grant_it_follows_and_not_the_one_granted_anew() -> None:
    ended = Stop("ENDED", 700, None)
    assert answer([overt(0, 5_000)], ended) is Authority.NONE
    assert answer([overt(0, 5_000), overt(900, 5_000)], ended) is Authority.LIVE


@pytest.mark.db
def test_a_suspension_is_recorded_and_lifted(store: KitStore) -> None:
    person_id = store.person("K1")
    asked = Grant(person_id, "T7", "OVERT", date(2026, 1, 1), date(2029, 1, 1), "Supt Gray", "A1")
    grant(store.conn, store.ids, asked, NOW)
    order = StopOrder(person_id, "SUSPENDED", NOW, "Ch Insp Marsh", "PSD-1")
    stop_id = stop(store.conn, store.ids, order, NOW)
    lift_suspension(store.conn, stop_id, NOW + 1)
    with pytest.raises(BadField) as lifted_twice:
        lift_suspension(store.conn, stop_id, NOW + 2)
    assert lifted_twice.value.field == "stop_id"


@pytest.mark.db
def test_a_grant_or_stop_that_makes_no_sense_names_its_field(store: KitStore) -> None:
    person_id = store.person("K1")
    good = Grant(person_id, "T7", "OVERT", date(2026, 1, 1), date(2029, 1, 1), "Supt Gray", "A1")
    empty = Grant(person_id, "T7", "OVERT", date(2026, 1, 1), date(2026, 1, 1), "Supt Gray", "A2")
    grant(store.conn, store.ids, good, NOW)
    for asked, field in ((empty, "to_on"), (good, "from_on")):
        with pytest.raises(BadField) as bad_grant:
            grant(store.conn, store.ids, asked, NOW)
        assert bad_grant.value.field == field
    stop(store.conn, store.ids, StopOrder(person_id, "ENDED", NOW, "Ch Insp Marsh", "PSD-1"), NOW)
    for kind, ref, field in (("PAUSED", "PSD-2", "kind"), ("ENDED", "PSD-1", "source_ref")):
        with pytest.raises(BadField) as bad_stop:
            stop(store.conn, store.ids, StopOrder(person_id, kind, NOW, "Ch Insp Marsh", ref), NOW)
        assert bad_stop.value.field == field
