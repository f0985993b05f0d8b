"""A loss from the moment it is missed to the day its case is closed, and the clocks that run meanwhile."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.alarms import settle_alarm
from inventory.custody.issue import Request, issue_kit
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.losses import watch
from inventory.custody.losses.acts import CaseRefused, Doing, do, possible
from inventory.custody.losses.case import Case, to_do
from inventory.custody.losses.looking import cases_of_item
from inventory.custody.passages.looking import look
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.people.calendar import day_start_us
from inventory.schema.custody import alarm, ledger
from inventory.schema.ids import Ids
from inventory.schema.losses import loss_case, loss_event
from inventory.schema.people import capability_grant
from inventory.schema.stock import item
from inventory.schema.tx import Tx
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    CARTRIDGES,
    HANDLES,
    HOLLIS,
    HOUR,
    ISSUER,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    SHIFT_ENDS,
    TODAY,
    acting,
    camera_ask,
    ced_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
TERMS = POLICY.losses
INSPECTOR = MERCER
MINUTE = 60_000_000
FOUND = {"found_by": "A dog walker", "found_where": "Capstone Park", "found_us": NOW, "condition": "Wet, scratched"}


@pytest.fixture
def store(engine: sa.Engine, ids: Ids) -> "Store":
    """The small force with a duty inspector."""
    with acting(engine, ids, NOW - 24 * HOUR) as tx:
        grant = {"id": ids.take(), "person_id": INSPECTOR, "capability": "DUTY_INSPECTOR", "from_us": 1, "reason": "t"}
        manager = grant | {"id": ids.take(), "person_id": SECOND_ISSUER, "capability": "CED_SPOC"}
        tx.conn.execute(sa.insert(capability_grant), [grant, manager])
    return Store(engine, ids)


class Store:
    """Acts on a database, each in a transaction of its own."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids = engine, ids

    def act(self, run: Callable[[Tx], Any], at_us: int = NOW) -> Any:
        """Run one act."""
        with acting(self.engine, self.ids, at_us) as tx:
            return run(tx)

    def miss(self, item_id: int = HANDLES[0], at_us: int = NOW) -> Case:
        """Somebody cannot find an item."""
        self.act(lambda tx: report_unaccounted(tx, [Missing(item_id, MEDWAY, ISSUER, "Stock count")]), at_us)
        return self.case(item_id)

    def case(self, item_id: int = HANDLES[0]) -> Case:
        """The newest case of an item."""
        with self.engine.connect() as conn:
            return cases_of_item(conn, item_id)[0]

    def do(self, case: Case, act: str, by: int = INSPECTOR, at_us: int = NOW + HOUR, **says: Any) -> Case:
        """Do one act in a case."""
        doing = Doing(case.id, act, by, says.pop("detail", "As the log says"), **says)
        self.act(lambda tx: do(tx, doing, TERMS), at_us)
        return self.case(case.item_id)

    def recover(self, case: Case, at_us: int = NOW + HOUR) -> Case:
        """Two people write down how it was found."""
        return self.do(case, "RECOVERED", ISSUER, at_us, second_person=SECOND_ISSUER, facts=FOUND | {"found_us": at_us})

    def told(self, case: Case, at_us: int = NOW + HOUR) -> Case:
        """Everybody who is owed it is told."""
        for each in case.owed(TERMS):
            if each.is_outstanding:
                case = self.do(case, "NOTIFIED", ISSUER, at_us, told=each.to)
        return case

    def state(self, item_id: int) -> str:
        """The field's word for how an item stands."""
        with self.engine.connect() as conn:
            return look(conn, [item_id], POLICY, NOW)[item_id].state

    def look(self, at_us: int) -> list[tuple[str, int | None]]:
        """The clock looks; the alarms that are open after it."""
        self.act(lambda tx: watch.look(tx, TERMS), at_us)
        return self.open_alarms()

    def open_alarms(self) -> list[tuple[str, int | None]]:
        """Open alarms of those kinds that the clock makes."""
        with self.engine.connect() as conn:
            rows = conn.execute(sa.select(alarm.c.kind, alarm.c.item_id).where(alarm.c.settled_us.is_(None)))
            return sorted((kind, item_id) for kind, item_id in rows if kind in watch.KINDS)

    def faults(self) -> list[Any]:
        """What the audit finds."""
        with self.engine.connect() as conn:
            return audit(conn)


