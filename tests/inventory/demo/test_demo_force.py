"""The demo force is the force of design section 5.2, counted from its files by other arithmetic."""

from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta
from itertools import pairwise

import pytest

from inventory.demo import plan
from inventory.demo.advance import advance
from inventory.demo.force import DemoForce, Files, PlainRows, build, first_files, plain_rows
from tests.inventory.demo import force_counts
from tests.inventory.demo.force_counts import Record, StoStates, records

ANCHOR = date(2026, 11, 22)
STORES = {
    # code: on books, STOs, CED handles, cameras
    "ME": (299, 180, 106, 280), "MA": (245, 149, 87, 230), "CA": (212, 129, 75, 199), "TH": (222, 135, 78, 208),
    "SW": (168, 102, 60, 158), "FO": (160, 97, 59, 150), "DO": (160, 97, 59, 150), "AS": (160, 97, 59, 150),
    "GR": (168, 102, 60, 158), "DA": (154, 93, 56, 145), "TM": (149, 90, 54, 140), "TW": (138, 84, 50, 130),
    "SE": (124, 75, 47, 116), "TO": (198, 120, 50, 186),
}  # fmt: skip
STATES = StoStates(
    authorised=1_550, current=1_488, lapsed=62, due_30=118, due_60=240, suspended=9, limited=41, both=3,
    pass_person_rules=1_441, deployable=1_337,
)  # fmt: skip


@pytest.fixture(scope="module")
def demo() -> DemoForce:
    return build(ANCHOR)


@pytest.fixture(scope="module")
def files(demo: DemoForce) -> Files:
    return first_files(demo)


@pytest.fixture(scope="module")
def counted(files: Files) -> force_counts.Files:
    return force_counts.files_of(asdict(files))


@pytest.fixture(scope="module")
def plain(demo: DemoForce) -> PlainRows:
    return plain_rows(demo)


def count(rows: list[Record], *columns: str) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row[name] for name in columns) for row in rows)


# ---- people ----------------------------------------------------------------------------------------


def test_there_are_7120_people_of_the_kinds_of_the_plan(counted: force_counts.Files) -> None:
    kinds = count(counted.people, "kind")
    assert len(counted.people) == 7_120
    assert kinds["REGULAR",] + kinds["STUDENT",] == 4_200
    assert (kinds["POLICE_STAFF",], kinds["PCSO",], kinds["SPECIAL",], kinds["DETENTION_OFFICER",]) == (
        2_450, 90, 230, 150,
    )  # fmt: skip
    frontline = [
        row for row in counted.people if row["kind"] in ("REGULAR", "STUDENT") and row["frontline"] == "yes"
    ]
    assert len(frontline) == 2_700
    assert count(counted.people, "team")["Mobilisation list",] == 420


def test_each_store_has_the_people_and_carriers_of_its_line(counted: force_counts.Files) -> None:
    carriers = force_counts.authorised(counted, ANCHOR)
    books = count(counted.people, "home_store")
    stos = Counter(row["home_store"] for row in counted.people if row["ref"] in carriers)
    for code, (on_books, sto_count, _, _) in STORES.items():
        assert (books[code,], stos[code]) == (on_books, sto_count), code
    assert 7_120 - books["",] == 2_557


def test_nobody_shares_a_number_a_collar_or_a_card(counted: force_counts.Files) -> None:
    for column in ("ref", "collar", "cards"):
        given = [row[column] for row in counted.people if row[column]]
        assert len(given) == len(set(given)), column
    assert all(row["collar"] for row in counted.people if row["kind"] != "POLICE_STAFF")
    assert all(len(row["cards"]) == len("EM4100:3C00CE754C") for row in counted.people)


def test_the_states_of_the_carriers_are_those_of_the_plan(counted: force_counts.Files) -> None:
    assert force_counts.sto_states(counted, ANCHOR) == STATES
    models = Counter(force_counts.authorised(counted, ANCHOR).values())
    assert models == {"T7": 1_380, "T10": 60, "X2": 110}


@pytest.mark.parametrize(("course", "percent"), [("PPST", 93), ("FIRST_AID", 91), ("JRFT", 95)])
def test_of_3150_trained_so_many_are_current(counted: force_counts.Files, course: str, percent: int) -> None:
    found = force_counts.last_good_days(counted.training, course, ANCHOR)
    current = sum(until >= ANCHOR for until in found.values())
    assert len(found) == 3_150
    assert percent <= 100 * current / 3_150 < percent + 0.1


