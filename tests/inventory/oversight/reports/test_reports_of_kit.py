"""Reports Q6 to Q16 over a week of real acts agree with answers worked out here in plain Python from exported facts."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.oversight.reports import REPORTS
from inventory.oversight.reports.asking import NotAsked, given_of
from inventory.oversight.reports.finding import Found, find, from_kept, kept
from inventory.oversight.reports.report import Asked, Row
from inventory.people.calendar import local_day
from tests.built_once import built_once
from tests.inventory.oversight.reports.force_for_reports import DAY, POLICY, Facts, build, exported, looking
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    DOVER,
    GUARD_LOT,
    GUARDS,
    HANDLES,
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    X2_ONLY,
    serial,
)  # fmt: skip

pytestmark = pytest.mark.db
BY_NAME = {each.name: each for each in REPORTS}
OWN = [each for each in REPORTS if 6 <= int(each.question[1:]) <= 16]


@dataclass
class Looked:
    """The week, its facts, and reports asked of it."""

    conn: sa.Connection
    facts: Facts

    def found(self, name: str, now_us: int = NOW, **given: str) -> Found:
        """What a report finds, asked with texts as every door asks."""
        report = BY_NAME[name]
        return find(self.conn, report, Asked(given_of(self.conn, report, given, now_us), now_us, POLICY))

    def rows(self, name: str, now_us: int = NOW, **given: str) -> list[Row]:
        """Its rows."""
        return list(self.found(name, now_us, **given).answer.rows)

    def picked(self, name: str, *keys: str, now_us: int = NOW, **given: str) -> list[tuple[Any, ...]]:
        """Its rows, these columns alone."""
        places = [[each.key for each in BY_NAME[name].columns].index(key) for key in keys]
        return [tuple(row[place] for place in places) for row in self.rows(name, now_us, **given)]

    def holders(self, at_us: int) -> dict[int, tuple[str, int]]:
        """Who has each item, by the movements of the ledger up to then, played again."""
        moves = [row for row in self.facts["ledger"] if row["taker"] and row["item_id"] and row["at_us"] <= at_us]
        moves.sort(key=lambda row: (row["at_us"], row["id"]))
        return {row["item_id"]: (row["taker"], row["taker_id"]) for row in moves}


@pytest.fixture(scope="module")
def week(make_database: Callable[..., str]) -> Iterator[Looked]:
    """The week of acts, read only."""
    with looking(built_once(make_database, build)) as conn:
        yield Looked(conn, exported(conn))


# ---- Q6, Q7 --------------------------------------------------------------------------------------------------


def test_where_a_serial_was_at_any_hour_is_what_the_movements_say(week: Looked) -> None:
    for item_id in (HANDLES[0], HANDLES[1], CAMERAS[1], CAMERAS[2], GUARDS[1]):
        for hours in range(0, 7 * 24, 11):
            at_us = NOW - hours * HOUR
            told = week.picked("where-is", "known", "person", "store", serial=serial(item_id), at=str(at_us))
            holder, holder_id = week.holders(at_us)[item_id]
            expected = {"PERSON": (holder_id, None), "STORE": (None, holder_id)}.get(holder, (None, None))
            assert told[0] == ("As the ledger knew it then", *expected), (item_id, hours)


def test_what_paper_told_later_stands_beside_what_was_known_and_hides_nothing(week: Looked) -> None:
    lines = [row for row in week.facts["paper_line"] if row["item_id"] == HANDLES[2]]
    out_us, back_us = (row["happened_us"] for row in sorted(lines, key=lambda row: row["happened_us"]))
    asked = {"serial": serial(HANDLES[2]), "at": str(out_us + HOUR)}
    known = week.picked("where-is", "known", "person", "store", "since", **asked)
    assert known[1] == ("As it was told later", LAPSED, None, out_us)
    asked["at"] = str(back_us)
    assert week.picked("where-is", "person", "store", **asked)[1] == (None, MEDWAY)
    assert (known[0][0], known[0][1:3]) == ("As the ledger knew it then", (None, MEDWAY))


def test_a_ced_was_readily_available_to_whoever_held_a_handle_and_a_cartridge(week: Looked) -> None:
    def available(person: str, at_us: int) -> tuple[Any, ...]:
        return tuple(week.found("where-is", person=person, at=str(at_us)).answer.totals.values())

    assert available("4417", NOW - 60 * HOUR + 1) == ("Yes", "Yes")
    assert available("4417", NOW - 6 * DAY - 1) == ("No", "No")
    assert available("4419", NOW - 23 * HOUR) == ("No", "Yes"), "PC Latham, as paper told later"
    held = {row[0] for row in week.picked("where-is", "item", person="4417", at=str(NOW - 59 * HOUR))}
    assert held == {i for i, who in week.holders(NOW - 59 * HOUR).items() if who == ("PERSON", HOLLIS)}


def test_where_is_wants_a_serial_or_an_officer_and_one_that_is_known(week: Looked) -> None:
    with pytest.raises(NotAsked) as told:
        week.found("where-is")
    assert [each.field for each in told.value.faults] == ["serial", "person"]
    with pytest.raises(NotAsked, match="serial of an item on record"):
        week.found("where-is", serial="NO-SUCH")


def test_everything_an_officer_holds_is_what_the_movements_left_with_them(week: Looked) -> None:
    for person in week.facts["person"]:
        items = {i for i, who in week.holders(NOW).items() if who == ("PERSON", person["id"])}
        lots: Counter[int] = Counter()
        for row in week.facts["ledger"]:
            if row["lot_id"] and row["quantity"]:
                lots[row["lot_id"]] += row["quantity"] * ((row["taker"], row["taker_id"]) == ("PERSON", person["id"]))
                lots[row["lot_id"]] -= row["quantity"] * ((row["giver"], row["giver_id"]) == ("PERSON", person["id"]))
        told = week.picked("held-by", "item", "pieces", person=str(person["ref"]))
        assert {row[0] for row in told if row[0]} == items
        assert sum(row[1] for row in told if row[0] is None) == lots[GUARD_LOT]


# ---- Q8, Q9 --------------------------------------------------------------------------------------------------


def test_late_missing_and_closed_losses_are_all_there_and_names_can_be_left_out(week: Looked) -> None:
    planned = {row["id"]: row["planned_return_us"] for row in week.facts["decision"]}
    out = {row["item_id"]: row for row in week.facts["ledger"] if row["kind"] == "ISSUED" and row["item_id"]}
    late = {
        (i, planned[out[i]["decision_id"]]) for i, (holder, _) in week.holders(NOW).items()
        if holder == "PERSON" and planned[out[i]["decision_id"]] <= NOW
    }  # fmt: skip
    told = week.picked("late-and-lost", "state", "item", "since", "age", "closed")
    assert {(row[1], row[2]) for row in told if row[0] == "Late"} == late
    cases = {row["item_id"]: row for row in week.facts["loss_case"]}
    missed = {row["item_id"]: row["at_us"] for row in week.facts["ledger"] if row["kind"] == "UNACCOUNTED"}
    closed_us = cases[GUARDS[1]]["closed_us"]
    hours = [round((until - missed[i]) / HOUR, 1) for i, until in ((CAMERAS[2], NOW), (GUARDS[1], closed_us))]
    assert told[-2:] == [
        ("Missing", CAMERAS[2], missed[CAMERAS[2]], hours[0], None),
        ("Closed", GUARDS[1], missed[GUARDS[1]], hours[1], closed_us),
    ]
    found = week.found("late-and-lost", people="LEFT_OUT")
    assert found.people == frozenset()
    assert len(found.answer.rows) == len(told)
    assert found.names.people == {}


def test_counts_come_to_what_was_expected_less_what_was_seen(week: Looked) -> None:
    sums: dict[tuple[int, int], list[int]] = {}
    for count in week.facts["stocktake"]:
        seen = [row for row in week.facts["stocktake_sighting"] if row["stocktake_id"] == count["id"]]
        expected = set(json.loads(count["expected"]))
        missing = expected - {row["item_id"] for row in seen}
        strange = {row["code"] for row in seen if row["item_id"] is None}
        (closed,) = [row for row in week.facts["stocktake_closed"] if row["stocktake_id"] == count["id"]]
        sums[count["store_id"], closed["closed_by"]] = [1, len(expected), len(missing), 0, len(strange)]
    told = week.picked("count-variance", "store", "person", "counts", "expected", "missing", "strayed", "unknown")
    assert {row[:2]: list(row[2:]) for row in told} == sums
    assert sums[MEDWAY, ISSUER][2:] == [2, 0, 1], "the week has a variance to find"
    assert [row[0] for row in week.picked("count-variance", "variance")] == [13.0, 0.0]


def test_what_nobody_saw_for_longest_comes_first(week: Looked) -> None:
    newest: dict[int, int] = {}
    for row in week.facts["ledger"]:
        if row["item_id"] and row["taker"]:
            newest[row["item_id"]] = row["at_us"]
    for row in week.facts["item_seen"]:
        newest[row["item_id"]] = max(newest[row["item_id"]], row["seen_us"])
    told = week.picked("last-sighted", "item", "seen", days="0")
    assert dict(told) == newest
    assert [row[1] for row in told] == sorted(newest.values())
    assert {row[0] for row in week.picked("last-sighted", "item", days="2")} == {
        i for i, at_us in newest.items() if NOW - at_us >= 2 * DAY
    }


# ---- Q10, Q11 ------------------------------------------------------------------------------------------------


def test_denied_draws_stand_once_under_every_rule_that_stopped_them(week: Looked) -> None:
    draws = [row for row in week.facts["decision"] if row["door"] == "hatch"]
    stops: Counter[str] = Counter()
    people: dict[str, set[int]] = {}
    for row in draws:
        codes = {each["public_code"] for each in json.loads(row["refusals"])
                 if each["weight"] != "WARN" and not each["overridden"]}  # fmt: skip
        for code in codes if row["verdict"] == "DENY" else ():
            stops[code] += 1
            people.setdefault(code, set()).add(row["person_id"])
    told = week.picked("denied-draws", "rule", "denials", "people", "share")
    shares = {code: round(100 * number / len(draws), 1) for code, number in stops.items()}
    assert {row[0]: row[1:] for row in told} == {c: (n, len(people[c]), shares[c]) for c, n in stops.items()}
    assert stops["PPST_OUT_OF_DATE"] == 2
    assert week.found("denied-draws").answer.totals["denied"] == sum(row["verdict"] == "DENY" for row in draws) == 3
    assert week.rows("denied-draws", days="1") == [], "what paper would be refused is no draw"


def test_overrides_and_backfills_are_by_whoever_signed(week: Looked) -> None:
    lines = week.facts["paper_line"]
    refused = sum(row["decision_id"] is not None for row in lines)
    told = week.picked("overrides-and-backfills", "person", "act", "part", "number", "relied", "refused")
    assert sorted(told) == sorted([
        (HOLLIS, "Override", "SUPERVISOR", 1, len(week.facts["decision_override"]), 0),
        (ISSUER, "Backfill", "Wrote it up", len(lines), 0, refused),
        (SECOND_ISSUER, "Backfill", "Second person", len(lines), 0, refused),
    ])  # fmt: skip
    assert refused == 6, "PC Latham's set would have been refused"
    assert week.found("overrides-and-backfills").people == {HOLLIS, ISSUER, SECOND_ISSUER}


# ---- Q12 to Q14 ----------------------------------------------------------------------------------------------


def test_packs_are_overdue_thirty_days_after_they_last_stood_in_a_dock(week: Looked) -> None:
    later_us = NOW + 30 * DAY
    last = {row["item_id"]: row["at_us"] for row in week.facts["inspection"] if row["kind"] == "DOCKED"}
    for row in week.facts["bay"]:
        if row["item_id"] in last and row["present"] == 1:
            last[row["item_id"]] = max(last[row["item_id"]], row["observed_us"])
    due = {i: local_day(at_us) + timedelta(days=30) for i, at_us in last.items() if i in BATTERIES}
    told = week.picked("checks-due", "check", "band", "item", "due", "left", now_us=later_us)
    today = local_day(later_us)
    packs = {row[2]: row for row in told if row[0] == "Docking"}
    assert packs == {
        i: ("Docking", "Overdue", i, on.isoformat(), (on - today).days) for i, on in due.items() if on <= today
    }
    assert len(packs) == 3
    assert week.rows("checks-due") == [], "none presses today"
    assert len(week.rows("checks-due", which="EVERY")) == len(BATTERIES) + len(HANDLES) + 1


def test_a_discharge_says_what_it_lacks_and_how_late_its_form_was(week: Looked) -> None:
    (use,) = [row for row in week.facts["use_declared"] if "FIRED" in row["uses"]]
    answers = {row["point"]: row for row in week.facts["use_answer"] if row["use_id"] == use["id"]}
    owed = [row["point"] for row in week.facts["use_point"] if row["use_id"] == use["id"] and row["answer_id"] is None]
    (told,) = week.picked("discharge-evidence", "use", "lacking", "form", "discs", "fired", "download", "uof")
    assert owed == ["DOWNLOAD"]
    assert told[1].split("; ") == [
        "Log downloaded and reviewed", "Form sent later than 24 h", "Fewer than 2 discs a cartridge",
    ]  # fmt: skip
    form = round((answers["BESPOKE_FORM"]["at_us"] - use["used_us"]) / HOUR, 1)
    discs = json.loads(answers["DISCS"]["facts"])["afids"]
    assert (told[0], *told[2:]) == (use["id"], form, discs, 1, False, "UOF/1")
    assert week.rows("discharge-evidence", days="1") != [], "what is still owed is not hidden by its age"


def test_undeclared_activity_is_what_a_review_said_and_is_open_until_it_is_explained(week: Looked) -> None:
    shown = [row for row in week.facts["use_answer"] if json.loads(row["facts"]).get("review") == "UNDECLARED"]
    told = week.picked("undeclared-activity", "use", "noticed", "outcome", "age")
    assert told == [
        (row["use_id"], row["at_us"], "Nobody has settled it", round((NOW - row["at_us"]) / HOUR, 1)) for row in shown
    ]
    assert len(told) == 1


# ---- Q15, Q16 ------------------------------------------------------------------------------------------------


def test_cameras_ready_are_counted_against_the_people_who_are_rostered(week: Looked) -> None:
    on = {row["person_id"] for row in week.facts["roster"] if row["starts_us"] <= NOW < row["ends_us"]}
    holders = {i: who for i, who in week.holders(NOW).items() if i in CAMERAS}
    carry = sum(who[0] == "PERSON" and who[1] in on for who in holders.values())
    here = [i for i, who in holders.items() if who == ("STORE", MEDWAY)]
    used = [row for row in week.facts["use_declared"] if row["uses"] and row["item_id"]]
    had = [who for row in used for i, who in week.holders(row["used_us"]).items()
           if i in CAMERAS and who == ("PERSON", row["person_id"])]  # fmt: skip
    (told,) = week.picked("cameras-ready", "store", "rostered", "carry", "ready", "short", "cameras", "without")
    in_use = sum(who[0] in ("STORE", "PERSON") for who in holders.values())
    assert told == (MEDWAY, len(on), carry, len(here), len(on) - carry - len(here), in_use, len(used) - len(had))
    assert (on, carry, here, len(used) - len(had)) == ({HOLLIS, MERCER, X2_ONLY}, 2, [], 1)


def test_a_camera_that_is_out_for_a_day_is_behind_with_its_films(week: Looked) -> None:
    taken = [row for row in week.facts["ledger"] if row["item_id"] == CAMERAS[0] and row["taker"] == "PERSON"]
    drawn = taken[-1]["at_us"]
    told = week.picked("cameras-behind", "item", "person", "since", "age", "files")
    assert told == [(CAMERAS[0], MERCER, drawn, round((NOW - drawn) / HOUR, 1), 3)]
    assert week.rows("cameras-behind", store="DO") == []


def test_guards_applied_are_set_against_the_reports_that_the_force_counts(week: Looked) -> None:
    gone: Counter[str] = Counter()
    for row in week.facts["use_declared"]:
        if row["lot_id"]:
            gone[row["reason"]] += row["quantity"]
    (reported,) = [row["number"] for row in week.facts["force_count"]]
    told = week.picked("guards-and-force", "month", "store", "used", "unreferenced", "reported", "difference", "lost")
    assert told == [("2026-11", MEDWAY, gone["USED"], 1, reported, gone["USED"] - reported, gone["LOST"])]
    assert (gone["USED"], gone["LOST"]) == (2, 1)


# ---- all of them ---------------------------------------------------------------------------------------------


BY_STORE = [each for each in OWN if any(one.key == "store" for one in each.parameters)]


@pytest.mark.parametrize("report", BY_STORE, ids=lambda each: each.name)
def test_asked_of_each_store_in_turn_a_report_says_what_it_says_of_all(week: Looked, report: Any) -> None:
    whole = Counter(week.rows(report.name))
    parts = Counter(row for store in ("ME", "DO") for row in week.rows(report.name, store=store))
    place = [each.key for each in report.columns].index("store")
    assert parts == whole
    assert {row[place] for row in whole} <= {MEDWAY, DOVER}


def test_what_is_kept_is_read_as_it_was_found_and_its_hash_can_be_worked_out_by_anybody(week: Looked) -> None:
    found = week.found("late-and-lost")
    again = from_kept(found.report, found.given, found.policy, kept(found))
    assert again == found
    said = {"columns": [each.key for each in found.report.columns], "rows": [list(row) for row in found.answer.rows]}
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
    assert found.digest == sha256(text.encode()).hexdigest()
