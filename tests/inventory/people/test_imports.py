"""The ordinary imports, on both databases: good rows kept, bad rows named, the same file twice changes nothing."""

from collections.abc import Callable, Sequence
from datetime import date

import pytest
import sqlalchemy as sa

from inventory.people import people
from inventory.people.authority import Authority, Duty
from inventory.people.calendar import HOUR_US
from inventory.people.imports.authority_file import import_authorisations, import_stops
from inventory.people.imports.duty_file import import_gates, import_restrictions
from inventory.people.imports.force_file import import_force_counts
from inventory.people.imports.items_file import NewItem, import_items
from inventory.people.imports.people_file import import_people
from inventory.people.imports.report import ImportReport
from inventory.people.imports.roster_file import import_roster
from inventory.people.imports.run import ImportRun, ids_needed
from inventory.people.imports.stock_file import NewLotStock, import_checks, import_lots
from inventory.people.imports.training_file import import_training
from inventory.people.standing import Standing, standings
from inventory.people.training import Ending, ValidityRule
from inventory.schema.people import binding, training_feed, training_result
from inventory.schema.stock import inspection, item, lot, lot_balance
from inventory.stock.marks import find
from tests.inventory.people.conftest import NOW, KitStore

pytestmark = pytest.mark.db

RULES = {"PPST": ValidityRule(12), "CED": ValidityRule(12)}
PEOPLE = b"""Force number,Kind,Surname,Forename,Rank,Store,Collar,Warrant card,Opt in
K1,Regular officer,Hollis,Sam,PC,ME,4417,EM4100:3C00CE754C,yes
K2,special,O'Neill,Jo,SC,me,7001,,no
K3,PCSO,Vance,Alex,,,,,
"""
Counts = tuple[int, int, int, int]


def run_at(store: KitStore, now_us: int = NOW) -> ImportRun:
    return ImportRun(store.conn, store.ids, now_us)


def counts(report: ImportReport) -> Counts:
    return report.new, report.changed, report.unchanged, len(report.problems)


def told(report: ImportReport) -> list[tuple[int, str]]:
    return [(each.line, each.field) for each in report.problems]


def person_of(store: KitStore, ref: str) -> people.PersonRecord:
    found = people.by_ref(store.conn, ref)
    assert found is not None
    return found


def standing_of(store: KitStore, ref: str, now_us: int = NOW) -> Standing:
    person_id = person_of(store, ref).id
    return standings(store.conn, [person_id], now_us, RULES)[person_id]


@pytest.fixture
def force(store: KitStore) -> KitStore:
    assert counts(import_people(run_at(store), PEOPLE)) == (3, 0, 0, 0)
    return store


# ---- people ----------------------------------------------------------------------------------------


def test_people_come_in_with_their_store_collar_card_and_choice(force: KitStore) -> None:
    hollis = person_of(force, "K1")
    assert (hollis.name, hollis.kind, hollis.rank, hollis.collar) == ("Sam Hollis", "REGULAR", "PC", "4417")
    assert hollis.home_store_id == force.medway
    assert standing_of(force, "K1").opted_in
    assert not standing_of(force, "K2").opted_in
    assert find(force.conn, [("EM4100", "3C00CE754C")]).people == (hollis.id,)


def test_the_same_people_twice_change_nothing(force: KitStore) -> None:
    before = force.conn.execute(sa.select(sa.func.count()).select_from(binding)).scalar()
    assert counts(import_people(run_at(force, NOW + 1), PEOPLE)) == (0, 0, 3, 0)
    assert force.conn.execute(sa.select(sa.func.count()).select_from(binding)).scalar() == before


def test_a_changed_person_is_changed_and_columns_not_sent_are_left(force: KitStore) -> None:
    later = b"ref,kind,family_name,given_name,rank,left_on\nK1,REGULAR,Hollis,Sam,Sgt,2026-12-31\n"
    report = import_people(run_at(force, NOW + 1), later)
    hollis = person_of(force, "K1")
    assert counts(report) == (0, 1, 0, 0)
    assert report.person_ids_changed == {hollis.id}
    assert (hollis.rank, hollis.collar, hollis.home_store_id) == ("Sgt", "4417", force.medway)


