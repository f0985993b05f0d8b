"""What SQLite and PostgreSQL refuse by themselves, whoever writes: each promise is attacked with plain SQL."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from inventory.schema import authority, feeds, metadata, migrate, revision, triggers
from inventory.schema.corrections import correction, told_later
from inventory.schema.custody import custody, decision, decision_item, decision_lot, ledger, tx_seal
from inventory.schema.engine import make_engine, writing
from inventory.schema.equality import equality_declared, equality_figure, equality_file, equality_release
from inventory.schema.guards import force_count
from inventory.schema.handovers import handover, handover_item
from inventory.schema.lapses import lapse, lapse_event
from inventory.schema.losses import loss_case, loss_event
from inventory.schema.mobilisation import mobilisable_role, person_role, role_review, saved_plan
from inventory.schema.overrides import LONGEST_US, decision_override, override, override_revoked
from inventory.schema.oversight import checkpoint, policy_version, processing_log
from inventory.schema.paper import paper_line, paper_page, paper_scan
from inventory.schema.people import capability_grant, person, store, training_result
from inventory.schema.policies import policy_change, policy_change_end, policy_document, policy_taken_up
from inventory.schema.recalls import recall, recall_event, recall_line
from inventory.schema.receiving import (
    delivery,
    delivery_event,
    delivery_file,
    purchase,
    purchase_line,
    purchase_line_ended,
)  # fmt: skip
from inventory.schema.reservations import (
    reservation,
    reservation_ended,
    reservation_line,
    reservation_person,
)  # fmt: skip
from inventory.schema.retention import (
    disposal_answer,
    disposal_batch,
    disposal_certificate,
    disposal_line,
    disposal_run,
    legal_hold,
    legal_hold_released,
    pack_made,
    rights_event,
    rights_request,
)
from inventory.schema.service import bridge, device_word
from inventory.schema.stock import firmware_seen, fitting, hold, hold_lift, item, lot, lot_balance
from inventory.schema.stocktake import (
    stocktake,
    stocktake_closed,
    stocktake_lot,
    stocktake_lot_settled,
    stocktake_settled,
    stocktake_sighting,
)
from inventory.schema.targets import assessment, availability_target
from inventory.schema.training import (
    training_retraction,
    training_session,
    training_session_ended,
    use_review,
)  # fmt: skip
from inventory.schema.transfers import consignment, consignment_event
from inventory.schema.uses import use_answer, use_declared, use_item, use_point
from inventory.schema.vendor import vendor_import, vendor_mapping, vendor_refusal

NOW = 1_760_000_000_000_000
LATER = NOW + 8 * 3_600_000_000
HOLLIS, MERCER, OTHER_RECORD = 1, 2, 3
TASER, CARTRIDGE = 11, 12
ASSERTED = {"basis": "ASSERTED", "asserted_by": 1, "asserted_second": 2, "document": "D"}
Refused = (sa.exc.IntegrityError, sa.exc.DatabaseError)
Changes = Mapping[str, Any]
NO_CHANGES: Changes = MappingProxyType({})


@pytest.fixture(scope="module")
def migrated(make_database: Callable[..., str]) -> str:
    """A migrated database with one store, two constables, a handle, a cartridge and a lot."""
    url = make_database()
    engine = make_engine(url)
    migrate.upgrade(engine)
    with writing(engine).begin() as conn:
        _insert(conn, store, id=1, code="ME", name="Medway", opened_us=1)
        for number, name in ((HOLLIS, "Hollis"), (MERCER, "Mercer")):
            _insert(conn, person, id=number, ref=str(number), kind="REGULAR", family_name=name, given_name="A",
                    frontline=1, recorded_us=1)  # fmt: skip
        _insert(conn, person, id=OTHER_RECORD, ref="3", kind="REGULAR", family_name="Hollis", given_name="A",
                frontline=1, same_as=HOLLIS, recorded_us=1)  # fmt: skip
        for number, giver in ((31, MERCER), (32, OTHER_RECORD)):
            _insert(conn, capability_grant, id=number, person_id=giver, capability="SUPERVISOR", store_id=1, from_us=2,
                    to_us=LATER, reason="t")  # fmt: skip
        _insert(conn, store, id=2, code="DO", name="Dover", opened_us=1)
        for number, kind in ((TASER, "CED_HANDLE"), (CARTRIDGE, "CED_CARTRIDGE")):
            _insert(conn, item, id=number, kind=kind, maker="AXON", serial=f"X{number}", model="T7", home_store_id=1,
                    pool="OPERATIONAL", recorded_us=1)  # fmt: skip
        _insert(conn, bridge, id=41, name="medway", store_id=1)
        _insert(conn, lot, id=21, kind="SBG", maker="MK", lot_no="L1", product="Guard", recorded_us=1)
    engine.dispose()
    return url


@pytest.fixture
def engine(make_database: Callable[..., str], migrated: str) -> Iterator[sa.Engine]:
    """A copy of it, this test's own."""
    engine = make_engine(make_database(template=migrated))
    yield engine
    engine.dispose()


def _insert(conn: sa.Connection, table: sa.Table, **values: Any) -> None:
    conn.execute(sa.insert(table).values(**values))


def _decide(conn: sa.Connection, number: int = 50, tx: int = 9, **values: Any) -> None:
    base = {"id": number, "tx_id": tx, "person_id": HOLLIS, "store_id": 1, "purpose": "OPERATIONAL", "verdict": "ALLOW",
            "decided_us": NOW, "planned_return_us": LATER, "valid_until_us": LATER, "policy_hash": "p", "door": "hatch",
            "refusals": "[]", "facts": "{}"}  # fmt: skip
    _insert(conn, decision, **(base | values))
    _insert(conn, decision_item, decision_id=number, item_id=TASER)


def _entry(conn: sa.Connection, number: int = 60, tx: int = 9, **values: Any) -> None:
    base = {"id": number, "tx_id": tx, "chain": "item:11", "seq": number, "prev_hash": "0", "hash": str(number),
            "kind": "ISSUED", "at_us": NOW, "item_id": TASER}  # fmt: skip
    _insert(conn, ledger, **(base | values))


def _hold_kit(conn: sa.Connection, number: int = 70, tx: int = 9, entry: int = 60, **values: Any) -> None:
    base = {"id": number, "tx_id": tx, "item_id": TASER, "holder": "PERSON", "holder_id": HOLLIS, "person_id": HOLLIS,
            "is_handle": 1, "basis": "ISSUED", "purpose": "OPERATIONAL", "decision_id": 50, "return_mode": "DUTY",
            "planned_return_us": LATER, "opened_entry": entry, "opened_us": NOW}  # fmt: skip
    _insert(conn, custody, **(base | values))


def _override(conn: sa.Connection, number: int = 80, tx: int = 9, **values: Any) -> None:
    base = {"id": number, "tx_id": tx, "person_id": HOLLIS, "store_id": 1, "purpose": "OPERATIONAL",
            "code": "STORE_CLOSED", "by_person": MERCER, "capability": "SUPERVISOR", "reason": "Relief needed",
            "given_us": NOW, "until_us": LATER, "entry_id": 60}  # fmt: skip
    _insert(conn, override, **(base | values))


def _revoke(conn: sa.Connection, tx: int, entry: int) -> None:
    _insert(conn, override_revoked, override_id=80, tx_id=tx, revoked_us=NOW + 1, revoked_by=MERCER, reason="Not so",
            entry_id=entry)  # fmt: skip


def _vendor_file(conn: sa.Connection) -> None:
    _insert(conn, vendor_mapping, id=90, name="Axon", vendor="Axon", headings="h", body="{}", made_us=1)
    _insert(conn, vendor_import, id=91, mapping_id=90, file_name="a.csv", sha256="s", size=1, sheet="", at_us=1,
            row_count=1, taken=0, unchanged=0, unknown=0, refused=1, contradicted=0)  # fmt: skip
    _insert(conn, vendor_refusal, id=92, import_id=91, line=2, field="f", value="v", expected="e", raw="{}")


