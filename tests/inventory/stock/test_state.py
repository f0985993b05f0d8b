"""The one word for how an item stands: where it is, what holds it, the calendar, and its dock's word."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.schema.words import HOLD_REASONS, HOLDERS, ITEM_KINDS, POOLS
from inventory.stock.kit_facts import BayFacts, ItemFacts
from inventory.stock.state import STATES, Clock, Seen, state_of, states_of

NOW, DAY = 1_795_600_000_000_000, 86_400_000_000
TODAY = date(2026, 11, 22)
CLOCK = Clock(NOW, TODAY, dock_days={"T7": 30})


def seen(kind: str = "CED_HANDLE", **more: Any) -> Seen:
    """An item on the shelf, nothing known against it, but what is said."""
    beside = {name: more.pop(name) for name in list(more) if name in Seen.__slots__}
    facts = {"id": 1, "maker": "AXON", "serial": "X1", "model": "T7", "home_store_id": 1, "pool": "OPERATIONAL",
             "holder": "STORE", "holder_id": 1, "holds": frozenset[str]()} | more  # fmt: skip
    return Seen(ItemFacts(kind=kind, **facts), CLOCK, **beside)


def docked(ago_us: int = 0, **more: Any) -> BayFacts:
    return BayFacts(1, True, NOW - ago_us, **more)


@pytest.mark.parametrize(
    ("word", "item"),
    [
        ("AVAILABLE", seen()),
        ("ON_ORDER", seen(holder=None, holder_id=None)),
        ("ISSUED", seen(holder="PERSON", planned_return_us=NOW + 1)),
        ("OVERDUE", seen(holder="PERSON", planned_return_us=NOW - 1)),
        ("EVIDENTIAL_HOLD", seen(holder="PERSON", planned_return_us=NOW - 1, holds=frozenset({"EVIDENTIAL"}))),
        ("EXTERNAL_EXAM", seen(holder="EXHIBIT", holds=frozenset({"EVIDENTIAL", "EXTERNAL_EXAM"}))),
        ("UNACCOUNTED", seen(holder="UNKNOWN")),
        ("LOST", seen(holder="UNKNOWN", holds=frozenset({"LOST"}))),
        ("STOLEN", seen(holder="UNKNOWN", holds=frozenset({"STOLEN", "LOST"}))),
        ("RECOVERED", seen(holds=frozenset({"LOST"}))),
        ("DESTROYED", seen(holder="DISPOSAL", holds=frozenset({"WITHDRAWN"}))),
        ("RMA", seen(holder="SUPPLIER", holds=frozenset({"MAINTENANCE"}))),
        ("QUARANTINED", seen(holds=frozenset({"RECALL"}))),
        ("TRAINING_POOL", seen(pool="TRAINING")),
        ("RECALLED", seen("CED_CARTRIDGE", holds=frozenset({"RECALL"}))),
        ("IN_STOCK", seen("CED_CARTRIDGE", expires_on=TODAY)),
        ("EXPIRED", seen("CED_CARTRIDGE", expires_on=date(2026, 11, 21))),
        ("TRAINING_POOL", seen("CED_CARTRIDGE", expires_on=date(2026, 11, 21), pool="TRAINING")),
        ("LOADED_IN_MAGAZINE", seen("CED_CARTRIDGE", fitted_in=7)),
        ("DISCHARGED_OPERATIONAL", seen("CED_CARTRIDGE", holds=frozenset({"DISCHARGED_OPERATIONAL", "DOWNLOAD"}))),
        ("EXHIBIT", seen("CED_CARTRIDGE", holds=frozenset({"DISCHARGED_OPERATIONAL", "EVIDENTIAL"}))),
        ("USED", seen("SBG", holds=frozenset({"SPENT"}))),
        ("EMPTY", seen("CED_MAGAZINE")),
        ("LOADED_FULL", seen("CED_MAGAZINE", fitted=tuple(range(10)), came_by="RETURNED")),
        ("RETURNED_PARTIAL", seen("CED_MAGAZINE", fitted=(1, 2), came_by="RETURNED", opened_us=5, loaded_us=4)),
        ("LOADING", seen("CED_MAGAZINE", fitted=(1, 2), came_by="RETURNED", opened_us=5, loaded_us=6)),
        ("READY", seen("CED_BATTERY", bay=docked(), bay_word="READY")),
        ("CHARGING", seen("CED_BATTERY", bay=docked(), bay_word="CHARGING")),
        ("DOCKED_UPLOADING", seen("CED_BATTERY", bay=docked(), holds=frozenset({"DOWNLOAD"}))),
        ("AWAITING_DOWNLOAD", seen("CED_BATTERY", holds=frozenset({"DOWNLOAD"}))),
        ("DOCK_OVERDUE", seen("CED_BATTERY", docked_us=NOW - 31 * DAY)),
        ("READY", seen("CED_BATTERY", docked_us=NOW - 29 * DAY)),
        ("READY", seen("BWV_CAMERA", bay=docked(files_pending=0), bay_word="READY")),
        ("UNKNOWN", seen("BWV_CAMERA", bay=docked(ago_us=601_000_000), bay_word="READY")),
        ("UPLOADING", seen("BWV_CAMERA", bay=docked(files_pending=3), bay_word="READY")),
        ("FAULT", seen("BWV_CAMERA", bay=docked(), bay_word="FAULT")),
        ("RETURNED", seen("BWV_CAMERA", came_by="RETURNED")),
        ("PROVISIONED", seen("BWV_CAMERA", came_by="RECEIVED")),
        ("RETIRED", seen("BWV_CAMERA", holds=frozenset({"WITHDRAWN"}))),
        ("SANITISED", seen("BWV_CAMERA", holds=frozenset({"WITHDRAWN"}), sanitised=True)),
    ],
)  # fmt: skip
def test_an_item_stands_as_the_field_would_say(word: str, item: Seen) -> None:
    assert state_of(item) == word


@given(
    st.sampled_from(ITEM_KINDS), st.sampled_from((None, *HOLDERS)), st.sets(st.sampled_from(HOLD_REASONS)),
    st.sampled_from(POOLS),
)  # fmt: skip
def test_every_item_has_exactly_one_state_of_its_kind_and_no_hold_is_said_to_be_nothing(
    kind: str, holder: str | None, holds: set[str], pool: str
) -> None:
    word = state_of(seen(kind, holder=holder, holds=frozenset(holds), pool=pool))
    assert word in states_of(kind)
    if holder == "STORE" and holds:
        assert word not in (
            "AVAILABLE",
            "READY",
            "IN_STOCK",
            "PROVISIONED",
            "TRAINING_POOL",
            "EMPTY",
            "EXPIRED",
        )


@pytest.mark.parametrize("kind", ITEM_KINDS)
def test_no_single_hold_leaves_an_item_looking_free(kind: str) -> None:
    free = state_of(seen(kind))
    assert [
        reason for reason in HOLD_REASONS if state_of(seen(kind, holds=frozenset({reason}))) == free
    ] == []


def test_the_last_row_of_every_kind_holds_whatever_is_known() -> None:
    last = {kind: next(row for row in reversed(STATES) if kind in row.kinds) for kind in ITEM_KINDS}
    assert all(last[kind].when(seen(kind)) for kind in ITEM_KINDS)