def test_bad_rows_are_named_and_the_others_kept(store: KitStore) -> None:
    data = PEOPLE + (
        b"K1,Regular,Again,Sam,PC,ME,,,\n"
        b"K4,Wizard,Grey,Gandalf,PC,ME,,,\n"
        b"K5,Regular,Fox,Kim,PC,XX,,,\n"
        b"K6,Regular,Fox,Kim,PC,ME,4417,,\n"
        b"K7,Regular,Fox,Kim,PC,ME,,EM4100:NOTHEX,\n"
        b"K8,Regular,Fox,Kim,PC,ME,,EM4100:3C00CE754C,\n"
        b"K9,Regular,,Kim,PC,ME,,,perhaps\n"
    )
    report = import_people(run_at(store), data)
    assert counts(report)[:3] == (3, 0, 0)
    assert told(report) == [
        (5, "ref"), (6, "kind"), (7, "home_store"), (8, "collar"), (9, "cards"), (10, "cards"),
        (11, "family_name"), (11, "opted_in"),
    ]  # fmt: skip
    assert "ME" in report.problems[2].expected


def test_a_card_that_changes_its_number_is_refused_by_its_row(store: KitStore) -> None:
    rows = b"K8,Regular,Fox,Kim,PC,ME,,ISO14443A:085A1FC3,\nK9,Regular,Ray,Kim,PC,ME,,ISO14443A:04A1B2C3D4E580,\n"
    report = import_people(run_at(store), PEOPLE + rows)
    assert told(report) == [(5, "cards")]
    assert "new at every touch" in report.problems[0].expected


def test_two_officers_may_swap_collars_in_one_file(force: KitStore) -> None:
    swap = b"ref,kind,surname,forename,collar\nK1,REGULAR,Hollis,Sam,7001\nK2,SPECIAL,O'Neill,Jo,4417\n"
    assert counts(import_people(run_at(force, NOW + 1), swap)) == (0, 2, 0, 0)
    assert (person_of(force, "K1").collar, person_of(force, "K2").collar) == ("7001", "4417")
    assert counts(import_people(run_at(force, NOW + 2), swap)) == (0, 0, 2, 0)


def test_a_collar_given_up_goes_to_one_officer_only(force: KitStore) -> None:
    data = b"ref,kind,surname,forename,collar\n" + b"".join(
        f"{ref},{kind},{name},{collar}\n".encode()
        for ref, kind, name, collar in (
            ("K3", "PCSO", "Vance,Alex", "4417"),
            ("K2", "SPECIAL", "O'Neill,Jo", "4417"),
            ("K1", "REGULAR", "Hollis,Sam", "5005"),
        )
    )
    report = import_people(run_at(force, NOW + 1), data)
    assert told(report) == [(3, "collar")]
    worn = [person_of(force, ref).collar for ref in ("K1", "K2", "K3")]
    assert worn == ["5005", "7001", "4417"]


@pytest.mark.parametrize("data", [PEOPLE, PEOPLE.replace(b"\n", b"\r\n"), PEOPLE.rstrip()])
def test_the_ids_to_reserve_beforehand_are_enough(store: KitStore, data: bytes) -> None:
    first = store.ids.take()
    import_people(run_at(store), data)
    assert store.ids.take() - first - 1 <= ids_needed(data)


# ---- training --------------------------------------------------------------------------------------

RESULTS = b"""ref,course,model,date,hours,result,record id
K1,PST,,10/01/2026,12,Passed,T-1
K1,TASER initial,t7,2026-02-01,18,PASS,T-2
K2,FALP,,2026-03-01,12,PASS,T-3
"""


def train(store: KitStore, data: bytes, now_us: int = NOW) -> ImportReport:
    return import_training(run_at(store, now_us), data, "TRAINING_UNIT")


def test_results_come_in_and_twice_change_nothing(force: KitStore) -> None:
    report = train(force, RESULTS)
    assert counts(report) == (3, 0, 0, 0)
    assert report.person_ids_changed == {person_of(force, ref).id for ref in ("K1", "K2")}
    assert standing_of(force, "K1").training["CED", "T7"].last_good_day == date(2027, 1, 31)
    again = train(force, RESULTS, NOW + 1)
    assert counts(again) == (0, 0, 3, 0)
    assert again.person_ids_changed == frozenset()


