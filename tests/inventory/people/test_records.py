"""People, cards, collars, stores, capabilities and results by hand: the acts on records."""

from dataclasses import replace
from datetime import date, time

import pytest
import sqlalchemy as sa

from devices.codes.identify import identify, identity_of_card
from devices.pcsc.atr import TECHNOLOGIES
from devices.readings import CardPresented, CodePresented
from inventory.people import credentials, people
from inventory.people.calendar import ShiftPattern
from inventory.people.capabilities import CapabilityGrant, Held, give, held_by, may, take_away
from inventory.people.credentials import COLLAR, SERIAL, Bind, bind, normal, set_collar, unbind
from inventory.people.errors import BadField
from inventory.people.results import ManualResult, record_by_hand, retract
from inventory.people.stores import (
    NewStore,
    add_place,
    add_shift_pattern,
    open_store,
    shift_at_hatch,
    shift_patterns,
)
from inventory.schema.stock import item
from inventory.stock.marks import Found, find
from tests.inventory.people.conftest import NOW, TODAY, KitStore

pytestmark = pytest.mark.db

CARD = "3C00CE754C"


def handle(store: KitStore, serial: str, maker: str = "AXON") -> int:
    item_id = store.ids.take()
    row = {
        "id": item_id, "kind": "CED_HANDLE", "maker": maker, "serial": serial, "model": "T7",
        "home_store_id": store.medway, "pool": "OPERATIONAL", "recorded_us": NOW,
    }  # fmt: skip
    store.conn.execute(sa.insert(item), row)
    return item_id


# ---- people ----------------------------------------------------------------------------------------


def test_a_person_is_found_by_number_and_collar(store: KitStore) -> None:
    hollis = store.person("K1")
    set_collar(store.conn, store.ids, hollis, "4417", NOW)
    for found in (
        people.by_id(store.conn, hollis),
        people.by_ref(store.conn, " K1 "),
        people.by_collar(store.conn, "4417"),
    ):
        assert found is not None
        assert (found.id, found.name, found.collar, found.rank) == (hollis, "Sam Hollis", "4417", "PC")
    assert people.by_ref(store.conn, "K2") is None


@pytest.mark.parametrize("text", ["holl", "sam holl", "HOLLIS sam", "44", "k1", "O'Neil"])
def test_search_finds_by_the_beginning_of_names_number_or_collar(store: KitStore, text: str) -> None:
    hollis = store.person("K1", family_name="O'Neill" if "'" in text else "Hollis")
    set_collar(store.conn, store.ids, hollis, "4417", NOW)
    store.person("X9", family_name="Underwood")
    assert [each.id for each in people.search(store.conn, text)] == [hollis]


@pytest.mark.parametrize("text", ["", "   ", "%", "_ollis", "Sam Underwood"])
def test_search_takes_signs_as_they_are_and_finds_nobody_else(store: KitStore, text: str) -> None:
    store.person("K1")
    assert people.search(store.conn, text) == []


def test_a_number_is_given_once_and_bad_particulars_name_their_field(store: KitStore) -> None:
    good = people.NewPerson("K1", "REGULAR", "Hollis", "Sam")
    people.create(store.conn, store.ids, good, NOW)
    for bad, field in (
        (good, "ref"),
        (replace(good, ref="K2", kind="WIZARD"), "kind"),
        (replace(good, ref="K2", family_name=" "), "family_name"),
        (replace(good, ref="K" * 101), "ref"),
    ):
        with pytest.raises(BadField) as refused:
            people.create(store.conn, store.ids, bad, NOW)
        assert refused.value.field == field


def test_links_stay_one_step_deep(store: KitStore) -> None:
    first, second, third = (store.person(ref) for ref in ("K1", "K2", "K3"))
    assert people.link_duplicate(store.conn, second, first) == first
    assert people.link_duplicate(store.conn, second, third) == third
    assert [people.root_of(store.conn, each) for each in (first, second, third)] == [third] * 3
    assert [each.id for each in people.search(store.conn, "hollis")] == [third]
    for duplicate, of in ((first, third), (third, third), (first, 999_999)):
        with pytest.raises(BadField):
            people.link_duplicate(store.conn, duplicate, of)


