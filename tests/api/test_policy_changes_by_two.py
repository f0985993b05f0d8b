"""A change of policy is proposed by one and approved by another, comes into force on its day, on every instance, and
whoever holds kit and may no longer is raised; what was in force on any day can be read."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from api.policies import PolicyShelf
from inventory.custody.issue import Request, issue_kit
from inventory.gate import policy_check
from inventory.gate.documents import Document
from inventory.gate.policy_error import PolicyError
from inventory.oversight.audit import audit
from inventory.oversight.policy import acts, register
from inventory.oversight.policy.acts import ChangeRefused, Deciding, Proposing
from inventory.oversight.policy.changes import proposals, states, stood_at
from inventory.oversight.reports import q24_policy_clock
from inventory.oversight.reports.report import Asked
from inventory.people.calendar import day_start_us, local_day
from inventory.schema.custody import alarm, ledger
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import capability_grant, person
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.built_once import built_once

OWNER, SECOND, OWNERS_OTHER_RECORD = 131, 132, 133
DAY = 24 * force.HOUR
PPST = "courses.PPST.months"


@pytest.fixture(scope="module")
def built(make_database: Callable[..., str]) -> str:
    """The small force, with two who own policy; one of them has a second record."""
    return built_once(make_database, _with_owners)


def _with_owners(url: str) -> None:
    force.build(url)
    engine = make_engine(url)
    with writing(engine).begin() as conn:
        for number, same_as in ((OWNER, None), (SECOND, None), (OWNERS_OTHER_RECORD, OWNER)):
            force._insert(conn, person, [{"id": number, "ref": str(number), "kind": "POLICE_STAFF", "given_name": "A",
                          "family_name": f"Owner{number}", "same_as": same_as, "recorded_us": 1}])  # fmt: skip
            force._insert(conn, capability_grant, [{"id": 9000 + number, "person_id": number, "store_id": None,
                          "capability": "POLICY_OWNER", "from_us": 1, "reason": "t"}])  # fmt: skip
    engine.dispose()


class House:
    """The small force with a policy shelf; `at` moves the clock."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self.ids = Ids(writing(self.engine))
        self.now_us = force.NOW
        self.shelf = self.another()

    def another(self) -> PolicyShelf:
        """What another instance would hold."""
        return PolicyShelf(None, "demo")

    def do(self, act: Callable[[Tx], Any]) -> Any:
        """Run an act in a transaction of its own."""
        with force.acting(self.engine, self.ids, self.now_us) as tx:
            return act(tx)

    def propose(self, value: Any = 3, key: str = PPST, family: str = "training", **said: Any) -> int:
        """Hollis's inspector proposes that safety training lasts three months, from today."""
        asked = {"family": family, "key": key, "value": value, "reason": "Injuries", "document": "O43 4.1.1",
                 "in_force_on": local_day(self.now_us), "by_person": OWNER}  # fmt: skip
        asked |= said
        return int(self.do(lambda tx: acts.propose(tx, Proposing(**asked), self.shelf.trial)))

    def approve(self, change_id: int, by: int = SECOND) -> int:
        """Somebody approves it."""
        deciding = Deciding(change_id, by, "Agreed in the board")
        return int(self.do(lambda tx: acts.approve(tx, deciding, self.shelf.trial)))

    def tick(self, shelf: PolicyShelf | None = None) -> bool:
        """A second passes on an instance: whether it took a policy up."""
        shelf = shelf or self.shelf
        with self.engine.connect() as conn:
            is_due = shelf.is_due(conn, self.now_us)
        return bool(is_due and self.do(shelf.take_up))

    def read(self, look: Callable[[sa.Connection], Any]) -> Any:
        """What a reading connection finds."""
        with self.engine.connect() as conn:
            return look(conn)


@pytest.fixture
def house(make_database: Callable[..., str], built: str) -> Iterator[House]:
    """The force, this test's own, as just started."""
    house = House(make_database(template=built))
    house.do(house.shelf.begin)
    yield house
    house.engine.dispose()


def months(shelf: PolicyShelf) -> int | None:
    """How long safety training lasts now."""
    return shelf.now.courses["PPST"].months


