"""A vendor's file: what it adds, what it contradicts, and that it never moves a thing."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.people.imports.report import Tally
from inventory.people.imports.sheet import Sheet
from inventory.people.imports.vendor.mapping import VendorMapping
from inventory.people.imports.vendor.rows import AsOf, rows_of
from inventory.people.imports.vendor.vendor_file import look_over
from inventory.schema.custody import alarm, custody, ledger
from inventory.schema.people import binding
from inventory.schema.stock import bay, inspection, item
from inventory.schema.vendor import vendor_fact, vendor_import, vendor_mapping, vendor_refusal
from tests import small_force as force
from tests.inventory.people.vendor.conftest import Desk, csv_of, mapping, offered

BATTERY, OTHER = force.serial(force.BATTERIES[0]), force.serial(force.BATTERIES[1])
CAMERA = force.serial(force.CAMERAS[0])
DOCKS = mapping("Device Serial", "FW", "Last Dock", "Battery", "Status", kind="CED_BATTERY")
HEADING = "Device Serial,FW,Last Dock,Battery,Status"
GOOD = csv_of(HEADING, f"{BATTERY},1.4.2,22/11/2026 05:30,88 %,Charged", f"{OTHER},1.4.1,21/11/2026 22:10,40,In use")
CAMERAS = mapping("Device Serial", "Badge", "Owner", name="Cameras", kind="BWV_CAMERA")


def facts(desk: Desk, item_id: int) -> dict[str, Any]:
    """What is held of an item: fact -> number or words."""
    rows = desk.rows(
        sa.select(vendor_fact.c.fact, vendor_fact.c.number, vendor_fact.c.words).where(vendor_fact.c.item_id == item_id)
    )
    return {fact: words if number is None else number for fact, number, words in rows}


# ---- looking over writes nothing; taking in writes what was shown ------------------------------------------


def test_a_look_at_a_file_writes_nothing_and_shows_what_taking_it_in_does(desk: Desk) -> None:
    before = desk.everything()
    shown = desk.looks(GOOD, DOCKS)
    assert desk.everything() == before
    assert [(each.word, each.row.serial) for each in shown.rows] == [("NEW", BATTERY), ("NEW", OTHER)]
    assert {each.fact: (each.before, each.after) for each in shown.rows[0].changes} == {
        "FIRMWARE": ("", "1.4.2"), "DOCKED": ("", "22/11/2026 05:30"), "CHARGE": ("", "88 %"), "STATE": ("", "Charged"),
    }  # fmt: skip
    done = desk.takes(GOOD, DOCKS)
    assert done.rows == shown.rows
    found = facts(desk, force.BATTERIES[0])
    assert found == {"FIRMWARE": "1.4.2", "CHARGE": 88, "STATE": "Charged", "DOCKED": force.NOW - 90 * 60_000_000}


def test_the_same_file_twice_changes_nothing(desk: Desk) -> None:
    first = desk.takes(GOOD, DOCKS)
    before = desk.everything()
    again = desk.takes(GOOD, DOCKS)
    assert (again.import_id, again.before_id, again.count("NEW")) == (None, first.import_id, 0)
    assert again.unchanged == 2
    assert desk.everything() == before


def test_the_same_file_is_taken_up_where_an_item_has_come_since(desk: Desk) -> None:
    data = csv_of("Device Serial,FW", "X77777,2.0")
    how = mapping("Device Serial", "FW", kind="CED_BATTERY")
    assert desk.takes(data, how).count("UNKNOWN") == 1
    desk.tx.conn.execute(
        sa.insert(item).values(id=77777, kind="CED_BATTERY", maker="AXON", serial="X77777", model="T7",
                               home_store_id=force.MEDWAY, pool="OPERATIONAL", recorded_us=1)
    )  # fmt: skip
    assert desk.takes(data, how).count("NEW") == 1
    assert facts(desk, 77777) == {"FIRMWARE": "2.0"}


def test_the_file_is_kept_in_evidence_with_who_when_and_how_many(desk: Desk) -> None:
    bad = csv_of(HEADING, f"{BATTERY},1.4.2,,,", "X99999,1.0,,,", f"{OTHER},1,31/02/2026,,", f"{OTHER},1.4.1,,,")
    done = desk.takes(bad, DOCKS)
    (row,) = desk.tx.conn.execute(sa.select(vendor_import)).mappings()
    counted = {name: row[name] for name in ("row_count", "taken", "unchanged", "unknown", "refused", "contradicted")}
    assert counted == {"row_count": 4, "taken": 2, "unchanged": 0, "unknown": 1, "refused": 1, "contradicted": 0}
    assert (row["id"], row["file_name"], row["by_person"], row["at_us"]) == (
        done.import_id, "export.csv", force.ISSUER, force.NOW,
    )  # fmt: skip
    kept = desk.rows(sa.select(vendor_refusal.c.line, vendor_refusal.c.field, vendor_refusal.c.value,
                               vendor_refusal.c.raw).order_by(vendor_refusal.c.line))  # fmt: skip
    assert [each[:3] for each in kept] == [(3, "serial", "X99999"), (4, "docked", "31/02/2026")]
    assert '"docked": "31/02/2026"' in kept[1][3]


def test_a_refused_row_is_kept_without_the_name_of_whom_the_vendor_assigns_it_to(desk: Desk) -> None:
    how = mapping("Device Serial", "Owner", "Badge", "FW", kind="BWV_CAMERA")
    desk.takes(csv_of("Device Serial,Owner,Badge,FW", "X99999,Alex Hollis,4417,1", f"{CAMERA},A,{'9' * 41},1"), how)
    kept = " ".join(str(each) for row in desk.rows(sa.select(vendor_refusal)) for each in row)
    assert "X99999" in kept
    assert not any(each in kept for each in ("Hollis", "4417", "999999999"))


def test_a_mapping_is_kept_once_and_anew_where_it_is_corrected(desk: Desk) -> None:
    desk.takes(GOOD, DOCKS)
    desk.takes(csv_of(HEADING, f"{BATTERY},1.5,,,"), DOCKS, as_of_us=force.NOW)
    assert len(desk.rows(sa.select(vendor_mapping.c.id))) == 1
    desk.takes(GOOD, mapping("Device Serial", "FW", kind="CED_BATTERY"))
    assert len(desk.rows(sa.select(vendor_mapping.c.id))) == 2


def test_a_cell_of_control_signs_is_refused_and_kept(desk: Desk) -> None:
    done = desk.takes(f"Device Serial,FW\n{BATTERY},1\0\x07\n".encode(), mapping("Device Serial", "FW"))
    assert [(each.line, each.field) for each in done.problems] == [(2, "firmware")]
    assert desk.rows(sa.select(vendor_refusal.c.raw)) == [('{"serial": "X00211", "firmware": "1\\u0000\\u0007"}',)]


# ---- newer, older, and of the same time ------------------------------------------------------------------


def test_an_older_word_never_replaces_a_newer_one(desk: Desk) -> None:
    desk.takes(GOOD, DOCKS)
    old = csv_of(HEADING, f"{BATTERY},1.3.0,20/11/2026 05:30,12,Lost")
    done = desk.takes(old, DOCKS, as_of_us=force.NOW - 48 * force.HOUR)
    assert {each.word for each in done.rows[0].changes} == {"OLDER"}
    assert facts(desk, force.BATTERIES[0])["FIRMWARE"] == "1.4.2"


def test_the_same_word_said_later_is_as_of_later(desk: Desk) -> None:
    desk.takes(GOOD, DOCKS)
    done = desk.takes(GOOD, DOCKS, as_of_us=force.NOW)
    assert {each.fact: each.word for each in done.rows[0].changes} == {
        "FIRMWARE": "CONFIRMED", "CHARGE": "CONFIRMED", "STATE": "CONFIRMED", "DOCKED": "SAME",
    }  # fmt: skip
    (at_us,) = desk.rows(sa.select(vendor_fact.c.at_us).where(
        vendor_fact.c.item_id == force.BATTERIES[0], vendor_fact.c.fact == "CHARGE"))  # fmt: skip
    assert at_us == (force.NOW,)


def test_a_wrong_mapping_is_put_right_by_the_same_file_with_the_right_one(desk: Desk) -> None:
    data = csv_of("Device Serial,Warranty", f"{BATTERY},03/04/2028")
    columns = ("Device Serial", "Warranty")
    desk.takes(data, mapping(*columns, kind="CED_BATTERY"))
    assert facts(desk, force.BATTERIES[0]) == {"WARRANTY": "2028-04-03"}
    desk.takes(data, mapping(*columns, kind="CED_BATTERY", times="MDY"))
    assert facts(desk, force.BATTERIES[0]) == {"WARRANTY": "2028-03-04"}


def test_two_rows_that_say_two_things_of_one_item_at_one_time_leave_the_second_out(desk: Desk) -> None:
    data = csv_of("Device Serial,FW", f"{BATTERY},1.4.2", f"{BATTERY},1.4.2", f"{BATTERY},9.9")
    done = desk.takes(data, mapping("Device Serial", "FW", kind="CED_BATTERY"))
    assert [(each.line, each.field, each.value) for each in done.problems] == [(4, "firmware", "9.9")]
    assert "line 2" in done.problems[0].expected
    assert facts(desk, force.BATTERIES[0]) == {"FIRMWARE": "1.4.2"}


LATE, EARLY = f"{BATTERY},1.5,22/11/2026 06:00", f"{BATTERY},1.4,21/11/2026 06:00"


@pytest.mark.parametrize("rows", [(LATE, EARLY), (EARLY, LATE)])
def test_rows_that_say_when_may_speak_of_one_item_often_and_the_latest_stays(desk: Desk, rows: tuple[str, str]) -> None:
    how = mapping("Device Serial", "FW", "As of", kind="CED_BATTERY")
    desk.takes(csv_of("Device Serial,FW,As of", *rows), how, as_of_us=None)
    assert facts(desk, force.BATTERIES[0]) == {"FIRMWARE": "1.5"}


@pytest.mark.parametrize("row", [f"{BATTERY},1,22/11/2026 07:01,5,x", f"{BATTERY},1,01/01/2030 00:00,5,x"])
def test_nothing_was_so_in_the_future(desk: Desk, row: str) -> None:
    done = desk.looks(csv_of(HEADING, row), DOCKS)
    assert [(each.line, each.field, each.expected) for each in done.problems] == [
        (2, "docked", "a time that is not in the future")
    ]


@pytest.mark.parametrize("as_of_us", [None, force.NOW + 1])
def test_a_file_that_says_no_time_is_not_taken_without_one_that_has_been(desk: Desk, as_of_us: int | None) -> None:
    done = desk.looks(GOOD, DOCKS, as_of_us=as_of_us)
    assert (done.rows, [each.field for each in done.problems]) == ((), ["as_of"])


# ---- what the gate may count ---------------------------------------------------------------------------


def checks(desk: Desk, item_id: int) -> list[int]:
    """The times at which an item is recorded as docked, oldest first."""
    wanted = sa.select(inspection.c.at_us).where(inspection.c.kind == "DOCKED", inspection.c.item_id == item_id)
    return [row[0] for row in desk.rows(wanted.order_by(inspection.c.at_us))]


def test_a_battery_docked_elsewhere_counts_as_docked_where_that_is_news(desk: Desk) -> None:
    desk.tx.conn.execute(sa.update(bay).values(present=0, item_id=None))
    before = checks(desk, force.BATTERIES[0])
    desk.takes(GOOD, DOCKS)
    assert checks(desk, force.BATTERIES[0]) == [*before, force.NOW - 90 * 60_000_000]
    desk.takes(GOOD, DOCKS, as_of_us=force.NOW)
    assert len(checks(desk, force.BATTERIES[0])) == len(before) + 1


def test_a_dock_of_ours_that_spoke_later_is_not_replaced(desk: Desk) -> None:
    before = checks(desk, force.BATTERIES[0])
    assert desk.takes(GOOD, DOCKS).rows[0].counts_as_docked is None  # our own rack spoke a minute ago
    assert checks(desk, force.BATTERIES[0]) == before


def test_a_camera_is_not_asked_to_have_been_docked(desk: Desk) -> None:
    desk.tx.conn.execute(sa.update(bay).values(present=0, item_id=None))
    how = mapping("Device Serial", "Last Dock", kind="BWV_CAMERA")
    assert desk.takes(csv_of("Device Serial,Last Dock", f"{CAMERA},22/11/2026 05:30"), how).count("NEW") == 1
    assert checks(desk, force.CAMERAS[0]) == []


# ---- where it contradicts --------------------------------------------------------------------------------


def test_a_vendor_who_assigns_it_to_another_is_contradicted_and_moves_nothing(desk: Desk) -> None:
    desk.issues(force.camera_ask(force.HOLLIS))
    moved = desk.rows(sa.select(custody)), desk.rows(sa.select(ledger))
    done = desk.takes(csv_of("Device Serial,Badge,Owner", f"{CAMERA},4418,Mercer"), CAMERAS)
    (found,) = done.contradictions
    assert (found.kind, found.item_id, found.person_id) == (
        "VENDOR_ASSIGNEE_DIFFERS", force.CAMERAS[0], force.HOLLIS,
    )  # fmt: skip
    assert found.detail == (
        "Axon Evidence says it is assigned to collar 4418; the ledger says collar 4417 has it."
    )
    assert (desk.rows(sa.select(custody)), desk.rows(sa.select(ledger))) == moved
    assert facts(desk, force.CAMERAS[0]) == {"ASSIGNED_COLLAR": "4418", "ASSIGNEE": "Mercer"}
    assert desk.rows(sa.select(alarm.c.id)) == []  # raising it is the caller's


def test_a_contradiction_is_told_once_a_word(desk: Desk) -> None:
    desk.issues(force.camera_ask(force.HOLLIS))
    data = csv_of("Device Serial,Badge,Owner", f"{CAMERA},4418,Mercer")
    desk.takes(data, CAMERAS)
    again = desk.takes(data, CAMERAS)
    assert again.contradictions == []
    assert [each.kind for each in again.rows[0].contradictions] == ["VENDOR_ASSIGNEE_DIFFERS"]


def test_a_vendor_who_agrees_contradicts_nothing(desk: Desk) -> None:
    desk.issues(force.camera_ask(force.HOLLIS))
    assert desk.looks(csv_of("Device Serial,Badge,Owner", f"{CAMERA},4417,x"), CAMERAS).contradictions == []


def test_pool_kit_that_a_cloud_leaves_assigned_is_noted_and_raises_nothing(desk: Desk) -> None:
    (row,) = desk.looks(csv_of("Device Serial,Badge,Owner", f"{CAMERA},4417,x"), CAMERAS).rows
    assert row.contradictions == ()
    assert row.notes[0].endswith("assigned to collar 4417; the ledger says it is in Medway.")


def test_an_officers_own_camera_in_the_store_may_be_assigned_to_them_and_to_nobody_else(desk: Desk) -> None:
    desk.tx.conn.execute(sa.update(item).where(item.c.id == force.CAMERAS[0]).values(personal_to=force.HOLLIS))
    heading = "Device Serial,Badge,Owner"
    (row,) = desk.looks(csv_of(heading, f"{CAMERA},4417,x"), CAMERAS).rows
    assert (row.contradictions, row.notes) == ((), ())
    (found,) = desk.looks(csv_of(heading, f"{CAMERA},4418,x"), CAMERAS).contradictions
    assert found.detail.endswith("the ledger says it is in Medway, and is 4417's own.")


def test_a_collar_that_nobody_has_is_noted_and_compared_with_nobody(desk: Desk) -> None:
    done = desk.looks(csv_of("Device Serial,Badge,Owner", f"{CAMERA},AXON-ADMIN,x"), CAMERAS)
    assert done.contradictions == []
    assert "AXON-ADMIN" in done.rows[0].notes[0]


def test_a_collar_that_is_worn_no_more_is_nobodys(desk: Desk) -> None:
    desk.tx.conn.execute(sa.update(binding).where(binding.c.value == "4418").values(to_us=force.NOW))
    done = desk.looks(csv_of("Device Serial,Badge,Owner", f"{CAMERA},4418,x"), CAMERAS)
    assert (done.person_ids, len(done.rows[0].notes)) == (frozenset(), 1)


def test_a_name_is_kept_as_text_and_compared_with_nobody(desk: Desk) -> None:
    how = mapping("Device Serial", "Owner", kind="BWV_CAMERA")
    done = desk.takes(csv_of("Device Serial,Owner", f"{CAMERA},Alex Mercer"), how)
    assert (done.contradictions, done.rows[0].notes) == ([], ())
    assert facts(desk, force.CAMERAS[0]) == {"ASSIGNEE": "Alex Mercer"}


def test_what_was_docked_after_it_was_issued_is_a_contradiction(desk: Desk) -> None:
    desk.issues(force.camera_ask(force.HOLLIS))
    how = mapping("Device Serial", "Last Dock", kind="BWV_CAMERA")
    data = csv_of("Device Serial,Last Dock", f"{CAMERA},22/11/2026 08:15")
    later = look_over(desk.tx.conn, offered(data, how, force.NOW), force.NOW + 2 * force.HOUR)
    (found,) = later.contradictions
    assert found.kind == "VENDOR_DOCKED_WHILE_OUT"
    assert "docked on 22/11/2026 08:15; the ledger says collar 4417 has it since 22/11/2026 07:00" in found.detail
    assert desk.looks(csv_of("Device Serial,Last Dock", f"{CAMERA},22/11/2026 06:15"), how).contradictions == []


def test_an_expiry_that_differs_from_the_record_is_told_and_changes_no_record(desk: Desk) -> None:
    how = mapping("Device Serial", "Expiry", kind="CED_CARTRIDGE")
    done = desk.takes(csv_of("Device Serial,Expiry", f"{force.serial(force.CARTRIDGES[0])},31/01/2031"), how)
    assert [each.kind for each in done.contradictions] == ["VENDOR_EXPIRY_DIFFERS"]
    assert desk.rows(sa.select(item.c.expires_on).where(item.c.id == force.CARTRIDGES[0])) == [("2029-01-31",)]


# ---- which item ------------------------------------------------------------------------------------------


def test_an_item_is_known_by_maker_kind_and_serial(desk: Desk) -> None:
    data = csv_of("Device Serial,FW", f" {BATTERY.lower()} ,1")
    columns = ("Device Serial", "FW")
    assert desk.looks(data, mapping(*columns, kind="CED_BATTERY")).count("NEW") == 1
    assert desk.looks(data, mapping(*columns, kind="CED_HANDLE")).count("UNKNOWN") == 1
    assert desk.looks(data, mapping(*columns, maker="REVEAL")).count("UNKNOWN") == 1
    assert desk.looks(data, mapping(*columns)).count("NEW") == 1


def test_a_serial_of_two_kinds_is_asked_for_its_kind(desk: Desk) -> None:
    desk.tx.conn.execute(
        sa.insert(item).values(id=88888, kind="CED_HANDLE", maker="AXON", serial=BATTERY, model="T7",
                               home_store_id=force.MEDWAY, pool="OPERATIONAL", recorded_us=1)
    )  # fmt: skip
    done = desk.looks(csv_of("Device Serial,FW", f"{BATTERY},1"), mapping("Device Serial", "FW"))
    assert [(each.line, each.field) for each in done.problems] == [(2, "kind")]
    assert "CED_BATTERY and CED_HANDLE" in done.problems[0].expected


def test_a_column_that_is_not_there_is_named_and_nothing_is_taken(desk: Desk) -> None:
    done = desk.takes(csv_of("Device Serial,Firmware", f"{BATTERY},1"), mapping("Device Serial", "FW"))
    assert (done.rows, [(each.line, each.field, each.expected) for each in done.problems]) == (
        (), [(1, "heading", "a column named fw")],
    )  # fmt: skip


def test_a_workbook_says_the_same_as_its_csv_file(desk: Desk) -> None:
    rows = tuple((n, tuple(line.split(","))) for n, line in enumerate(GOOD.decode().splitlines(), 1))
    assert desk.looks(Sheet("Docks", rows), DOCKS).rows == desk.looks(GOOD, DOCKS).rows


# ---- whatever is in it -----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([DOCKS, CAMERAS, mapping("Device Serial", "FW")]))
def test_no_bytes_make_a_look_fail(data: bytes, how: VendorMapping) -> None:
    grid = offered(HEADING.encode() + b"\n" + data, how).grid
    tally = Tally()
    rows = [row for row in rows_of(grid, how, AsOf(force.NOW, force.NOW), tally) if row]
    assert len(rows) <= len(grid.rows)
    assert all(each.line >= 1 and each.expected for each in tally.problems)
