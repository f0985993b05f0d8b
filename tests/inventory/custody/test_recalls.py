"""A recall from its notice to its end: held at once wherever it is, chased line by line, held as it arrives later."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.holds import lift_hold
from inventory.custody.issue import Request, issue_kit
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.losses.acts import Doing, do
from inventory.custody.losses.looking import cases_of_item
from inventory.custody.lots import LotPassage, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.recalls import acts, watch
from inventory.custody.recalls.acts import Ending, Notice, RecallRefused, Telling
from inventory.custody.recalls.reading import Recall, recalls
from inventory.custody.recalls.which import Criteria, check_criteria, matches
from inventory.custody.receive import Delivered, LotAssertion, assert_lots_held, receive, receive_lot
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.custody import alarm, custody
from inventory.schema.ids import Ids
from inventory.schema.stock import bay, hold, hold_lift, item, lot
from inventory.schema.tx import Tx
from tests.small_force import (
    CAMERAS,
    CARTRIDGES,
    DOVER,
    DOVER_HANDLE,
    GUARD_LOT,
    HANDLES,
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    acting,
    ced_ask,
    demo_policy,
    serial,
)  # fmt: skip

POLICY = demo_policy()
TERMS = POLICY.chases
SPOC, INSPECTOR, LOCAL_SPOC = LAPSED, MERCER, SECOND_ISSUER
OUT = CARTRIDGES[:4]
RANGE = Criteria("CED_CARTRIDGE", serial_from=serial(CARTRIDGES[0]), serial_to=serial(CARTRIDGES[5]))


class Store:
    """Acts on a database, each in a transaction of its own."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids, self.now_us = engine, ids, NOW

    def act(self, run: Callable[[Tx], Any]) -> Any:
        """Run one act, a minute after the one before."""
        self.now_us += 60_000_000
        with acting(self.engine, self.ids, self.now_us) as tx:
            return run(tx)

    def open(self, criteria: Criteria = RANGE, by: int = SPOC) -> Recall:
        """Open a recall of the maker's."""
        notice = Notice(criteria, "MAKER", "AX-2026-7", "Primers may fail", by)
        return self.see(self.act(lambda tx: acts.open_recall(tx, notice)))

    def see(self, recall_id: int) -> Recall:
        """A recall as it stands."""
        with self.engine.connect() as conn:
            return recalls(conn, [recall_id])[recall_id]

    def faults(self) -> list[Any]:
        """What the audit finds."""
        with self.engine.connect() as conn:
            return audit(conn)

    def alarms(self) -> list[str]:
        """The kinds of the open alarms."""
        with self.engine.connect() as conn:
            asked = sa.select(alarm.c.kind).where(alarm.c.settled_us.is_(None)).order_by(alarm.c.kind)
            return list(conn.execute(asked).scalars())

    def held(self, item_id: int) -> bool:
        """Whether a recall holds an item."""
        with self.engine.connect() as conn:
            asked = (
                sa.select(sa.func.count())
                .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
                .where(hold.c.item_id == item_id, hold.c.reason == "RECALL", hold_lift.c.hold_id.is_(None))
            )
            return bool(conn.execute(asked).scalar())


@pytest.fixture
def store(engine: sa.Engine, ids: Ids) -> Store:
    """The small force with a single point of contact, and the first set out with Hollis."""
    with acting(engine, ids, NOW - HOUR) as tx:
        for person_id, capability, at in (
            (SPOC, "CED_SPOC", None), (INSPECTOR, "DUTY_INSPECTOR", MEDWAY), (LOCAL_SPOC, "CED_SPOC", MEDWAY),
            (ISSUER, "STORE_MANAGER", MEDWAY),
        ):  # fmt: skip
            give(tx.conn, tx.ids, CapabilityGrant(person_id, capability, at, "test"), NOW - 2 * HOUR)
    with acting(engine, ids, NOW) as tx:
        assert issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)[0].decision.verdict == "ALLOW"
    return Store(engine, ids)


def test_a_recall_holds_everything_at_once_and_closes_when_all_is_accounted_for(store: Store) -> None:
    of = store.open()
    assert of.counts() == {"OUT": 4, "HELD": 2}
    assert all(line.held for line in of.lines), "what is out is held too: it comes back to no shelf"
    with pytest.raises(RecallRefused, match="4 lines are not accounted for"):
        store.act(lambda tx: acts.close(tx, of.id, SPOC, "Give up"))
    store.act(lambda tx: return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in OUT]))
    assert store.see(of.id).outstanding == []
    store.act(lambda tx: acts.close(tx, of.id, SPOC, "All are in the safe"))
    assert store.see(of.id).state == "CLOSED"
    assert store.held(OUT[0]), "closed is not lifted"
    refused = store.act(lambda tx: issue_kit(tx, [Request(ced_ask(MERCER, 1))], POLICY)[0])
    assert "RECALLED" in [each.code for each in refused.decision.refusals]
    store.act(lambda tx: acts.lift(tx, of.id, SPOC, "AX-2026-7 withdrawn", "They are sound"))
    assert (store.see(of.id).state, store.held(OUT[0])) == ("LIFTED", False)
    assert store.faults() == []