def test_a_correction_retracts_the_old_result_and_keeps_it_readable(force: KitStore) -> None:
    train(force, RESULTS)
    report = train(force, RESULTS.replace(b"18,PASS", b"18,FAIL"), NOW + 1)
    assert counts(report) == (0, 1, 2, 0)
    assert report.person_ids_changed == {person_of(force, "K1").id}
    assert ("CED", "T7") not in standing_of(force, "K1", NOW + 2).training
    stored = sa.select(training_result.c.outcome, training_result.c.retracted_us).where(
        training_result.c.source_ref == "T-2"
    )
    assert set(force.conn.execute(stored)) == {("PASS", NOW + 1), ("FAIL", None)}


def test_a_result_taken_back_by_the_recorder_no_longer_counts(force: KitStore) -> None:
    train(force, RESULTS)
    data = b"ref,course,date,hours,result,record id,withdrawn\nK1,PPST,2026-01-10,12,PASS,T-1,yes\n"
    assert counts(train(force, data, NOW + 1)) == (0, 1, 0, 0)
    assert ("PPST", None) not in standing_of(force, "K1", NOW + 2).training
    assert counts(train(force, data, NOW + 3)) == (0, 0, 1, 0)


def test_a_failed_refresher_in_the_file_ends_the_currency_now(force: KitStore) -> None:
    train(force, RESULTS)
    failed = b"ref,course,model,date,hours,outcome\nK1,CED_REFRESHER,T7,2026-11-20,6,FAIL\n"
    train(force, failed, NOW + 1)
    found = standing_of(force, "K1", NOW + 2).training["CED", "T7"]
    assert (found.ended_by, found.last_good_day) == (Ending.FAIL, date(2026, 11, 19))


def test_results_without_a_reference_are_known_by_what_they_say(force: KitStore) -> None:
    data = b"ref,course,date,minutes,outcome\nK1,JRFT,2026-01-10,60,PASS\nK1,JRFT,2026-01-10,60,PASS\n"
    assert counts(train(force, data)) == (1, 0, 1, 0)
    assert counts(train(force, data, NOW + 1)) == (0, 0, 2, 0)


def test_bad_results_are_named(force: KitStore) -> None:
    data = RESULTS + (
        b"K9,PST,,2026-01-10,12,PASS,T-4\n"
        b"K1,CED_REFRESHER,,2026-01-10,6,PASS,T-5\n"
        b"K1,PPST,T7,2026-01-10,12,PASS,T-6\n"
        b"K1,PPST,,2026-11-23,12,PASS,T-7\n"
        b"K1,PPST,,2026-01-10,,PASS,T-8\n"
        b"K1,Juggling,,2026-01-10,12,PASS,T-9\n"
        b"K1,PPST,,2026-01-10,12,FAIL,T-1\n"
        b"K1,PPST,,2026-01-10,900,PASS,T-10\n"
    )
    report = train(force, data)
    assert counts(report)[:3] == (3, 0, 0)
    assert told(report) == [
        (5, "ref"), (6, "model"), (7, "model"), (8, "attended_on"), (9, "hours"), (10, "course"),
        (11, "source_ref"), (12, "hours"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "beats"),
    [
        (RESULTS, True),
        (b"ref,course,date,hours,result\n", True),
        (RESULTS + b"K9,PST,,2026-01-10,12,PASS,T-4\n", True),
        (b"ref,course,date,hours,result\nK1,Juggling,2026-01-10,1,PASS\n", False),
        (b"name\nSam\n", False),
        (b"", False),
    ],
)
def test_the_feed_is_alive_when_a_sound_file_comes_in(force: KitStore, data: bytes, beats: bool) -> None:
    for now_us in (NOW, NOW + 5):
        train(force, data, now_us)
    heard = force.conn.execute(sa.select(training_feed.c.source, training_feed.c.last_good_us)).all()
    assert heard == ([("TRAINING_UNIT", NOW + 5)] if beats else [])


# ---- authority and duty ----------------------------------------------------------------------------

GRANTS = b"""ref,model,from,to,authorised by
K1,T7,2025-06-01,2028-06-01,Supt Gray
"""


def live(store: KitStore, ref: str = "K1") -> Authority:
    return standing_of(store, ref).authority("T7", Duty(NOW, NOW + HOUR_US))


