"""Magazines loaded, drawn, handed in, lost and found in any order: what is loaded is where its magazine is."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inventory.custody.issue import Request, issue_kit
from inventory.custody.loading import Loading, NotDone, load, unload
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.receive import Assertion, assert_held
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.custody import custody
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.stock import fitting
from tests import t10
from tests.any_order import play
from tests.small_force import DOVER, HOLLIS, ISSUER, MEDWAY, MERCER, NOW, SECOND_ISSUER, acting, demo_policy

POLICY = demo_policy()
TEN = 10
Place = tuple[str, int]
AT_MEDWAY: Place = ("STORE", MEDWAY)
ITEMS = (*t10.HANDLES, *t10.BATTERIES, *t10.MAGAZINES, *t10.CARTRIDGES)
magazines = st.sampled_from(t10.MAGAZINES)
numbers = st.integers(0, 2)
single = st.sampled_from(t10.CARTRIDGES)
officers = st.sampled_from((HOLLIS, MERCER))
stores = st.sampled_from((MEDWAY, DOVER))


class Magazines(RuleBasedStateMachine):
    """The model: where each item is, and what is in each magazine."""

    make_engine: Callable[[], sa.Engine]

    @initialize()
    def open_the_store(self) -> None:
        self.engine = type(self).make_engine()
        self.ids = Ids(writing(self.engine))
        self.now = NOW
        self.at: dict[int, Place] = dict.fromkeys(ITEMS, AT_MEDWAY)
        self.inside: dict[int, set[int]] = {each: set() for each in t10.MAGAZINES}
        self.spent: set[int] = set()

    # ---- in the store ----

    @rule(magazine=magazines, some=st.sets(single, min_size=1, max_size=11))
    def loads(self, magazine: int, some: set[int]) -> None:
        fresh = some - self.inside[magazine]
        fine = (
            len(self.inside[magazine] | some) <= TEN
            and self.at[magazine][0] == "STORE"
            and all(self.at[each] == self.at[magazine] and self._within(each) is None for each in fresh)
            and not fresh & self.spent
        )
        if self._does(lambda tx: load(tx, [Loading(magazine, tuple(sorted(some)), ISSUER)], POLICY), fine):
            self.inside[magazine] |= some

    @rule(number=numbers)
    def fills(self, number: int) -> None:
        """The ten that belong in it, as far as they are loose and at hand: what most loadings are."""
        magazine = t10.MAGAZINES[number]
        own = {
            each
            for each in t10.inside(number)
            if self._within(each) is None and self.at[each] == self.at[magazine] and each not in self.spent
        }
        room = TEN - len(self.inside[magazine])
        self.loads(magazine, set(sorted(own)[:room])) if own and room else None

    @rule(magazine=magazines, some=st.sets(single, min_size=1, max_size=4))
    def unloads(self, magazine: int, some: set[int]) -> None:
        fine = some <= self.inside[magazine] and self.at[magazine][0] == "STORE"
        if self._does(lambda tx: unload(tx, Loading(magazine, tuple(sorted(some)), ISSUER), POLICY), fine):
            self.inside[magazine] -= some

    # ---- out and back ----

    @rule(person=officers, number=st.integers(0, 1), magazine=magazines)
    def draws(self, person: int, number: int, magazine: int) -> None:
        self._draws(person, (t10.HANDLES[number], t10.BATTERIES[number], magazine))

    @rule(person=officers, number=st.integers(0, 1), magazine=magazines, cartridge=single)
    def draws_with_a_cartridge(self, person: int, number: int, magazine: int, cartridge: int) -> None:
        self._draws(person, (t10.HANDLES[number], t10.BATTERIES[number], magazine, cartridge))

    @rule(person=officers, cartridge=single)
    def draws_a_cartridge(self, person: int, cartridge: int) -> None:
        self._draws(person, (cartridge,))

    def _draws(self, person: int, items: tuple[int, ...]) -> None:
        ask = t10.t10_ask(person, item_ids=items)
        done = self._act(lambda tx: issue_kit(tx, [Request(ask)], POLICY))[0]
        whole = set(items) | {each for item in items for each in self.inside.get(item, ())}
        assert set(done.item_ids) == (whole if done.allowed else set())
        if done.allowed:
            assert all(self._within(each) in (None, *items) for each in items), "nothing leaves its magazine"
            self.at |= dict.fromkeys(whole, ("PERSON", person))

    @rule(item=st.sampled_from(ITEMS), store=stores)
    def hands_in(self, item: int, store: int) -> None:
        self._hands_in(item, store, {})

    @rule(number=numbers, store=stores, said=st.dictionaries(st.integers(0, 9), st.sampled_from(("USED", "MISSING"))))
    def hands_in_a_magazine(self, number: int, store: int, said: dict[int, str]) -> None:
        magazine = t10.MAGAZINES[number]
        inside = sorted(self.inside[magazine])
        self._hands_in(magazine, store, {inside[n]: word for n, word in said.items() if n < len(inside)})

    def _hands_in(self, item: int, store: int, said: dict[int, str]) -> None:
        was, fact = self.at[item], Back(item, store, ISSUER, cartridges=tuple(said.items()))
        back = self._act(lambda tx: return_kit(tx, [fact]))[0]
        assert (back.word == "RETURNED") == (was[0] != "STORE"), "returns are never blocked"
        if back.word != "RETURNED":
            return
        missing = {each for each, word in said.items() if word == "MISSING"}
        assert {each.item_id: each.word for each in back.along} == {
            each: "MISSING" if each in missing else "RETURNED" for each in self.inside.get(item, ())
        }
        self.spent |= said.keys() - missing
        self._moves(item, ("STORE", store), missing)

    # ---- what goes wrong ----

    @rule(item=st.sampled_from((*t10.MAGAZINES, *t10.CARTRIDGES)))
    def is_missed(self, item: int) -> None:
        if self.at[item][0] != "UNKNOWN":
            missed = Missing(item, MEDWAY, ISSUER, "Stock count")
            self._act(lambda tx: report_unaccounted(tx, [missed]))
            self._moves(item, ("UNKNOWN", 0))

    @rule(item=st.sampled_from((*t10.MAGAZINES, *t10.CARTRIDGES)), person=officers)
    def is_found_on_paper(self, item: int, person: int) -> None:
        if self.at[item] != ("PERSON", person):
            fact = Assertion(item, person, MEDWAY, ISSUER, SECOND_ISSUER, "register p. 3")
            self._act(lambda tx: assert_held(tx, [fact], POLICY))
            self._moves(item, ("PERSON", person))

    # ---- what must hold ----

    @invariant()
    def what_is_loaded_is_where_its_magazine_is(self) -> None:
        with self.engine.connect() as conn:
            rows = conn.execute(
                sa.select(custody.c.item_id, custody.c.holder, custody.c.holder_id).where(
                    custody.c.closed_entry.is_(None), custody.c.item_id.in_(ITEMS)
                )
            ).all()
            fitted = conn.execute(
                sa.select(fitting.c.child_id, fitting.c.parent_id).where(fitting.c.to_us.is_(None))
            ).all()
        at = {row[0]: (row[1], row[2]) for row in rows}
        assert all(at[child] == at[parent] for child, parent in fitted)
        assert at == self.at
        assert {(child, parent) for child, parent in fitted} == {
            (child, parent) for parent, some in self.inside.items() for child in some
        }
        assert all(len(some) <= TEN for some in self.inside.values())

    def teardown(self) -> None:
        with self.engine.connect() as conn:
            assert audit(conn) == []
            assert verify(conn).findings == []
        self.engine.dispose()

    def _within(self, cartridge: int) -> int | None:
        return next((each for each, some in self.inside.items() if cartridge in some), None)

    def _moves(self, item: int, to: Place, but: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        """An item moves with what is in it, `but` for some; a cartridge alone leaves the magazine that stays."""
        if item in self.inside:
            self.inside[item] -= but
        elif (within := self._within(item)) is not None:
            self.inside[within].discard(item)
        self.at |= dict.fromkeys({item, *self.inside.get(item, ())}, to)

    def _does(self, act: Callable[..., Any], fine: bool) -> bool:
        try:
            self._act(act)
            done = True
        except NotDone:
            done = False
        assert done == fine
        return done

    def _act(self, act: Callable[..., Any]) -> Any:
        self.now += 1
        with acting(self.engine, self.ids, self.now) as tx:
            return act(tx)


@pytest.fixture(scope="module")
def with_t10(make_database: Callable[..., str], built: str) -> str:
    """URL of the small force with the T10 kit."""
    url = make_database(template=built)
    t10.add_to(url)
    return url


def test_any_order_of_acts_keeps_cartridges_with_their_magazines(
    make_database: Callable[..., str], with_t10: str
) -> None:
    class Here(Magazines):
        make_engine = staticmethod(lambda: make_engine(make_database(template=with_t10)))

    play(Here, with_t10, sqlite=25, postgresql=5, steps=30)


def test_the_machine_loads_draws_and_hands_in(make_database: Callable[..., str], with_t10: str) -> None:
    """A machine that is only ever refused would prove nothing: one fixed run does each once."""
    machine = Magazines()
    Magazines.make_engine = staticmethod(lambda: make_engine(make_database(template=with_t10)))
    machine.open_the_store()
    machine.fills(0)
    machine.draws(HOLLIS, 0, t10.MAGAZINES[0])
    assert machine.at[t10.inside()[0]] == ("PERSON", HOLLIS)
    machine.what_is_loaded_is_where_its_magazine_is()
    machine.hands_in_a_magazine(0, MEDWAY, {0: "USED", 1: "MISSING"})
    assert [len(some) for some in machine.inside.values()] == [9, 0, 0]
    machine.hands_in(t10.inside()[1], MEDWAY)
    machine.is_missed(t10.MAGAZINES[0])
    machine.hands_in(t10.MAGAZINES[0], DOVER)
    machine.what_is_loaded_is_where_its_magazine_is()
    machine.unloads(t10.MAGAZINES[0], set(t10.inside()[2:4]))
    machine.is_found_on_paper(t10.inside()[4], MERCER)
    machine.what_is_loaded_is_where_its_magazine_is()
    machine.teardown()