def test_two_shorten_a_validity_and_the_holder_it_stops_is_raised_on_every_instance(house: House) -> None:
    asked = force.ced_ask(force.HOLLIS)
    (issued,) = house.do(lambda tx: issue_kit(tx, [Request(asked)], house.shelf.now))
    assert issued.decision.verdict == "ALLOW"
    other = house.another()
    house.do(other.begin)
    change_id = house.propose()
    assert not house.tick(), "a proposal changes nothing"
    from_us = house.approve(change_id)
    assert from_us == house.now_us, "for today: from its approval"
    assert house.tick()
    assert house.tick(other)
    assert not house.tick(other), "taken up once"
    assert house.shelf.now.hash == other.now.hash
    assert (months(other), house.shelf.now.version) == (3, f"2026-11-22+demo+change-{change_id}")
    kinds = house.read(lambda conn: conn.execute(
        sa.select(alarm.c.kind).where(alarm.c.person_id == force.HOLLIS, alarm.c.settled_us.is_(None))).scalars().all())
    assert kinds.count("HOLDER_INELIGIBLE") == 1, "at once, and once"
    refused = house.do(lambda tx: issue_kit(tx, [Request(force.camera_ask(force.MERCER))], other.now))[0]
    assert refused.decision.policy_hash == other.now.hash
    reasons = house.read(lambda conn: conn.execute(
        sa.select(ledger.c.reason, ledger.c.by_person).where(ledger.c.kind == "POLICY").order_by(ledger.c.seq)).all())
    assert [tuple(row) for row in reasons] == [("PROPOSED", OWNER), ("APPROVED", SECOND)]
    assert house.read(audit) == [], "the whole ledger is in order"


def test_nobody_decides_on_their_own_and_what_was_decided_stays(house: House) -> None:
    change_id = house.propose()
    for own in (OWNER, OWNERS_OTHER_RECORD):
        with pytest.raises(ChangeRefused, match="their own proposal"):
            house.approve(change_id, own)
    with pytest.raises(ChangeRefused, match="own it for every store"):
        house.approve(change_id, force.HOLLIS)
    with pytest.raises(ChangeRefused, match="own it for every store"):
        house.propose(by_person=force.ISSUER)
    with pytest.raises(ChangeRefused, match="Only whoever proposed it"):
        house.do(lambda tx: acts.withdraw(tx, Deciding(change_id, SECOND, "No")))
    house.do(lambda tx: acts.reject(tx, Deciding(change_id, SECOND, "Too soon")))
    with pytest.raises(ChangeRefused, match="decided already"):
        house.approve(change_id)
    with pytest.raises(LookupError):
        house.approve(5)
    again = house.propose()
    house.do(lambda tx: acts.withdraw(tx, Deciding(again, OWNER, "A better one comes")))
    said = house.read(lambda conn: states(proposals(conn), house.now_us))
    assert said == {change_id: "REJECTED", again: "WITHDRAWN"}
    assert not house.tick()


def test_what_a_file_may_not_say_is_not_even_proposed(house: House) -> None:
    attempts: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"key": "courses.CED.months", "value": 13}, PolicyError, "never lengthened"),
        ({"key": "courses.FIRST_AID.months", "value": 15}, PolicyError, "never lengthened"),
        ({"family": "ced", "key": "rules.PPST_OUT_OF_DATE", "value": "SOFT"}, PolicyError, "section 5"),
        ({"family": "ced", "key": "numbers.dock_days.value.T7", "value": 31}, PolicyError, "30 or less"),
        ({"value": 12}, ChangeRefused, "nothing would change"),
        ({"value": None}, ChangeRefused, "nothing would change"),
        ({"key": "courses.PPST.source", "value": "me"}, ValueError, "key: "),
        ({"document": "a letter"}, ValueError, "document: "),
        ({"reason": " "}, ValueError, "reason: "),
        ({"in_force_on": force.TODAY - timedelta(days=1)}, ValueError, "in_force_on: "),
        ({"in_force_on": date(2030, 1, 1)}, ValueError, "in_force_on: "),
    ]
    for said, problem, says in attempts:
        with pytest.raises(problem, match=says):
            house.propose(**said)
    assert house.read(proposals) == []