def test_permissions_come_in_and_twice_change_nothing(force: KitStore) -> None:
    assert counts(import_authorisations(run_at(force), GRANTS)) == (1, 0, 0, 0)
    assert live(force) is Authority.LIVE
    assert counts(import_authorisations(run_at(force), GRANTS)) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (b"K1,T7,2025-06-01,2029-06-01,Supt Gray\n", "to_on"),
        (b"K1,T7,2025-06-01,2028-06-01,Supt Brown\n", "granted_by"),
        (b"K9,T7,2025-06-01,2028-06-01,Supt Gray\n", "ref"),
        (b"K1,T7,2026-06-01,2026-06-01,Supt Gray\n", "to_on"),
    ],
)
def test_a_permission_on_record_is_never_stretched_by_a_file(force: KitStore, row: bytes, field: str) -> None:
    import_authorisations(run_at(force), GRANTS)
    report = import_authorisations(run_at(force), GRANTS + row)
    assert counts(report)[:3] == (0, 0, 1)
    assert told(report) == [(3, field)]


def test_a_suspension_comes_in_and_is_lifted_by_the_same_reference(force: KitStore) -> None:
    import_authorisations(run_at(force), GRANTS)
    heading = b"ref,kind,from,to,by,reference\n"
    report = import_stops(run_at(force), heading + b"K1,suspension,2026-11-01 09:00,,Ch Insp Marsh,PSD-1\n")
    assert counts(report) == (1, 0, 0, 0)
    assert report.person_ids_changed == {person_of(force, "K1").id}
    assert live(force) is Authority.SUSPENDED
    lifted = heading + b"K1,suspension,2026-11-01 09:00,2026-11-20 09:00,Ch Insp Marsh,PSD-1\n"
    assert counts(import_stops(run_at(force), lifted)) == (0, 1, 0, 0)
    assert live(force) is Authority.LIVE
    assert counts(import_stops(run_at(force), lifted)) == (0, 0, 1, 0)


def test_a_suspension_of_one_model_leaves_the_others(force: KitStore) -> None:
    import_authorisations(run_at(force), GRANTS + b"K1,T10,2025-06-01,2028-06-01,Supt Gray\n")
    stops = b"ref,kind,model,from,by,reference\nK1,SUSPENDED,T10,2026-11-01 09:00,Ch Insp Marsh,PSD-1\n"
    assert counts(import_stops(run_at(force), stops)) == (1, 0, 0, 0)
    assert live(force) is Authority.LIVE
    night = Duty(NOW, NOW + HOUR_US)
    assert standing_of(force, "K1").authority("T10", night) is Authority.SUSPENDED


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (b"K9,SUSPENDED,,2026-11-01 09:00,,Marsh,P2\n", "ref"),
        (b"K1,SUSPENDED,X2,2026-11-01 09:00,,Marsh,P2\n", "model"),
        (b"K1,SUSPENDED,,2026-11-01 09:00,2026-11-01 09:00,Marsh,P2\n", "to"),
        (b"K1,ENDED,,2026-11-01 09:00,2026-12-01 09:00,Marsh,P2\n", "to"),
        (b"K1,PAUSED,,2026-11-01 09:00,,Marsh,P2\n", "kind"),
        (b"K1,ENDED,,2026-11-02 09:00,,Marsh,P1\n", "from_us"),
    ],
)
def test_bad_stops_are_named(force: KitStore, row: bytes, field: str) -> None:
    import_authorisations(run_at(force), GRANTS)
    good = b"ref,kind,model,from,to,by,reference\nK1,ENDED,,2026-11-01 09:00,,Marsh,P1\n"
    report = import_stops(run_at(force), good + row)
    assert counts(report)[:3] == (1, 0, 0)
    assert told(report) == [(3, field)]
    assert live(force) is Authority.NONE