def _assessment(conn: sa.Connection) -> None:
    _insert(conn, assessment, id=93, reference="STRA 1", title="t", assessed_on="2026-09-01", approved_by="DCC",
            from_on="2026-10-01", review_on="2027-03-01", recorded_us=1, recorded_by=HOLLIS,
            second_person=MERCER)  # fmt: skip
    _insert(conn, availability_target, id=94, assessment_id=93, store_id=1, shift="", kind="CED_HANDLE", role="",
            pieces=5)  # fmt: skip


def _missed(conn: sa.Connection, tx: int) -> None:
    """A case of the item that `_counted` misses, and what was done about it."""
    _insert(conn, loss_case, id=97, tx_id=tx, item_id=TASER, store_id=1, opened_us=NOW, detail="Count", facts="{}",
            entry_id=66)  # fmt: skip
    _entry(conn, 67, tx, kind="LOSS")
    _insert(conn, loss_event, id=98, tx_id=tx, case_id=97, act="SEARCHED", at_us=NOW, happened_us=NOW,
            by_person=HOLLIS, detail="The rack", entry_id=67)  # fmt: skip


def _sent(conn: sa.Connection, tx: int) -> None:
    _insert(conn, consignment, id=99, tx_id=tx, from_store_id=1, to_store_id=2, stock="OPERATIONAL", terms="FOR_GOOD",
            reason="Short", due_us=LATER, opened_us=NOW, opened_by=HOLLIS)  # fmt: skip
    _insert(conn, consignment_event, id=100, tx_id=tx, consignment_id=99, act="LISTED", at_us=NOW, by_person=HOLLIS,
            item_id=TASER)  # fmt: skip
    _handed_over(conn, tx)
    _delivered(conn, tx)


def _counted(conn: sa.Connection, tx: int, **changes: Any) -> None:
    _entry(conn, 65, tx, kind="COUNT_CLOSED", item_id=None, giver=None, taker=None, reason="closed; SHA-256 abc")
    _entry(conn, 66, tx, kind="UNACCOUNTED", taker="UNKNOWN", taker_id=0)
    _insert(conn, stocktake, id=95, tx_id=tx, store_id=1, sort="WEEKLY", blind=0, two_person=1, docks=0,
            expected="[11]", opened_us=NOW, opened_by=HOLLIS, entry_id=65)  # fmt: skip
    _insert(conn, stocktake_sighting, id=96, stocktake_id=95, item_id=TASER, matches=1, code="X11", way="SCAN",
            by_person=HOLLIS, seen_us=NOW, received_us=NOW, late=0, reading_key="k1")  # fmt: skip
    _insert(conn, stocktake_lot, id=121, stocktake_id=95, lot_id=21, quantity=1, balance=3, by_person=HOLLIS, at_us=NOW,
            reading_key="k2")  # fmt: skip
    closed = {"stocktake_id": 95, "tx_id": tx, "outcome": "CLOSED", "closed_us": NOW, "closed_by": HOLLIS,
              "second_person": MERCER, "result": "[]", "result_hash": "abc", "entry_id": 65}  # fmt: skip
    _insert(conn, stocktake_closed, **(closed | changes))
    _insert(conn, stocktake_settled, stocktake_id=95, item_id=TASER, tx_id=tx, act="REPORTED_MISSING", entry_id=66,
            by_person=HOLLIS, reason="r", at_us=NOW)  # fmt: skip
    _entry(conn, 122, tx, kind="UNACCOUNTED", item_id=None, lot_id=21, quantity=2, taker="UNKNOWN", taker_id=0)
    _insert(conn, stocktake_lot_settled, stocktake_id=95, lot_id=21, tx_id=tx, act="WRITTEN_OFF", quantity=2,
            entry_id=122, by_person=HOLLIS, reason="r", at_us=NOW)  # fmt: skip


def _handed_over(conn: sa.Connection, tx: int) -> None:
    """The TASER passed from one officer to another, and is reserved until it was not."""
    _insert(conn, person, id=4, ref="4", kind="POLICE_STAFF", family_name="Ivory", given_name="A", frontline=0,
            recorded_us=1)  # fmt: skip
    _decide(conn, 140, tx, person_id=MERCER, by_person=4)
    _entry(conn, 141, tx, kind="RETURNED", giver="PERSON", giver_id=HOLLIS, second_person=MERCER)
    _entry(conn, 142, tx, taker="PERSON", taker_id=MERCER, second_person=HOLLIS, decision_id=140)
    _insert(conn, handover, id=143, tx_id=tx, store_id=1, giver_id=HOLLIS, receiver_id=MERCER, decision_id=140,
            by_person=4, giver_proof="PIN", receiver_proof="FACE", at_us=NOW)  # fmt: skip
    _insert(conn, handover_item, id=144, tx_id=tx, handover_id=143, item_id=TASER, returned_entry=141,
            issued_entry=142)  # fmt: skip
    _insert(conn, reservation, id=145, tx_id=tx, store_id=1, reason="Op Larch", from_us=NOW, to_us=LATER, made_us=NOW,
            made_by=4, entry_id=60)  # fmt: skip
    _insert(conn, reservation_person, id=146, tx_id=tx, reservation_id=145, person_id=MERCER)
    _insert(conn, reservation_line, id=147, tx_id=tx, reservation_id=145, item_id=TASER, quantity=1)
    _insert(conn, reservation_ended, reservation_id=145, tx_id=tx, at_us=NOW, by_person=4, reason="Off", entry_id=60)


def _used(conn: sa.Connection, tx: int) -> None:
    """A use of the TASER, with a point that is owed and an answer to another."""
    _entry(conn, 85, tx, kind="USED", giver=None, taker=None)
    _entry(conn, 86, tx, kind="USE_ANSWERED", giver=None, taker=None)
    _insert(conn, use_declared, id=87, tx_id=tx, item_id=TASER, store_id=1, person_id=HOLLIS, uses="DRAWN",
            sort="OPERATIONAL", dsi=0, used_us=NOW, at_us=NOW, by_person=MERCER, entry_id=85)  # fmt: skip
    _insert(conn, use_item, id=88, tx_id=tx, use_id=87, item_id=TASER, part="HANDLE")
    _insert(conn, use_point, id=89, tx_id=tx, use_id=87, point="DOWNLOAD", due_us=NOW)
    _insert(conn, use_answer, id=93, tx_id=tx, use_id=87, point_id=89, point="DOWNLOAD", at_us=NOW, by_person=MERCER,
            facts="{}", settles=1, entry_id=86)  # fmt: skip


def _recalled(conn: sa.Connection, tx: int) -> None:
    """Cartridges of a lot are recalled: one is on the list, held, and somebody was told."""
    _entry(conn, 120, tx, kind="RECALL", item_id=None, giver=None, taker=None)
    _insert(conn, hold, id=121, tx_id=tx, item_id=CARTRIDGE, reason="RECALL", placed_us=NOW, detail="Notice 7")
    _insert(conn, recall, id=122, tx_id=tx, kind="CED_CARTRIDGE", lot_no="L1", notice_from="MAKER", notice_ref="7",
            detail="Primers", opened_us=NOW, opened_by=HOLLIS, entry_id=120)  # fmt: skip
    _insert(conn, recall_line, id=123, tx_id=tx, recall_id=122, item_id=CARTRIDGE, hold_id=121, found_us=NOW)
    _insert(conn, recall_event, id=124, tx_id=tx, recall_id=122, line_id=123, act="TOLD", at_us=NOW, happened_us=NOW,
            by_person=HOLLIS, told="PC Mercer", detail="By telephone", entry_id=120)  # fmt: skip