# ---- cards, collars and marks ----------------------------------------------------------------------


def test_a_card_opens_the_person_it_is_bound_to(store: KitStore) -> None:
    hollis = store.person("K1")
    bind(store.conn, store.ids, Bind("EM4100", "3c 00 ce 75 4c", person_id=hollis), NOW)
    assert find(store.conn, [("EM4100", CARD)]) == Found(people=(hollis,))
    assert find(store.conn, [("ISO14443A", CARD)]) == Found()


def test_a_lost_card_says_that_it_is_lost_until_it_is_bound_again(store: KitStore) -> None:
    hollis, vance = store.person("K1"), store.person("K2")
    bind(store.conn, store.ids, Bind("EM4100", CARD, person_id=hollis), NOW)
    unbind(store.conn, "EM4100", CARD, "LOST", NOW + 1)
    assert find(store.conn, [("EM4100", CARD)]) == Found(lost=(hollis,))
    bind(store.conn, store.ids, Bind("EM4100", CARD, person_id=vance), NOW + 3)
    assert find(store.conn, [("EM4100", CARD)]) == Found(people=(vance,))
    unbind(store.conn, "EM4100", CARD, "RETURNED", NOW + 4)
    assert find(store.conn, [("EM4100", CARD)]) == Found(), "it was found again, and then handed in"


def test_a_card_of_a_duplicate_record_opens_the_person_once_and_is_reported_lost_by_them(store: KitStore) -> None:
    hollis, twice = store.person("K1"), store.person("K2")
    bind(store.conn, store.ids, Bind("EM4100", CARD, person_id=twice), NOW)
    set_collar(store.conn, store.ids, hollis, "4417", NOW)
    people.link_duplicate(store.conn, twice, hollis)
    assert find(store.conn, [("EM4100", CARD), (COLLAR, "4417")]) == Found(people=(hollis,))
    unbind(store.conn, "EM4100", CARD, "LOST", NOW + 1)
    assert find(store.conn, [("EM4100", CARD)]) == Found(lost=(hollis,))


def test_a_collar_passes_on_and_its_dates_tell_the_wearers_apart(store: KitStore) -> None:
    hollis, vance = store.person("K1"), store.person("K2")
    set_collar(store.conn, store.ids, hollis, "4417", NOW)
    with pytest.raises(BadField):
        set_collar(store.conn, store.ids, vance, "4417", NOW)
    set_collar(store.conn, store.ids, hollis, "5001", NOW + 10)
    set_collar(store.conn, store.ids, vance, "4417", NOW + 20)
    worn = [credentials.holder_at(store.conn, COLLAR, "4417", NOW + when) for when in (5, 15, 25)]
    assert worn == [hollis, None, vance]


def test_a_text_that_names_several_things_gives_all_of_them(store: KitStore) -> None:
    hollis = store.person("K1")
    ours, theirs = handle(store, "4417"), handle(store, "4417", maker="OTHER")
    set_collar(store.conn, store.ids, hollis, "4417", NOW)
    found = find(store.conn, [(SERIAL, "4417")])
    assert (found.people, {each.item_id for each in found.items}) == ((hollis,), {ours, theirs})


def test_an_item_known_by_serial_and_by_label_is_found_once_however_the_label_is_written(store: KitStore) -> None:
    ours = handle(store, "X40001")
    bind(store.conn, store.ids, Bind("LABEL", "x40001", item_id=ours), NOW)
    bind(store.conn, store.ids, Bind("LABEL", "Medway 1", item_id=ours), NOW)
    for text in ("X40001", "x40001", "medway 1", "MEDWAY 1"):
        read = identify(CodePresented(text=text)).candidates
        found = find(store.conn, [(each.technology, each.value) for each in read])
        assert [each.item_id for each in found.items] == [ours], text


