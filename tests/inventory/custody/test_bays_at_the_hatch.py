"""The store says which bay holds what it would give, opens it for what was issued, and says which did not obey."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from inventory.custody import bays, hatch, propose
from inventory.custody.propose import Standing
from inventory.schema.bays import bay_command
from inventory.schema.custody import alarm, ledger
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.stock import bay, item
from tests import small_force
from tests.built_once import built_once
from tests.inventory.custody.bay_stage import (
    BRIDGE,
    CHARGER,
    OTHER_HATCH,
    POLICY,
    RACK,
    SECOND,
    Store,
    store_of_bays,
)
from tests.small_force import BATTERIES, CAMERAS, HANDLES, HOLLIS, LAPSED, MERCER, NOW, serial  # noqa: F401


@pytest.fixture(scope="module")
def built_here(make_sqlite_database: Callable[..., str]) -> str:
    """The small force on SQLite: what the other database must refuse is in the neighbouring file."""
    return built_once(make_sqlite_database, small_force.build)


@pytest.fixture
def store(make_sqlite_database: Callable[..., str], built_here: str) -> Iterator[Store]:
    engine = make_engine(make_sqlite_database(template=built_here))
    yield store_of_bays(engine, Ids(writing(engine)))
    engine.dispose()


def test_a_card_lights_the_fullest_camera_and_a_handle_and_the_screen_says_where(store: Store) -> None:
    proposed = store.shows(HOLLIS).view["visit"]["proposed"]
    assert [(each["serial"], each["where"], each["because"]) for each in proposed if each["kind"] == "BWV_CAMERA"] == [
        (serial(CAMERAS[1]), "rack bay 2 (97\xa0%)", "the fullest")
    ]
    assert store.lit() == {(RACK, 2), (CHARGER, 1)}
    assert {row["light"] for row in store.told()} == {"green"}


def test_a_persons_own_camera_goes_before_a_fuller_one_and_nobody_else_is_sent_to_it(store: Store) -> None:
    with writing(store.engine).begin() as conn:
        conn.execute(sa.update(item).where(item.c.id == CAMERAS[0]).values(personal_to=HOLLIS))
        conn.execute(sa.update(item).where(item.c.id == CAMERAS[1]).values(personal_to=MERCER))
    proposed = store.shows(HOLLIS).view["visit"]["proposed"]
    cameras = [(each["item_id"], each["because"]) for each in proposed if each["kind"] == "BWV_CAMERA"]
    assert cameras == [(CAMERAS[0], "their own")]


def test_no_bay_is_lit_that_the_gate_would_refuse(store: Store) -> None:
    with writing(store.engine).begin() as conn:
        conn.execute(sa.update(bay).where(bay.c.item_id == CAMERAS[1]).values(files_pending=3))
    store.shows(LAPSED)
    assert store.lit() == {(RACK, 3)}, "no handle for whose course lapsed, no camera with films still in it"


def test_behind_cameras_that_are_not_uploaded_one_that_states_it_is_ready_is_lit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inventory.custody.propose.ASKED_MOST", 1)
    store.does(lambda tx: tx.conn.execute(sa.update(bay).where(bay.c.item_id == CAMERAS[1]).values(files_pending=5)))
    store.shows(HOLLIS)
    assert (RACK, 3) in store.lit(), "the fullest of those that are ready"


def test_what_is_in_the_set_goes_dark_and_the_battery_comes_next(store: Store) -> None:
    store.shows(HOLLIS)
    store.scans(CAMERAS[0])
    assert store.lit() == {(CHARGER, 1)}, "any other valid camera is taken, and no further one is pointed at"
    store.scans(HANDLES[0])
    assert store.lit() == {(CHARGER, 3)}, "the fuller battery"


def test_nothing_stays_lit_when_the_visit_ends(store: Store) -> None:
    visit_id = store.shows(HOLLIS).view["visit"]["id"]
    store.does(lambda tx: hatch.drop(tx, visit_id, POLICY, "Ended."))
    assert store.lit() == set()
    assert len(store.told(act="POINT", light="none")) == 2


def test_two_people_at_two_hatches_are_sent_to_two_cameras(store: Store) -> None:
    store.shows(HOLLIS)
    store.shows(MERCER, OTHER_HATCH)
    assert (RACK, 2) in store.lit()
    assert store.lit(OTHER_HATCH) == {(RACK, 3)}


def test_what_was_issued_is_let_go_by_the_entry_of_its_issue_and_nothing_else_is(store: Store) -> None:
    store.shows(HOLLIS)
    done = store.completes(store.scans(CAMERAS[1]))
    assert done.outcome == "COMPLETED"
    (opened,) = store.told(act="RELEASE")
    assert (opened["dock"], opened["bay"], opened["item_id"]) == (RACK, 2, CAMERAS[1])
    with store.engine.connect() as conn:
        entry = conn.execute(sa.select(ledger.c.kind, ledger.c.item_id).where(ledger.c.id == opened["entry"])).one()
    assert tuple(entry) == ("ISSUED", CAMERAS[1])
    assert store.answers(opened, "DONE")
    assert store.shows(MERCER).view["bays"][0]["sentence"] == f"Bay 2 of rack is open: take {serial(CAMERAS[1])}."


def test_a_refused_set_opens_nothing(store: Store) -> None:
    store.shows(HOLLIS)
    refused = store.completes(store.scans(HANDLES[0]))
    assert refused.outcome == "REFUSED", "no function test, no fitness, no cartridges"
    assert store.told(act="RELEASE") == []


def test_a_bay_that_does_not_open_is_said_at_the_hatch_and_alarms(store: Store) -> None:
    store.shows(HOLLIS)
    store.completes(store.scans(CAMERAS[1]))
    (opened,) = store.told(act="RELEASE")
    assert not store.answers(opened, "DONE", by=BRIDGE + 1), "another bridge has no say"
    assert store.answers(opened, "SILENT", "It did not answer.")
    assert not store.answers(opened, "DONE"), "the first answer stands"
    assert store.shows(MERCER).view["bays"] == [
        {"tone": "warn", "sentence": "Bay 2 of rack did not answer: open it by hand."}
    ]
    with store.engine.connect() as conn:
        assert conn.execute(sa.select(alarm.c.kind)).scalars().all() == ["BAY_NOT_MOVED"]


def test_a_bridge_that_never_answers_is_given_up_and_its_late_word_still_counts(store: Store) -> None:
    store.shows(HOLLIS)
    store.completes(store.scans(CAMERAS[1]))
    (opened,) = store.told(act="RELEASE")
    store.now = opened["until_us"] + bays.ANSWERS_US
    store.does(bays.give_up)
    assert store.told(act="RELEASE")[0]["word"] == "EXPIRED"
    assert store.answers(opened, "DONE"), "it had opened, and says so when it can"


def test_a_bay_locks_again_when_its_camera_is_back_and_not_on_a_brokers_copy(store: Store) -> None:
    store.shows(HOLLIS)
    store.completes(store.scans(CAMERAS[1]))
    store.dock_says(2, CAMERAS[1], present=False)
    assert store.dock_says(2, CAMERAS[1], present=True, retained=True) == "REFRESHED"
    assert store.told(act="LOCK") == []
    store.dock_says(2, CAMERAS[1], present=False)
    assert store.dock_says(2, CAMERAS[1], present=True) == "RETURNED"
    assert [(row["dock"], row["bay"]) for row in store.told(act="LOCK")] == [(RACK, 2)]
    store.dock_says(2, CAMERAS[1], present=True)
    assert len(store.told(act="LOCK")) == 1, "once"


def test_a_bridge_that_does_not_listen_is_told_nothing_and_the_screen_names_the_bay_all_the_same(store: Store) -> None:
    store.now = NOW + bays.LISTENS_US
    proposed = store.shows(HOLLIS).view["visit"]["proposed"]
    assert "rack bay 2 (97\xa0%)" in [each["where"] for each in proposed]
    assert store.told() == []


def test_a_dock_without_lights_is_not_asked_again(store: Store) -> None:
    store.shows(HOLLIS)
    for command in store.told():
        store.answers(command, "UNABLE")
    before = len(store.told())
    store.shows(MERCER)
    assert len(store.told()) == before


def test_what_was_told_is_forgotten_after_a_while_but_for_what_let_kit_go(store: Store) -> None:
    store.shows(HOLLIS)
    store.completes(store.scans(CAMERAS[1]))
    store.now += bays.KEPT_US + SECOND
    store.does(bays.forget)
    assert [row["act"] for row in store.told()] == ["RELEASE"]


UNITS = st.lists(
    st.builds(Standing, st.integers(1, 50), st.just("BWV_CAMERA"), st.just("VB400"), st.just("X"), st.none(),
              st.sampled_from(["a", "b"]), st.integers(1, 20), st.none() | st.integers(0, 100), st.booleans(),
              st.booleans()),
    min_size=1, unique_by=lambda unit: (unit.dock, unit.bay),
)  # fmt: skip


@given(UNITS, st.randoms())
def test_the_unit_to_give_does_not_depend_on_the_order_they_are_read_in(units: list[Standing], shuffle: Any) -> None:
    first = propose.ranked(units)[0]
    shuffle.shuffle(units)
    assert propose.ranked(units)[0] == first
    assert first.is_own == any(unit.is_own for unit in units)


def test_nobody_is_named_in_what_a_bay_is_told() -> None:
    assert not [each for each in bay_command.columns if "person" in each.name]
