"""Cameras: one statement of readiness, films that no fault puts at risk, and no memory that leaves us unwiped."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.docking import bay_reported, taken_without_issue
from inventory.custody.hatch import present
from inventory.custody.holds import lift_hold
from inventory.custody.issue import Request, issue_kit
from inventory.custody.passages.perform import NotPerformed
from inventory.gate.camera_ready import NO, POINTS, UNKNOWN, YES, statements, tally
from inventory.gate.readiness import ready
from inventory.oversight.audit import audit
from inventory.schema.custody import alarm, custody
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.stock import bay, hold, inspection, item
from inventory.stock.docks import BayWord
from tests import small_force
from tests.inventory.custody.passage_force import AUTHORITY, POLICY, PSD, TECHNICIAN, Doing
from tests.small_force import (
    CAMERAS,
    HANDLES,
    HATCH,
    HOLLIS,
    HOUR,
    ISSUER,
    MEDWAY,
    NOW,
    SECOND_ISSUER,
    acting,
    camera_ask,
    serial,
    show_card,
)  # fmt: skip

CAMERA, SECOND = CAMERAS[0], CAMERAS[1]
MINUTE = 60_000_000
IN_BAY = BayWord(
    "rack", 4, MEDWAY, "READY", True, serial(CAMERA), NOW, "k", charge_percent=97, files_pending=0, free_mb=60_000,
    firmware="1.20.0", clock_offset_ms=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def built_here(make_sqlite_database: Callable[..., str]) -> str:
    """The small force, on one kind of database: what is asked here is asked of both by its statements alone."""
    url = make_sqlite_database()
    small_force.build(url)
    return url


@pytest.fixture
def doing(make_sqlite_database: Callable[..., str], built_here: str) -> Iterator[Doing]:
    """The small force, empowered; its cameras stand in the rack's bays 4 to 6, charged and uploaded."""
    engine = make_engine(make_sqlite_database(template=built_here))
    yield Doing(engine, Ids(writing(engine)))
    engine.dispose()


def says(doing: Doing, **word: Any) -> str:
    """The bay of the camera speaks, a second later each time; gives what that did."""
    doing.now_us += 1_000_000
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        told = replace(IN_BAY, observed_us=doing.now_us, reading_key=f"k{doing.now_us}", **word)
        return bay_reported(tx, told).word


def alarms(doing: Doing) -> list[tuple[str, int | None]]:
    with doing.engine.connect() as conn:
        rows = conn.execute(sa.select(alarm.c.kind, alarm.c.item_id).where(alarm.c.settled_us.is_(None)))
        return [tuple(row) for row in rows]


def holds(doing: Doing, item_id: int = CAMERA) -> list[str]:
    with doing.engine.connect() as conn:
        return list(conn.execute(sa.select(hold.c.reason).where(hold.c.item_id == item_id)).scalars())


def statement(doing: Doing, item_id: int = CAMERA) -> Any:
    with doing.engine.connect() as conn:
        return statements(conn, [item_id], POLICY, doing.now_us)[item_id]


def answers(doing: Doing, item_id: int = CAMERA) -> dict[str, str]:
    return {each.word: each.answer for each in statement(doing, item_id).points}


def clean(doing: Doing) -> None:
    with doing.engine.connect() as conn:
        assert audit(conn) == []


# ---- readiness -----------------------------------------------------------------------------------------------


def test_a_camera_that_has_everything_is_ready_and_says_so_point_by_point(doing: Doing) -> None:
    says(doing)
    found = statement(doing)
    assert found.ready
    assert set(answers(doing).values()) == {YES}
    assert {each.word: each.known for each in found.points}["CHARGED"] == "97 %"


