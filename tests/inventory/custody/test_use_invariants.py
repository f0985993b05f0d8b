"""Uses in any order: drawn, declared, discharged, named later, answered, the log read; a model says what is owed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inventory.custody.issue import Request, issue_kit
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.passages.looking import look
from inventory.custody.passages.perform import NotPerformed, perform
from inventory.custody.passages.row import Act
from inventory.custody.returns import Back, return_kit
from inventory.custody.uses.answering import Answering, NotOwed, NotTheirs, answer_point
from inventory.custody.uses.declaring import Declaration, declare
from inventory.custody.uses.naming import Naming, name_spent
from inventory.custody.uses.points import POINTS
from inventory.custody.uses.reading import uses, uses_of_item
from inventory.custody.uses.spending import Spent
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.words import USE_SORTS
from tests.any_order import play
from tests.inventory.custody.passage_force import EXHIBITS, POLICY, SERGEANT, SPOC, TECHNICIAN, empower
from tests.small_force import (
    BATTERIES,
    CARTRIDGES,
    HANDLES,
    ISSUER,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    acting,
    ced_ask,
)

HANDLE, BATTERY, SHOTS = HANDLES[0], BATTERIES[0], CARTRIDGES[:8]
INSPECTOR, LOAD, SECOND_US = SECOND_ISSUER, 4, 1_000_000
DIGEST = "ef" * 32
DISCHARGES = {"FIRED", "DRIVE_STUN"}
BY = {
    "UOF_REF": ISSUER, "INCIDENT_REF": ISSUER, "DISCS": ISSUER, "BESPOKE_FORM": SERGEANT, "DOWNLOAD": TECHNICIAN,
    "UD_DECISION": INSPECTOR, "TRAINING_RECORD": SPOC, "EXHIBIT_REF": EXHIBITS, "LOG_REVIEW": SERGEANT,
}  # fmt: skip
"""Point -> somebody who answers it (the design, read by hand)."""
FACTS: dict[str, dict[str, Any]] = {
    "DISCS": {"afids": 24, "probes": 2}, "UD_DECISION": {"reference": "PS/1", "decision": "KEPT"},
    "TRAINING_RECORD": {"course": "CED-7", "instructor": "4417"}, "EXHIBIT_REF": {"reference": "EX/1", "seal": "S1"},
}  # fmt: skip
shots = st.sets(st.sampled_from(SHOTS), max_size=2)


@dataclass
class Used:
    """One use as the model has it: what is owed, what ever was, and which things wait for its log."""

    sort: str
    parts: set[int]
    owed: set[str] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)

    def owes(self, *points: str) -> None:
        """These are owed from now on."""
        self.owed |= set(points)
        self.ever |= set(points)


def after_discharge(sort: str) -> set[str]:
    """What a discharge of this sort owes, its incident left aside."""
    more = {"OPERATIONAL": {"DISCS"}, "UNINTENTIONAL": {"DISCS", "UD_DECISION"}, "TRAINING": {"TRAINING_RECORD"}}
    return {"BESPOKE_FORM"} | more[sort]


class Uses(RuleBasedStateMachine):
    """One TASER with its battery and eight cartridges, and everybody who has a part in what follows its use."""

    make_engine: Callable[[], sa.Engine]

    @initialize()
    def open_the_store(self) -> None:
        self.engine = type(self).make_engine()
        self.ids = Ids(writing(self.engine))
        self.now = NOW
        self.out: set[int] = set()
        self.had: set[int] = set()
        self.spent: set[int] = set()
        self.held: set[int] = set()
        self.evidence: set[int] = set()
        self.uses: dict[int, Used] = {}

        def grant(tx: Any) -> None:
            empower(tx)
            give(tx.conn, tx.ids, CapabilityGrant(INSPECTOR, "DUTY_INSPECTOR", MEDWAY, "for the test"), NOW - 1)

        self._act(grant)

    def _act(self, run: Callable[[Any], Any]) -> Any:
        self.now += SECOND_US
        with acting(self.engine, self.ids, self.now) as tx:
            return run(tx)

    # -- what may happen -----------------------------------------------------------------------------------------

    @rule()
    def is_drawn(self) -> None:
        loaded = [each for each in SHOTS if each not in self.spent][:LOAD]
        kit = (HANDLE, BATTERY, *loaded)
        free = not (self.out or (self.held | self.evidence) & {HANDLE, BATTERY})
        done = self._act(lambda tx: issue_kit(tx, [Request(ced_ask(MERCER, item_ids=kit))], POLICY)[0])
        assert done.allowed == (free and len(loaded) == LOAD), [each.code for each in done.decision.refusals]
        if done.allowed:
            self.out |= set(kit)
            self.had |= set(kit)

    @rule()
    def is_handed_in(self) -> None:
        back = sorted(self.out)
        self._act(lambda tx: return_kit(tx, [Back(each, MEDWAY, ISSUER) for each in back]))
        self.out.clear()

    @precondition(lambda self: HANDLE in self.out)
    @rule()
    def is_handed_in_as_used(self) -> None:
        self._act(lambda tx: return_kit(tx, [Back(HANDLE, MEDWAY, ISSUER, "USED")]))
        self.out.discard(HANDLE)
        self.held.add(HANDLE)

    @rule(said=st.sets(st.sampled_from(("DRAWN", "ARCED", "FIRED", "DRIVE_STUN")), min_size=1), gone=shots,
          sort=st.sampled_from(USE_SORTS), named=st.booleans(), dsi=st.integers(0, 9))  # fmt: skip
    def is_declared(self, said: set[str], gone: set[int], sort: str, named: bool, dsi: int) -> None:
        is_dsi, ref = dsi == 0, "UOF-1" if named else None
        spent = tuple(Spent(each) for each in sorted(gone))
        told = Declaration(HANDLE, MEDWAY, ISSUER, tuple(sorted(said)), sort=sort, dsi=is_dsi, spent=spent, uof_ref=ref)
        try:
            done = self._act(lambda tx: declare(tx, told, POLICY))
        except BadEvidence:
            assert HANDLE not in self.had or gone & self.spent or gone - self.had
            return
        assert HANDLE in self.had
        assert not gone & self.spent
        used = Used(sort, {HANDLE, BATTERY})
        used.owes(*({"UOF_REF"} - {"UOF_REF" if named else ""}), *(() if is_dsi else ("DOWNLOAD",)))
        if gone or said & DISCHARGES:
            used.owes("INCIDENT_REF", *after_discharge(sort))
        if "FIRED" in said and not gone:
            used.owes("CARTRIDGES")
        if is_dsi:
            used.owes("INCIDENT_REF", "EXHIBIT_REF")
            self.evidence |= {HANDLE, BATTERY, *gone}
        self.uses[done.use_id] = used
        self.out -= {HANDLE, *gone}
        self.spent |= gone
        self.held |= {HANDLE, BATTERY}

    @precondition(lambda self: self.uses)
    @rule(gone=st.sets(st.sampled_from(SHOTS), min_size=1, max_size=2), data=st.data())
    def cartridges_are_named_later(self, gone: set[int], data: st.DataObject) -> None:
        use_id = data.draw(st.sampled_from(sorted(self.uses)))
        used = self.uses[use_id]
        said = Naming(use_id, ISSUER, tuple(Spent(each) for each in sorted(gone)))
        try:
            self._act(lambda tx: name_spent(tx, said, POLICY))
        except BadEvidence:
            assert gone & self.spent or gone - self.had
            return
        assert not gone & self.spent
        assert gone <= self.had
        used.owed.discard("CARTRIDGES")
        used.owes(*(after_discharge(used.sort) - used.ever))
        self.out -= gone
        self.spent |= gone
        if "EXHIBIT_REF" in used.ever:
            self.evidence |= gone

    @precondition(lambda self: any(each.owed for each in self.uses.values()))
    @rule(data=st.data(), is_proper=st.booleans(), by_another=st.integers(0, 4))
    def a_point_is_answered(self, data: st.DataObject, is_proper: bool, by_another: int) -> None:
        owing = sorted((use_id, point) for use_id, used in self.uses.items() for point in used.owed)
        use_id, point = data.draw(st.sampled_from(owing))
        by = MERCER if by_another == 0 and BY.get(point) != MERCER else BY.get(point, ISSUER)
        facts = FACTS.get(point, {"reference": "R/1"})
        if point == "DOWNLOAD":
            facts = {"download_ref": "EV-1", "digest": DIGEST, "review": "PROPER" if is_proper else "UNDECLARED"}
        if point == "LOG_REVIEW":
            facts = {"reference": "R/1", "outcome": "EXPLAINED" if is_proper else "REFERRED"}
        said = Answering(use_id, point, by, facts)
        try:
            self._act(lambda tx: answer_point(tx, said, POLICY))
        except NotTheirs:
            assert by != BY.get(point)
            return
        except BadEvidence:
            assert not POINTS[point].asks, "only cartridges are not answered so"
            return
        assert by == BY[point]
        self._takes_in(use_id, point, is_proper)

    def _takes_in(self, use_id: int, point: str, is_proper: bool) -> None:
        used = self.uses[use_id]
        if point == "LOG_REVIEW" and not is_proper:
            return  # referred: it stays owed
        used.owed.discard(point)
        if point == "DOWNLOAD" and not is_proper:
            used.owes("LOG_REVIEW")
        elif point in ("DOWNLOAD", "LOG_REVIEW"):
            self._let_go(used.parts)

    def _let_go(self, parts: set[int]) -> None:
        """What waits for no log any more is held for none."""
        waits = {part for used in self.uses.values() if used.owed & {"DOWNLOAD", "LOG_REVIEW"} for part in used.parts}
        self.held -= parts - waits

    @precondition(lambda self: self.uses)
    @rule(data=st.data())
    def what_is_not_owed_is_not_answered(self, data: st.DataObject) -> None:
        use_id = data.draw(st.sampled_from(sorted(self.uses)))
        closed = sorted(set(BY) - self.uses[use_id].owed)
        point = data.draw(st.sampled_from(closed))
        try:
            said = Answering(use_id, point, BY[point], {"reference": "R/1"})
            self._act(lambda tx: answer_point(tx, said, POLICY))
        except NotOwed:
            return
        raise AssertionError(f"{point} was answered, and nobody owed it")

    @rule(is_proper=st.booleans())
    def its_log_is_read(self, is_proper: bool) -> None:
        facts = {"download_ref": "EV-2", "digest": DIGEST, "review": "PROPER" if is_proper else "UNACCOUNTED"}
        act = Act(HANDLE, "DOWNLOADED", TECHNICIAN, None, facts)
        may = HANDLE in self.held and HANDLE not in self.out | self.evidence
        try:
            self._act(lambda tx: perform(tx, act, POLICY))
        except NotPerformed:
            assert not may
            return
        assert may
        waiting = [use_id for use_id, used in self.uses.items() if "DOWNLOAD" in used.owed]
        reviewed = [use_id for use_id, used in self.uses.items() if "LOG_REVIEW" in used.owed]
        for use_id in waiting:
            self._takes_in(use_id, "DOWNLOAD", is_proper)
        if not waiting and not reviewed and is_proper:
            self._let_go({HANDLE})
        elif not waiting and not reviewed:
            self._found_by_its_log()

    def _found_by_its_log(self) -> None:
        """A routine download shows what nobody declared: its log alone tells of that use."""
        with self.engine.connect() as conn:
            found = {each.id: each for each in uses_of_item(conn, HANDLE)}
        (new,) = set(found) - set(self.uses)
        assert found[new].uses == ()
        self.uses[new] = Used("OPERATIONAL", {HANDLE})
        self.uses[new].owes("LOG_REVIEW")

    # -- what is always so ---------------------------------------------------------------------------------------

    @invariant()
    def owes_what_the_model_owes_and_is_held_by_it(self) -> None:
        if not hasattr(self, "uses"):
            return
        with self.engine.connect() as conn:
            owed = {each.id: {one.point for one in each.owed} for each in uses(conn, sorted(self.uses))}
            states = {each: seen.state for each, seen in look(conn, [HANDLE, *SHOTS], POLICY, self.now).items()}
        assert owed == {use_id: used.owed for use_id, used in self.uses.items()}
        for shot in SHOTS:
            assert states[shot].startswith(("DISCHARGED", "EXHIBIT")) == (shot in self.spent)
        word = "EVIDENTIAL_HOLD" if HANDLE in self.evidence else "ISSUED" if HANDLE in self.out else None
        assert states[HANDLE] == (word or ("AWAITING_DOWNLOAD" if HANDLE in self.held else "AVAILABLE"))

    def teardown(self) -> None:
        """The whole ledger is in order."""
        if hasattr(self, "engine"):
            with self.engine.connect() as conn:
                assert audit(conn) == []
                assert verify(conn).findings == []
            self.engine.dispose()


def test_uses_in_any_order(make_database: Callable[..., str], built: str) -> None:
    class Here(Uses):
        make_engine = staticmethod(lambda: make_engine(make_database(template=built)))

    play(Here, built, sqlite=3, postgresql=1, steps=18)


def test_the_machine_declares_answers_reads_and_finds(make_sqlite_database: Callable[..., str], built: str) -> None:
    """A machine that is only ever refused would prove nothing: one fixed run does each once."""
    if not built.startswith("sqlite"):
        return
    machine = Uses()
    Uses.make_engine = staticmethod(lambda: make_engine(make_sqlite_database(template=built)))
    machine.open_the_store()
    machine.is_drawn()
    assert machine.out
    machine.is_declared({"FIRED"}, set(), "OPERATIONAL", named=False, dsi=1)
    (used,) = machine.uses.values()
    assert used.owed == {"UOF_REF", "INCIDENT_REF", "BESPOKE_FORM", "DISCS", "DOWNLOAD", "CARTRIDGES"}
    machine.its_log_is_read(is_proper=True)
    machine.owes_what_the_model_owes_and_is_held_by_it()
    assert HANDLE not in machine.held
    machine.is_handed_in()
    machine.is_drawn()
    machine.is_handed_in_as_used()
    machine.is_handed_in()
    machine.its_log_is_read(is_proper=False)
    assert len(machine.uses) == 2, "its log alone tells of the second"
    machine.owes_what_the_model_owes_and_is_held_by_it()
    machine.teardown()
