"""Hand-overs, draws, returns and reservations in any order: nobody has what the gate would not give them then."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inventory.custody.handovers.act import Handing, NotHandedOver, hand_over
from inventory.custody.issue import Request, issue_kit
from inventory.custody.reservations.bars import NotReserved
from inventory.custody.reservations.making import Reserving, end_reservation, reserve
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.custody import custody
from inventory.schema.engine import make_engine, writing
from inventory.schema.handovers import handover_item
from inventory.schema.ids import Ids
from inventory.schema.people import training_feed
from inventory.schema.stock import bay
from tests.any_order import play
from tests.small_force import (
    GUARDS,
    HOLLIS,
    HOUR,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    X2_ONLY,
    acting,
    ced_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
OFFICERS = (HOLLIS, MERCER, X2_ONLY)
"""Who may have a spit guard; the lapsed officer may not."""
some_kit = st.sets(st.sampled_from(GUARDS), min_size=1, max_size=2)
anybody = st.sampled_from((*OFFICERS, LAPSED))


class Hands(RuleBasedStateMachine):
    """The model: who has what, and what is kept for whom from when to when (guards are for keeps: any of it counts)."""

    make_engine: Callable[[], sa.Engine]

    @initialize()
    def open_the_store(self) -> None:
        self.engine = type(self).make_engine()
        self.ids = Ids(writing(self.engine))
        self.now = NOW
        self.has: dict[int, int | None] = dict.fromkeys(GUARDS)
        self.kept: dict[int, tuple[int, int, set[int]]] = {}
        self.handed = 0

    @rule(person=anybody, items=some_kit)
    def draws(self, person: int, items: set[int]) -> None:
        fine = all(self.has[each] is None for each in items) and self._may(person, items)
        ask = ced_ask(person, item_ids=tuple(sorted(items)), planned_return_us=self.now + HOUR)
        assert self._act(lambda tx: issue_kit(tx, [Request(ask)], POLICY))[0].allowed == fine
        if fine:
            self.has |= dict.fromkeys(items, person)

    @rule(giver=anybody, receiver=anybody, items=some_kit, by=st.sampled_from((ISSUER, SECOND_ISSUER, MERCER)))
    def hands_over(self, giver: int, receiver: int, items: set[int], by: int) -> None:
        theirs = {each for each in items if self.has[each] == giver}
        elsewhere = any(self.has[each] not in (None, giver) for each in items)
        ask = ced_ask(receiver, item_ids=tuple(sorted(items)), planned_return_us=self.now + HOUR, by_person_id=by,
                      handed_by=giver)  # fmt: skip
        try:
            done = self._act(lambda tx: hand_over(tx, Handing(ask, "PIN"), POLICY))
        except NotHandedOver:
            assert giver in (receiver, by) or not theirs
            return
        assert giver not in (receiver, by)
        assert theirs
        fine = not elsewhere and self._may(receiver, items) and by in (ISSUER, SECOND_ISSUER) and by != receiver
        assert done.decision.allowed == fine
        if fine:
            self.has |= dict.fromkeys(items, receiver)
            self.handed += len(theirs)

    @rule(items=some_kit)
    def hands_in(self, items: set[int]) -> None:
        self._act(lambda tx: return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in sorted(items)]))
        self.has |= dict.fromkeys(items)

    @rule(person=st.sampled_from(OFFICERS), items=some_kit, ahead=st.integers(0, 2))
    def keeps(self, person: int, items: set[int], ahead: int) -> None:
        start = self.now + ahead * HOUR
        end = start + 2 * HOUR
        fine = all(self.has[each] is None for each in items) and not any(
            items & what and since < end and until > max(start, self.now) for since, until, what in self._live()
        )
        new = Reserving(MEDWAY, (person,), start, end, "for the test", ISSUER, tuple(sorted(items)))
        try:
            number = self._act(lambda tx: reserve(tx, new))
        except NotReserved:
            assert not fine
            return
        assert fine
        self.kept[number] = (person, end, set(items))
        self.begins = getattr(self, "begins", {}) | {number: start}

    @rule(number=st.integers(0, 3))
    def ends_one(self, number: int) -> None:
        if number < len(self.kept):
            one = sorted(self.kept)[number]
            try:
                self._act(lambda tx: end_reservation(tx, one, ISSUER, "not needed"))
            except NotReserved:
                assert self.kept[one][1] <= self.now
            self.kept.pop(one)

    @rule()
    def an_hour_passes(self) -> None:
        self.now += HOUR
        with acting(self.engine, self.ids, self.now) as tx:
            tx.conn.execute(sa.update(training_feed).values(last_good_us=self.now))
            tx.conn.execute(sa.update(bay).values(observed_us=self.now))

    @invariant()
    def everybody_has_what_the_acts_gave_them(self) -> None:
        with self.engine.connect() as conn:
            rows = conn.execute(
                sa.select(custody.c.item_id, custody.c.person_id).where(
                    custody.c.closed_entry.is_(None), custody.c.item_id.in_(GUARDS)
                )
            ).all()
            handed = conn.execute(sa.select(sa.func.count()).select_from(handover_item)).scalar_one()
        assert {row[0]: row[1] for row in rows} == self.has
        assert handed == self.handed

    def teardown(self) -> None:
        with self.engine.connect() as conn:
            assert audit(conn) == []
            assert verify(conn).findings == []
        self.engine.dispose()

    def _live(self) -> list[tuple[int, int, set[int]]]:
        return [(self.begins[n], until, what) for n, (_, until, what) in self.kept.items() if until > self.now]

    def _may(self, person: int, items: set[int]) -> bool:
        """Not lapsed, two guards at most, and none that is kept for somebody else, now or ever: it is for keeps."""
        others = [what for whose, until, what in self.kept.values() if whose != person and until > self.now]
        many = len(items | {each for each, whose in self.has.items() if whose == person})
        already = any(self.has[each] == person for each in items)
        return person in OFFICERS and many <= 2 and not already and not any(items & what for what in others)

    def _act(self, act: Callable[..., Any]) -> Any:
        self.now += 1
        with acting(self.engine, self.ids, self.now) as tx:
            return act(tx)


def test_any_order_of_acts_gives_nobody_what_they_may_not_have(make_database: Callable[..., str], built: str) -> None:
    class Here(Hands):
        make_engine = staticmethod(lambda: make_engine(make_database(template=built)))

    play(Here, built, sqlite=8, postgresql=2, steps=14)


def test_the_machine_hands_over_keeps_and_is_refused(make_database: Callable[..., str], built: str) -> None:
    """A machine that is only ever refused would prove nothing: one fixed run does each once."""
    machine = Hands()
    Hands.make_engine = staticmethod(lambda: make_engine(make_database(template=built)))
    machine.open_the_store()
    machine.draws(HOLLIS, {GUARDS[0]})
    machine.hands_over(HOLLIS, LAPSED, {GUARDS[0]}, ISSUER)
    machine.keeps(MERCER, {GUARDS[1]}, 1)
    machine.draws(X2_ONLY, {GUARDS[1]})
    machine.hands_over(HOLLIS, MERCER, set(GUARDS), ISSUER)
    assert machine.has == dict.fromkeys(GUARDS, MERCER)
    machine.hands_in({GUARDS[1]})
    machine.ends_one(0)
    machine.draws(X2_ONLY, {GUARDS[1]})
    assert (machine.has[GUARDS[1]], machine.handed) == (X2_ONLY, 1)
    machine.everybody_has_what_the_acts_gave_them()
    machine.teardown()
