"""What is out already when the ledger begins, what cannot be found, and what a dock says of kit taken from it."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from inventory.custody.docking import bay_reported
from inventory.custody.issue import Request, issue_kit
from inventory.custody.life import holdings
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.receive import LotAssertion, assert_lots_held
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.schema.custody import alarm, ledger
from inventory.schema.ids import Ids
from inventory.schema.people import binding
from inventory.schema.stock import lot_balance
from inventory.stock.docks import BayWord
from inventory.stock.item_facts import read_items
from inventory.stock.marks import Found, find
from tests.small_force import (
    CAMERAS,
    GUARD_LOT,
    HANDLES,
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    NOW,
    SECOND_ISSUER,
    acting,
    camera_ask,
    demo_policy,
    serial,
)  # fmt: skip

POLICY = demo_policy()
CARRIED = LotAssertion(GUARD_LOT, 2, HOLLIS, MEDWAY, ISSUER, SECOND_ISSUER, "Stock count, sheet 4")


def in_store(engine: sa.Engine) -> int:
    """Guards of the lot in the store."""
    here = (lot_balance.c.lot_id == GUARD_LOT, lot_balance.c.holder == "STORE")
    with engine.connect() as conn:
        return int(conn.execute(sa.select(lot_balance.c.quantity).where(*here)).scalar_one())


def test_guards_that_officers_carry_already_are_vouched_for_by_two_people_with_a_document(
    engine: sa.Engine, ids: Ids
) -> None:
    before = in_store(engine)
    for bad in (replace(CARRIED, asserted_second=ISSUER), replace(CARRIED, document="")):
        with pytest.raises(ValueError, match=r"second|document"), acting(engine, ids) as tx:
            assert_lots_held(tx, [bad], POLICY)
    with acting(engine, ids) as tx:
        entry = assert_lots_held(tx, [CARRIED], POLICY)[0]
    with engine.connect() as conn:
        written = conn.execute(sa.select(ledger).where(ledger.c.id == entry)).mappings().one()
        assert [row["quantity"] for row in holdings(conn, HOLLIS) if row.get("lot_id") == GUARD_LOT] == [2]
        assert audit(conn) == []
    assert (written["kind"], written["giver"], written["by_person"], written["second_person"]) == (
        "ASSERTED", None, ISSUER, SECOND_ISSUER,
    )  # fmt: skip
    assert in_store(engine) == before


def test_guards_with_somebody_who_could_not_draw_them_are_written_down_and_said_aloud(
    engine: sa.Engine, ids: Ids
) -> None:
    with acting(engine, ids) as tx:
        assert_lots_held(tx, [replace(CARRIED, quantity=9)], POLICY)
    with engine.connect() as conn:
        said = conn.execute(sa.select(alarm.c.kind, alarm.c.person_id)).all()
        refused = conn.execute(sa.select(ledger.c.kind).where(ledger.c.kind == "REFUSED")).all()
    assert ("ASSERTED_INELIGIBLE", HOLLIS) in [tuple(row) for row in said]
    assert len(refused) == 1


def test_an_item_nobody_can_find_is_unaccounted_until_a_scan_finds_it(engine: sa.Engine, ids: Ids) -> None:
    missed = Missing(HANDLES[0], MEDWAY, ISSUER, "Stock count")
    with pytest.raises(ValueError, match="detail"), acting(engine, ids) as tx:
        report_unaccounted(tx, [replace(missed, detail=" ")])
    with acting(engine, ids) as tx:
        report_unaccounted(tx, [missed])
    with engine.connect() as conn:
        facts = read_items(conn, [HANDLES[0]])[HANDLES[0]]
        assert facts.holder == "UNKNOWN"
        assert ("UNACCOUNTED", HANDLES[0]) in [
            tuple(row) for row in conn.execute(sa.select(alarm.c.kind, alarm.c.item_id)).all()
        ]
    with acting(engine, ids, NOW + HOUR) as tx:
        return_kit(tx, [Back(HANDLES[0], MEDWAY, ISSUER)])
    with engine.connect() as conn:
        assert read_items(conn, [HANDLES[0]])[HANDLES[0]].holder == "STORE"
        assert audit(conn) == []


def test_a_camera_lifted_out_of_its_dock_is_still_known_to_be_charged_and_uploaded(
    engine: sa.Engine, ids: Ids
) -> None:
    ready = BayWord(
        dock="me/d1", bay=1, store_id=MEDWAY, word="READY", present=True, serial=serial(CAMERAS[1]), observed_us=NOW,
        reading_key="me/b/obs/1", charge_percent=97, files_pending=0, free_mb=60_000, firmware="1.2",
    )  # fmt: skip
    lifted = replace(ready, word="EMPTY", present=False, serial=None, observed_us=NOW + 1_000_000,
                     reading_key="me/b/obs/2", charge_percent=None, files_pending=None, free_mb=None,
                     firmware=None)  # fmt: skip
    with acting(engine, ids, NOW) as tx:
        bay_reported(tx, ready)
    with acting(engine, ids, NOW + 2_000_000) as tx:
        bay_reported(tx, lifted)
        done = issue_kit(tx, [Request(camera_ask(LAPSED, CAMERAS[1]))], POLICY)[0]
        facts = read_items(tx.conn, [CAMERAS[1]])[CAMERAS[1]]
    assert facts.bay is not None
    assert (facts.bay.present, facts.bay.charge_percent, facts.bay.files_pending) == (False, 97, 0)
    of_the_dock = {"DOCK_FEED_STALE", "CAMERA_CHARGE_LOW", "UPLOAD_NOT_COMPLETE"}
    assert not of_the_dock & {reason.code for reason in done.decision.refusals}


def test_a_bay_that_is_filled_again_speaks_of_what_is_in_it_now(engine: sa.Engine, ids: Ids) -> None:
    first = BayWord(
        dock="me/d1", bay=1, store_id=MEDWAY, word="READY", present=True, serial=serial(CAMERAS[1]), observed_us=NOW,
        reading_key="me/b/obs/1", charge_percent=97, files_pending=0,
    )  # fmt: skip
    words = [
        first,
        replace(first, word="EMPTY", present=False, serial=None, observed_us=NOW + 1, charge_percent=None),
        replace(first, word="CHARGING", serial=serial(CAMERAS[2]), observed_us=NOW + 2, charge_percent=12),
    ]
    for said in words:
        with acting(engine, ids, NOW + 10) as tx:
            bay_reported(tx, said)
    with engine.connect() as conn:
        facts = read_items(conn, [CAMERAS[2]])[CAMERAS[2]]
    assert facts.bay is not None
    assert facts.bay.charge_percent == 12


def test_the_label_on_a_box_of_guards_is_found_by_what_the_scanner_reads(engine: sa.Engine, ids: Ids) -> None:
    with acting(engine, ids) as tx:
        row = {
            "id": ids.take(),
            "technology": "LABEL",
            "value": "SBG2611",
            "lot_id": GUARD_LOT,
            "from_us": NOW,
        }
        tx.conn.execute(sa.insert(binding), row)
        assert find(tx.conn, [("SERIAL", "SBG2611")]).lots == (GUARD_LOT,)
        assert find(tx.conn, [("SERIAL", "SBG2612")]) == Found()