def _ruled(conn: sa.Connection, tx: int, proposed: Changes = NO_CHANGES, ended: Changes = NO_CHANGES) -> None:
    """Hollis proposed that a check is due sooner, Mercer approved it; both own policy. Equality figures are out."""
    for number, owner in ((33, HOLLIS), (34, MERCER), (35, OTHER_RECORD)):
        _insert(conn, capability_grant, id=number, person_id=owner, capability="POLICY_OWNER", from_us=2, reason="t")
    _entry(conn, 160, tx, kind="POLICY", item_id=None)
    change = {"id": 161, "tx_id": tx, "family": "ced", "key": "numbers.full_check_weeks.value.T7", "value": "20",
              "reason": "Two failed", "document": "O43", "in_force_on": "2026-12-01", "base_hash": "p",
              "proposed_us": NOW, "proposed_by": HOLLIS, "entry_id": 160}  # fmt: skip
    _insert(conn, policy_change, **(change | dict(proposed)))
    end = {"change_id": 161, "tx_id": tx, "outcome": "APPROVED", "at_us": NOW, "by_person": MERCER, "detail": "Agreed",
           "from_us": LATER, "entry_id": 160}  # fmt: skip
    _insert(conn, policy_change_end, **(end | dict(ended)))
    _insert(conn, policy_document, id=162, reference="O43", title="Staff safety", owner="Unit", recorded_us=NOW,
            recorded_by=HOLLIS)  # fmt: skip
    _insert(conn, policy_taken_up, id=163, at_us=NOW, instance=1, hash="p", version="1")
    _insert(conn, equality_file, id=164, digest="d", document="HR 1", rows=1, left_out=0, taken_us=NOW, taken_by=HOLLIS)
    _insert(conn, equality_release, id=165, quarter="2026-Q3", from_us=1, to_us=2, released_us=NOW, released_by=HOLLIS,
            reason="PSED")  # fmt: skip
    _insert(conn, equality_figure, id=166, release_id=165, characteristic="ETHNICITY", answers="[]",
            measure="SERVING")  # fmt: skip


def _lapsed(conn: sa.Connection, tx: int, **changes: Any) -> None:
    """Mercer may no longer hold the TASER, and is told to bring it back."""
    _entry(conn, 130, tx, kind="LAPSE", giver=None, taker=None)
    _insert(conn, lapse, id=131, tx_id=tx, person_id=MERCER, store_id=1, item_id=TASER, codes="AUTHORITY_SUSPENDED",
            must_return=1, opened_us=NOW, entry_id=130)  # fmt: skip
    said = {"id": 132, "tx_id": tx, "lapse_id": 131, "act": "RETURN_NOW", "at_us": NOW, "by_person": HOLLIS,
            "detail": "Suspended", "entry_id": 130}  # fmt: skip
    _insert(conn, lapse_event, **(said | changes))


def _delivered(conn: sa.Connection, tx: int, **changes: Any) -> None:
    """A label of an order was read twice, signed for, and its delivery ended."""
    _insert(conn, purchase, id=140, tx_id=tx, order_ref="PO-1", supplier="Axon UK", funding="uplift", store_id=1,
            opened_us=NOW, opened_by=HOLLIS)  # fmt: skip
    _insert(conn, purchase_line, id=141, tx_id=tx, purchase_id=140, line_no=1, kind="CED_HANDLE", maker="AXON",
            model="T7", quantity=2, by_lot=0, pool="OPERATIONAL")  # fmt: skip
    _insert(conn, purchase_line_ended, line_id=141, tx_id=tx, at_us=NOW, by_person=HOLLIS, reason="Cancelled")
    _insert(conn, delivery, id=142, tx_id=tx, purchase_id=140, store_id=1, note_ref="DN-1", opened_us=NOW,
            opened_by=HOLLIS)  # fmt: skip
    _insert(conn, delivery_file, id=143, tx_id=tx, delivery_id=142, file_name="a.csv", sha256="s", headings="h",
            columns="{}", row_count=1, taken=1, refused=0, at_us=NOW)  # fmt: skip
    read = {"id": 144, "tx_id": tx, "delivery_id": 142, "act": "READ", "at_us": NOW, "by_person": HOLLIS,
            "unit_id": 150, "line_id": 141, "serial": "X1", "quantity": 1, "facts": "{}"}  # fmt: skip
    _insert(conn, delivery_event, **read)
    _insert(conn, delivery_event, **(read | {"id": 145, "act": "SIGNED", "second_person": MERCER} | changes))


def _put_right(conn: sa.Connection, tx: int, **changes: Any) -> None:
    """The entry that `_issued` writes is put right: the TASER was with Mercer all the time."""
    _entry(conn, 110, tx, kind="ASSERTED", taker="PERSON", taker_id=MERCER, corrects=60, at_us=NOW + 1)
    made = {"id": 111, "tx_id": tx, "sort": "WRONG_PERSON", "corrects": 60, "entry_id": 110, "item_id": TASER,
            "store_id": 1, "by_person": HOLLIS, "second_person": MERCER, "at_us": NOW,
            "reason": "Wrong card"}  # fmt: skip
    told = {"id": 112, "tx_id": tx, "item_id": TASER, "holder": "PERSON", "holder_id": MERCER, "from_us": NOW,
            "upto_us": NOW + 1, "entry_id": 110}  # fmt: skip
    _insert(conn, correction, **(made | {k: v for k, v in changes.items() if k in made}))
    _insert(conn, told_later, **(told | {k: v for k, v in changes.items() if k in told and k not in made}))


def _written_up(conn: sa.Connection, tx: int, **changes: Any) -> None:
    """A page of the paper register, with a line of the TASER."""
    _entry(conn, 115, tx, kind="WRITTEN_UP", item_id=None, by_person=HOLLIS, second_person=MERCER)
    _insert(conn, paper_page, id=116, tx_id=tx, store_id=1, sort="REGISTER", document="Page 1", sha256="s",
            media="m", size=1, lines_hash="l", by_person=HOLLIS, second_person=MERCER, at_us=NOW, late=0,
            entry_id=115)  # fmt: skip
    _insert(conn, paper_scan, page_id=116, body="")
    line = {"id": 117, "tx_id": tx, "page_id": 116, "line_no": 1, "act": "DRAWN", "person_id": HOLLIS,
            "item_id": TASER, "happened_us": NOW, "late": 0, "entry_id": 60}  # fmt: skip
    if not changes:
        _entry(conn, 118, tx, kind="ASSERTED", at_us=NOW)
    _insert(conn, paper_line, **(line | {"entry_id": 118} | changes))


def _seal(conn: sa.Connection, tx: int = 9) -> None:
    _insert(conn, tx_seal, id=tx, at_us=NOW, instance=1)


def _issued(engine: sa.Engine) -> None:
    with writing(engine).begin() as conn:
        _decide(conn)
        _entry(conn)
        _hold_kit(conn)
        _seal(conn)