def test_changes_come_into_force_on_their_days_supersede_and_go_back_and_every_day_can_be_read(house: House) -> None:
    start, files = force.NOW, house.shelf.now.hash
    first = house.propose(9, in_force_on=force.TODAY + timedelta(days=2))
    from_us = house.approve(first)
    assert from_us == day_start_us(force.TODAY + timedelta(days=2))
    assert not house.tick()
    assert house.read(lambda conn: states(proposals(conn), house.now_us)) == {first: "WAITING"}
    house.now_us = from_us
    assert house.tick()
    assert months(house.shelf) == 9
    second = house.propose(10)
    house.approve(second)
    house.tick()
    assert months(house.shelf) == 10
    assert house.read(lambda conn: states(proposals(conn), house.now_us)) == {first: "SUPERSEDED", second: "IN_FORCE"}
    house.now_us += DAY
    house.approve(house.propose(None))
    house.tick()
    assert (months(house.shelf), house.shelf.now.hash) == (12, files)

    def read(at_us: int) -> tuple[str, str]:
        stood = house.read(lambda conn: stood_at(conn, at_us))
        return stood.version, stood.hash

    assert read(start) == ("2026-11-22+demo", files)
    assert read(from_us - 1) == ("2026-11-22+demo", files)
    assert read(house.now_us - 1)[0] == f"2026-11-22+demo+change-{second}"
    assert read(house.now_us)[1] == files
    assert house.read(lambda conn: stood_at(conn, start - 1)) is None


def test_a_stored_change_that_is_not_right_stops_a_start_and_a_running_service_keeps_the_last_good(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.approve(house.propose(20, "numbers.full_check_weeks.value.T7", "ced"))
    assert house.tick()
    good = house.shelf.now
    number = replace(policy_check.NUMBERS["full_check_weeks"], maximum=18)
    monkeypatch.setitem(policy_check.NUMBERS, "full_check_weeks", number)
    house.shelf._stamp = (("touched", 1, 1),)
    assert not house.tick(), "a newer program bounds it at 18 weeks: not used"
    assert house.shelf.now is good
    assert "policy change" in (house.shelf.trouble or "")
    assert not house.tick(), "and not tried again every second"
    refused = sa.select(alarm.c.detail).where(alarm.c.kind == "POLICY_REFUSED")
    assert len(house.read(lambda conn: conn.execute(refused).all())) == 1
    with pytest.raises(PolicyError, match="18 or less"):
        house.do(house.another().begin)


def test_a_document_that_is_late_raises_an_alarm_until_its_review_is_written_down(house: House) -> None:
    house.do(register.look)
    open_ones = sa.select(alarm.c.id, alarm.c.detail).where(
        alarm.c.kind == register.REVIEW_DUE, alarm.c.settled_us.is_(None)
    )
    ((_, detail),) = house.read(lambda conn: conn.execute(open_ones).all())
    assert detail == "O43, Staff safety policy: its review was due by 28 February 2026"
    given = {"days": 60, "which": "LATE"}
    (row,) = house.read(lambda conn: q24_policy_clock.ask(conn, Asked(given, house.now_us, house.shelf.now))).rows
    assert (row[0], row[6], row[7], row[9]) == ("O43", "2026-02", "Overdue", 9), "Q24 says the same"
    o43 = house.read(register.documents)["O43"]
    done = Document(**{name: getattr(o43, name) for name in register.SAID}, reference="O43")
    with pytest.raises(PermissionError):
        house.do(lambda tx: register.write_down(tx, done, force.HOLLIS))
    for wrong, field in (
        ({"reviewed_on": "2027-01"}, "reviewed_on"), ({"next_review_on": "2024-01"}, "next_review_on"),
        ({"next_review_on": "soon"}, "next_review_on"), ({"risk": "SOME"}, "risk"), ({"owner": " "}, "owner"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"{field}: "):
            house.do(lambda tx, wrong=wrong: register.write_down(tx, replace(done, **wrong), OWNER))
    new = replace(done, reviewed_on="2026-11-20", next_review_on="2028-11-20", version="4")
    house.do(lambda tx: register.write_down(tx, new, OWNER))
    assert house.read(lambda conn: conn.execute(open_ones).all()) == [], "well again"
    entry = house.read(lambda conn: register.register(conn, force.TODAY))["O43"]
    assert (entry.document.version, entry.review.state, entry.recorded_by) == ("4", "GOOD", OWNER)
    assert entry.document.cited_as == o43.cited_as
    assert not house.read(lambda conn: register.is_due(conn, house.now_us))
    assert house.read(lambda conn: register.is_due(conn, house.now_us + 700 * DAY)), "sixty days before the next"


