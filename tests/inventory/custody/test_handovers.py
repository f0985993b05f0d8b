"""Kit passes from officer to officer in one act through the same gate, or stays where it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from inventory.custody.handovers.act import HandedOver, Handing, NotHandedOver, hand_over
from inventory.custody.handovers.reading import newest
from inventory.custody.issue import Request, issue_kit
from inventory.custody.life import holdings
from inventory.gate.ask import Ask
from inventory.oversight.audit import audit
from inventory.schema.custody import custody, decision, ledger
from inventory.schema.engine import writing
from inventory.schema.handovers import handover, handover_item
from inventory.schema.ids import Ids
from inventory.schema.people import person
from inventory.schema.stock import item
from tests.small_force import (
    BATTERIES,
    CARTRIDGES,
    HANDLES,
    HOLLIS,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    acting,
    ced_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
SET = (HANDLES[0], BATTERIES[0], *CARTRIDGES[:4])
LATER = NOW + 3_600_000_000
HOLDS_ONE = SECOND_ISSUER


def to(receiver: int, **changes: object) -> Ask:
    """The whole set of Hollis, for somebody else."""
    values = {"handed_by": HOLLIS, "charges": ((BATTERIES[0], 80),), "door": "handover"} | changes
    return replace(ced_ask(receiver), **values)  # type: ignore[arg-type]


@pytest.fixture
def drawn(engine: sa.Engine, ids: Ids) -> sa.Engine:
    """Hollis has drawn a whole set."""
    with acting(engine, ids) as tx:
        assert issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)[0].allowed
    return engine


def hands(engine: sa.Engine, ids: Ids, ask: Ask) -> HandedOver:
    with acting(engine, ids, LATER) as tx:
        return hand_over(tx, Handing(ask, "PIN", "End of the early shift"), POLICY)


def rows(engine: sa.Engine, statement: sa.Select) -> list[tuple]:  # type: ignore[type-arg]
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(statement)]


def test_a_whole_set_changes_hands_in_one_act_of_two_movements_that_name_each_other(
    drawn: sa.Engine, ids: Ids
) -> None:
    done = hands(drawn, ids, to(MERCER))
    assert done.decision.allowed, done.decision.refusals
    with drawn.connect() as conn:
        assert holdings(conn, HOLLIS) == []
        assert sorted(each["item_id"] for each in holdings(conn, MERCER)) == sorted(SET)
        (act,) = newest(conn, {MEDWAY}, 2**62, 5)
        assert audit(conn) == []
    assert (act.giver_id, act.receiver_id, act.by_person, act.reason) == (
        HOLLIS, MERCER, ISSUER, "End of the early shift",
    )  # fmt: skip
    assert {each.item_id for each in act.items} == set(SET)
    for each in act.items:
        back, out = (
            rows(drawn, sa.select(ledger).where(ledger.c.id == entry))[0]
            for entry in (each.returned_entry, each.issued_entry)
        )
        names = [column.name for column in ledger.columns]
        back_row, out_row = dict(zip(names, back, strict=True)), dict(zip(names, out, strict=True))
        assert (back_row["kind"], back_row["giver_id"], back_row["second_person"]) == (
            "RETURNED",
            HOLLIS,
            MERCER,
        )
        assert (out_row["kind"], out_row["taker_id"], out_row["second_person"]) == ("ISSUED", MERCER, HOLLIS)
        assert back_row["reason"] == out_row["reason"] == f"handover {act.id}"
        assert back_row["tx_id"] == out_row["tx_id"]
        assert out_row["decision_id"] == act.decision_id


REFUSED: list[tuple[int, dict[str, object], str]] = [
    (LAPSED, {}, "PPST_OUT_OF_DATE"),
    (MERCER, {"by_person_id": None}, "COUNTERSIGN_MISSING"),
    (MERCER, {"by_person_id": MERCER}, "ISSUES_TO_SELF"),
    (MERCER, {"authenticated_by": None}, "NOT_AUTHENTICATED"),
    (MERCER, {"fit_declared": False}, "FITNESS_NOT_DECLARED"),
    (MERCER, {"item_ids": (HANDLES[0], BATTERIES[0])}, "CARTRIDGES_SHORT"),
    (HOLDS_ONE, {}, "ALREADY_HOLDS_HANDLE"),
]


def test_what_the_gate_refuses_the_receiver_changes_nothing(drawn: sa.Engine, ids: Ids) -> None:
    with acting(drawn, ids) as tx:
        assert issue_kit(tx, [Request(ced_ask(HOLDS_ONE, 1))], POLICY)[0].allowed
    before = rows(drawn, sa.select(custody).order_by(custody.c.id))
    for receiver, changes, code in REFUSED:
        done = hands(drawn, ids, to(receiver, **changes))
        assert code in {each.code for each in done.decision.refusals if each.stops}, code
        assert (done.issued, done.handover_id) == (None, None)
        assert rows(drawn, sa.select(decision.c.verdict).where(decision.c.id == done.decision_id)) == [("DENY",)]
    assert rows(drawn, sa.select(custody).order_by(custody.c.id)) == before
    assert rows(drawn, sa.select(handover.c.id)) == []


def test_giver_receiver_and_who_countersigns_are_three_people(drawn: sa.Engine, ids: Ids) -> None:
    with writing(drawn).begin() as conn:
        conn.execute(sa.update(person).where(person.c.id == SECOND_ISSUER).values(same_as=HOLLIS))
    tried: list[tuple[Ask, str]] = [
        (to(HOLLIS), "with them already"),
        (to(MERCER, by_person_id=SECOND_ISSUER), "another issuer"),
        (to(MERCER, handed_by=None), "Nobody hands over"),
        (to(MERCER, handed_by=LAPSED), "None of this is out"),
    ]
    for ask, says in tried:
        with pytest.raises(NotHandedOver, match=says):
            hands(drawn, ids, ask)


def test_kit_of_a_third_officer_is_not_handed_over_with_it(drawn: sa.Engine, ids: Ids) -> None:
    with acting(drawn, ids) as tx:
        assert issue_kit(tx, [Request(ced_ask(MERCER, 1))], POLICY)[0].allowed
    done = hands(drawn, ids, to(SECOND_ISSUER, item_ids=(*SET, CARTRIDGES[4])))
    assert "HELD_BY_ANOTHER" in {each.code for each in done.decision.refusals}


def test_kit_from_the_shelf_goes_out_with_what_is_handed_over(drawn: sa.Engine, ids: Ids) -> None:
    done = hands(drawn, ids, to(MERCER, item_ids=(*SET[:5], CARTRIDGES[8])))
    assert done.decision.allowed, done.decision.refusals
    assert set(done.handed) == set(SET[:5])
    with drawn.connect() as conn:
        assert [each["item_id"] for each in holdings(conn, HOLLIS)] == [CARTRIDGES[3]], "he kept one"
        assert audit(conn) == []


def test_stocks_are_never_mixed_by_a_hand_over(drawn: sa.Engine, ids: Ids) -> None:
    for pool in ("TRAINING", "EXHIBIT"):
        with writing(drawn).begin() as conn:
            conn.execute(sa.update(item).where(item.c.id == CARTRIDGES[0]).values(pool=pool))
        done = hands(drawn, ids, to(MERCER))
        assert [each.code for each in done.decision.refusals if each.stops] == ["WRONG_POOL"]


Attack = Callable[[sa.Connection, int], object]


def test_the_database_takes_no_hand_over_that_its_movements_do_not_bear_out(
    drawn: sa.Engine, ids: Ids
) -> None:
    done = hands(drawn, ids, to(MERCER))
    (act,) = rows(drawn, sa.select(handover))
    first = rows(drawn, sa.select(handover_item).order_by(handover_item.c.id))[0]
    row = dict(zip((c.name for c in handover.columns), act, strict=True))
    line = dict(zip((c.name for c in handover_item.columns), first, strict=True))
    attacks: list[Attack] = [
        lambda conn, tx: conn.execute(sa.insert(handover).values(row | {"id": 1, "tx_id": tx})),
        lambda conn, tx: conn.execute(sa.insert(handover_item).values(line | {"id": 1, "tx_id": tx})),
        lambda conn, _tx: conn.execute(sa.update(handover).values(giver_id=LAPSED)),
        lambda conn, _tx: conn.execute(sa.delete(handover_item)),
    ]
    for attack in attacks:
        with pytest.raises(sa.exc.DatabaseError, match="handover"), acting(drawn, ids, LATER + 1) as tx:
            attack(tx.conn, tx.id)
    assert done.handover_id == act[0]
