"""Any order of acts by anybody: custody keeps its invariants and agrees with a model that knows nothing of SQL."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inventory.custody.holds import Placing, lift_hold, place_holds
from inventory.custody.issue import Request, issue_kit
from inventory.custody.life import open_holds
from inventory.custody.receive import Assertion, assert_held
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.custody import custody, decision
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests.any_order import play
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    CARTRIDGES,
    DOVER,
    HANDLES,
    HOLLIS,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    PCSO,
    SECOND_ISSUER,
    acting,
    ced_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
PEOPLE = (HOLLIS, MERCER, LAPSED, PCSO, SECOND_ISSUER)
ITEMS = (*HANDLES, *BATTERIES, *CARTRIDGES, *CAMERAS)
NEVER_A_CED = {LAPSED, PCSO}
MINUTE = 60_000_000


class Custody(RuleBasedStateMachine):
    """Officers draw, hand in, and find kit held, in any order; the model is who holds what."""

    make_engine: Callable[[], sa.Engine]

    @initialize()
    def open_the_store(self) -> None:
        self.engine = type(self).make_engine()
        self.ids = Ids(writing(self.engine))
        self.now = NOW
        self.holder: dict[int, tuple[str, int]] = dict.fromkeys(ITEMS, ("STORE", MEDWAY))
        self.held: set[int] = set()

    @rule(
        person=st.sampled_from(PEOPLE), number=st.integers(0, 2), by=st.sampled_from((ISSUER, SECOND_ISSUER))
    )
    def draws_a_set(self, person: int, number: int, by: int) -> None:
        self._issue(ced_ask(person, number, by_person_id=by, charges=((BATTERIES[number], 90),)))

    @rule(person=st.sampled_from(PEOPLE), items=st.sets(st.sampled_from(ITEMS), min_size=1, max_size=7))
    def asks_for_anything(self, person: int, items: set[int]) -> None:
        charges = tuple((item, 90) for item in items)
        self._issue(ced_ask(person, item_ids=tuple(sorted(items)), charges=charges))

    @rule(item=st.sampled_from(ITEMS), store=st.sampled_from((MEDWAY, DOVER)),
          condition=st.sampled_from(("GOOD", "WET", "DAMAGED", "USED")))  # fmt: skip
    def hands_in(self, item: int, store: int, condition: str) -> None:
        was = self.holder[item]
        done = self._act(lambda tx: return_kit(tx, [Back(item, store, ISSUER, condition)]))[0]
        assert (done.word == "RETURNED") == (was[0] == "PERSON"), "returns are never blocked"
        if was[0] == "PERSON":
            self.holder[item] = ("STORE", store)
            if condition != "GOOD":
                self.held.add(item)

    @rule(item=st.sampled_from(ITEMS))
    def is_put_on_hold(self, item: int) -> None:
        self._act(
            lambda tx: place_holds(tx, [Placing("QUARANTINE", "looked odd", item_id=item, placed_by=ISSUER)])
        )
        self.held.add(item)

    @rule(item=st.sampled_from(ITEMS))
    def is_let_go(self, item: int) -> None:
        with self.engine.connect() as conn:
            holds = open_holds(conn, item)
        for each in holds:
            self._act(lambda tx, number=each["id"]: lift_hold(tx, number, ISSUER, "looked at"))
        self.held.discard(item)

    @rule(item=st.sampled_from(CAMERAS), person=st.sampled_from(PEOPLE))
    def is_found_on_paper(self, item: int, person: int) -> None:
        fact = Assertion(item, person, MEDWAY, ISSUER, SECOND_ISSUER, "register p. 3")
        if person in (ISSUER, SECOND_ISSUER) or self.holder[item] == ("PERSON", person):
            return
        self._act(lambda tx: assert_held(tx, [fact], POLICY))
        self.holder[item] = ("PERSON", person)

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @invariant()
    def custody_is_what_the_model_says(self) -> None:
        with self.engine.connect() as conn:
            rows = conn.execute(
                sa.select(custody.c.item_id, custody.c.holder, custody.c.holder_id).where(
                    custody.c.closed_entry.is_(None), custody.c.item_id.in_(ITEMS)
                )
            ).all()
        assert {row[0]: (row[1], row[2]) for row in rows} == self.holder
        assert len(rows) == len(ITEMS), "each item is somewhere, and in one place"
        handles = [who for item, who in self.holder.items() if item in HANDLES and who[0] == "PERSON"]
        assert len(handles) == len(set(handles)), "nobody holds two handles"

    def teardown(self) -> None:
        with self.engine.connect() as conn:
            assert audit(conn) == []
            assert verify(conn).findings == []
            drawn = sa.select(custody.c.person_id).where(
                custody.c.basis == "ISSUED", custody.c.item_id.not_in(CAMERAS)
            )
            assert not NEVER_A_CED & set(conn.execute(drawn).scalars())
        self.engine.dispose()

    def _issue(self, ask: Any) -> None:
        done = self._act(lambda tx: issue_kit(tx, [Request(ask)], POLICY))[0]
        free = all(self.holder[item] == ("STORE", MEDWAY) and item not in self.held for item in ask.item_ids)
        assert not done.allowed or free, "held, gone or out kit is never issued"
        assert not done.allowed or ask.by_person_id != ask.person_id
        if done.allowed:
            self.holder |= dict.fromkeys(ask.item_ids, ("PERSON", ask.person_id))

    def _act(self, act: Callable[..., Any]) -> Any:
        self.now += 1
        with acting(self.engine, self.ids, self.now) as tx:
            return act(tx)


def test_any_order_of_acts_keeps_the_invariants(make_database: Callable[..., str], built: str) -> None:
    class Here(Custody):
        make_engine = staticmethod(lambda: make_engine(make_database(template=built)))

    play(Here, built, sqlite=25, postgresql=6, steps=25)


def test_the_machine_reaches_issues_and_refusals(make_database: Callable[..., str], built: str) -> None:
    """A machine that only ever refuses would prove nothing: one fixed run issues and refuses."""
    machine = Custody()
    Custody.make_engine = staticmethod(lambda: make_engine(make_database(template=built)))
    machine.open_the_store()
    machine.draws_a_set(HOLLIS, 0, ISSUER)
    machine.draws_a_set(LAPSED, 1, ISSUER)
    machine.asks_for_anything(MERCER, {CAMERAS[0]})
    with machine.engine.connect() as conn:
        assert sorted(conn.execute(sa.select(decision.c.verdict)).scalars()) == ["ALLOW", "ALLOW", "DENY"]
    machine.teardown()