def test_what_comes_later_and_fits_is_held_as_it_comes(store: Store) -> None:
    of = store.open(Criteria("CED_CARTRIDGE", lot_no="L9"))
    assert of.lines == ()

    def delivered(tx: Tx) -> None:
        came = {"id": 900, "kind": "CED_CARTRIDGE", "maker": "AXON", "lot_no": "L9", "product": "T7", "recorded_us": 1}
        tx.conn.execute(sa.insert(lot), came)
        new = {"id": 901, "kind": "CED_CARTRIDGE", "maker": "AXON", "serial": "C9", "model": "T7", "lot_id": 900,
               "home_store_id": MEDWAY, "pool": "OPERATIONAL", "purpose": "LIVE_DUTY", "recorded_us": 1}  # fmt: skip
        tx.conn.execute(sa.insert(item), new)
        receive(tx, [Delivered(901, MEDWAY, ISSUER)])

    store.act(delivered)
    line = store.see(of.id).lines[0]
    assert (line.item_id, line.state, line.late, store.held(901)) == (901, "HELD", True, True)
    assert store.alarms() == ["RECALLED_ARRIVED"]
    store.act(lambda tx: acts.lift(tx, of.id, SPOC, "Withdrawn", "Sound"))
    assert not store.held(901)


def test_firmware_is_recalled_by_what_docks_say_and_what_nobody_read_is_counted(store: Store) -> None:
    asked = Criteria("BWV_CAMERA", firmware_from="1.19", firmware_to="1.20")
    with acting(store.engine, store.ids, NOW + 1) as tx:
        tx.conn.execute(sa.update(bay).where(bay.c.item_id == CAMERAS[0]).values(firmware="1.21"))
        tx.conn.execute(sa.update(bay).where(bay.c.item_id == CAMERAS[1]).values(firmware=None))
    of = store.open(asked)
    assert [line.item_id for line in of.lines] == [CAMERAS[2]]
    with store.engine.connect() as conn:
        assert matches(conn, asked).unread == 1
    with acting(store.engine, store.ids, NOW + 2) as tx:
        tx.conn.execute(sa.update(bay).where(bay.c.item_id == CAMERAS[1]).values(firmware="1.19.4"))
    with store.engine.connect() as conn:
        assert watch.is_due(conn, TERMS, NOW + HOUR)
    store.act(lambda tx: watch.look(tx, TERMS))
    assert store.held(CAMERAS[1]), "its firmware was read since"
    assert not store.held(CAMERAS[0])


def test_lines_end_by_what_shows_it(store: Store) -> None:
    of = store.open()
    shelf, out = of.lines[4], of.lines[0]

    def end(line: Any, outcome: str, by: int = SPOC) -> None:
        store.act(lambda tx: acts.end(tx, Ending(of.id, line.id, by, outcome, "Lab 4/26", "As the report says")))

    with pytest.raises(RecallRefused, match="back in a store first"):
        end(out, "NOT_AFFECTED")
    with pytest.raises(RecallRefused, match="for a ced spoc"):
        end(shelf, "NOT_AFFECTED", INSPECTOR)
    end(shelf, "NOT_AFFECTED")
    assert not store.held(int(shelf.item_id or 0))
    with pytest.raises(RecallRefused, match="written down already"):
        end(shelf, "CORRECTED")
    missing = Missing(int(out.item_id or 0), MEDWAY, ISSUER, "Not on the belt")
    store.act(lambda tx: report_unaccounted(tx, [missing]))
    with pytest.raises(RecallRefused, match="not declared it lost"):
        end(out, "LOST")
    with store.engine.connect() as conn:
        case = cases_of_item(conn, missing.item_id)[0].id
    for act, more in (("SEARCHED", {}), ("DECLARED_LOST", {"reference": "I-1"})):
        doing = Doing(case, act, INSPECTOR, "Everywhere", **more)  # type: ignore[arg-type]
        store.act(lambda tx, doing=doing: do(tx, doing, POLICY.losses))
    end(out, "LOST")
    assert store.see(of.id).counts() == {"OUT": 3, "HELD": 1, "NOT_AFFECTED": 1, "LOST": 1}
    assert store.held(missing.item_id), "whoever finds it finds it held"
    assert store.faults() == []