# ---- from missed to closed ---------------------------------------------------------------------------------


def test_what_is_missed_has_a_case_that_knows_when_it_was_last_seen(store: Store) -> None:
    store.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY))
    case = store.miss(at_us=NOW + 20 * HOUR)
    assert (case.state, case.person_id, case.last_seen_way) == ("UNACCOUNTED", HOLLIS, "MOVEMENT")
    assert case.time_to_notice_us == 20 * HOUR
    assert case.facts["decision_id"]
    assert to_do(case, TERMS)[0].startswith("Search for it")


def test_what_is_loaded_in_it_has_a_case_of_its_own_and_a_second_report_opens_no_second(store: Store) -> None:
    case = store.miss()
    back = store.act(lambda tx: return_kit(tx, [Back(HANDLES[0], MEDWAY, ISSUER)]), NOW + HOUR)
    assert back[0].hold == "RECOVERED"
    again = store.miss(at_us=NOW + 2 * HOUR)
    assert (again.id, again.state, again.missed_us) == (case.id, "UNACCOUNTED", NOW + 2 * HOUR)


def test_an_inspector_declares_it_after_a_search_and_nobody_else_does(store: Store) -> None:
    case = store.miss()
    with pytest.raises(CaseRefused, match="Search for it first") as told:
        store.do(case, "DECLARED_LOST", reference="20261122-0311")
    assert told.value.instead == ["SEARCHED", "DECLARED_STOLEN", "NOTIFIED", "RECOVERED"]
    case = store.do(case, "SEARCHED", ISSUER, detail="Both vehicles and the locker room")
    with pytest.raises(CaseRefused, match="duty inspector"):
        store.do(case, "DECLARED_LOST", ISSUER, reference="20261122-0311")
    with pytest.raises(ValueError, match="reference"):
        store.do(case, "DECLARED_LOST")
    case = store.do(case, "DECLARED_LOST", reference="20261122-0311")
    assert (case.state, store.state(case.item_id)) == ("LOST", "LOST")
    with pytest.raises(ValueError, match="crime_ref"):
        store.do(case, "DECLARED_STOLEN", reference="20261122-0311")
    case = store.do(case, "DECLARED_STOLEN", reference="20261122-0311", facts={"crime_ref": "46/1/26"})
    assert (case.state, store.state(case.item_id)) == ("STOLEN", "STOLEN")
    assert store.faults() == []


def test_a_loss_is_never_closed_while_its_item_is_missing(store: Store) -> None:
    case = store.told(store.do(store.miss(), "SEARCHED", ISSUER))
    case = store.told(store.do(case, "DECLARED_LOST", reference="20261122-0311"))
    with pytest.raises(CaseRefused, match="never closed while its item is missing"):
        store.do(case, "CLOSED")
    forced = sa.update(loss_case).where(loss_case.c.id == case.id).values(closed_event=case.events[0].id, closed_us=NOW)
    with pytest.raises(sa.exc.DatabaseError, match="loss_case"):
        store.act(lambda tx: tx.conn.execute(forced))
    assert store.case().state == "LOST"


def test_the_database_itself_closes_no_case_of_a_missing_item_even_by_an_act_of_its_own(store: Store) -> None:
    case = store.do(store.miss(), "SEARCHED", ISSUER)

    def force(tx: Tx) -> None:
        row = dict(tx.conn.execute(sa.select(loss_event)).mappings().one())
        entry = dict(tx.conn.execute(sa.select(ledger).where(ledger.c.kind == "LOSS")).mappings().one())
        entry |= {"id": tx.ids.take(), "tx_id": tx.id, "seq": entry["seq"] + 1}
        tx.conn.execute(sa.insert(ledger), entry)
        row |= {"id": tx.ids.take(), "tx_id": tx.id, "act": "CLOSED", "entry_id": entry["id"]}
        tx.conn.execute(sa.insert(loss_event), row)
        tx.conn.execute(sa.update(loss_case).values(closed_event=row["id"], closed_us=tx.now_us))

    with pytest.raises(sa.exc.DatabaseError, match="never closed while its item is missing"):
        store.act(force)
    assert store.case().id == case.id


