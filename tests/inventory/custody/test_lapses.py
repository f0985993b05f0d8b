"""Lapse in hand: raised at once, told, decided by a supervisor within bounds, chased; never a right to draw again."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.issue import Request, issue_kit
from inventory.custody.lapse import is_due, raise_ineligible
from inventory.custody.lapses.acts import LapseRefused, Saying, say
from inventory.custody.lapses.reading import Lapse, lapses, open_lapses
from inventory.custody.lapses.watch import alarms_due
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.custody import alarm
from inventory.schema.ids import Ids
from inventory.schema.people import authority_stop, person, training_result
from inventory.schema.tx import Tx
from tests.small_force import (
    BATTERIES,
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
    acting,
    camera_ask,
    ced_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
TERMS = POLICY.chases
SERGEANT, INSPECTOR = SECOND_ISSUER, ISSUER
SET = (HANDLES[0], BATTERIES[0], *CARTRIDGES[:4])
WHY = "The only double-crewed car on the late turn"


class Turn:
    """A turn of duty with Hollis's set out, each act in a transaction of its own."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids, self.now_us = engine, ids, NOW + HOUR

    def act(self, run: Callable[[Tx], Any]) -> Any:
        """Run one act."""
        self.now_us += 1
        with acting(self.engine, self.ids, self.now_us) as tx:
            return run(tx)

    def lapse(self, course: str = "PPST") -> None:
        """Hollis's course turns out never to have been passed."""
        mine = sa.and_(training_result.c.person_id == HOLLIS, training_result.c.course == course)
        self.act(lambda tx: tx.conn.execute(sa.update(training_result).where(mine).values(retracted_us=self.now_us)))
        self.look([HOLLIS])

    def renew(self, course: str = "PPST") -> None:
        """It was passed after all."""
        mine = sa.and_(training_result.c.person_id == HOLLIS, training_result.c.course == course)
        self.act(lambda tx: tx.conn.execute(sa.update(training_result).where(mine).values(retracted_us=None)))

    def suspend(self) -> None:
        """Hollis's authority is suspended."""
        row = {"person_id": HOLLIS, "kind": "SUSPENDED", "from_us": self.now_us, "authority": "CI Ward",
               "reason_class": "CONDUCT", "source_ref": "s1", "recorded_us": self.now_us}  # fmt: skip
        self.act(lambda tx: tx.conn.execute(sa.insert(authority_stop), row | {"id": tx.ids.take()}))
        self.look([HOLLIS])

    def look(self, people: list[int] | None = None) -> list[int]:
        """As an import does, or the clock."""
        return list(self.act(lambda tx: raise_ineligible(tx, POLICY, people)))

    def open(self) -> list[Lapse]:
        """The lapses that are not over."""
        with self.engine.connect() as conn:
            return open_lapses(conn)

    def say(self, act: str, by: int = SERGEANT, detail: str = WHY, until_us: int | None = None) -> None:
        """A supervisor says something of the lapse that is open."""
        lapse_id = self.open()[0].id
        self.act(lambda tx: say(tx, Saying(lapse_id, act, by, detail, until_us), TERMS))

    def alarms(self) -> list[str]:
        """The kinds of the open alarms."""
        with self.engine.connect() as conn:
            asked = sa.select(alarm.c.kind).where(alarm.c.settled_us.is_(None)).order_by(alarm.c.kind)
            return list(conn.execute(asked).scalars())

    def bring_back(self) -> None:
        """Everything comes back."""
        self.act(lambda tx: return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in SET]))


@pytest.fixture
def turn(engine: sa.Engine, ids: Ids) -> Turn:
    """Hollis's set is out; there is a sergeant and an inspector."""
    with acting(engine, ids, NOW - HOUR) as tx:
        give(tx.conn, tx.ids, CapabilityGrant(SERGEANT, "SUPERVISOR", MEDWAY, "test"), NOW - HOUR)
        give(tx.conn, tx.ids, CapabilityGrant(INSPECTOR, "DUTY_INSPECTOR", None, "test"), NOW - HOUR)
        give(tx.conn, tx.ids, CapabilityGrant(HOLLIS, "SUPERVISOR", MEDWAY, "test"), NOW - HOUR)
    with acting(engine, ids, NOW) as tx:
        assert issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY)[0].decision.verdict == "ALLOW"
    return Turn(engine, ids)