@pytest.mark.parametrize(
    ("word", "point"),
    [
        ({"files_pending": 3}, "UPLOADED"), ({"charge_percent": 20}, "CHARGED"), ({"clock_offset_ms": 9000}, "CLOCK"),
        ({"free_mb": 10}, "DOCK"), ({"fault": "memory card"}, "DOCK"),
    ],
)  # fmt: skip
def test_each_thing_that_is_missing_is_said_under_its_point_with_what_to_do(
    doing: Doing, word: dict[str, Any], point: str
) -> None:
    says(doing, **word)
    found = statement(doing)
    said = next(each for each in found.points if each.word == point)
    assert not found.ready
    assert (said.answer, said.stops) == (NO, True)
    assert said.reasons
    assert said.remedies
    assert found.reasons == said.reasons, "and nothing else is wrong"


def test_what_no_dock_has_told_is_unknown_and_a_silent_dock_makes_it_not_ready(doing: Doing) -> None:
    says(doing, clock_offset_ms=None)
    assert answers(doing)["CLOCK"] == UNKNOWN
    assert statement(doing).ready, "a dock that cannot tell is not held against it"
    doing.now_us += 11 * MINUTE
    assert answers(doing)["DOCK"] == NO
    assert not statement(doing).ready


def test_whose_it_is_is_part_of_the_statement(doing: Doing) -> None:
    says(doing)
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        tx.conn.execute(sa.update(item).where(item.c.id == CAMERA).values(personal_to=HOLLIS))
    found = statement(doing)
    assert found.assigned_to == HOLLIS
    assert found.ready
    doing.hold(CAMERA, "RESERVED")
    assert answers(doing)["ASSIGNED"] == NO


def test_every_reason_of_the_gate_is_under_one_point_and_ready_is_its_word(doing: Doing) -> None:
    says(doing, files_pending=2, charge_percent=1, fault="memory", clock_offset_ms=-20_000)
    doing.hold(CAMERA, "QUARANTINE")
    with doing.engine.connect() as conn:
        refusals = ready(conn, CAMERAS, POLICY, doing.now_us)
        found = statements(conn, [*CAMERAS, HANDLES[0]], POLICY, doing.now_us)
    assert set(found) == set(CAMERAS), "of cameras alone"
    for camera, one in found.items():
        assert sorted(each.sentence for each in refusals[camera]) == sorted(r for p in one.points for r in p.reasons)
        assert one.ready == (not any(each.stops for each in refusals[camera]))
    counted = tally(found)
    assert set(counted) == {each.word for each in POINTS}
    assert counted["UPLOADED"] == {YES: 2, NO: 1, UNKNOWN: 0}


# ---- docking -------------------------------------------------------------------------------------------------


def test_a_camera_that_leaves_its_bay_while_nobody_is_served_is_missed_at_once(doing: Doing) -> None:
    says(doing)
    says(doing, present=False, serial=None, word="EMPTY")
    assert alarms(doing) == [("TAKEN_WITHOUT_ISSUE", CAMERA)]
    says(doing, present=False, serial=None, word="EMPTY")
    doing.now_us += 5 * MINUTE
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        taken_without_issue(tx)
    assert alarms(doing) == [("TAKEN_WITHOUT_ISSUE", CAMERA)], "once"


def test_while_somebody_is_served_it_may_be_on_its_way_to_the_hatch(doing: Doing) -> None:
    says(doing)
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        present(tx, HATCH, show_card(HOLLIS), POLICY, ISSUER)
    says(doing, present=False, serial=None, word="EMPTY")
    assert alarms(doing) == []
    doing.now_us += 121_000_000
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        taken_without_issue(tx)
    assert alarms(doing) == [("TAKEN_WITHOUT_ISSUE", CAMERA)]


def test_a_camera_that_was_issued_leaves_its_bay_in_peace_and_comes_back_by_it(doing: Doing) -> None:
    says(doing)
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        assert issue_kit(tx, [Request(camera_ask(HOLLIS))], POLICY)[0].allowed
    says(doing, present=False, serial=None, word="EMPTY")
    assert alarms(doing) == []
    doing.now_us += HOUR
    assert says(doing, files_pending=12, word="UPLOADING") == "RETURNED"
    assert doing.state(CAMERA) == "UPLOADING"
    clean(doing)