@pytest.mark.parametrize("by_scan", [False, True])
def test_what_was_found_goes_into_quarantine_by_two_people_and_only_then_is_it_closed(
    store: Store, by_scan: bool
) -> None:
    case = store.do(store.miss(), "SEARCHED", ISSUER)
    case = store.told(store.do(case, "DECLARED_LOST", reference="20261122-0311"))
    if by_scan:
        store.act(lambda tx: return_kit(tx, [Back(HANDLES[0], MEDWAY, ISSUER)]), NOW + 2 * HOUR)
        assert (store.case().state, store.state(HANDLES[0])) == ("FOUND", "RECOVERED")
        with pytest.raises(CaseRefused, match="how it was found"):
            store.do(case, "CLOSED", at_us=NOW + 2 * HOUR)
    for second in (None, ISSUER):
        with pytest.raises(CaseRefused, match=r"two people|second person is the first"):
            store.do(case, "RECOVERED", ISSUER, NOW + 2 * HOUR, second_person=second, facts=FOUND)
    case = store.recover(case, NOW + 2 * HOUR)
    assert (case.state, store.state(HANDLES[0])) == ("RECOVERED", "QUARANTINED")
    case = store.do(case, "CLOSED", at_us=NOW + 3 * HOUR)
    assert case.state == "CLOSED"
    with pytest.raises(CaseRefused, match="closed"):
        store.do(case, "SEARCHED", ISSUER, NOW + 3 * HOUR)
    assert store.faults() == []


def test_it_is_written_off_only_as_destroyed_by_authority_and_by_two(store: Store) -> None:
    paper = {"authority": "Chief Superintendent Lowe", "certificate": "INC-2026-77"}
    case = store.do(store.miss(), "SEARCHED", ISSUER)
    with pytest.raises(CaseRefused, match="not declared"):
        store.do(case, "DISPOSED", second_person=SECOND_ISSUER, facts=paper)
    case = store.told(store.do(case, "DECLARED_LOST", reference="20261122-0311"))
    with pytest.raises(CaseRefused, match="second person for this"):
        store.do(case, "DISPOSED", second_person=ISSUER, facts=paper)
    case = store.do(case, "DISPOSED", second_person=SECOND_ISSUER, facts=paper)
    assert store.do(case, "CLOSED", at_us=NOW + 2 * HOUR).state == "CLOSED"
    assert store.state(HANDLES[0]) == "DESTROYED"
    assert store.faults() == []


# ---- who is told, and by when ------------------------------------------------------------------------------


def test_whoever_is_to_be_told_is_an_alarm_from_its_time_until_it_is_written_down(store: Store) -> None:
    case = store.miss()
    assert store.look(NOW + 29 * MINUTE) == []
    assert store.look(NOW + 30 * MINUTE) == [("LOSS_TELL_DUTY_INSPECTOR", HANDLES[0])]
    assert store.look(NOW + 31 * MINUTE) == [("LOSS_TELL_DUTY_INSPECTOR", HANDLES[0])]
    store.do(case, "NOTIFIED", ISSUER, NOW + 50 * MINUTE, told="DUTY_INSPECTOR", happened_us=NOW + 40 * MINUTE)
    assert store.look(NOW + 51 * MINUTE) == []
    told = {each.to: each for each in store.case().owed(TERMS)}
    assert told["DUTY_INSPECTOR"].was_late
    assert (told["NLLW"].due_us, told["FORCE_CONTROL"].due_us) == (None, NOW + HOUR)


