"""Spit guards: each piece goes for a reason, comes back after the duty it was lent for, and each month adds up."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.issue import Issued, Request, issue_kit
from inventory.custody.lots import TooFew
from inventory.custody.overrides import Answered, Giving
from inventory.custody.overrides import give as override
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.stocktake.counting import NotPossible, Opening, close_count, open_count
from inventory.custody.stocktake.lots import LotCounted, LotSettling, count_lot, lots_in, settle_lot
from inventory.custody.uses.answering import Answering, answer_point
from inventory.custody.uses.declaring import Declaration, declare
from inventory.custody.uses.force_counts import ForceCount, note_count
from inventory.custody.uses.guard_reading import carried, lots_of, months, not_back
from inventory.custody.uses.guards import GuardsSaid, SealedBack, bring_back_sealed, declare_guards
from inventory.oversight.audit import audit
from inventory.people.imports.force_file import import_force_counts
from inventory.people.imports.run import ImportRun
from inventory.schema.engine import make_engine, writing
from inventory.schema.guards import force_count, lot_due
from inventory.schema.ids import Ids
from inventory.schema.stock import lot_balance
from inventory.stock.counting import Scope
from tests.inventory.custody.passage_force import POLICY, SERGEANT, Doing
from tests.small_force import (
    DOVER,
    GUARD_LOT,
    GUARDS,
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    SHIFT_ENDS,
    acting,
    ced_ask,
)  # fmt: skip

DAY = 24 * HOUR


@pytest.fixture
def doing(engine: sa.Engine, ids: Ids) -> Doing:
    """The small force, empowered."""
    return Doing(engine, ids)


def draw(doing: Doing, person_id: int, pieces: int = 2) -> Issued:
    """Pieces of the lot go out, where the gate lets them."""
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        ask = ced_ask(person_id, item_ids=(), lots=((GUARD_LOT, pieces),))
        return issue_kit(tx, [Request(ask)], POLICY)[0]


def lend(doing: Doing, pieces: int = 2) -> None:
    """Pieces go out to somebody whose training ran out, on a sergeant's override for this duty."""
    assert not draw(doing, LAPSED, pieces).allowed
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        rules = (Answered("PPST_OUT_OF_DATE"),)
        override(tx, Giving(LAPSED, MEDWAY, "OPERATIONAL", rules, SERGEANT, "Relief needed", SHIFT_ENDS))
    assert draw(doing, LAPSED, pieces).allowed


def gone(doing: Doing, reason: str, person_id: int = HOLLIS, pieces: int = 1, **more: Any) -> int:
    """Pieces go for a reason; gives the use."""
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        said = GuardsSaid(GUARD_LOT, pieces, person_id, MEDWAY, ISSUER, reason, **more)
        return declare_guards(tx, said, POLICY).use_id


def sealed_back(doing: Doing, person_id: int, pieces: int = 1) -> None:
    with acting(doing.engine, doing.ids, doing.now_us) as tx:
        bring_back_sealed(tx, SealedBack(GUARD_LOT, pieces, person_id, MEDWAY, ISSUER))


def held(doing: Doing) -> dict[str, int]:
    """Pieces of the lot by who has them."""
    with doing.engine.connect() as conn:
        rows = conn.execute(sa.select(lot_balance.c.holder, lot_balance.c.quantity).where(lot_balance.c.quantity > 0))
        return dict(rows.all())  # type: ignore[arg-type]


def clean(doing: Doing) -> None:
    with doing.engine.connect() as conn:
        assert audit(conn) == []


