"""Without the system: the paper printed beforehand says who may draw what, and what was drawn by it is written up."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from inventory.custody.issue import Request, issue_kit
from inventory.custody.life import holdings, who_had
from inventory.custody.paper.page import Page, PageRefused, Said
from inventory.custody.paper.reading import lines_of, pages_of, scan_of
from inventory.custody.paper.register import register_of
from inventory.custody.paper.writing_up import LATE, WrittenUp, write_up
from inventory.oversight.audit import audit
from inventory.oversight.correction_checks import paper_is_in_order
from inventory.people.calendar import HOUR_US
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.custody import alarm, ledger
from inventory.schema.ids import Ids
from inventory.schema.people import carry_authorisation, training_feed
from inventory.schema.stock import bay
from tests.inventory.oversight.test_passages_are_audited import _without_triggers
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    CARTRIDGES,
    GUARD_LOT,
    HANDLES,
    HOLLIS,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    PCSO,
    SECOND_ISSUER,
    SHIFT_ENDS,
    TODAY,
    X2_ONLY,
    acting,
    camera_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
OUT, BACK, AFTER = NOW + HOUR_US, NOW + 3 * HOUR_US, NOW + 5 * HOUR_US
SET = (HANDLES[0], BATTERIES[0], *CARTRIDGES[:4])
DRAWN = Said("DRAWN", HOLLIS, OUT, SET, ((GUARD_LOT, 2),), ISSUER, True, True, 90, SHIFT_ENDS)
CAME = Said("RETURNED", HOLLIS, BACK, SET, ((GUARD_LOT, 2),))
PAGE = Page(
    MEDWAY, "REGISTER", "Register ME, page 1", b"%PDF-1.7 scan", "application/pdf", ISSUER, SECOND_ISSUER,
    (DRAWN, CAME), "ME-20261122-0600", 1,
)  # fmt: skip


@pytest.fixture(autouse=True)
def empowered(engine: sa.Engine, ids: Ids) -> None:
    """Sefton is the sergeant who signs beside Ivory."""
    with acting(engine, ids, NOW - 1) as tx:
        give(tx.conn, tx.ids, CapabilityGrant(SECOND_ISSUER, "SUPERVISOR", MEDWAY, "test"), tx.now_us)


def write(engine: sa.Engine, ids: Ids, page: Page = PAGE, at_us: int = AFTER) -> WrittenUp:
    with acting(engine, ids, at_us) as tx:
        return write_up(tx, page, POLICY)


def wrong(engine: sa.Engine, ids: Ids, page: Page, at_us: int = AFTER) -> str:
    with pytest.raises(PageRefused) as told, acting(engine, ids, at_us) as tx:
        write_up(tx, page, POLICY)
    return str(told.value)


def held(engine: sa.Engine, person_id: int) -> set[int]:
    with engine.connect() as conn:
        return {row["item_id"] or row["lot_id"] for row in holdings(conn, person_id)}


def test_a_page_of_draws_and_returns_is_written_up_once_and_the_ledger_knows_what_had_been_so(
    engine: sa.Engine, ids: Ids
) -> None:
    done = write(engine, ids)
    assert (done.again, done.late, done.refused, held(engine, HOLLIS)) == (False, False, (), set())
    with engine.connect() as conn:
        said = conn.execute(
            sa.select(ledger.c.kind).where(ledger.c.item_id == HANDLES[0]).order_by(ledger.c.seq)
        )
        assert list(said.scalars())[-2:] == ["ASSERTED", "RETURNED"]
        known = [who_had(conn, HANDLES[0], at_us) for at_us in (OUT - 1, OUT, BACK - 1, BACK, AFTER)]
        now = [each and each.get("known_now") for each in known]
        assert [each and each["holder"] for each in known] == ["STORE"] * 5
        assert [each and each["holder"] for each in now] == [None, "PERSON", "PERSON", "STORE", None]
        before = conn.execute(sa.select(sa.func.count()).select_from(ledger)).scalar_one()
        assert scan_of(conn, done.page_id) == PAGE.scan
        assert {(line.line_no, line.act) for line in lines_of(conn, [done.page_id])} == {
            (1, "DRAWN"),
            (2, "RETURNED"),
        }
        assert audit(conn) == []
    assert replace(write(engine, ids, at_us=AFTER + 1), again=False) == done
    other_scan = replace(PAGE, scan=b"%PDF-1.7 scanned again")
    assert write(engine, ids, other_scan).again, "the register's own number says that it is the same page"
    assert "with other lines" in wrong(engine, ids, replace(other_scan, lines=(DRAWN,)))
    with engine.connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(ledger)).scalar_one() == before


def test_what_the_gate_would_have_refused_is_written_up_all_the_same_and_said_aloud(
    engine: sa.Engine, ids: Ids
) -> None:
    lines = (
        replace(DRAWN, person_id=LAPSED, lots=()),
        replace(DRAWN, person_id=MERCER, item_ids=(CAMERAS[0],), lots=()),
    )
    with acting(engine, ids, OUT) as tx:
        tx.conn.execute(sa.update(bay).values(observed_us=OUT, received_us=OUT))
    done = write(engine, ids, replace(PAGE, lines=lines))
    assert [line for line, _ in done.refused] == [1]
    assert (held(engine, LAPSED), held(engine, MERCER)) == (set(SET), {CAMERAS[0]})
    with engine.connect() as conn:
        told = conn.execute(sa.select(alarm.c.person_id, alarm.c.detail)).all()
        assert [(row[0], "PPST_OUT_OF_DATE" in row[1]) for row in told] == [(LAPSED, True)]
        sentences = lines_of(conn, [pages_of(conn, MEDWAY, 5)[0].id])[0].refused
        assert any("PPST" in each for each in sentences)
        assert audit(conn) == []


def test_the_gate_is_asked_as_of_the_draw_and_not_of_the_writing_up(engine: sa.Engine, ids: Ids) -> None:
    tonight = (TODAY + timedelta(days=1)).isoformat()
    with acting(engine, ids) as tx:
        tx.conn.execute(sa.update(carry_authorisation).values(to_on=tonight))
        tx.conn.execute(sa.update(training_feed).values(last_good_us=NOW + 30 * HOUR_US))
    tomorrow = NOW + 26 * HOUR_US
    done = write(engine, ids, replace(PAGE, lines=(replace(DRAWN, lots=()),)), tomorrow)
    assert (done.refused, done.late) == ((), True), "he was in date when he drew it"
    late = replace(
        DRAWN,
        person_id=MERCER,
        at_us=tomorrow - HOUR_US,
        item_ids=(HANDLES[1], BATTERIES[1], *CARTRIDGES[4:8]),
    )
    late = replace(late, lots=(), planned_return_us=tomorrow + HOUR_US)
    other = replace(PAGE, scan=b"page 2", page_no=2, lines=(late,))
    assert [line for line, _ in write(engine, ids, other, tomorrow).refused] == [1]
    with engine.connect() as conn:
        assert LATE in set(conn.execute(sa.select(alarm.c.kind)).scalars())


def test_everything_that_is_wrong_with_a_page_is_said_at_once_and_nothing_is_written(
    engine: sa.Engine, ids: Ids
) -> None:
    with acting(engine, ids, OUT + 1) as tx:
        tx.conn.execute(sa.update(bay).values(observed_us=OUT, received_us=OUT))
        assert issue_kit(tx, [Request(camera_ask(MERCER, planned_return_us=SHIFT_ENDS))], POLICY)[0].allowed
    bad = (
        replace(DRAWN, item_ids=(CAMERAS[0],)), replace(CAME, item_ids=(CAMERAS[1],), lots=()),
        replace(DRAWN, item_ids=(999,)), replace(DRAWN, at_us=AFTER + 1), replace(DRAWN, person_id=SECOND_ISSUER),
    )  # fmt: skip
    said = wrong(engine, ids, replace(PAGE, lines=bad))
    for part in (
        "Line 1: X00241 has moved since then, and is with PC Mercer 4418. Leave it out",
        "Line 2: X00242 is in a store by the ledger. Write up who drew it first",
        "Line 3: Item 999 is not known.", "Line 4: Its time is after now.", "Line 5: Who signs for the page",
    ):  # fmt: skip
        assert part in said
    assert "The second person is the first" in wrong(engine, ids, replace(PAGE, second_person=ISSUER))
    assert "supervisor or" in wrong(engine, ids, replace(PAGE, second_person=MERCER))
    assert "issuer or store manager" in wrong(engine, ids, replace(PAGE, by_person=HOLLIS))
    assert "Its scan is" in wrong(engine, ids, replace(PAGE, scan=b""))
    assert "asked for" in wrong(engine, ids, replace(PAGE, lines=(replace(DRAWN, lots=((GUARD_LOT, 99),)),)))
    assert held(engine, HOLLIS) == set()


def test_the_audit_finds_a_scan_that_is_not_the_one_that_was_signed_for(engine: sa.Engine, ids: Ids) -> None:
    write(engine, ids)
    for breaking in ("UPDATE paper_scan SET body = 'AAAA'", "UPDATE paper_page SET sha256 = 'b'",
                     "UPDATE paper_line SET entry_id = (SELECT MIN(id) FROM ledger)"):  # fmt: skip
        with engine.connect() as conn:
            _without_triggers(conn)
            conn.execute(sa.text(breaking))
            told = paper_is_in_order(conn)
            conn.rollback()
        assert told, breaking


def test_opening_balances_and_kit_found_in_hand_enter_by_the_same_door(engine: sa.Engine, ids: Ids) -> None:
    page = replace(PAGE, sort="OPENING_BALANCE", lines=(replace(DRAWN, at_us=NOW - 400 * 24 * HOUR_US),))
    done = write(engine, ids, page)
    assert (done.late, done.refused, held(engine, HOLLIS)) == (False, (), {*SET, GUARD_LOT})
    found = replace(
        page, sort="FOUND_IN_HAND", scan=b"2", page_no=2, lines=(replace(DRAWN, person_id=LAPSED, lots=()),)
    )
    assert write(engine, ids, found).refused, "he may not carry it, and has it"
    assert "Nothing comes back" in wrong(engine, ids, replace(found, scan=b"3", page_no=3, lines=(CAME,)))
    with engine.connect() as conn:
        assert audit(conn) == []


def test_the_register_says_who_may_draw_what_in_each_duty_by_the_gates_own_rules(
    engine: sa.Engine, ids: Ids
) -> None:
    with acting(engine, ids) as tx:
        tx.conn.execute(
            sa.update(carry_authorisation)
            .where(carry_authorisation.c.person_id == MERCER)
            .values(to_on=(TODAY + timedelta(days=1)).isoformat())
        )
        made = register_of(tx.conn, MEDWAY, POLICY, NOW)
    assert [(each.letter, each.name) for each in made.may.windows] == [
        ("A", "Early"),
        ("B", "Late"),
        ("C", "Night"),
    ]
    assert made.may.columns[0] == ("CED_HANDLE", "T7")
    may = {each.person_id: dict(zip((kind for kind, _ in made.may.columns), each.letters, strict=True))
           for each in made.may.people}  # fmt: skip
    assert may[HOLLIS]["CED_HANDLE"] == "ABC"
    assert may[MERCER]["CED_HANDLE"] == "AB", "his authority ends at midnight, and the night goes on"
    assert {may.get(each, {}).get("CED_HANDLE", "") for each in (LAPSED, X2_ONLY, PCSO)} == {""}
    assert (made.number, made.void_us - made.made_us) == ("ME-20261122-0700", 24 * HOUR_US)
    ready = {each.item_id for each in made.shelf if not each.why}
    assert {HANDLES[0], CAMERAS[0]} <= ready
    assert [(each.lot_no, each.quantity) for each in made.lots] == [("L77", 20)]