def test_limited_duties_come_in_change_and_are_lifted(force: KitStore) -> None:
    heading = b"ref,category,kinds,from,review,lifted\n"
    first = heading + b"K1,Adjusted,BWV_CAMERA;SBG,2026-11-01,2027-02-01,\n"
    assert counts(import_restrictions(run_at(force), first)) == (1, 0, 0, 0)
    assert counts(import_restrictions(run_at(force), first)) == (0, 0, 1, 0)
    assert standing_of(force, "K1").duty_kinds_allowed == {"BWV_CAMERA", "SBG"}
    changed = first.replace(b";SBG", b"")
    assert counts(import_restrictions(run_at(force, NOW + 1), changed)) == (0, 1, 0, 0)
    assert standing_of(force, "K1", NOW + 1).duty_kinds_allowed == {"BWV_CAMERA"}
    lifted = changed.replace(b"2027-02-01,", b"2027-02-01,yes")
    assert counts(import_restrictions(run_at(force, NOW + 2), lifted)) == (0, 1, 0, 0)
    assert standing_of(force, "K1", NOW + 2).duty_kinds_allowed is None
    assert counts(import_restrictions(run_at(force, NOW + 3), lifted)) == (0, 0, 1, 0)
    assert told(import_restrictions(run_at(force, NOW + 3), changed)) == [(2, "from_on")]


def test_bad_restrictions_are_named_and_none_is_given_twice(force: KitStore) -> None:
    report = import_restrictions(
        run_at(force),
        b"ref,category,kinds,from,review\n"
        b"K1,Adjusted,BWV_CAMERA,2026-11-01,2027-02-01\n"
        b"K1,Adjusted,SBG,2026-11-01,2027-02-01\n"
        b"K9,Adjusted,SBG,2026-11-01,2027-02-01\n"
        b"K2,Medical,SBG,2026-11-01,2027-02-01\n"
        b"K2,Adjusted,TASER,2026-11-01,2027-02-01\n"
        b"K2,Adjusted,SBG,2026-11-01,2026-10-01\n",
    )
    assert counts(report)[:3] == (1, 0, 0)
    assert told(report) == [
        (3, "from_on"), (4, "ref"), (5, "category"), (6, "kinds_allowed"), (7, "review_on"),
    ]  # fmt: skip


def test_gates_met_come_in_once(force: KitStore) -> None:
    data = b"ref,gate,met_on,document\n" + b"".join(
        (
            b"K2,special duty hours,2026-05-01,SC/44\n",
            b"K2,X,2026-11-23,SC/45\n",
            b"K9,X,2026-01-01,S\n",
        )
    )
    report = import_gates(run_at(force), data)
    assert (counts(report)[:3], told(report)) == ((1, 0, 0), [(3, "met_on"), (4, "ref")])
    assert standing_of(force, "K2").gates == {"SPECIAL_DUTY_HOURS": date(2026, 5, 1)}
    assert counts(import_gates(run_at(force), data))[:3] == (0, 0, 1)


# ---- kit -------------------------------------------------------------------------------------------

ITEMS = b"""Manufacturer,Kind,Serial number,Model,Store,Purpose,Variant,Batch,Expiry,Marks,Personal holder
Axon,TASER,x40001,T7,ME,,,,,,
Axon,Cartridge,c31017nx4,T7,ME,LIVE_DUTY,STANDOFF,L77,2029-01-31,,
Axon,Camera,D01A1,AB4,ME,,,,,GIAI:9521141BWV1; EPC:34 76 45,K1
"""


@pytest.fixture
def received() -> list[NewItem]:
    return []


def take(store: KitStore, data: bytes, received: list[NewItem], now_us: int = NOW) -> ImportReport:
    def receive(conn: sa.Connection, rows: Sequence[NewItem]) -> None:
        assert conn is store.conn
        on_record = set(conn.execute(sa.select(item.c.id)).scalars())
        assert {row.item_id for row in rows} <= on_record
        received.extend(rows)

    return import_items(run_at(store, now_us), data, receive)


def test_items_come_in_and_are_handed_to_custody_once(force: KitStore, received: list[NewItem]) -> None:
    assert counts(take(force, ITEMS, received)) == (3, 0, 0, 0)
    assert [each.store_id for each in received] == [force.medway] * 3
    rows = force.conn.execute(sa.select(item.c.kind, item.c.maker, item.c.serial, item.c.pool)).all()
    assert set(rows) == {
        ("CED_HANDLE", "AXON", "X40001", "OPERATIONAL"),
        ("CED_CARTRIDGE", "AXON", "C31017NX4", "OPERATIONAL"),
        ("BWV_CAMERA", "AXON", "D01A1", "OPERATIONAL"),
    }
    camera = find(force.conn, [("EPC", "347645"), ("GIAI", "9521141BWV1")])
    assert [each.item_id for each in camera.items] == [received[2].item_id]
    owner = force.conn.execute(sa.select(item.c.personal_to).where(item.c.serial == "D01A1")).scalar()
    assert owner == person_of(force, "K1").id
    assert force.conn.execute(sa.select(lot.c.lot_no, lot.c.expires_on)).all() == [("L77", "2029-01-31")]
    assert counts(take(force, ITEMS, received, NOW + 1)) == (0, 0, 3, 0)
    assert len(received) == 3