def test_a_lapse_is_raised_at_once_decided_and_over_when_the_kit_is_back(turn: Turn) -> None:
    assert turn.look() == []
    turn.lapse()
    (lapse,) = turn.open()
    assert (lapse.codes, lapse.state(turn.now_us), len(lapse.holds)) == ("PPST_OUT_OF_DATE", "UNDECIDED", 6)
    assert turn.alarms() == ["HOLDER_INELIGIBLE"]
    assert turn.look() == [HOLLIS]
    assert len(turn.open()) == 1, "said once while it lasts"
    turn.say("TOLD", detail="PS Sefton, by telephone")
    turn.say("RETAIN_UNTIL", until_us=SHIFT_ENDS)
    assert turn.open()[0].state(turn.now_us) == "RETAINED"
    drawn = turn.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS, item_ids=(CARTRIDGES[4],)))], POLICY)[0])
    assert drawn.decision.verdict == "DENY", "what may be kept gives no right to draw"
    turn.bring_back()
    assert turn.look() == []
    with turn.engine.connect() as conn:
        done = lapses(conn, [lapse.id])[lapse.id]
        assert audit(conn) == []
    assert (done.ended and done.ended.how, turn.alarms()) == ("KIT_BACK", [])


def test_nobody_decides_on_their_own_and_nothing_is_kept_past_the_duty(turn: Turn) -> None:
    turn.lapse()
    with pytest.raises(LapseRefused, match="on their own"):
        turn.say("RETURN_NOW", by=HOLLIS)
    with pytest.raises(LapseRefused, match="supervisor or duty inspector"):
        turn.say("RETURN_NOW", by=MERCER)
    for until_us in (SHIFT_ENDS + 1, turn.now_us, None):
        with pytest.raises(ValueError, match=r"^until_us: "):
            turn.say("RETAIN_UNTIL", until_us=until_us)
    with pytest.raises(ValueError, match=r"^detail: "):
        turn.say("RETAIN_UNTIL", detail="because", until_us=SHIFT_ENDS)
    turn.say("RETURN_NOW")
    with pytest.raises(LapseRefused, match="Only a duty inspector"):
        turn.say("RETAIN_UNTIL", until_us=SHIFT_ENDS)
    turn.say("RETAIN_UNTIL", by=INSPECTOR, until_us=SHIFT_ENDS)
    assert turn.open()[0].state(turn.now_us) == "RETAINED"


def test_a_linked_record_of_the_holder_does_not_decide_either(turn: Turn) -> None:
    turn.lapse()
    turn.act(lambda tx: tx.conn.execute(sa.update(person).where(person.c.id == HOLLIS).values(same_as=SERGEANT)))
    with pytest.raises(LapseRefused, match="on their own"):
        turn.say("RETURN_NOW")


def test_suspension_is_always_return_now_and_takes_the_place_of_a_lesser_lapse(turn: Turn) -> None:
    turn.lapse()
    first = turn.open()[0]
    turn.say("RETAIN_UNTIL", until_us=SHIFT_ENDS)
    turn.suspend()
    (now,) = turn.open()
    assert (now.id != first.id, now.must_return, now.state(turn.now_us)) == (True, True, "RETURN_NOW")
    with pytest.raises(LapseRefused, match="nobody lets it be kept"):
        turn.say("RETAIN_UNTIL", by=INSPECTOR, until_us=SHIFT_ENDS)
    with turn.engine.connect() as conn:
        old = lapses(conn, [first.id])[first.id]
    assert old.ended
    assert old.ended.how == "TAKEN_OVER"


@pytest.mark.parametrize(
    ("said", "after_us", "kind"),
    [
        (None, TERMS.decide_us, "LAPSE_UNDECIDED"),
        (("RETURN_NOW", None), TERMS.return_us, "RETURN_NOW_LATE"),
        (("RETAIN_UNTIL", NOW + 2 * HOUR), HOUR, "RETAIN_OVER"),
    ],
)
def test_what_is_not_done_in_time_is_chased(turn: Turn, said: Any, after_us: int, kind: str) -> None:
    turn.lapse()
    if said:
        turn.say(said[0], until_us=said[1])
    turn.now_us += after_us + HOUR // 60
    with turn.engine.connect() as conn:
        assert alarms_due(conn, TERMS, turn.now_us)
    turn.look()
    assert turn.alarms() == ["HOLDER_INELIGIBLE", kind]
    turn.bring_back()
    turn.look()
    assert turn.alarms() == []


def test_who_is_eligible_again_keeps_the_kit_and_the_lapse_is_over(turn: Turn) -> None:
    turn.lapse()
    turn.renew()
    with turn.engine.connect() as conn:
        assert is_due(conn, POLICY, turn.now_us)
    assert turn.look([HOLLIS]) == []
    assert (turn.open(), turn.alarms()) == ([], [])
    turn.lapse()
    assert len(turn.open()) == 1, "a second lapse is a lapse of its own"


def test_a_lapse_of_a_soft_rule_calls_in_no_camera(engine: sa.Engine, ids: Ids) -> None:
    turn = Turn(engine, ids)
    turn.act(lambda tx: issue_kit(tx, [Request(camera_ask(HOLLIS))], POLICY))
    turn.lapse("BWV_USER")
    assert turn.open() == []