def test_pieces_go_for_each_reason_and_only_sealed_ones_go_back_on_the_shelf(doing: Doing) -> None:
    for reason in ("USED", "DAMAGED", "EXPIRED", "CONTAMINATED", "OPENED", "LOST"):
        assert draw(doing, HOLLIS, 1).allowed
        gone(doing, reason)
    assert held(doing) == {"STORE": 14, "DISPOSAL": 6}, "a lost one is written off too"
    assert draw(doing, HOLLIS).allowed
    gone(doing, "USED", exhibit_ref="EX/7")
    sealed_back(doing, HOLLIS)
    assert held(doing) == {"STORE": 13, "DISPOSAL": 6, "EXHIBIT": 1}
    with pytest.raises(TooFew):
        sealed_back(doing, HOLLIS)
    clean(doing)


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("reason", {"reason": "MISLAID"}),
        ("quantity", {"reason": "USED", "pieces": 0}),
        ("used_us", {"reason": "USED", "used_us": NOW + HOUR}),
        ("uof_ref", {"reason": "USED", "uof_ref": "x" * 200}),
        ("exhibit_ref", {"reason": "LOST", "exhibit_ref": "EX/1"}),
    ],
)
def test_what_cannot_be_true_of_pieces_is_refused_by_its_field(doing: Doing, field: str, more: dict[str, Any]) -> None:
    assert draw(doing, HOLLIS).allowed
    with pytest.raises(BadEvidence) as told:
        gone(doing, **more)
    assert told.value.name == field
    assert held(doing) == {"STORE": 18, "PERSON": 2}


def test_a_guard_with_a_serial_goes_for_each_reason_too(doing: Doing) -> None:
    def out(guard: int) -> None:
        with acting(doing.engine, doing.ids, doing.now_us) as tx:
            assert issue_kit(tx, [Request(ced_ask(HOLLIS, item_ids=(guard,)))], POLICY)[0].allowed

    def say(guard: int, reason: str) -> tuple[str, ...]:
        with acting(doing.engine, doing.ids, doing.now_us) as tx:
            done = declare(tx, Declaration(guard, MEDWAY, ISSUER, reason=reason), POLICY)
        return tuple(each.point for each in done.owed)

    out(GUARDS[0])
    assert say(GUARDS[0], "CONTAMINATED") == ()
    assert doing.state(GUARDS[0]) == "DAMAGED"
    assert doing.do("DISPOSE", GUARDS[0], ISSUER).after == "DISPOSED"
    out(GUARDS[1])
    assert say(GUARDS[1], "LOST") == ()
    assert doing.state(GUARDS[1]) == "UNACCOUNTED", "a lost serial is a loss, with its case"
    clean(doing)


def test_what_is_lent_for_one_duty_is_due_after_it_until_it_is_back(doing: Doing) -> None:
    assert draw(doing, HOLLIS).allowed, "personal carry has no end"
    lend(doing)
    with doing.engine.connect() as conn:
        assert not_back(conn, SHIFT_ENDS)[:] == []
        late = not_back(conn, SHIFT_ENDS + 1)
        first = carried(conn, MEDWAY)[0]
    assert [each.raised.person_id for each in late] == [LAPSED]
    assert "2 spit guards of lot L77" in late[0].raised.detail
    assert (first.person_id, first.due_us) == (LAPSED, SHIFT_ENDS), "who owes some stands first"
    sealed_back(doing, LAPSED)
    with doing.engine.connect() as conn:
        assert "1 spit guard of" in not_back(conn, SHIFT_ENDS + 1)[0].raised.detail
    gone(doing, "USED", LAPSED, uof_ref="UOF-1")
    with doing.engine.connect() as conn:
        assert not_back(conn, SHIFT_ENDS + DAY) == [], "used up is accounted for"
    clean(doing)


def test_the_database_lets_what_is_due_only_come_back(doing: Doing) -> None:
    lend(doing)
    attacks = [
        sa.update(lot_due).values(due_us=SHIFT_ENDS + DAY), sa.update(lot_due).values(back=0),
        sa.update(lot_due).values(back=3), sa.delete(lot_due),
    ]  # fmt: skip
    for attack in attacks:
        with pytest.raises(sa.exc.DBAPIError), acting(doing.engine, doing.ids) as tx:
            tx.conn.execute(attack)
    row = {"lot_id": GUARD_LOT, "person_id": HOLLIS, "store_id": MEDWAY, "quantity": 1, "due_us": SHIFT_ENDS}
    with pytest.raises(sa.exc.DBAPIError, match="no such pieces"), acting(doing.engine, doing.ids) as tx:
        decision_id = tx.conn.execute(sa.select(lot_due.c.decision_id)).scalar_one()
        tx.conn.execute(sa.insert(lot_due), row | {"id": tx.ids.take(), "tx_id": tx.id, "decision_id": decision_id})