def test_a_drifting_clock_is_written_down_each_time_it_drifts_further(doing: Doing) -> None:
    for offset in (200, -300, 1500, 1600, 7200, None, 7100, 100):
        says(doing, clock_offset_ms=offset)
    with doing.engine.connect() as conn:
        asked = sa.select(inspection.c.detail, inspection.c.passed).where(inspection.c.kind == "CLOCK")
        rows = conn.execute(asked.order_by(inspection.c.id)).all()
    assert [(row[0].partition(",")[0], row[1]) for row in rows] == [
        ("+1500 ms (ahead)", 0), ("+7200 ms (ahead)", 0), ("+100 ms (ahead)", 1),
    ]  # fmt: skip


# ---- films on board ------------------------------------------------------------------------------------------


def test_a_fault_with_films_on_board_holds_the_camera_until_somebody_says_where_they_are(doing: Doing) -> None:
    says(doing, files_pending=12, fault="memory card", word="FAULT")
    says(doing, files_pending=None, fault="memory card", word="FAULT")
    assert holds(doing) == ["FOOTAGE"], "once"
    assert doing.state(CAMERA) == "QUARANTINED"
    assert ("FOOTAGE_AT_RISK", CAMERA) in alarms(doing)
    for act in ("RELEASE_QUARANTINE", "SANITISE", "WITHDRAW"):
        with pytest.raises(NotPerformed, match=r"films on board|still on it|No dock has said"):
            doing.do(act, CAMERA, TECHNICIAN, SECOND_ISSUER)
    with pytest.raises(NotPerformed, match="Nobody is named"):
        doing.do("FOOTAGE_SAFE", CAMERA, TECHNICIAN, how="RECOVERED", recovered_by="")
    with pytest.raises(NotPerformed, match="is for technician"):
        doing.do("FOOTAGE_SAFE", CAMERA, ISSUER, how="RECOVERED", recovered_by="DC Forde, digital unit")
    said = {"how": "RECOVERED", "recovered_by": "DC Forde, digital unit", "reference": "DF/26/11"}
    done = doing.do("FOOTAGE_SAFE", CAMERA, TECHNICIAN, **said)
    assert done.after == "FAULT", "it is still faulty: a technician takes it into maintenance"
    clean(doing)


def test_films_are_not_called_uploaded_while_the_dock_says_otherwise(doing: Doing) -> None:
    says(doing, files_pending=12, fault="memory card", word="FAULT")
    with pytest.raises(NotPerformed, match="12 films are still on it"):
        doing.do("FOOTAGE_SAFE", CAMERA, TECHNICIAN, how="UPLOADED", recovered_by="")
    says(doing, files_pending=0)
    assert doing.do("FOOTAGE_SAFE", CAMERA, TECHNICIAN, how="UPLOADED", recovered_by="").after == "FAULT"


def test_a_fault_with_nothing_on_board_holds_nothing_and_a_storekeeper_may_say_that_there_is(doing: Doing) -> None:
    says(doing, files_pending=0, fault="lens", word="FAULT")
    assert holds(doing) == []
    assert doing.do("KEEP_FOOTAGE", CAMERA, ISSUER).after == "QUARANTINED"
    says(doing, files_pending=2)
    doing.do("REPORT_DEFECT", CAMERA, ISSUER)
    assert holds(doing) == ["FOOTAGE", "DEFECT"]


def test_a_defect_that_is_reported_of_a_camera_with_films_holds_it_for_them(doing: Doing) -> None:
    says(doing, files_pending=2)
    assert doing.do("REPORT_DEFECT", CAMERA, ISSUER).after == "QUARANTINED"
    assert holds(doing) == ["DEFECT", "FOOTAGE"]


def test_the_audit_finds_films_that_nobody_spoke_for(doing: Doing) -> None:
    says(doing, files_pending=2, fault="memory")
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        hold_id = tx.conn.execute(sa.select(hold.c.id).where(hold.c.item_id == CAMERA)).scalar_one()
        lift_hold(tx, hold_id, TECHNICIAN, "wiped it")
    with doing.engine.connect() as conn:
        assert [fault.check for fault in audit(conn)] == ["cameras_are_in_order"]