def test_a_file_fills_in_what_was_empty_and_contradicts_nothing(
    force: KitStore, received: list[NewItem]
) -> None:
    take(force, ITEMS, received)
    heading = b"maker,kind,serial,model,store,in service,marks,personal holder,pool\n"
    filled = heading + b"AXON,CED_HANDLE,X40001,T7,ME,2024-01-05,LABEL:ME-1,,\nAXON,BWV,D01A1,AB4,ME,,,K2,\n"
    assert counts(take(force, filled, received)) == (0, 2, 0, 0)
    assert counts(take(force, filled, received)) == (0, 0, 2, 0)
    wrong = heading + b"AXON,CED_HANDLE,X40001,T10,ME,,,,\nAXON,CED_HANDLE,X40001,T7,ME,,,,TRAINING\n"
    assert told(take(force, wrong, received)) == [(2, "model"), (3, "serial")]
    wrong = heading + b"AXON,CED_HANDLE,X40001,T7,ME,,,,TRAINING\n"
    assert told(take(force, wrong, received)) == [(2, "pool")]


def test_bad_items_are_named_and_the_others_kept(force: KitStore, received: list[NewItem]) -> None:
    report = take(
        force,
        ITEMS + b"Axon,TASER,X40001,T7,ME,,,,,,\n"
        b"Axon,TASER,X40002,T7,ZZ,,,,,,\n"
        b"Axon,Cartridge,C2,T7,ME,,,,,,\n"
        b"Axon,TASER,X40003,T7,ME,LIVE_DUTY,,,,,\n"
        b"Axon,Camera,D2,AB4,ME,,,,,GIAI:9521141BWV1,\n"
        b"Axon,Camera,D3,AB4,ME,,,,,EM4100:3C00CE754C,\n"
        b"Axon,Camera,D4,AB4,ME,,,,,EPC:XYZ,\n"
        b"Axon,Camera,D5,AB4,ME,,,,,,K9\n"
        b"Axon,Phaser,D6,AB4,ME,,,,,,\n",
        received,
    )
    assert counts(report)[:3] == (3, 0, 0)
    assert len(received) == 3
    assert told(report) == [
        (5, "serial"), (6, "store"), (7, "purpose"), (7, "expires_on"), (8, "purpose"), (9, "marks"),
        (10, "marks"), (11, "marks"), (12, "personal_to"), (13, "kind"),
    ]  # fmt: skip


def lots(store: KitStore, data: bytes, received: list[NewLotStock]) -> ImportReport:
    def receive(conn: sa.Connection, rows: Sequence[NewLotStock]) -> None:
        received.extend(rows)
        for row in rows:
            of = {"lot_id": row.lot_id, "holder": "STORE", "holder_id": row.store_id}
            conn.execute(sa.insert(lot_balance), {**of, "quantity": row.quantity})

    return import_lots(run_at(store), data, receive)


def test_a_lot_comes_into_a_store_once(force: KitStore) -> None:
    received: list[NewLotStock] = []
    data = b"maker,kind,lot,product,store,quantity,label\nSafeguard,SBG,24-11,SG2,ME,300,SBG-24-11\n"
    assert counts(lots(force, data, received)) == (1, 0, 0, 0)
    assert counts(lots(force, data, received)) == (0, 0, 1, 0)
    assert counts(lots(force, data.replace(b"300", b"900"), received)) == (0, 0, 1, 0)
    assert [(each.store_id, each.quantity) for each in received] == [(force.medway, 300)]
    assert find(force.conn, [("SERIAL", "SBG-24-11")]).lots == (received[0].lot_id,)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (b"Safeguard,SBG,24-11,SG3,ME,300,,\n", "product"),
        (b"Safeguard,SBG,24-11,SG2,ME,300,,2030-01-01\n", "expires_on"),
        (b"Safeguard,SBG,24-12,SG2,ZZ,300,,\n", "store"),
        (b"Safeguard,SBG,24-12,SG2,ME,0,,\n", "quantity"),
        (b"Safeguard,SBG,24-12,SG2,ME,300,SBG-24-11,\n", "label"),
    ],
)
def test_bad_lots_are_named(force: KitStore, row: bytes, field: str) -> None:
    data = b"maker,kind,lot,product,store,quantity,label,expiry\nSafeguard,SBG,24-11,SG2,ME,300,SBG-24-11,\n"
    report = lots(force, data + row, [])
    assert (counts(report)[:3], told(report)) == ((1, 0, 0), [(3, field)])