def test_the_audit_misses_what_is_not_due_and_what_was_declared_and_is_not_gone(
    doing: Doing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("inventory.custody.lots._is_due", lambda *_: None)
        broken.setattr("inventory.custody.uses.guards.pass_lots", lambda *_: [1])
        lend(doing)
        gone(doing, "USED", LAPSED)
    with doing.engine.connect() as conn:
        found = [fault for fault in audit(conn) if fault.check == "spit_guards_are_in_order"]
    assert {fault.about for fault in found} == {f"lot {GUARD_LOT}", found[-1].about}
    assert "not due back" in found[-1].sentence


@pytest.fixture(scope="module")
def month(make_database: Callable[..., str], built: str) -> Iterator[Doing]:
    """A month in which four were applied, of which three have a reference, and others went for other reasons."""
    engine = make_engine(make_database(template=built))
    doing = Doing(engine, Ids(writing(engine)))
    for reason, ref in (
        ("USED", "UOF-1"), ("USED", "uof-1 "), ("USED", "UOF-2"), ("USED", None), ("OPENED", None), ("LOST", None),
    ):  # fmt: skip
        assert draw(doing, MERCER, 1).allowed
        use_id = gone(doing, reason, MERCER, uof_ref=ref)
    assert draw(doing, MERCER, 1).allowed
    use_id = gone(doing, "USED", MERCER)
    with acting(engine, doing.ids, NOW) as tx:
        answer_point(tx, Answering(use_id, "UOF_REF", ISSUER, {"reference": "UOF-9"}), POLICY)
        assert issue_kit(tx, [Request(ced_ask(MERCER, item_ids=(GUARDS[0],)))], POLICY)[0].allowed
        declare(tx, Declaration(GUARDS[0], MEDWAY, ISSUER, reason="USED", uof_ref="UOF-10"), POLICY)
    yield doing
    engine.dispose()


def test_a_month_shows_what_was_applied_beside_its_references_and_the_forces_number(month: Doing) -> None:
    with month.engine.connect() as conn:
        before = months(conn, [MEDWAY], NOW)[0]
    assert before.difference is None, "the force has given no number"
    with acting(month.engine, month.ids, NOW) as tx:
        note_count(tx, ForceCount(MEDWAY, "2026-11", 9, "Use of force return", ISSUER))
        note_count(tx, ForceCount(MEDWAY, "2026-11", 4, "Use of force return, put right", ISSUER))
        note_count(tx, ForceCount(MEDWAY, "2026-10", 1, "Use of force return", ISSUER))
    with month.engine.connect() as conn:
        november, october = months(conn, [MEDWAY], NOW)
        assert months(conn, [DOVER], NOW) == []
    assert (november.used, november.references, november.unreferenced) == (6, 4, 1)
    assert (november.reported, november.difference) == (4, 2), "the newest number counts"
    assert (october.used, october.difference) == (0, -1), "reported, and nothing was applied by our books"
    assert {each.lot: dict(each.by_reason) for each in november.lots} == {
        "L77": {"USED": 5, "OPENED": 1, "LOST": 1}, "by serial": {"USED": 1},
    }  # fmt: skip
    clean(month)


def test_a_store_sees_its_lots_on_the_shelf_and_with_its_people(month: Doing) -> None:
    assert draw(month, HOLLIS).allowed
    with month.engine.connect() as conn:
        (shown,) = lots_of(conn, MEDWAY)
        assert (shown.here, shown.out) == (11, 2)
        assert lots_of(conn, DOVER) == []


@pytest.mark.parametrize(
    ("field", "changes"),
    [("month", {"month": "2026-12"}), ("month", {"month": "2026-13"}), ("number", {"number": -1}),
     ("source", {"source": " "})],
)  # fmt: skip
def test_a_months_number_that_cannot_be_is_refused_by_its_field(
    month: Doing, field: str, changes: dict[str, Any]
) -> None:
    said = {"store_id": MEDWAY, "month": "2026-11", "number": 1, "source": "return"} | changes
    with pytest.raises(BadEvidence) as told, acting(month.engine, month.ids, NOW) as tx:
        note_count(tx, ForceCount(**said))
    assert told.value.name == field


def test_a_file_of_months_is_taken_twice_without_counting_twice_and_its_bad_rows_are_named(month: Doing) -> None:
    data = b"store,month,count,source\nDO,09/2026,3,Return 9\nDO,2026-10,0,Return 10\nXX,2026-10,1,r\nDO,2027-01,1,r\n"

    def take() -> Any:
        with acting(month.engine, month.ids, NOW) as tx:
            return import_force_counts(ImportRun(tx.conn, tx.ids, tx.now_us), data)

    first, second = take(), take()
    assert (first.new, [each.field for each in first.problems]) == (2, ["store", "month"])
    assert (second.new, second.unchanged) == (0, 2)
    with month.engine.connect() as conn:
        assert [(each.month, each.reported) for each in months(conn, [DOVER], NOW)] == [("2026-10", 0), ("2026-09", 3)]
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), acting(month.engine, month.ids) as tx:
        tx.conn.execute(sa.update(force_count).values(number=0))