def _count(engine: sa.Engine, table: sa.Table) -> int:
    with engine.connect() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_every_expected_trigger_is_there_after_a_migration(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        assert revision.missing_triggers(conn) == []
    assert len(triggers.expected()) >= 40


CHECKED = [
    (table.name, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if any(isinstance(each, sa.CheckConstraint) for each in column.constraints)
]


@pytest.mark.parametrize(("table", "column"), CHECKED, ids=[".".join(each) for each in CHECKED])
def test_a_column_holds_no_word_flag_or_date_but_those_it_may(engine: sa.Engine, table: str, column: str) -> None:
    wrong = "-1" if isinstance(metadata.tables[table].c[column].type, sa.Integer) else "'NO SUCH'"
    refused = pytest.raises(sa.exc.DatabaseError, match=f"{table}: one of these holds what it may not: .*{column}")
    on = f' ON "{table}"' if engine.dialect.name == "postgresql" else ""
    with refused, writing(engine).begin() as conn:
        for other in triggers.expected():  # the others would refuse it too, and it is not said who is first
            if other.table == table and not other.name.startswith(f"{table}_columns_"):
                conn.exec_driver_sql(f"DROP TRIGGER {other.name}{on}")
        conn.exec_driver_sql(f'INSERT INTO "{table}" ({column}) VALUES ({wrong})')


def test_most_columns_of_a_closed_set_are_watched() -> None:
    assert len(CHECKED) >= 53


def test_a_dropped_trigger_is_missed(engine: sa.Engine) -> None:
    on = " ON ledger" if engine.dialect.name == "postgresql" else ""
    with writing(engine).begin() as conn:
        conn.exec_driver_sql(f"DROP TRIGGER ledger_no_update{on}")
    with engine.connect() as conn:
        assert revision.missing_triggers(conn) == ["ledger_no_update"]
    assert migrate.upgrade(engine), "the next start puts it back"
    with engine.connect() as conn:
        assert revision.missing_triggers(conn) == []


def test_the_named_unique_indexes_are_there(engine: sa.Engine) -> None:
    wanted = {
        "custody": {"uq_custody_open_item", "uq_custody_open_handle"},
        "binding": {"uq_binding_live"},
        "visit": {"uq_visit_open_place"},
        "fitting": {"uq_fitting_live", "uq_fitting_slot"},
    }
    for table, names in wanted.items():
        found = {row["name"]: row for row in sa.inspect(engine).get_indexes(table)}
        assert names <= found.keys()
        assert all(found[name]["unique"] for name in names)


def test_no_commit_reads_a_sealed_table_whole(engine: sa.Engine) -> None:
    """SQLite looks for the rows that wait for a seal when it is written, in every table that has such rows."""
    looking = [table.name for table in metadata.tables.values() if "tx_id" in table.c]
    assert len(looking) > 40
    if engine.dialect.name == "sqlite":
        for table in looking:
            with engine.connect() as conn:
                plan = conn.exec_driver_sql(f'EXPLAIN QUERY PLAN SELECT 1 FROM "{table}" WHERE tx_id = 1').all()
            assert "SEARCH" in plan[0][-1], (table, plan)


def test_custody_with_its_allow_decision_is_taken(engine: sa.Engine) -> None:
    _issued(engine)
    assert _count(engine, custody) == 1


@pytest.mark.parametrize(
    ("why", "decided", "custody_row"),
    [
        ("refused", {"verdict": "DENY"}, {}),
        ("another person", {"person_id": MERCER}, {}),
        ("another purpose", {"purpose": "TRAINING"}, {}),
        ("another transaction", {"tx_id": 8}, {}),
        ("another moment", {"decided_us": NOW - 1}, {}),
        ("validity ends before the return", {"valid_until_us": LATER - 1}, {}),
        ("another item", {}, {"item_id": CARTRIDGE, "is_handle": 0}),
        ("no decision", {}, {"decision_id": None}),
        ("a decision that does not exist", {}, {"decision_id": 51}),
        ("no planned return", {}, {"planned_return_us": None}),
        ("a handle that says it is none", {}, {"is_handle": 0}),
        ("already closed", {}, {"closed_entry": 60, "closed_us": NOW}),
        ("basis held with a person", {}, {"basis": "HELD"}),
        ("a basis that nobody knows, which would ask for no decision", {}, {"basis": "GIFT", "decision_id": None}),
        ("a holder that nobody knows", {}, {"holder": "POCKET", "person_id": None, "basis": "HELD"}),
        ("asserted by one person", {}, ASSERTED | {"asserted_second": 1}),
        ("asserted without a document", {}, ASSERTED | {"document": ""}),
    ],
)  # fmt: skip
def test_custody_is_refused_when_its_decision_is(
    engine: sa.Engine, why: str, decided: dict[str, Any], custody_row: dict[str, Any]
) -> None:
    with pytest.raises(Refused), writing(engine).begin() as conn:
        _decide(conn, **decided)
        _entry(conn)
        _hold_kit(conn, **custody_row)
        _seal(conn)
        _seal(conn, 8)
    assert _count(engine, custody) == 0


def test_nothing_commits_unsealed(engine: sa.Engine) -> None:
    with pytest.raises(Refused), writing(engine).begin() as conn:
        _decide(conn)
        _entry(conn)
        _hold_kit(conn)
    assert _count(engine, decision) == 0


def test_a_sealed_transaction_takes_no_more_rows(engine: sa.Engine) -> None:
    _issued(engine)
    attacks: list[Callable[[sa.Connection], None]] = [
        lambda conn: _decide(conn, 51),
        lambda conn: _entry(conn, 61),
        lambda conn: _hold_kit(conn, 71, item_id=CARTRIDGE, is_handle=0),
        lambda conn: _insert(
            conn, hold, id=1, item_id=TASER, reason="WET", placed_us=NOW, detail="", tx_id=9
        ),
    ]
    for attack in attacks:
        with pytest.raises(Refused), writing(engine).begin() as conn:
            attack(conn)


def test_a_decision_cannot_be_used_by_a_later_transaction(engine: sa.Engine) -> None:
    with writing(engine).begin() as conn:
        _decide(conn)
        _entry(conn)
        _seal(conn)
    with pytest.raises(Refused), writing(engine).begin() as conn:
        _hold_kit(conn, tx=10)
        _seal(conn, 10)
    with pytest.raises(Refused), writing(engine).begin() as conn:
        _hold_kit(conn)


def test_an_item_has_one_open_custody_and_a_person_one_handle(engine: sa.Engine) -> None:
    _issued(engine)
    with writing(engine).begin() as conn:
        _insert(conn, item, id=13, kind="CED_HANDLE", maker="AXON", serial="X13", model="T7", home_store_id=1,
                pool="OPERATIONAL", recorded_us=1)  # fmt: skip
    for row in ({"person_id": MERCER, "holder_id": MERCER}, {"item_id": 13}):
        with pytest.raises(Refused), writing(engine).begin() as conn:
            _decide(conn, 51, 10, **({"person_id": MERCER} if "person_id" in row else {}))
            _insert(conn, decision_item, decision_id=51, item_id=13)
            _entry(conn, 61, 10)
            _hold_kit(conn, 71, 10, 61, decision_id=51, **row)
            _seal(conn, 10)
    assert _count(engine, custody) == 1


def test_custody_closes_once_and_is_never_changed_or_deleted(engine: sa.Engine) -> None:
    _issued(engine)
    with writing(engine).begin() as conn:
        _entry(conn, 61, 10, kind="RETURNED")
        _seal(conn, 10)
    changes: list[dict[str, Any]] = [
        {"person_id": MERCER, "holder_id": MERCER},
        {"planned_return_us": LATER + 1},
        {"closed_us": NOW},
        {"closed_entry": 61},
        {"closed_entry": 61, "closed_us": NOW, "basis": "ASSERTED"},
        {"id": 99},
    ]
    for change in changes:
        with pytest.raises(Refused), writing(engine).begin() as conn:
            conn.execute(sa.update(custody).values(**change))
    with writing(engine).begin() as conn:
        conn.execute(sa.update(custody).values(closed_entry=61, closed_us=NOW + 1))
    for change in ({"closed_us": NOW + 2}, {"closed_entry": None, "closed_us": None}):
        with pytest.raises(Refused), writing(engine).begin() as conn:
            conn.execute(sa.update(custody).values(**change))
    with pytest.raises(Refused), writing(engine).begin() as conn:
        conn.execute(sa.delete(custody))
    assert _count(engine, custody) == 1


def test_a_lot_leaves_only_by_an_allow_decision_that_covers_the_quantity(engine: sa.Engine) -> None:
    row = {"chain": "lot:21", "item_id": None, "lot_id": 21, "quantity": 2, "taker": "PERSON", "taker_id": HOLLIS,
           "decision_id": 50}  # fmt: skip
    for quantity in (1, None):
        with pytest.raises(Refused), writing(engine).begin() as conn:
            _decide(conn)
            if quantity:
                _insert(conn, decision_lot, decision_id=50, lot_id=21, quantity=quantity)
            _entry(conn, **row)
            _seal(conn)
    with writing(engine).begin() as conn:
        _decide(conn)
        _insert(conn, decision_lot, decision_id=50, lot_id=21, quantity=2)
        _entry(conn, **row)
        _seal(conn)
    assert _count(engine, ledger) == 1


# ---- overrides --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("why", "row"),
    [
        ("by themselves", {"by_person": HOLLIS}),
        ("by themselves, under another record", {"by_person": OTHER_RECORD}),
        ("by somebody without the capability", {"by_person": MERCER, "capability": "DUTY_INSPECTOR"}),
        ("by a capability that overrides nothing", {"capability": "ISSUER"}),
        ("at a store where they may not", {"store_id": 2}),
        ("before they might", {"given_us": 1, "until_us": 2}),
        ("when they no longer may", {"given_us": LATER, "until_us": LATER + 1}),
        ("without a reason", {"reason": "   "}),
        ("for longer than twelve hours", {"until_us": NOW + LONGEST_US + 1}),
        ("that ended before it began", {"until_us": NOW}),
        ("for no purpose we know", {"purpose": "ANY"}),
        ("without its entry in the ledger", {"entry_id": 61}),
    ],
)  # fmt: skip
def test_an_override_is_refused(engine: sa.Engine, why: str, row: dict[str, Any]) -> None:
    with pytest.raises(Refused), writing(engine).begin() as conn:
        _entry(conn)
        _override(conn, **row)
        _seal(conn)
    assert _count(engine, override) == 0


@pytest.mark.parametrize(
    ("why", "decided", "given"),
    [
        ("another person's", {"person_id": MERCER}, {}),
        ("another store's", {"store_id": 2}, {}),
        ("another purpose's", {}, {"purpose": "TRAINING"}),
        ("given later", {}, {"given_us": NOW + 1}),
        ("over by then", {"planned_return_us": NOW - 1}, {"given_us": NOW - 2, "until_us": NOW}),
        ("over before the return", {}, {"until_us": LATER - 1}),
        ("of a duty nobody knows the end of", {"planned_return_us": None}, {}),
        ("given by the issuer", {"by_person": MERCER}, {}),
        ("of a decision long sealed", {"tx_id": 8}, {}),
    ],
)  # fmt: skip
def test_no_decision_relies_on_an_override_that_is(
    engine: sa.Engine, why: str, decided: dict[str, Any], given: dict[str, Any]
) -> None:
    with writing(engine).begin() as conn:
        _entry(conn, tx=8)
        _override(conn, tx=8, **given)
        if "tx_id" in decided:
            _decide(conn, **decided)
        _seal(conn, 8)
    with pytest.raises(Refused, match="no override in force"), writing(engine).begin() as conn:
        if "tx_id" not in decided:
            _decide(conn, **decided)
        _insert(conn, decision_override, decision_id=50, override_id=80)
        _seal(conn)
    assert _count(engine, decision_override) == 0


def test_a_revoked_override_helps_no_later_decision(engine: sa.Engine) -> None:
    with writing(engine).begin() as conn:
        _entry(conn)
        _override(conn)
        _decide(conn)
        _insert(conn, decision_override, decision_id=50, override_id=80)
        _seal(conn)
    with writing(engine).begin() as conn:
        _entry(conn, 61, 10, kind="REVOKED")
        _revoke(conn, 10, 61)
        _seal(conn, 10)
    with pytest.raises(Refused, match="no override in force"), writing(engine).begin() as conn:
        _decide(conn, 51, 11, decided_us=NOW + 2)
        _insert(conn, decision_override, decision_id=51, override_id=80)
        _seal(conn, 11)
    assert _count(engine, decision_override) == 1


def test_nobody_holds_less_than_nothing_of_a_lot(engine: sa.Engine) -> None:
    balance = {"lot_id": 21, "holder": "STORE", "holder_id": 1}
    with pytest.raises(Refused, match=r"lot_balance: .*quantity"), writing(engine).begin() as conn:
        _insert(conn, lot_balance, **balance, quantity=-1)
    with writing(engine).begin() as conn:
        _insert(conn, lot_balance, **balance, quantity=3)
    with pytest.raises(Refused, match=r"lot_balance: .*quantity"), writing(engine).begin() as conn:
        conn.execute(sa.update(lot_balance).values(quantity=lot_balance.c.quantity - 4))
    with engine.connect() as conn:
        assert conn.execute(sa.select(lot_balance.c.quantity)).scalar_one() == 3


ROWS: dict[str, tuple[sa.Table, dict[str, Any]]] = {
    "processing_log": (processing_log, {"id": 1, "chain": "log:1", "seq": 1, "prev_hash": "0", "hash": "1", "at_us": 1,
        "operation": "CONSULTATION", "route": "r", "actor_kind": "SYSTEM", "subjects": "[]", "outcome": "OK",
        "request_id": "x"}),
    "checkpoint": (checkpoint, {"id": 1, "at_us": 1, "epoch": "e", "chains": 0, "root": "r", "changed": "[]",
        "prev_root": "0", "key_id": "k", "signature": "s"}),
    "policy_version": (policy_version, {"hash": "h", "loaded_us": 1, "body": "{}"}),
    "hold": (hold, {"id": 1, "item_id": TASER, "reason": "WET", "placed_us": 1, "detail": "", "tx_id": 9}),
    "device_word": (device_word, {"id": 1, "bridge_id": 41, "device": "hatch-scanner", "word": "MISSING", "at_us": 1}),
    "force_count": (force_count, {"id": 1, "store_id": 1, "month": "2026-11", "number": 2, "source": "r",
        "recorded_us": 1}),
    "mobilisable_role": (mobilisable_role, {"id": 95, "name": "Detective", "detail": "d", "recorded_us": 1,
        "recorded_by": HOLLIS}),
    "role_review": (role_review, {"id": 1, "role_id": 95, "reviewed_on": "2026-01-05", "outcome": "KEPT",
        "minute_ref": "m", "recorded_us": 1, "recorded_by": HOLLIS}),
    "person_role": (person_role, {"id": 1, "person_id": HOLLIS, "role_id": 95, "from_on": "2026-01-05",
        "source_ref": "f", "recorded_us": 1}),
    "saved_plan": (saved_plan, {"id": 1, "sort": "OPERATION", "name": "Harvest", "body": "{}", "made_us": 1,
        "made_by": HOLLIS}),
    "file_mapping": (feeds.file_mapping, {"id": 1, "kind": "training", "name": "m", "headings": "h", "body": "{}",
        "made_us": 1}),
    "kept_file": (feeds.kept_file, {"sha256": "f", "body": "", "kept_us": 1}),
    "file_preview": (feeds.file_preview, {"id": 1, "kind": "training", "source": "s", "mapping_id": 1, "file_name": "f",
        "sha256": "f", "size": 0, "sheet": "", "at_us": 1, "by_person": HOLLIS, "outcome": "{}"}),
    "file_taken": (feeds.file_taken, {"preview_id": 1, "at_us": 1, "by_person": HOLLIS, "new": 0, "changed": 0,
        "unchanged": 0, "refused": 0, "ineligible": 0}),
    "feed": (feeds.feed, {"id": 1, "source": "s", "made_us": 1}),
    "feed_batch": (feeds.feed_batch, {"id": 1, "feed_id": 1, "seq": 1, "sha256": "b", "upto_us": 1, "at_us": 1,
        "new": 0, "changed": 0, "unchanged": 0, "refused": 0, "body": "{}", "answer": "{}"}),
    "role_move": (authority.role_move, {"id": 1, "person_id": HOLLIS, "what": "TEAM", "was": "A", "becomes": "B",
        "at_us": 1}),
    "authority_act": (authority.authority_act, {"id": 1, "tx_id": 9, "person_id": HOLLIS, "act": "OPTED_IN", "at_us": 1,
        "by_person": HOLLIS, "document": ""}),
    "tx_seal": (tx_seal, {"id": 77, "at_us": 1, "instance": 1}),
}  # fmt: skip


def _disposed(conn: sa.Connection, tx: int) -> None:
    """A legal hold came and went, Hollis proposed what was due, both approved it, and it was erased and certified."""
    _insert(conn, capability_grant, id=36, person_id=HOLLIS, capability="RECORDS_MANAGER", from_us=1, reason="t")
    _insert(conn, legal_hold, id=180, tx_id=tx, incident="CAD 9", reason="Claim", reference="C1", placed_us=NOW,
            placed_by=HOLLIS, second_person=MERCER)  # fmt: skip
    _insert(conn, legal_hold_released, hold_id=180, tx_id=tx, released_us=NOW, released_by=HOLLIS,
            second_person=MERCER, reason="Settled")  # fmt: skip
    _insert(conn, disposal_run, id=181, tx_id=tx, rule="readings", rule_says="{}", policy_hash="p", cutoff_us=0,
            proposed_us=NOW, proposed_by=HOLLIS, due=0, kept=0)  # fmt: skip
    _insert(conn, disposal_line, id=182, tx_id=tx, run_id=181, subject="READINGS", subject_id=0)
    _insert(conn, disposal_answer, run_id=181, tx_id=tx, act="APPROVED", at_us=NOW, by_person=HOLLIS,
            second_person=MERCER, reason="Due")  # fmt: skip
    _entry(conn, 183, tx, kind="ERASED", item_id=None)
    _insert(conn, disposal_batch, id=184, tx_id=tx, run_id=181, line_from=182, line_upto=182, erased="{}", at_us=NOW,
            entry_id=183)  # fmt: skip
    _insert(conn, disposal_certificate, run_id=181, tx_id=tx, at_us=NOW, body="{}", sha256="s")
    _insert(conn, rights_request, id=185, tx_id=tx, person_id=MERCER, received_on="2026-11-01", due_on="2026-12-01",
            reference="SAR 1", at_us=NOW, by_person=HOLLIS)  # fmt: skip
    _insert(conn, rights_event, id=186, tx_id=tx, request_id=185, act="WITHDRAWN", at_us=NOW, by_person=HOLLIS,
            detail="By letter")  # fmt: skip
    _insert(conn, pack_made, id=187, tx_id=tx, kind="PCC", subject="H1", sha256="s", made_us=NOW, by_person=HOLLIS,
            purpose="Board", recipient="PCC")  # fmt: skip


def _taught(conn: sa.Connection, _tx: int) -> None:
    """A course day that was called off, a result that two took back, and a use that was gone through."""
    _insert(conn, training_session, id=191, course="PPST", held_on="2026-11-01", seats=9, place="Maidstone",
            recorded_us=NOW, recorded_by=HOLLIS)  # fmt: skip
    _insert(conn, training_session_ended, session_id=191, how="CANCELLED", at_us=NOW, by_person=HOLLIS, document="Snow")
    _insert(conn, training_result, id=192, person_id=HOLLIS, course="PPST", attended_on="2026-11-01", minutes=720,
            outcome="PASS", source="LMS", source_ref="1", recorded_us=NOW, retracted_us=NOW)  # fmt: skip
    _insert(conn, training_retraction, result_id=192, at_us=NOW, by_person=HOLLIS, second_person=MERCER, reason="No",
            document="D")  # fmt: skip
    _insert(conn, use_review, use_id=87, person_id=HOLLIS, reviewed_on="2026-11-01", reviewed_by=MERCER,
            document="D", recorded_us=NOW, recorded_by=OTHER_RECORD)  # fmt: skip


HISTORY = (_counted, _recalled, _lapsed, _used, _put_right, _written_up, _missed, _sent, _ruled, _disposed, _taught)
"""What fills the tables of each part of the kit store, in this order."""

REFUSED_SO = r"append-only|sealed|no override in force|the count has closed|its run is over"


@pytest.mark.parametrize("name", [*triggers.APPEND_ONLY])
def test_append_only_tables_refuse_update_delete_replace_upsert_and_truncate(
    engine: sa.Engine, name: str
) -> None:
    _issued(engine)
    with writing(engine).begin() as conn:
        for table, row in ROWS.values():
            _insert(conn, table, **(row | ({"tx_id": 20} if "tx_id" in row else {})))
        _insert(conn, decision_lot, decision_id=50, lot_id=21, quantity=2)
        _insert(conn, hold_lift, hold_id=1, lifted_us=1, lifted_by=HOLLIS, detail="", tx_id=20)
        _override(conn, tx=20)
        _decide(conn, 51, 20, by_person=None)
        _insert(conn, decision_override, decision_id=51, override_id=80)
        _revoke(conn, 20, 60)
        _vendor_file(conn)
        _assessment(conn)
        for happens in HISTORY:
            happens(conn, 20)
        _seal(conn, 20)
    table = triggers_table(name)
    before = _all(engine, table)
    assert before, "there is something to attack"
    some = list(table.columns)[-1]
    attacks = [
        sa.update(table).values({some.name: before[0][some.name]}),
        sa.delete(table),
        _upsert(engine, table, before[0]),
    ]
    if engine.dialect.name == "sqlite":
        attacks.append(sa.insert(table).prefix_with("OR REPLACE").values(before[0]))
    else:
        attacks.append(sa.text(f"TRUNCATE {name} CASCADE"))
    for attack in attacks:
        with pytest.raises(Refused, match=REFUSED_SO), writing(engine).begin() as conn:
            conn.execute(attack)
    assert _all(engine, table) == before


def triggers_table(name: str) -> sa.Table:
    """The table called `name`."""
    return decision.metadata.tables[name]


def _all(engine: sa.Engine, table: sa.Table) -> list[dict[str, Any]]:
    with engine.connect() as conn:
        return [dict(row) for row in conn.execute(sa.select(table)).mappings()]


def _upsert(engine: sa.Engine, table: sa.Table, row: dict[str, Any]) -> Any:
    insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert
    keys = list(table.primary_key.columns)
    return insert(table).values(row).on_conflict_do_update(index_elements=keys, set_=row)


def test_a_replace_on_a_connection_without_our_pragmas_is_refused_too(
    make_sqlite_database: Callable[..., str],
) -> None:
    engine = make_engine(make_sqlite_database())
    migrate.upgrade(engine)
    with writing(engine).begin() as conn:
        _insert(conn, store, id=1, code="ME", name="Medway", opened_us=1)
        _insert(conn, policy_version, hash="h", loaded_us=1, body="{}")
    engine.dispose()
    bare = sa.create_engine(engine.url)
    with pytest.raises(Refused, match="append-only"), bare.begin() as conn:
        conn.exec_driver_sql("INSERT OR REPLACE INTO policy_version VALUES ('h', 2, '{\"changed\": 1}')")
    bare.dispose()


def test_the_same_serial_of_one_maker_and_kind_is_registered_once(engine: sa.Engine) -> None:
    with pytest.raises(Refused), writing(engine).begin() as conn:
        _insert(conn, item, id=14, kind="CED_HANDLE", maker="AXON", serial=f"X{TASER}", model="T7", home_store_id=1,
                pool="OPERATIONAL", recorded_us=1)  # fmt: skip


def test_a_mark_is_live_on_one_thing_only_and_free_again_when_it_ends(engine: sa.Engine) -> None:
    binding = decision.metadata.tables["binding"]
    row = {"technology": "EPC", "value": "3034", "from_us": 1}
    with writing(engine).begin() as conn:
        _insert(conn, binding, id=1, item_id=TASER, **row)
    with pytest.raises(Refused), writing(engine).begin() as conn:
        _insert(conn, binding, id=2, person_id=HOLLIS, **row)
    with writing(engine).begin() as conn:
        conn.execute(sa.update(binding).values(to_us=5, end_reason="WORN"))
        _insert(conn, binding, id=2, person_id=HOLLIS, **row)
    assert _count(engine, binding) == 2


# ---- what is loaded in what --------------------------------------------------------------------------


FIRST, SECOND, MAGAZINE, OTHER = 31, 32, 33, 34


@pytest.fixture
def loaded(engine: sa.Engine) -> sa.Engine:
    """A cartridge in a magazine, another beside it, another magazine; all in the store."""
    with writing(engine).begin() as conn:
        for number in (FIRST, SECOND, MAGAZINE, OTHER):
            kind = "CED_MAGAZINE" if number in (MAGAZINE, OTHER) else "CED_CARTRIDGE"
            _insert(conn, item, id=number, kind=kind, maker="AXON", serial=f"M{number}", model="T10", home_store_id=1,
                    pool="OPERATIONAL", recorded_us=1)  # fmt: skip
            _entry(conn, 100 + number, 30, chain=f"item:{number}", kind="RECEIVED", item_id=number)
            _insert(conn, custody, id=200 + number, tx_id=30, item_id=number, holder="STORE", holder_id=1, is_handle=0,
                    basis="HELD", opened_entry=100 + number, opened_us=NOW)  # fmt: skip
        for entry, kind, number in ((300, "LOADED", FIRST), (301, "LOADED", SECOND), (302, "UNLOADED", FIRST)):
            _entry(conn, entry, 30, chain=f"item:{number}", kind=kind, item_id=number)
        _seal(conn, 30)
        _load(conn, 1)
    return engine


def _load(conn: sa.Connection, number: int, **values: Any) -> None:
    base = {"id": number, "child_id": FIRST, "parent_id": MAGAZINE, "slot": 1, "from_us": NOW, "loaded_entry": 300}
    _insert(conn, fitting, **(base | values))


@pytest.mark.parametrize(
    ("why", "row"),
    [
        ("it is in another already", {"child_id": FIRST, "parent_id": OTHER, "loaded_entry": 300}),
        ("its place is taken", {"slot": 1}),
        ("the ledger does not tell of it", {"loaded_entry": None}),
        ("the entry is another's", {"loaded_entry": 300}),
        ("the entry says something else", {"loaded_entry": 100 + SECOND}),
        ("the other is elsewhere", {"parent_id": TASER}),
        ("it is out again at once", {"to_us": NOW}),
    ],
)
def test_a_cartridge_is_loaded_once_where_its_magazine_is_and_by_its_entry(
    loaded: sa.Engine, why: str, row: dict[str, Any]
) -> None:
    fine = {"child_id": SECOND, "slot": 2, "loaded_entry": 301}
    with pytest.raises(Refused), writing(loaded).begin() as conn:
        _load(conn, 2, **(fine | row))
    with writing(loaded).begin() as conn:
        _load(conn, 2, **fine)
    assert _count(loaded, fitting) == 2


def test_what_was_loaded_is_taken_out_once_by_its_entry_and_never_rewritten(loaded: sa.Engine) -> None:
    out = {"to_us": NOW + 1, "unloaded_entry": 302}
    attacks: list[dict[str, Any]] = [
        {"parent_id": OTHER}, {"slot": 2}, {"from_us": 1}, {"to_us": NOW + 1}, {"unloaded_entry": 302},
        out | {"unloaded_entry": 300}, out | {"child_id": SECOND}, out | {"to_us": NOW - 1},
        out | {"loaded_entry": 301},
    ]  # fmt: skip
    for attack in attacks:
        with pytest.raises(Refused), writing(loaded).begin() as conn:
            conn.execute(sa.update(fitting).values(**attack))
    with writing(loaded).begin() as conn:
        conn.execute(sa.update(fitting).values(**out))
    for attack in ({"to_us": NOW + 2}, {"to_us": None, "unloaded_entry": None}):
        with pytest.raises(Refused), writing(loaded).begin() as conn:
            conn.execute(sa.update(fitting).values(**attack))
    with pytest.raises(Refused), writing(loaded).begin() as conn:
        conn.execute(sa.delete(fitting))
    assert _count(loaded, fitting) == 1


def test_a_firmware_once_seen_is_seen_again_and_never_rewritten(engine: sa.Engine) -> None:
    row = {"id": 1, "subject": "DEVICE", "who": "41/hub", "store_id": 1, "bridge_id": 41, "name": "hub",
           "driver": "cambrionix", "version": "1.83", "first_us": NOW, "last_us": NOW + 2}  # fmt: skip
    with writing(engine).begin() as conn:
        _insert(conn, firmware_seen, **row)
        conn.execute(sa.update(firmware_seen).values(last_us=NOW + 3))
    attacks: list[dict[str, Any]] = [
        {"version": "1.82"}, {"first_us": 1}, {"last_us": NOW + 2}, {"driver": None}, {"item_id": TASER},
        {"who": "41/hub2"}, {"store_id": 2}, {"bridge_id": None}, {"name": "x"}, {"subject": "SERIAL"},
    ]  # fmt: skip
    refused = [sa.update(firmware_seen).values(**attack) for attack in attacks]
    refused += [sa.delete(firmware_seen), _upsert(engine, firmware_seen, row | {"version": "2"})]  # type: ignore[list-item]
    for attack in refused:
        with pytest.raises(Refused), writing(engine).begin() as conn:
            conn.execute(attack)
    assert [each["version"] for each in _all(engine, firmware_seen)] == ["1.83"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"second_person": None}, "signed by two people"),
        ({"result_hash": "abd"}, "no entry of this result"),
        ({"second_person": HOLLIS}, "two"),
    ],
)
def test_a_count_is_closed_by_two_where_two_were_asked_for_and_by_the_entry_of_its_result(
    engine: sa.Engine, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(Refused, match=why), writing(engine).begin() as conn:
        _counted(conn, 20, **changes)
        _seal(conn, 20)


def test_a_closed_count_takes_no_sighting_but_as_late(engine: sa.Engine) -> None:
    with writing(engine).begin() as conn:
        _counted(conn, 20)
        _seal(conn, 20)
    late = {"id": 97, "stocktake_id": 95, "matches": 0, "code": "?", "way": "SCAN", "seen_us": NOW, "received_us": NOW}
    with pytest.raises(Refused, match="has closed"), writing(engine).begin() as conn:
        _insert(conn, stocktake_sighting, **late, late=0, reading_key="k2")
    with writing(engine).begin() as conn:
        _insert(conn, stocktake_sighting, **late, late=1, reading_key="k2")


def test_a_variance_is_settled_by_a_movement_of_its_own_item_alone(engine: sa.Engine) -> None:
    with pytest.raises(Refused, match="a movement of its item"), writing(engine).begin() as conn:
        _counted(conn, 20)
        _insert(conn, stocktake_settled, stocktake_id=95, item_id=CARTRIDGE, tx_id=20, act="TAKEN_BACK", entry_id=66,
                by_person=HOLLIS, reason="r", at_us=NOW)  # fmt: skip


# ---- declared use -----------------------------------------------------------------------------------


def test_what_is_owed_after_a_use_is_closed_once_by_an_answer_that_settles_it(engine: sa.Engine) -> None:
    with writing(engine).begin() as conn:
        _used(conn, 20)
        _seal(conn, 20)
    close = sa.update(use_point).values(answer_id=93, answered_us=NOW)
    attacks = [
        sa.update(use_point).values(due_us=NOW + 1),
        sa.update(use_point).values(answer_id=1, answered_us=NOW),
        sa.delete(use_point),
    ]
    for attack in attacks:
        with pytest.raises(Refused, match="use_point"), writing(engine).begin() as conn:
            conn.execute(attack)
    with writing(engine).begin() as conn:
        conn.execute(close)
    with pytest.raises(Refused, match="only be closed, once"), writing(engine).begin() as conn:
        conn.execute(close)


def test_a_use_is_declared_and_answered_by_entries_of_its_own(engine: sa.Engine) -> None:
    row = {"item_id": TASER, "store_id": 1, "uses": "DRAWN", "sort": "OPERATIONAL", "dsi": 0, "used_us": NOW,
           "at_us": NOW, "by_person": MERCER}  # fmt: skip
    with pytest.raises(Refused, match="no entry of it"), writing(engine).begin() as conn:
        _entry(conn, 85, 20, kind="PASSED", giver=None, taker=None)
        _insert(conn, use_declared, id=87, tx_id=20, entry_id=85, **row)


def test_what_holds_a_discharged_cartridge_is_never_lifted(engine: sa.Engine) -> None:
    with pytest.raises(Refused, match="never used again"), writing(engine).begin() as conn:
        _insert(conn, hold, id=1, item_id=TASER, reason="DISCHARGED_TRAINING", placed_us=NOW, detail="", tx_id=20)
        _insert(conn, hold_lift, hold_id=1, lifted_us=NOW, lifted_by=HOLLIS, detail="", tx_id=20)


# ---- corrections and paper --------------------------------------------------------------------------


BADLY_PUT_RIGHT: tuple[tuple[dict[str, Any], str], ...] = (
    ({"second_person": HOLLIS}, "two"),
    ({"second_person": None}, "by_two"),
    ({"reason": " "}, "reason"),
    ({"corrects": 110}, "no entry that corrects"),
    ({"item_id": CARTRIDGE}, "no entry that corrects"),
    ({"sort": "CHANGED_MY_MIND"}, "holds what it may not"),
    ({"holder_id": HOLLIS}, "no such movement"),
    ({"upto_us": NOW + 2}, "no such movement"),
    ({"from_us": NOW + 1}, "in_order"),
)


def test_a_correction_is_by_two_with_a_reason_and_names_the_entry_of_the_same_item(engine: sa.Engine) -> None:
    _issued(engine)
    for changes, why in BADLY_PUT_RIGHT:
        with pytest.raises(Refused, match=why), writing(engine).begin() as conn:
            _put_right(conn, 20, **changes)
    assert _count(engine, correction) == 0


def test_a_correction_never_gives_kit_to_a_person_but_as_asserted_and_an_entry_is_put_right_once(
    engine: sa.Engine,
) -> None:
    _issued(engine)
    for kind in ("ISSUED", "HANDED_OVER", "RETURNED"):
        with pytest.raises(Refused, match="as ASSERTED only"), writing(engine).begin() as conn:
            _entry(conn, 110, 20, kind=kind, taker="PERSON", taker_id=MERCER, corrects=60)
    with writing(engine).begin() as conn:
        _put_right(conn, 20)
        _seal(conn, 20)
    with pytest.raises(Refused), writing(engine).begin() as conn:
        _entry(conn, 120, 21, kind="RETURNED", taker="STORE", taker_id=1, corrects=60, at_us=NOW + 1)
        row = {"id": 121, "tx_id": 21, "sort": "WRONG_STORE", "corrects": 60, "entry_id": 120, "item_id": TASER}
        _insert(conn, correction, **row, store_id=1, by_person=1, second_person=2, at_us=NOW, reason="r")


def test_a_serial_changes_by_a_correction_alone(engine: sa.Engine) -> None:
    renamed = sa.update(item).where(item.c.id == TASER).values(serial="X12")
    with pytest.raises(Refused, match="only put right by a correction"), writing(engine).begin() as conn:
        conn.execute(renamed)
    with writing(engine).begin() as conn:
        _entry(conn, 60, 20, kind="RECEIVED")
        _entry(conn, 110, 20, kind="CORRECTED", corrects=60)
        _insert(conn, correction, id=111, tx_id=20, sort="WRONG_SERIAL", corrects=60, entry_id=110, item_id=TASER,
                store_id=1, by_person=HOLLIS, second_person=MERCER, at_us=NOW, reason="Misread", was="X11",
                became="X12")  # fmt: skip
        conn.execute(renamed)
        _seal(conn, 20)
    with pytest.raises(Refused, match="only put right by a correction"), writing(engine).begin() as conn:
        conn.execute(sa.update(item).where(item.c.id == TASER).values(serial="X11"))


def test_a_line_of_paper_is_of_its_page_and_in_the_ledger(engine: sa.Engine) -> None:
    _issued(engine)
    for changes in ({"entry_id": 115}, {"entry_id": 60, "tx_id": 9}, {"page_id": 999}):
        with pytest.raises(Refused), writing(engine).begin() as conn:
            _written_up(conn, 20, **changes)


def test_a_recall_closes_only_when_everything_on_its_list_is_accounted_for(engine: sa.Engine) -> None:
    ends = {"recall_id": 122, "at_us": NOW, "happened_us": NOW, "by_person": HOLLIS, "detail": "Done", "entry_id": 120}
    with writing(engine).begin() as conn:
        _recalled(conn, 20)
        _entry(conn, 125, 20, kind="UNACCOUNTED", item_id=CARTRIDGE, taker="UNKNOWN", taker_id=0)
        conn.execute(sa.update(custody).where(custody.c.item_id == CARTRIDGE, custody.c.closed_entry.is_(None))
                     .values(closed_entry=125, closed_us=NOW))  # fmt: skip
        _insert(conn, custody, id=126, tx_id=20, item_id=CARTRIDGE, holder="UNKNOWN", holder_id=0, is_handle=0,
                basis="HELD", opened_entry=125, opened_us=NOW)  # fmt: skip
        with pytest.raises(Refused, match="not accounted for"), conn.begin_nested():
            _insert(conn, recall_event, id=127, tx_id=20, act="CLOSED", **ends)
        _insert(conn, recall_event, id=128, tx_id=20, act="ENDED", line_id=123, outcome="LOST", **ends)
        _insert(conn, recall_event, id=127, tx_id=20, act="CLOSED", **ends)
        with pytest.raises(Refused, match="closed already"), conn.begin_nested():
            _insert(conn, recall_event, id=129, tx_id=20, act="CLOSED", **ends)
        _seal(conn, 20)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"by_person": MERCER}, "nobody decides on their own"),
        ({"act": "RETAIN_UNTIL", "until_us": LATER}, "nothing is kept"),
        ({"entry_id": 60}, "no entry of it"),
    ],
)
def test_who_may_no_longer_hold_kit_decides_nothing_and_keeps_nothing_without_authority(
    engine: sa.Engine, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(Refused, match=why), writing(engine).begin() as conn:
        _lapsed(conn, 20, **changes)
        _seal(conn, 20)


def test_nobody_has_two_lapses_at_once(engine: sa.Engine) -> None:
    with pytest.raises(Refused, match="open already"), writing(engine).begin() as conn:
        _lapsed(conn, 20)
        _insert(conn, lapse, id=133, tx_id=20, person_id=MERCER, store_id=1, item_id=TASER, codes="X", opened_us=NOW,
                entry_id=130)  # fmt: skip


def test_a_policy_is_changed_by_two_who_own_it_and_a_declaration_is_erased_only_by_a_newer(engine: sa.Engine) -> None:
    attempts: list[tuple[Changes, Changes, str]] = [
        ({"proposed_us": 1}, {}, "owns no policy"),
        ({"entry_id": 60}, {}, "no entry of it"),
        ({}, {"by_person": HOLLIS}, "their own proposal"),
        ({}, {"by_person": OTHER_RECORD}, "their own proposal"),
        ({}, {"by_person": MERCER, "at_us": 1, "from_us": 1}, "owns no policy|before it was"),
        ({}, {"outcome": "WITHDRAWN", "from_us": None}, "only who proposed it"),
        ({}, {"from_us": None}, "approved_from"),
        ({}, {"from_us": NOW - 1}, "never_in_force_before"),
        ({}, {"at_us": NOW - 1}, "before it was proposed"),
    ]  # fmt: skip
    for proposed, ended, says in attempts:
        with pytest.raises(Refused, match=says), writing(engine).begin() as conn:
            _entry(conn, 60, 20)
            _ruled(conn, 20, proposed, ended)
    with writing(engine).begin() as conn:
        _ruled(conn, 20, {}, {"outcome": "WITHDRAWN", "by_person": OTHER_RECORD, "from_us": None})
        said = {"file_id": 164, "person_id": MERCER, "characteristic": "RELIGION", "answer": "None"}
        _insert(conn, equality_declared, id=170, recorded_us=NOW, **said)
        _insert(conn, equality_declared, id=171, recorded_us=NOW + 1, **said)
        _seal(conn, 20)
    mine = equality_declared.c.id
    for attack in (sa.delete(equality_declared).where(mine == 171), sa.update(equality_declared).values(answer="x")):
        with pytest.raises(Refused, match="newer one"), writing(engine).begin() as conn:
            conn.execute(attack)
    with writing(engine).begin() as conn:
        assert conn.execute(sa.delete(equality_declared).where(mine == 170)).rowcount == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"second_person": HOLLIS}, "signed_by_two"),
        ({"second_person": None}, "signed_by_two"),
        ({"act": "TAKEN_BACK", "unit_id": None}, "of_a_unit|nothing of this number"),
        ({"act": "MARKED", "unit_id": 151}, "nothing of this number was read"),
        ({"act": "READ"}, "uq_delivery_event_read|unit_id"),
        ({"act": "READ", "unit_id": TASER}, "signed for already"),
        ({"act": "FOUND"}, "holds what it may not"),
    ],
)
def test_a_delivery_is_signed_for_by_two_and_of_what_was_read(
    engine: sa.Engine, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refused, match=says), writing(engine).begin() as conn:
        _delivered(conn, 1, **changes)


def test_a_delivery_that_is_ended_stays_as_it_was(engine: sa.Engine) -> None:
    with pytest.raises(Refused, match="this delivery is ended"), writing(engine).begin() as conn:
        _delivered(conn, 1, act="ENDED")
        _insert(conn, delivery_event, id=146, tx_id=1, delivery_id=142, act="LISTED", at_us=NOW, facts="{}")