def test_a_value_stands_for_one_thing_at_a_time(store: KitStore) -> None:
    hollis, vance = store.person("K1"), store.person("K2")
    first = bind(store.conn, store.ids, Bind("EM4100", CARD, person_id=hollis), NOW)
    assert bind(store.conn, store.ids, Bind("EM4100", CARD, person_id=hollis), NOW) == first
    with pytest.raises(BadField):
        bind(store.conn, store.ids, Bind("EM4100", CARD, person_id=vance), NOW)
    for value, reason in ((CARD, "BORED"), ("FFFFFFFFFF", "LOST")):
        with pytest.raises(BadField):
            unbind(store.conn, "EM4100", value, reason, NOW)


@pytest.mark.parametrize(("technology", "value"), [("EM4100", "XYZ"), ("EM4100", " "), (COLLAR, "9" * 129)])
def test_a_value_that_cannot_be_is_refused(technology: str, value: str) -> None:
    with pytest.raises(BadField):
        normal(technology, value)


def test_no_codes_stand_for_nothing(store: KitStore) -> None:
    assert find(store.conn, []) == find(store.conn, [(SERIAL, "")]) == Found()


# ---- stores and capabilities -----------------------------------------------------------------------


def test_a_store_is_set_up_with_places_and_shifts(store: KitStore) -> None:
    maidstone = open_store(store.conn, store.ids, NewStore("ma", "Maidstone"), NOW)
    add_place(store.conn, store.ids, maidstone, "Hatch", "HATCH")
    early = ShiftPattern("Early", time(7), time(16), date(2026, 1, 1))
    ended = ShiftPattern("Old early", time(6), time(14), date(2020, 1, 1), date(2026, 1, 1))
    for each in (early, ended):
        add_shift_pattern(store.conn, store.ids, maidstone, each)
    assert set(shift_patterns(store.conn, maidstone)) == {early, ended}
    window = shift_at_hatch(store.conn, maidstone, NOW)
    assert window is not None
    assert (window.name, window.on) == ("Early", TODAY)
    assert shift_at_hatch(store.conn, store.medway, NOW) is None


def test_a_store_code_is_given_once_and_a_place_has_a_known_activity(store: KitStore) -> None:
    for code in ("me", " "):
        with pytest.raises(BadField):
            open_store(store.conn, store.ids, NewStore(code, "Another"), NOW)
    with pytest.raises(BadField):
        add_place(store.conn, store.ids, store.medway, "Roof", "SUNBATHING")


def test_a_capability_holds_in_its_store_and_for_its_time(store: KitStore) -> None:
    hollis, vance = store.person("K1"), store.person("K2")
    grant_id = give(store.conn, store.ids, CapabilityGrant(hollis, "ISSUER", store.medway, "post"), NOW)
    give(store.conn, store.ids, CapabilityGrant(vance, "AUDITOR", None, "post", hollis, NOW + 10), NOW)
    assert held_by(store.conn, [hollis, vance], NOW) == {
        hollis: {Held("ISSUER", store.medway)},
        vance: {Held("AUDITOR", None)},
    }
    assert may(store.conn, hollis, "ISSUER", store.medway, NOW)
    assert not may(store.conn, hollis, "ISSUER", store.medway + 1, NOW)
    assert not may(store.conn, hollis, "ISSUER", None, NOW)
    assert may(store.conn, vance, "AUDITOR", store.medway, NOW + 9)
    assert not may(store.conn, vance, "AUDITOR", store.medway, NOW + 10)
    take_away(store.conn, grant_id, NOW + 5)
    assert not may(store.conn, hollis, "ISSUER", store.medway, NOW + 5)
    with pytest.raises(BadField):
        take_away(store.conn, grant_id, NOW + 6)