# ---- counted -------------------------------------------------------------------------------------------------


def test_a_lot_is_counted_whole_and_what_is_short_or_over_is_settled_by_a_movement(doing: Doing) -> None:
    def act(run: Callable[[Any], Any]) -> Any:
        with acting(doing.engine, doing.ids, doing.now_us) as tx:
            return run(tx)

    def counted(pieces: int, close: bool = True) -> int:
        count = act(lambda tx: open_count(tx, Opening(MEDWAY, "SPOT", ISSUER, Scope(kinds=("SBG",)))))
        act(lambda tx: count_lot(tx, LotCounted(count.id, GUARD_LOT, 99, ISSUER, "first-look")))
        line = act(lambda tx: count_lot(tx, LotCounted(count.id, GUARD_LOT, pieces, ISSUER, "second-look")))
        again = act(lambda tx: count_lot(tx, LotCounted(count.id, GUARD_LOT, 77, ISSUER, "second-look")))
        assert line == again, "sent again it changes nothing"
        assert line.quantity == pieces
        if close:
            act(lambda tx: close_count(tx, count.id, ISSUER))
        return int(count.id)

    def settle(count_id: int, word: str) -> Any:
        return act(lambda tx: settle_lot(tx, LotSettling(count_id, GUARD_LOT, word, ISSUER, "looked twice")))

    short = counted(17)
    with pytest.raises(NotPossible, match="Possible: WRITTEN_OFF"):
        settle(short, "TAKEN_IN")
    assert settle(short, "WRITTEN_OFF").settled == "WRITTEN_OFF"
    assert held(doing) == {"STORE": 17, "UNKNOWN": 3}
    with pytest.raises(NotPossible, match="Possible: nothing"):
        settle(short, "WRITTEN_OFF")
    over = counted(19)
    assert settle(over, "TAKEN_IN").out_by == 2
    assert held(doing) == {"STORE": 19, "UNKNOWN": 1}
    with pytest.raises(NotPossible, match="receive them by their delivery note"):
        settle(counted(25), "TAKEN_IN")
    still_open = counted(19, close=False)
    with pytest.raises(NotPossible, match="when the count is closed"):
        settle(still_open, "WRITTEN_OFF")
    with pytest.raises(NotPossible, match="closed already"):
        act(lambda tx: count_lot(tx, LotCounted(short, GUARD_LOT, 1, ISSUER, "late-look")))
    handles = act(lambda tx: open_count(tx, Opening(MEDWAY, "WEEKLY", ISSUER, Scope(kinds=("CED_HANDLE",)))))
    with pytest.raises(NotPossible, match="not of that lot"):
        act(lambda tx: count_lot(tx, LotCounted(handles.id, GUARD_LOT, 1, ISSUER, "wrong-look")))
    with doing.engine.connect() as conn:
        assert lots_in(conn, handles) == []
    clean(doing)