def test_somebody_is_told_and_what_is_not_back_is_chased(store: Store) -> None:
    of = store.open()
    line = of.lines[0]
    store.act(lambda tx: watch.look(tx, TERMS))
    assert store.alarms() == ["RECALL_TO_TELL"] * 4
    telling = Telling(of.id, line.id, ISSUER, "PC Hollis", "By radio; back at once")
    store.act(lambda tx: acts.tell(tx, telling))
    store.now_us += TERMS.tell_us
    store.act(lambda tx: watch.look(tx, TERMS))
    assert store.alarms() == ["RECALL_NOT_TOLD"] * 3
    store.now_us += TERMS.back_us
    store.act(lambda tx: watch.look(tx, TERMS))
    assert store.alarms() == ["RECALL_NOT_BACK"] + ["RECALL_NOT_TOLD"] * 3
    store.act(lambda tx: return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in OUT]))
    store.act(lambda tx: watch.look(tx, TERMS))
    assert store.alarms() == []
    with pytest.raises(RecallRefused, match="nobody left to tell"):
        store.act(lambda tx: acts.tell(tx, telling))


def test_pieces_of_a_lot_are_chased_by_holder(store: Store) -> None:
    held = LotAssertion(GUARD_LOT, 5, HOLLIS, MEDWAY, ISSUER, SECOND_ISSUER, "Register of October")
    store.act(lambda tx: assert_lots_held(tx, [held], POLICY))
    of = store.open(Criteria("SBG", lot_no="L77"))
    assert [(line.state, line.quantity) for line in of.lines] == [("OUT", 5), ("HELD", 20)]
    with pytest.raises(RecallRefused, match="1 line is"):
        store.act(lambda tx: acts.close(tx, of.id, SPOC, "Done"))
    home = LotPassage(GUARD_LOT, 5, "RETURNED", Holder("PERSON", HOLLIS), Holder("STORE", MEDWAY), ISSUER)
    store.act(lambda tx: pass_lots(tx, [home]))
    store.act(lambda tx: receive_lot(tx, GUARD_LOT, DOVER, 3, ISSUER))
    assert [(each.state, each.quantity, each.late) for each in store.see(of.id).lines] == [
        ("HELD", 0, False), ("HELD", 25, False), ("HELD", 3, True),
    ]  # fmt: skip
    store.act(lambda tx: acts.close(tx, of.id, SPOC, "All in stores"))
    store.act(lambda tx: acts.lift(tx, of.id, SPOC, "Withdrawn", "Sound"))
    assert store.faults() == []


def test_who_opens_and_who_lifts(store: Store) -> None:
    with pytest.raises(RecallRefused, match="single point of contact"):
        store.open(by=INSPECTOR)
    handles = Criteria("CED_HANDLE", model="T7")
    of = store.open(handles, by=LOCAL_SPOC)
    assert {line.item_id for line in of.lines} == {*HANDLES, DOVER_HANDLE}
    with pytest.raises(RecallRefused, match="every store where it holds kit"):
        store.act(lambda tx: acts.lift(tx, of.id, LOCAL_SPOC, "None", "Not theirs alone to lift"))
    with pytest.raises(ValueError, match="authority: "):
        store.act(lambda tx: acts.lift(tx, of.id, SPOC, " ", "Why not"))
    store.act(lambda tx: acts.lift(tx, of.id, SPOC, "NPCC 4/26", "Withdrawn"))
    with pytest.raises(RecallRefused, match="was lifted"):
        store.act(lambda tx: acts.close(tx, of.id, SPOC, "Again"))


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        (Criteria("SBG"), "lot_no"),
        (Criteria("SBG", serial_from="A1"), "serial_to"),
        (Criteria("SBG", serial_from="A2", serial_to="A1"), "serial_to"),
        (Criteria("SBG", serial_from="A2", serial_to="A10"), "serial_to"),
        (Criteria("SBG", model="X", firmware_from="1.0"), "firmware_to"),
        (Criteria("SBG", firmware_to="???"), "firmware_to"),
    ],
)
def test_what_a_notice_does_not_say_is_asked_for_by_name(criteria: Criteria, names: str) -> None:
    with pytest.raises(ValueError, match=f"^{names}: "):
        check_criteria(criteria)


def test_the_audit_finds_a_recall_that_was_got_round(store: Store) -> None:
    of = store.open()
    hold_id = of.lines[4].hold_id
    store.act(lambda tx: lift_hold(tx, int(hold_id or 0), SPOC, "By another door"))
    assert [each.check for each in store.faults()] == ["recalls_are_in_order"]
    issued = store.act(lambda tx: issue_kit(tx, [Request(ced_ask(MERCER, 1))], POLICY)[0])
    assert issued.decision.verdict == "DENY", "the other of the two is held still"
    with store.engine.connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).where(custody.c.person_id == MERCER)).scalar() == 0