def test_nothing_on_record_is_before_the_person_joined_or_after_today(counted: force_counts.Files) -> None:
    joined = {row["ref"]: row["joined_on"] for row in counted.people}
    assert all(joined[row["ref"]] <= row["attended_on"] <= ANCHOR.isoformat() for row in counted.training)
    assert len({row["source_ref"] for row in counted.training}) == len(counted.training)
    assert 19_000 < len(counted.training) < 21_000


# ---- kit -------------------------------------------------------------------------------------------


def test_the_handles_batteries_and_magazines_are_those_of_the_plan(counted: force_counts.Files) -> None:
    kit = count(counted.items, "kind", "model", "pool")
    assert kit["CED_HANDLE", "T7", "OPERATIONAL"] == 840
    assert kit["CED_HANDLE", "T10", "OPERATIONAL"] == 60
    assert kit["CED_HANDLE", "X2", "TRAINING"] == 110
    assert kit["CED_HANDLE", "T7", "TRAINING"] == 40
    assert kit["CED_BATTERY", "T7", "OPERATIONAL"] + kit["CED_BATTERY", "T10", "OPERATIONAL"] == 1_250
    assert kit["CED_BATTERY", "X2", "TRAINING"] == 60
    assert count(counted.items, "kind")["CED_MAGAZINE",] == 75
    t10 = {row["store"] for row in counted.items if row["model"] == "T10"}
    assert t10 == {"ME", "TO"}


def test_the_cartridges_are_those_of_the_plan(counted: force_counts.Files) -> None:
    rounds = [row for row in counted.items if row["kind"] == "CED_CARTRIDGE"]
    by = count(rounds, "model", "purpose")
    assert len(rounds) == 8_580
    assert by["T7", "LIVE_DUTY"] == 3_360 + 900
    assert by["T7", "LIVE_TRAINING"] + by["T7", "HALT"] + by["T7", "INERT"] == 3_200
    assert by["T10", "LIVE_DUTY"] == 600 + 300
    assert sum(number for (model, _), number in by.items() if model == "X2") == 220
    assert force_counts.expiring(counted, ANCHOR, 90) == 190


def test_each_store_has_the_handles_and_cameras_of_its_line(counted: force_counts.Files) -> None:
    kit = count([row for row in counted.items if row["pool"] == "OPERATIONAL"], "kind", "store")
    for code, (_, _, handles, cameras) in STORES.items():
        assert (kit["CED_HANDLE", code], kit["BWV_CAMERA", code]) == (handles, cameras), code
    mine = [row for row in counted.items if row["kind"] == "BWV_CAMERA"]
    owners = [row["personal_to"] for row in mine if row["personal_to"]]
    assert (len(mine), len(owners), len(set(owners))) == (2_400, 1_900, 1_900)


def test_no_two_items_share_a_serial_or_a_mark(counted: force_counts.Files) -> None:
    assert max(count(counted.items, "serial").values()) == 1
    marks = [row["marks"] for row in counted.items if row["marks"]]
    assert len(marks) == len(set(marks)) == 2_400


def test_spit_guards_docks_and_losses_are_those_of_the_plan(files: Files, plain: PlainRows) -> None:
    in_store = records(files.lots)
    assert len({row["lot"] for row in in_store}) == 6
    carried = sum(row.quantity for row in plain.held)
    assert carried == 5_100
    assert carried + sum(int(row["quantity"]) for row in in_store) == 9_000
    docks = Counter(dock.split("-")[1] for dock in {row.dock for row in plain.bays})
    assert docks == {"BWV": 240, "CED": 56}
    assert Counter(row.reason for row in plain.holds) == {"WITHDRAWN": 110, "MAINTENANCE": 60}
    assert len(set(plain.unaccounted)) == 7
    assert {row.serial for row in plain.holds}.isdisjoint(plain.unaccounted)
    assert Counter(Counter(row.magazine for row in plain.fittings).values()) == {10: 60}


def test_each_store_has_a_hatch_three_shifts_and_people_to_issue(plain: PlainRows) -> None:
    assert Counter(row.activity for row in plain.places)["HATCH"] == 15
    assert Counter(row.name for row in plain.shifts) == {"Early": 14, "Late": 14, "Night": 14}
    issuing = {row.store for row in plain.capabilities if row.capability == "ISSUER"}
    assert issuing == set(STORES)
    everywhere = {row.capability for row in plain.capabilities if not row.store}
    assert everywhere == {
        "TECHNICIAN", "TRAINING_RECORDER", "CED_SPOC", "EXHIBITS", "PSD", "AUDITOR", "LOG_READER",
        "ADMINISTRATOR", "INSTRUCTOR", "PLANNER", "POLICY_OWNER", "EQUALITY_ANALYST", "RECORDS_MANAGER",
    }  # fmt: skip