def test_a_case_is_not_closed_before_everybody_was_told(store: Store) -> None:
    case = store.do(store.miss(), "SEARCHED", ISSUER)
    case = store.recover(store.do(case, "DECLARED_LOST", reference="20261122-0311"), NOW + 40 * MINUTE + HOUR)
    with pytest.raises(CaseRefused, match="duty inspector"):
        store.do(case, "CLOSED", at_us=NOW + 2 * HOUR)
    assert [each.to for each in case.owed(TERMS) if each.waived] == ["CED_SPOC", "PSD", "NLLW"], "back in time"


def test_the_commissioners_72_hours_run_from_the_report_and_end_only_by_telling_or_by_an_assessment(
    store: Store,
) -> None:
    day_of_the_change = day_start_us(TODAY.replace(month=10, day=24)) + 20 * HOUR
    case = store.miss(CAMERAS[0], day_of_the_change)
    due = {each.to: each.due_us for each in case.owed(TERMS)}
    assert due["ICO"] == day_of_the_change + 72 * HOUR
    case = store.do(case, "NOTIFIED", ISSUER, day_of_the_change + HOUR, told="DUTY_INSPECTOR")
    case = store.do(case, "NOTIFIED", ISSUER, day_of_the_change + HOUR, told="DPO")
    assert store.look(day_of_the_change + 48 * HOUR - 1) == []
    assert store.look(day_of_the_change + 48 * HOUR) == [("LOSS_TELL_ICO", CAMERAS[0])], "warned a day before"
    case = store.recover(case, day_of_the_change + 49 * HOUR)
    assert store.look(day_of_the_change + 49 * HOUR) == [("LOSS_TELL_ICO", CAMERAS[0])], "it was out of our hands"
    facts = {"risk": "NO_RISK", "encryption": "ON", "unuploaded_minutes": 40, "last_upload_us": None}
    case = store.do(case, "BREACH_ASSESSED", at_us=day_of_the_change + 50 * HOUR, facts=facts)
    assert store.look(day_of_the_change + 50 * HOUR) == []
    assert store.do(case, "CLOSED", at_us=day_of_the_change + 51 * HOUR).state == "CLOSED"


def test_a_breach_is_assessed_of_what_keeps_films_alone(store: Store) -> None:
    facts = {"risk": "RISK", "encryption": "OFF", "unuploaded_minutes": 3}
    with pytest.raises(CaseRefused, match="Nothing is kept on it"):
        store.do(store.miss(), "BREACH_ASSESSED", facts=facts)
    case = store.miss(CAMERAS[0])
    assert "last_upload_us" in case.facts
    with pytest.raises(CaseRefused, match="Assess the breach"):
        store.do(store.recover(case, NOW + MINUTE), "CLOSED", at_us=NOW + 2 * MINUTE)


# ---- late kit ------------------------------------------------------------------------------------------------


def test_each_step_of_the_ladder_is_said_once_and_settled_when_the_kit_is_back(store: Store) -> None:
    store.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY))
    assert store.look(SHIFT_ENDS - 1) == []
    words = ["OFFICER", "SERGEANT", "INSPECTOR", "LOSS"]
    for reached, after in enumerate((0, HOUR, 4 * HOUR, 12 * HOUR), 1):
        said = sorted((f"OVERDUE_{word}", HANDLES[0]) for word in words[:reached])
        assert store.look(SHIFT_ENDS + after) == said
        assert store.look(SHIFT_ENDS + after + 1) == said
    with store.engine.connect() as conn:
        raised = conn.execute(sa.select(alarm.c.kind, alarm.c.person_id, alarm.c.detail)).all()
    assert len(raised) == len(words), "once, and one for the whole set"
    assert all("TASER handle X00201 and 5 more were due back on 22 November 2026 at 16:00 GMT" in d for *_, d in raised)
    kit = [HANDLES[0], BATTERIES[0], *CARTRIDGES[:4]]
    store.act(lambda tx: return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in kit]), SHIFT_ENDS + 13 * HOUR)
    assert store.look(SHIFT_ENDS + 13 * HOUR) == []