def test_a_capability_nobody_knows_or_that_has_ended_is_not_given(store: KitStore) -> None:
    hollis = store.person("K1")
    for grant in (
        CapabilityGrant(hollis, "KING", None, "post"),
        CapabilityGrant(hollis, "ISSUER", None, "post", to_us=NOW),
    ):
        with pytest.raises(BadField):
            give(store.conn, store.ids, grant, NOW)


def test_what_may_not_be_held_together_is_given_at_no_door_and_under_no_record(store: KitStore) -> None:
    hollis, twice = store.person("K1"), store.person("K1-OLD")
    people.link_duplicate(store.conn, twice, hollis)
    issuer = give(store.conn, store.ids, CapabilityGrant(hollis, "ISSUER", store.medway, "post"), NOW)
    for record, where in ((hollis, None), (hollis, store.medway), (twice, None)):
        with pytest.raises(BadField, match="one that may be held together with ISSUER"):
            give(store.conn, store.ids, CapabilityGrant(record, "AUDITOR", where, "post"), NOW)
    dover = open_store(store.conn, store.ids, NewStore("DO", "Dover"), NOW)
    give(store.conn, store.ids, CapabilityGrant(hollis, "AUDITOR", dover, "they do not meet"), NOW)
    take_away(store.conn, issuer, NOW + 5)
    give(store.conn, store.ids, CapabilityGrant(hollis, "LOG_READER", None, "issues no more"), NOW + 5)


# ---- results by hand -------------------------------------------------------------------------------


def test_a_result_by_hand_that_cannot_be_names_its_field(store: KitStore) -> None:
    hollis, one, other = (store.person(ref) for ref in ("K1", "K2", "K3"))
    good = ManualResult(hollis, "CED_REFRESHER", "T7", TODAY, 360, "PASS", "D1", one, other)
    result_id = record_by_hand(store.conn, store.ids, good, NOW)
    for bad, field in (
        (good, "document"),
        (replace(good, document=" "), "document"),
        (replace(good, course="KNITTING"), "course"),
        (replace(good, model=None), "model"),
        (replace(good, course="PPST"), "model"),
        (replace(good, attended_on=date(2026, 11, 23)), "attended_on"),
        (replace(good, minutes=-1), "minutes"),
        (replace(good, outcome="MAYBE"), "outcome"),
        (replace(good, second_person=one), "second_person"),
    ):
        with pytest.raises(BadField) as refused:
            record_by_hand(store.conn, store.ids, bad, NOW)
        assert refused.value.field == field
    assert retract(store.conn, result_id, NOW) == hollis
    with pytest.raises(BadField):
        retract(store.conn, result_id, NOW)


@pytest.mark.parametrize("technology", sorted(TECHNOLOGIES.values()))
def test_what_a_card_reader_says_finds_what_was_bound_however_it_was_typed(store: KitStore, technology: str) -> None:
    hollis = store.person("K1")
    bind(store.conn, store.ids, Bind(technology, "04:a1:b2:c3:d4:e5:80", person_id=hollis), NOW)
    identity = identity_of_card(CardPresented(technology=technology, uid="04A1B2C3D4E580"))
    assert find(store.conn, identity.candidates) == Found(people=(hollis,))


@pytest.mark.parametrize("value", ["085A1FC3", "08:5a:1f:c3"])
def test_a_card_that_draws_its_number_anew_is_given_to_nobody(store: KitStore, value: str) -> None:
    hollis = store.person("K1")
    with pytest.raises(BadField, match="new at every touch"):
        bind(store.conn, store.ids, Bind("ISO14443A", value, person_id=hollis), NOW)
    assert bind(store.conn, store.ids, Bind("ISO14443A", "085A1FC3D4E580", person_id=hollis), NOW)
    assert bind(store.conn, store.ids, Bind("EM4100", "0812D68700", person_id=hollis), NOW)