def test_checks_come_in_once_and_bad_ones_are_named(force: KitStore, received: list[NewItem]) -> None:
    take(force, ITEMS, received)
    data = (
        b"maker,kind,serial,check,at,passed,by\n"
        b"Axon,TASER,x40001,FULL_CHECK,2026-10-01 10:00,yes,K3\n"
        b"Axon,TASER,x40001,FULL_CHECK,2026-10-01 10:00,yes,K3\n"
        b"Axon,TASER,x40001,FULL_CHECK,2026-10-01 10:00,no,K3\n"
        b"Axon,TASER,x49999,FULL_CHECK,2026-10-01 10:00,yes,\n"
        b"Axon,TASER,x40001,FULL_CHECK,2026-11-22 06:00,yes,\n"
        b"Axon,TASER,x40001,FULL_CHECK,2026-10-02 10:00,yes,K9\n"
    )
    report = import_checks(run_at(force), data)
    assert counts(report)[:3] == (1, 0, 1)
    assert told(report) == [(4, "passed"), (5, "serial"), (6, "at"), (7, "by")]
    assert counts(import_checks(run_at(force), data))[:3] == (0, 0, 2)
    stored = force.conn.execute(sa.select(inspection.c.item_id, inspection.c.by_person)).all()
    assert stored == [(received[0].item_id, person_of(force, "K3").id)]


# ---- any file --------------------------------------------------------------------------------------

ANY: Sequence[tuple[str, Callable[[ImportRun, bytes], ImportReport]]] = (
    ("people", import_people),
    ("training", lambda run, data: import_training(run, data, "T")),
    ("authorisations", import_authorisations),
    ("stops", import_stops),
    ("restrictions", import_restrictions),
    ("gates", import_gates),
    ("items", lambda run, data: import_items(run, data, lambda _conn, _rows: None)),
    ("lots", lambda run, data: import_lots(run, data, lambda _conn, _rows: None)),
    ("checks", import_checks),
    ("force-counts", import_force_counts),
    ("roster", lambda run, data: import_roster(run, data, "DUTIES")),
)


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"a,b\n1,2\n", b"ref\n", "réf;nöm\n".encode("cp1252")])
@pytest.mark.parametrize(("name", "take_in"), ANY)
def test_no_file_makes_an_import_raise(
    store: KitStore, name: str, take_in: Callable[[ImportRun, bytes], ImportReport], data: bytes
) -> None:
    report = take_in(run_at(store), data)
    assert report.problems, name
    assert all(each.line == 1 for each in report.problems)
    assert counts(report)[:3] == (0, 0, 0)


def test_a_whole_force_comes_in_with_its_progress_told(store: KitStore) -> None:
    refs = [f"P{number}" for number in range(4_200)]
    data = (
        b"ref,kind,surname,forename,collar\n"
        + "".join(f"{ref},REGULAR,Name{number},Sam,{number}\n" for number, ref in enumerate(refs)).encode()
    )
    results = "ref,course,date,hours,outcome\n" + "".join(
        f"{refs[number % 4_200]},PPST,202{number % 6}-{number % 12 + 1:02}-10,12,PASS\n"
        for number in range(20_000)
    )
    steps: list[tuple[int, int]] = []
    run = ImportRun(store.conn, store.ids, NOW, lambda done, total: steps.append((done, total)))
    assert counts(import_people(run, data)) == (4_200, 0, 0, 0)
    assert steps == [(done, 4_200) for done in (1000, 2000, 3000, 4000, 4200)]
    report = import_training(ImportRun(store.conn, store.ids, NOW), results.encode(), "T")
    assert sum(counts(report)) == 20_000
    assert not report.problems
    again = import_training(ImportRun(store.conn, store.ids, NOW + 1), results.encode(), "T")
    assert counts(again) == (0, 0, 20_000, 0)