def test_a_step_that_somebody_settled_is_not_said_again_while_it_lasts(store: Store) -> None:
    store.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY))
    store.look(SHIFT_ENDS)
    with store.engine.connect() as conn:
        alarm_id = conn.execute(sa.select(alarm.c.id).where(alarm.c.kind == "OVERDUE_OFFICER")).scalar_one()
    store.act(lambda tx: settle_alarm(tx, alarm_id, ISSUER, "On the way back"), SHIFT_ENDS + MINUTE)
    assert store.look(SHIFT_ENDS + 2 * MINUTE) == []
    assert store.look(SHIFT_ENDS + HOUR) == [("OVERDUE_SERGEANT", HANDLES[0])]


def test_a_camera_has_half_a_day_and_then_two(store: Store) -> None:
    store.act(lambda tx: issue_kit(tx, [Request(camera_ask(HOLLIS))], POLICY))
    assert store.look(SHIFT_ENDS + 12 * HOUR - 1) == []
    assert store.look(SHIFT_ENDS + 12 * HOUR) == [("OVERDUE_OFFICER", CAMERAS[0])]
    assert len(store.look(SHIFT_ENDS + 48 * HOUR)) == 2


def test_hours_of_the_ladder_are_elapsed_hours_over_a_change_of_the_clocks(store: Store) -> None:
    due = day_start_us(TODAY.replace(month=10, day=25)) + HOUR  # 01:00 BST, and an hour later 01:00 GMT
    store.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY))

    def due_then(tx: Tx) -> None:
        late = watch.late.late_now(tx.conn, TERMS, SHIFT_ENDS)[0]
        moved = replace(late, due_us=due)
        reached = [len(watch.late.late_alarms([moved], due + after)) for after in (0, HOUR - 1, HOUR)]
        assert reached == [1, 1, 2]
        assert "25 October 2026 at 01:00 BST" in moved.said
        assert "25 October 2026 at 01:00 GMT" in replace(late, due_us=due + HOUR).said

    store.act(due_then)


def test_two_instances_that_look_at_once_raise_a_step_once(store: Store) -> None:
    store.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY))

    def look_too() -> None:
        with acting(store.engine, store.ids, SHIFT_ENDS) as tx:
            watch.look(tx, TERMS)

    other = threading.Thread(target=look_too)
    with acting(store.engine, store.ids, SHIFT_ENDS) as tx:
        watch.look(tx, TERMS)
        other.start()
        other.join(0.3)  # it waits for us: it cannot see what we have not committed
        assert other.is_alive()
    other.join()
    assert store.open_alarms() == [("OVERDUE_OFFICER", HANDLES[0])]


def test_kit_that_is_missed_again_is_told_of_again_at_the_first_look(store: Store) -> None:
    case = store.miss(HANDLES[0])
    told_of = store.look(NOW + HOUR)
    store.recover(case, NOW + 2 * HOUR)
    store.miss(HANDLES[0], NOW + 3 * HOUR)
    assert store.look(NOW + 4 * HOUR) == told_of != []
    assert not store.act(lambda tx: watch.is_due(tx.conn, TERMS, NOW + 4 * HOUR))


def test_what_is_out_is_called_in_before_its_date(store: Store) -> None:
    store.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY))
    soon = sa.update(item).where(item.c.id == CARTRIDGES[0]).values(expires_on="2026-11-29")
    later = sa.update(item).where(item.c.id == CARTRIDGES[1]).values(expires_on="2026-11-30")
    store.act(lambda tx: (tx.conn.execute(soon), tx.conn.execute(later)))
    assert store.look(NOW) == [("EXPIRES_WHILE_OUT", CARTRIDGES[0])]
    store.act(lambda tx: return_kit(tx, [Back(CARTRIDGES[0], MEDWAY, ISSUER)]), NOW + HOUR)
    assert store.look(NOW + HOUR) == []


def test_what_is_possible_in_a_case_is_what_can_be_done(store: Store) -> None:
    case = store.miss()
    assert possible(case, TERMS) == ["SEARCHED", "DECLARED_STOLEN", "NOTIFIED", "RECOVERED"]


@pytest.fixture(autouse=True)
def nothing_left_wrong(engine: sa.Engine) -> Iterator[None]:
    """The whole ledger is in order after every test."""
    yield
    with engine.connect() as conn:
        assert audit(conn) == []
