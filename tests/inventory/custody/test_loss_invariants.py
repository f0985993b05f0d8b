"""Losses in any order of acts: a case says what happened, never closes while its item is missing, and loses nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.losses import watch
from inventory.custody.losses.acts import CaseRefused, Doing, do, possible
from inventory.custody.losses.case import Case
from inventory.custody.losses.looking import cases_of_item
from inventory.custody.moves import NotPossible
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import capability_grant
from tests.any_order import play
from tests.small_force import (
    CAMERAS,
    HANDLES,
    HOUR,
    ISSUER,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    acting,
    demo_policy,
)

TERMS = demo_policy().losses
ITEMS = (HANDLES[0], CAMERAS[0])
items = st.sampled_from(ITEMS)
FACTS = {
    "DECLARED_STOLEN": {"crime_ref": "46/1/26"},
    "BREACH_ASSESSED": {"risk": "RISK", "encryption": "ON", "unuploaded_minutes": 5},
    "RECOVERED": {"found_by": "a", "found_where": "b", "found_us": NOW, "condition": "c"},
    "DISPOSED": {"authority": "ACC Lowe", "certificate": "INC-1"},
}  # fmt: skip


@dataclass
class Model:
    """What should be so of one item: nothing of it is asked of the kit store."""

    missing: bool = False
    gone: bool = False
    is_open: bool = False
    searched: bool = False
    declared: str = ""
    stated: bool = False
    assessed: bool = False

    def may(self, act: str, camera: bool) -> bool:
        """Whether an act should be possible, where everybody was told."""
        return self.is_open and {
            "SEARCHED": self.missing,
            "DECLARED_LOST": self.missing and self.searched and self.declared != "LOST",
            "DECLARED_STOLEN": self.missing and self.declared != "STOLEN",
            "NOTIFIED": True,
            "BREACH_ASSESSED": camera,
            "RECOVERED": not self.stated,
            "DISPOSED": self.missing and bool(self.declared),
            "CLOSED": not self.missing and self.stated and (self.assessed or not camera),
        }[act]  # fmt: skip


class Losses(RuleBasedStateMachine):
    """Two items that go missing, are looked for, found or not, in any order."""

    make_engine: Callable[[], sa.Engine]

    @initialize()
    def open_the_store(self) -> None:
        self.engine = type(self).make_engine()
        self.ids = Ids(writing(self.engine))
        self.now = NOW
        self.of = {each: Model() for each in ITEMS}
        self.closed: set[int] = set()
        grants = [(MERCER, "DUTY_INSPECTOR"), (SECOND_ISSUER, "CED_SPOC")]
        rows = [
            {"id": 990_000 + n, "person_id": who, "capability": word, "from_us": 1, "reason": "t"}
            for n, (who, word) in enumerate(grants)
        ]
        self._act(lambda tx: tx.conn.execute(sa.insert(capability_grant), rows))

    def _act(self, run: Callable[[Any], Any]) -> Any:
        self.now += HOUR // 4
        with acting(self.engine, self.ids, self.now) as tx:
            return run(tx)

    def _case(self, item: int) -> Case | None:
        with self.engine.connect() as conn:
            return next(iter(cases_of_item(conn, item)), None)

    @rule(item=items)
    def is_missed(self, item: int) -> None:
        model = self.of[item]
        try:
            self._act(lambda tx: report_unaccounted(tx, [Missing(item, MEDWAY, ISSUER, "Count")]))
        except NotPossible:
            assert model.missing or model.gone
            return
        assert not model.missing
        self.of[item] = Model(missing=True, is_open=True)

    @rule(item=items)
    def is_scanned(self, item: int) -> None:
        self._act(lambda tx: return_kit(tx, [Back(item, MEDWAY, ISSUER)]))
        self.of[item].missing = False

    @rule(item=items, act=st.sampled_from(("SEARCHED", "DECLARED_LOST", "DECLARED_STOLEN", "BREACH_ASSESSED")))
    def looks_into_it(self, item: int, act: str) -> None:
        self._does(item, act)

    @rule(item=items)
    def is_found_by_two(self, item: int) -> None:
        self._does(item, "RECOVERED", ISSUER, SECOND_ISSUER)

    @rule(item=items)
    def is_found_by_one_who_signs_twice(self, item: int) -> None:
        case = self._case(item)
        if case is not None:
            with pytest.raises(CaseRefused):
                self._try(case, "RECOVERED", ISSUER, ISSUER)

    @rule(item=items)
    def is_written_off(self, item: int) -> None:
        self._does(item, "DISPOSED", MERCER, SECOND_ISSUER)

    @rule(item=items)
    def is_closed_when_all_were_told(self, item: int) -> None:
        case = self._case(item)
        for each in case.owed(TERMS) if case is not None and case.closed_us is None else ():
            if each.told_us is None:
                told = Doing(case.id, "NOTIFIED", ISSUER, "told", told=each.to)
                self._act(lambda tx, told=told: do(tx, told, TERMS))
        self._does(item, "CLOSED")

    @rule()
    def the_clock_looks(self) -> None:
        self._act(lambda tx: watch.look(tx, TERMS))
        with self.engine.connect() as conn:
            assert not watch.is_due(conn, TERMS, self.now)

    def _try(self, case: Case, act: str, by: int, second: int | None) -> None:
        doing = Doing(case.id, act, by, "as said", second_person=second, reference="R1", facts=FACTS.get(act, {}))
        self._act(lambda tx: do(tx, doing, TERMS))

    def _does(self, item: int, act: str, by: int = MERCER, second: int | None = None) -> None:
        case, model = self._case(item), self.of[item]
        if case is None:
            return
        wanted, done = model.may(act, item in CAMERAS), True
        try:
            self._try(case, act, by, second)
        except CaseRefused:
            done = False
        assert done == wanted, (act, model)
        if done:
            self._takes_in(model, act, case)

    def _takes_in(self, model: Model, act: str, case: Case) -> None:
        if act.startswith("DECLARED"):
            model.declared = act[9:]
        model.searched |= act == "SEARCHED"
        model.assessed |= act == "BREACH_ASSESSED"
        if act in ("RECOVERED", "DISPOSED"):
            model.stated, model.missing, model.gone = True, False, act == "DISPOSED"
        if act == "CLOSED":
            model.is_open = False
            self.closed.add(case.id)

    @invariant()
    def says_what_is_so(self) -> None:
        for item, model in getattr(self, "of", {}).items():
            case = self._case(item)
            if case is None:
                assert not model.is_open
                continue
            assert (case.closed_us is None) == model.is_open
            assert case.is_missing == model.missing
            assert (case.id in self.closed) == (case.closed_us is not None)
            if model.is_open:
                expected = {each for each in FACTS.keys() | {"SEARCHED"} if model.may(each, item in CAMERAS)}
                assert expected <= set(possible(case, TERMS))

    def teardown(self) -> None:
        """The whole ledger is in order, and says the same as the cases."""
        if hasattr(self, "engine"):
            with self.engine.connect() as conn:
                assert audit(conn) == []
                assert verify(conn).findings == []
            self.engine.dispose()


def test_losses_in_any_order(make_database: Callable[..., str], built: str) -> None:
    class Here(Losses):
        make_engine = staticmethod(lambda: make_engine(make_database(template=built)))

    play(Here, built, sqlite=8, postgresql=4, steps=25)


def test_the_machine_misses_declares_finds_and_closes(make_sqlite_database: Callable[..., str], built: str) -> None:
    """A machine that is only ever refused would prove nothing: one fixed run does each once."""
    if not built.startswith("sqlite"):
        return
    machine = Losses()
    Losses.make_engine = staticmethod(lambda: make_engine(make_sqlite_database(template=built)))
    machine.open_the_store()
    camera = CAMERAS[0]
    machine.is_missed(camera)
    for act in ("SEARCHED", "DECLARED_LOST", "BREACH_ASSESSED"):
        machine.looks_into_it(camera, act)
    machine.is_closed_when_all_were_told(camera)
    assert not machine.closed
    machine.is_found_by_two(camera)
    machine.is_closed_when_all_were_told(camera)
    assert len(machine.closed) == 1
    machine.is_missed(camera)
    assert machine._case(camera).id not in machine.closed
    machine.says_what_is_so()
    machine.teardown()