# ---- its end, and evidence -----------------------------------------------------------------------------------


def test_a_camera_is_wiped_by_two_before_it_is_retired(doing: Doing) -> None:
    says(doing)
    with pytest.raises(NotPerformed, match="not wiped"):
        doing.do("WITHDRAW", CAMERA, TECHNICIAN)
    for second in (None, TECHNICIAN):
        with pytest.raises(NotPerformed, match=r"two people|second person is the first"):
            doing.do("SANITISE", CAMERA, TECHNICIAN, second)
    assert doing.do("SANITISE", CAMERA, TECHNICIAN, SECOND_ISSUER).after == "RECEIVED", "and it goes out to nobody"
    assert doing.do("WITHDRAW", CAMERA, TECHNICIAN).after == "SANITISED"
    assert doing.do("DESTROY", CAMERA, TECHNICIAN, SECOND_ISSUER).after == "DESTROYED"
    clean(doing)


def test_a_camera_that_went_into_service_again_is_wiped_again(doing: Doing) -> None:
    says(doing)
    doing.do("SANITISE", CAMERA, TECHNICIAN, SECOND_ISSUER)
    doing.now_us += MINUTE
    doing.do("ACCEPT", CAMERA, TECHNICIAN)
    says(doing)
    with pytest.raises(NotPerformed, match="not wiped"):
        doing.do("WITHDRAW", CAMERA, TECHNICIAN)
    clean(doing)


def test_a_camera_with_films_is_neither_wiped_nor_retired(doing: Doing) -> None:
    says(doing, files_pending=4)
    for act in ("SANITISE", "WITHDRAW"):
        with pytest.raises(NotPerformed, match="4 films are still on it"):
            doing.do(act, CAMERA, TECHNICIAN, SECOND_ISSUER)


@pytest.mark.parametrize("is_out", [True, False])
def test_professional_standards_seize_a_camera_and_nobody_else_lets_it_go(doing: Doing, is_out: bool) -> None:
    says(doing, files_pending=3, word="UPLOADING")
    if is_out:
        says(doing)
        with acting(doing.engine, doing.ids, doing.now_us) as tx:
            assert issue_kit(tx, [Request(camera_ask(HOLLIS))], POLICY)[0].allowed
        says(doing, present=False, serial=None, word="EMPTY")
    assert doing.do("SEIZE", CAMERA, PSD, exhibit_ref="EX/1").after == "EVIDENTIAL_HOLD"
    doing.now_us += HOUR
    says(doing, files_pending=3)
    assert doing.state(CAMERA) == "EVIDENTIAL_HOLD", "also once it is docked"
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        told = issue_kit(tx, [Request(camera_ask(HOLLIS))], POLICY)[0]
    assert "EVIDENTIAL_HOLD" in {each.code for each in told.decision.refusals if each.stops}
    for act, by in (("SANITISE", TECHNICIAN), ("WITHDRAW", TECHNICIAN), ("RELEASE", TECHNICIAN)):
        with pytest.raises(NotPerformed):
            doing.do(act, CAMERA, by, SECOND_ISSUER)
    with pytest.raises(NotPerformed, match="may only be released by"):
        doing.do("RELEASE", CAMERA, PSD, authority="Somebody else")
    assert doing.do("RELEASE", CAMERA, PSD, authority=AUTHORITY).after == "QUARANTINED"
    with doing.engine.connect() as conn:
        holder = conn.execute(
            sa.select(custody.c.holder).where(custody.c.item_id == CAMERA, custody.c.closed_entry.is_(None))
        ).scalar_one()
        assert conn.execute(sa.select(bay.c.present).where(bay.c.item_id == CAMERA)).scalar_one() == 1
    assert holder == "STORE"
    clean(doing)
