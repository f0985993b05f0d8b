"""Who is rostered: duties come by file, a later file has the last word on its days, and what was known then stays."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.people.imports.people_file import import_people
from inventory.people.imports.report import ImportReport
from inventory.people.imports.roster_file import import_roster
from inventory.people.imports.run import ImportRun
from inventory.people.people import by_ref, link_duplicate
from inventory.people.roster import duties_of, next_duties, rostered, rostered_upto
from inventory.people.stores import NewStore, open_store
from inventory.schema.roster import roster
from tests.inventory.people.conftest import NOW, KitStore, at

PEOPLE = b"ref,kind,surname,forename\nK1,REGULAR,Hollis,Sam\nK2,REGULAR,Fox,Kim\nK3,REGULAR,Vance,Alex\n"
HEAD = "Force number,Station,Start,End,Shift\n"
MONDAY = (
    "K1,ME,2026-11-23 07:00,2026-11-23 16:00,Early\n"
    "K2,me,2026-11-23 22:00,2026-11-24 07:00,Night\n"
    "K3,DO,2026-11-23 07:00,2026-11-23 16:00,Early\n"
)
HOUR = 3_600_000_000


@pytest.fixture
def force(store: KitStore) -> KitStore:
    open_store(store.conn, store.ids, NewStore("DO", "Dover", "East"), NOW)
    import_people(ImportRun(store.conn, store.ids, NOW), PEOPLE)
    return store


def take(force: KitStore, rows: str, later: int = 0) -> ImportReport:
    return import_roster(ImportRun(force.conn, force.ids, NOW + later), (HEAD + rows).encode(), "DUTIES")


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.problems)


def who(force: KitStore, ref: str) -> int:
    found = by_ref(force.conn, ref)
    assert found is not None
    return found.id


def on(force: KitStore, text: str, store_id: int | None = None, known_us: int | None = None) -> list[tuple[int, str]]:
    found = rostered(force.conn, store_id, at(text), at(text) + 1, known_us)
    return [(each.person_id, each.duty or "") for each in found]


def test_those_on_between_two_moments_are_told_by_store_and_the_same_file_changes_nothing(force: KitStore) -> None:
    assert counts(take(force, MONDAY)) == (3, 0, 0, 0)
    assert counts(take(force, MONDAY, later=1)) == (0, 0, 3, 0)
    sam, kim, alex = (who(force, each) for each in ("K1", "K2", "K3"))
    assert sorted(on(force, "2026-11-23 07:00")) == sorted([(sam, "Early"), (alex, "Early")])
    assert on(force, "2026-11-23 07:00", force.medway) == [(sam, "Early")]
    assert on(force, "2026-11-23 16:00") == []  # the end is nobody's
    assert on(force, "2026-11-24 06:59") == [(kim, "Night")]
    assert rostered_upto(force.conn)[force.medway] == at("2026-11-23 22:00")


def test_a_later_file_replaces_what_its_source_said_of_its_stores_and_days_and_no_more(force: KitStore) -> None:
    take(force, MONDAY + "K1,ME,2026-11-24 07:00,2026-11-24 16:00,Early\n")
    moved = "K1,ME,2026-11-23 15:00,2026-11-24 00:00,Late\n"
    assert counts(take(force, moved, later=HOUR)) == (1, 2, 0, 0)
    sam, kim, alex = (who(force, each) for each in ("K1", "K2", "K3"))
    assert on(force, "2026-11-23 22:30") == [(sam, "Late")]  # Kim's night is withdrawn with Sam's early
    assert on(force, "2026-11-23 08:00") == [(alex, "Early")]  # Dover's day was not in the file
    assert on(force, "2026-11-24 08:00") == [(sam, "Early")]  # nor was Tuesday
    assert (kim, "Night") in on(force, "2026-11-23 22:30", known_us=NOW)
    kept = force.conn.execute(sa.select(sa.func.count()).select_from(roster)).scalar_one()
    assert kept == 5  # withdrawn, and still readable


def test_a_bad_row_is_named_and_withdraws_nobody_it_may_have_meant(force: KitStore) -> None:
    take(force, MONDAY)
    report = take(
        force,
        "K1,ME,2026-11-23 08:00,2026-11-23 17:00,Early\n"
        "K9,ME,2026-11-23 07:00,2026-11-23 16:00,\n"
        "K3,XX,2026-11-23 07:00,2026-11-23 16:00,\n"
        "K3,ME,2026-11-23 16:00,2026-11-23 07:00,\n"
        "K3,ME,2026-11-23 07:00,2026-11-24 08:00,\n"
        "K3,ME,2028-11-23 07:00,2028-11-23 08:00,\n"
        "K1,DO,2026-11-23 16:00,2026-11-23 18:00,\n"
        "K1,ME,soon,2026-11-23 18:00,\n",
        later=1,
    )
    told = [(each.line, each.field) for each in report.problems]
    expected = [(3, "ref"), (4, "store"), (5, "ends"), (6, "ends"), (7, "starts"), (8, "starts"), (9, "starts")]
    assert told == expected
    assert counts(report)[:3] == (1, 1, 0)
    sam, kim, _ = (who(force, each) for each in ("K1", "K2", "K3"))
    assert on(force, "2026-11-23 07:30", force.medway) == []
    assert on(force, "2026-11-23 16:30") == [(sam, "Early")]
    assert on(force, "2026-11-23 23:00") == [(kim, "Night")]


def test_the_next_duty_is_the_one_a_person_is_on_or_the_next_also_by_a_duplicate_record(force: KitStore) -> None:
    take(force, MONDAY)
    sam, alex = who(force, "K1"), who(force, "K3")
    assert next_duties(force.conn, [sam], at("2026-11-23 15:59"))[sam].ends_us == at("2026-11-23 16:00")
    assert next_duties(force.conn, [sam], at("2026-11-23 16:00")) == {}
    link_duplicate(force.conn, alex, sam)
    both = duties_of(force.conn, [sam, alex], NOW, NOW + 72 * HOUR)
    assert both[sam] == both[alex]
    assert [each.store_id == force.medway for each in both[sam]] in ([True, False], [False, True])
    assert {each.person_id for each in both[sam]} == {sam}


def test_a_night_through_the_change_of_clocks_is_as_long_as_it_really_is(force: KitStore) -> None:
    first = date(2027, 3, 27)
    take(force, f"K1,ME,{first} 22:00,{first + timedelta(days=1)} 07:00,Night\n")
    (duty,) = rostered(force.conn, force.medway, at("2027-03-28 00:30"), at("2027-03-28 00:31"))
    assert duty.ends_us - duty.starts_us == 8 * HOUR


ATTACKS: dict[str, sa.Executable] = {
    "another time": sa.update(roster).values(starts_us=roster.c.starts_us + 1),
    "another person": sa.update(roster).values(person_id=roster.c.person_id + 1),
    "withdrawn, and back": sa.update(roster).values(withdrawn_us=None),
    "deleted": sa.delete(roster),
}


def test_the_database_lets_a_duty_be_withdrawn_once_and_nothing_else(force: KitStore) -> None:
    take(force, MONDAY)
    force.conn.execute(sa.update(roster).values(withdrawn_us=NOW))
    for attack in ATTACKS.values():
        _refused(force, attack)
    _refused(force, sa.update(roster).values(withdrawn_us=NOW + 1))


def test_the_database_takes_no_duty_twice_and_none_longer_than_a_day(force: KitStore) -> None:
    take(force, MONDAY)
    row: dict[str, Any] = dict(force.conn.execute(sa.select(roster)).mappings().first() or {})
    _refused(force, sa.insert(roster).values(row))
    _refused(force, sa.insert(roster).values(row | {"id": 1}))
    _refused(force, sa.insert(roster).values(row | {"id": 1, "source": "B", "ends_us": row["starts_us"] + 25 * HOUR}))


def _refused(force: KitStore, act: sa.Executable) -> None:
    with pytest.raises(sa.exc.DBAPIError), force.conn.begin_nested():
        force.conn.execute(act)
