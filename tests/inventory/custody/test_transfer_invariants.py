"""Consignments in any order of acts: a carrier has what was sent and has not come, and nothing closes by itself."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inventory.custody.returns import Back, return_kit
from inventory.custody.transfers.listing import Listing, Opening, list_kit, open_consignment
from inventory.custody.transfers.overdue import look
from inventory.custody.transfers.reading import consignments
from inventory.custody.transfers.receiving import Receipt, Scanned, receive, see
from inventory.custody.transfers.sending import Sending, send
from inventory.custody.transfers.terms import HOUR_US
from inventory.custody.transfers.writing import NotMoved
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.custody import custody
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests.any_order import play
from tests.small_force import (
    CAMERAS,
    DOVER,
    GUARD_LOT,
    GUARDS,
    ISSUER,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    acting,
)  # fmt: skip

KIT = (*CAMERAS, *GUARDS)
some_kit = st.sets(st.sampled_from(KIT), min_size=1, max_size=3)
which = st.integers(0, 2)
stores = st.sampled_from((MEDWAY, DOVER))


class Transfers(RuleBasedStateMachine):
    """The model: where each item is, and what each consignment that was sent still owes."""

    make_engine: Callable[[], sa.Engine]

    @initialize()
    def open_the_store(self) -> None:
        self.engine = type(self).make_engine()
        self.ids = Ids(writing(self.engine))
        self.now = NOW
        self.at: dict[int, tuple[str, int]] = dict.fromkeys(KIT, ("STORE", MEDWAY))
        self.sent: dict[int, set[int]] = {}
        self.missed_by: dict[int, int] = {}
        self.pieces: dict[int, int] = {}

    @rule(items=some_kit, pieces=st.integers(0, 4), wrong=st.integers(0, 3))
    def sends(self, items: set[int], pieces: int, wrong: int) -> None:
        """A consignment from Medway to Dover; one in four is counted wrong by its carrier."""
        new = Opening(MEDWAY, DOVER, "OPERATIONAL", "FOR_GOOD", "for the test", ISSUER)
        number = self._act(lambda tx: open_consignment(tx, new)).id
        lots = ((GUARD_LOT, pieces),) if pieces else ()
        here = all(self.at[each] == ("STORE", MEDWAY) for each in items)
        there = 20 - sum(self.pieces.values())
        fine = here and pieces <= there
        if not self._does(lambda tx: list_kit(tx, Listing(number, ISSUER, tuple(sorted(items)), lots)), fine):
            return
        counted = len(items) + pieces + (wrong == 3)
        if self._does(lambda tx: send(tx, Sending(number, ISSUER, MERCER, counted)), wrong != 3):
            self.sent[number] = set(items)
            self.pieces[number] = pieces
            self.at |= dict.fromkeys(items, ("CARRIER", number))

    @rule(number=which, seen=st.sets(st.sampled_from(KIT), max_size=4), pieces=st.integers(0, 4))
    def receives(self, number: int, seen: set[int], pieces: int) -> None:
        if number >= len(self.sent):
            return
        one = sorted(self.sent)[number]
        with self.engine.connect() as conn:
            of = consignments(conn, [one])[one]
        if of.state in ("RECEIVED", "UNSIGNED"):
            return
        lots = ((GUARD_LOT, pieces),) if pieces and of.lots else ()
        before = of.seen(DOVER).keys() | seen
        many = len(before) + sum((dict(of.seen_lots(DOVER)) | dict(lots)).values())
        scanned = Scanned(one, DOVER, SECOND_ISSUER, tuple((each, "GOOD") for each in sorted(seen)), lots)
        self._act(lambda tx: see(tx, scanned))
        self._act(lambda tx: receive(tx, Receipt(one, DOVER, SECOND_ISSUER, MERCER, many)))
        for each in before:
            if self.at[each][0] != "STORE":
                self._comes(each, DOVER)

    @rule(item_id=st.sampled_from(KIT), store=stores)
    def is_scanned_at_a_hatch(self, item_id: int, store: int) -> None:
        was = self.at[item_id]
        self._act(lambda tx: return_kit(tx, [Back(item_id, store, SECOND_ISSUER)]))
        if was[0] != "STORE":
            self._comes(item_id, store)

    @rule(hours=st.sampled_from((1, 9, 13, 21)))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR_US
        for number in self._act(look):
            for each, at in list(self.at.items()):
                if at == ("CARRIER", number):
                    self.at[each] = ("UNKNOWN", 0)
                    self.missed_by[each] = number

    @invariant()
    def a_carrier_has_what_was_sent_and_has_not_come(self) -> None:
        with self.engine.connect() as conn:
            rows = conn.execute(
                sa.select(custody.c.item_id, custody.c.holder, custody.c.holder_id).where(
                    custody.c.closed_entry.is_(None), custody.c.item_id.in_(KIT)
                )
            ).all()
            found = consignments(conn, list(self.sent))
        assert {row[0]: (row[1], row[2]) for row in rows} == self.at
        for number, of in found.items():
            owed = {each for each, at in self.at.items() if at == ("CARRIER", number)}
            owed |= {each for each, missed in self.missed_by.items() if missed == number}
            assert {each.item_id for each in of.open_lines} == owed
            assert (of.state in ("RECEIVED", "UNSIGNED")) == (not owed and not of.open_lots)
            assert all(each.quantity == each.arrived + each.carried + each.missed for each in of.lots)

    def teardown(self) -> None:
        with self.engine.connect() as conn:
            assert audit(conn) == []
            assert verify(conn).findings == []
        self.engine.dispose()

    def _comes(self, item_id: int, store: int) -> None:
        self.at[item_id] = ("STORE", store)
        self.missed_by.pop(item_id, None)

    def _does(self, act: Callable[..., Any], fine: bool) -> bool:
        try:
            self._act(act)
            done = True
        except NotMoved:
            done = False
        assert done == fine
        return done

    def _act(self, act: Callable[..., Any]) -> Any:
        self.now += 1
        with acting(self.engine, self.ids, self.now) as tx:
            return act(tx)


def test_any_order_of_acts_forgets_nothing(make_database: Callable[..., str], built: str) -> None:
    class Here(Transfers):
        make_engine = staticmethod(lambda: make_engine(make_database(template=built)))

    play(Here, built, sqlite=15, postgresql=3, steps=12)


def test_the_machine_sends_misses_and_finds(make_database: Callable[..., str], built: str) -> None:
    """A machine that is only ever refused would prove nothing: one fixed run does each once."""
    machine = Transfers()
    Transfers.make_engine = staticmethod(lambda: make_engine(make_database(template=built)))
    machine.open_the_store()
    machine.sends({CAMERAS[0], CAMERAS[1]}, 3, 0)
    machine.receives(0, {CAMERAS[0], CAMERAS[2]}, 2)
    machine.a_carrier_has_what_was_sent_and_has_not_come()
    machine.time_passes(13)
    assert machine.at[CAMERAS[1]] == ("UNKNOWN", 0)
    machine.a_carrier_has_what_was_sent_and_has_not_come()
    machine.receives(0, {CAMERAS[1]}, 1)
    machine.a_carrier_has_what_was_sent_and_has_not_come()
    assert machine.at[CAMERAS[1]] == ("STORE", DOVER)
    machine.teardown()