# ---- other days ------------------------------------------------------------------------------------


def test_the_same_seed_and_day_give_the_same_force(files: Files) -> None:
    assert first_files(build(ANCHOR)) == files
    assert first_files(build(ANCHOR, seed=1)) != files


@pytest.mark.parametrize("anchor", [date(2027, 1, 31), date(2028, 2, 29), date(2026, 3, 29)])
def test_any_day_may_be_the_anchor_day(anchor: date) -> None:
    counted = force_counts.files_of(asdict(first_files(build(anchor))))
    assert force_counts.sto_states(counted, anchor) == STATES
    assert force_counts.expiring(counted, anchor, 90) == 190


@pytest.mark.parametrize("days", [1, 40, 400])
def test_carried_forward_the_force_keeps_its_proportions(
    demo: DemoForce, counted: force_counts.Files, days: int
) -> None:
    today = ANCHOR + timedelta(days=days)
    more = advance(demo, ANCHOR, today)
    assert more is not None
    later = counted.after(asdict(more))
    found = force_counts.sto_states(later, today)
    assert (found.authorised, found.suspended, found.limited, found.both) == (1_550, 9, 41, 3)
    assert 1_450 <= found.current <= 1_520
    assert 85 <= found.due_30 <= 150
    assert 190 <= found.due_60 <= 290
    assert 1_400 <= found.pass_person_rules <= 1_480
    assert 1_290 <= found.deployable <= 1_380
    for course, percent in (("PPST", 93), ("FIRST_AID", 91), ("JRFT", 95)):
        assert abs(force_counts.current_percent(later, course, today) - percent) < 2.5, course
    assert 150 <= force_counts.expiring(later, today, 90) <= 230
    assert abs(force_counts.in_date(later, today) - 8_568) < 20


def test_a_start_on_the_same_day_has_nothing_to_carry_forward(demo: DemoForce) -> None:
    assert advance(demo, ANCHOR, ANCHOR) is None
    with pytest.raises(ValueError, match="brought_to"):
        advance(demo, ANCHOR - timedelta(days=1), ANCHOR)


def test_many_small_steps_end_where_one_large_step_does(demo: DemoForce, counted: force_counts.Files) -> None:
    days = [ANCHOR + timedelta(days=n) for n in (0, 1, 3, 40, 41, 160)]
    stepped = counted
    for before, after in pairwise(days):
        more = advance(demo, before, after)
        assert more is not None
        stepped = stepped.after(asdict(more))
    whole = advance(demo, days[0], days[-1])
    assert whole is not None
    leapt = counted.after(asdict(whole))
    for name in ("training", "authorisations", "items"):
        assert rows_of(getattr(stepped, name)) == rows_of(getattr(leapt, name)), name
    assert force_counts.sto_states(stepped, days[-1]) == force_counts.sto_states(leapt, days[-1])


def test_each_shift_of_the_coming_days_has_its_people_however_the_days_are_brought_in(
    demo: DemoForce, files: Files
) -> None:
    first, third = ANCHOR + timedelta(days=1), ANCHOR + timedelta(days=3)
    steps = [files, advance(demo, ANCHOR, first), advance(demo, first, third)]
    stepped = [row for each in steps if each for row in records(each.roster)]
    leapt = [row for each in (files, advance(demo, ANCHOR, third)) if each for row in records(each.roster)]
    assert sorted(rows_of(stepped)) == sorted(rows_of(leapt))
    assert len(stepped) == len(rows_of(stepped))
    on = count(stepped, "store", "duty", "starts")
    for store in plan.STORES:
        for day in (ANCHOR + timedelta(days=n) for n in range(-1, 13)):
            shifts = [on[store.code, name, f"{day} {starts}"] for name, starts, _ in plan.SHIFTS]
            assert shifts == [store.early, store.late, store.night], (store.code, day)
    assert max(count(stepped, "ref", "starts").values()) == 1


def rows_of(rows: list[Record]) -> set[tuple[str, ...]]:
    return {tuple(row.values()) for row in rows}
