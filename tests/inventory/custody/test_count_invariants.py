"""Any order of counting, drawing, handing in and losing the connection: a count says what a plain model says."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from inventory.custody.issue import Request, issue_kit
from inventory.custody.returns import Back, return_kit
from inventory.custody.stocktake import counting, settling
from inventory.custody.stocktake.counting import Opening, Sighting
from inventory.custody.stocktake.reading import count_of, lines_now
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.stock.counting import Scope
from tests.any_order import play
from tests.small_force import (
    CAMERAS,
    DOVER,
    DOVER_HANDLE,
    HANDLES,
    HOLLIS,
    ISSUER,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    acting,
    camera_ask,
    demo_policy,
    serial,
)  # fmt: skip

POLICY = demo_policy()
ITEMS = (*CAMERAS, *HANDLES, DOVER_HANDLE)
HERE = ("STORE", MEDWAY)
SECOND_US = 1_000_000


class Model:
    """What a careful storekeeper with a pencil would write: the history of each item, and of each sighting."""

    def __init__(self) -> None:
        self.history = {item: [(0, HERE)] for item in ITEMS}
        self.history[DOVER_HANDLE] = [(0, ("STORE", DOVER))]
        self.opened_us, self.expected = 0, set[int]()
        self.seen: dict[int, list[int]] = {}
        self.strange: set[str] = set()

    def now(self, item: int) -> tuple[str, int]:
        return self.history[item][-1][1]

    def word(self, item: int) -> str | None:
        """FOUND, MISSING, STRAYED, CAME, WENT, or nothing to say."""
        times, came_us = self.seen.get(item, []), self.history[item][-1][0]
        if self.now(item) == HERE:
            if item in self.expected and times:
                return "FOUND"
            if came_us > self.opened_us:
                return "CAME"
            return "MISSING" if item in self.expected else ("BESIDE" if times else None)
        was_here = [n for n, (_, who) in enumerate(self.history[item]) if who == HERE]
        left_us = self.history[item][was_here[-1] + 1][0] if was_here else 0
        if any(at >= left_us for at in times):
            return "STRAYED"
        if item not in self.expected:
            return None
        return "FOUND" if times else "WENT"


class Counting(RuleBasedStateMachine):
    """Two counters, an officer at the hatch, and a browser that loses its connection."""

    make_engine: Callable[[], sa.Engine]

    @initialize(blind=st.booleans())
    def open_a_count(self, blind: bool) -> None:
        self.engine = type(self).make_engine()
        self.ids, self.now_us, self.model, self.keys = Ids(writing(self.engine)), NOW, Model(), 0
        self.unsent: list[Sighting] = []
        self.sent: list[Sighting] = []
        self.blind = blind
        self._open()

    def _open(self) -> None:
        opening = Opening(MEDWAY, "SPOT", ISSUER, Scope(kinds=("CED_HANDLE", "BWV_CAMERA")), blind=self.blind)
        self.count = self._act(lambda tx: counting.open_count(tx, opening)).id
        self.model.opened_us, self.model.seen, self.model.strange = self.now_us, {}, set()
        self.model.expected = {item for item in ITEMS if self.model.now(item) == HERE}

    @rule(item=st.sampled_from(ITEMS), by=st.sampled_from((ISSUER, SECOND_ISSUER)))
    def somebody_scans(self, item: int, by: int) -> None:
        self._send([self._sighting(item, serial(item), by)])

    @rule(code=st.sampled_from(("E280STRANGE", "NOT-OURS")))
    def somebody_scans_what_nobody_knows(self, code: str) -> None:
        self._send([self._sighting(None, code, ISSUER)])

    @rule(item=st.sampled_from(ITEMS))
    def scans_without_a_connection(self, item: int) -> None:
        self.unsent.append(self._sighting(item, serial(item), SECOND_ISSUER))

    @precondition(lambda self: self.unsent)
    @rule(twice=st.booleans())
    def is_connected_again(self, twice: bool) -> None:
        waiting, self.unsent = self.unsent, []
        for _ in range(1 + twice):
            self._send(waiting)

    @precondition(lambda self: self.sent)
    @rule()
    def an_answer_was_lost_and_all_is_sent_again(self) -> None:
        answers = self._act(lambda tx: counting.sight(tx, self.count, self.sent))
        assert {each.word for each in answers} <= {"AGAIN", "UNKNOWN"}

    @rule(item=st.sampled_from(CAMERAS), person=st.sampled_from((HOLLIS, MERCER)))
    def an_officer_draws(self, item: int, person: int) -> None:
        if self.model.now(item) != HERE:
            return
        done = self._act(lambda tx: issue_kit(tx, [Request(camera_ask(person, item))], POLICY))[0]
        if done.allowed:
            self.model.history[item].append((self.now_us, ("PERSON", person)))

    @rule(item=st.sampled_from(CAMERAS))
    def an_officer_hands_in(self, item: int) -> None:
        self._act(lambda tx: return_kit(tx, [Back(item, MEDWAY, ISSUER)]))
        if self.model.now(item) != HERE:
            self.model.history[item].append((self.now_us, HERE))

    @rule(settles=st.booleans())
    def is_closed(self, settles: bool) -> None:
        self._agrees()
        self._act(lambda tx: counting.close_count(tx, self.count, ISSUER))
        lines = self._agrees()
        for line in lines if settles else []:
            self._settle(line.item_id, line.word, line.holder)
        with pytest.raises(counting.NotPossible):
            self._act(lambda tx: counting.close_count(tx, self.count, ISSUER))
        late = self._sighting(HANDLES[0], serial(HANDLES[0]), ISSUER)
        assert self._act(lambda tx: counting.sight(tx, self.count, [late]))[0].word == "LATE"
        self.sent, self.unsent = [], []
        self._open()

    def _settle(self, item: int | None, word: str, holder: str | None) -> None:
        acts = {("MISSING", "STORE"): "REPORTED_MISSING", ("STRAYED", "PERSON"): "TAKEN_BACK",
                ("STRAYED", "UNKNOWN"): "TAKEN_BACK", ("STRAYED", "STORE"): "TAKEN_OVER"}  # fmt: skip
        act = acts.get((word, str(holder)))
        if act is None or item is None or (self.model.now(item) == HERE and word == "STRAYED"):
            return
        asked = settling.Settling(self.count, item, act, ISSUER, "Looked everywhere", SECOND_ISSUER)
        self._act(lambda tx: settling.settle(tx, asked))
        with pytest.raises(counting.NotPossible):
            self._act(lambda tx: settling.settle(tx, asked))
        self.model.history[item].append((self.now_us - 1, ("UNKNOWN", 0) if word == "MISSING" else HERE))

    def _sighting(self, item: int | None, code: str, by: int) -> Sighting:
        self.keys, self.now_us = self.keys + 1, self.now_us + SECOND_US
        return Sighting(f"key-{self.keys}", code, "SCAN", self.now_us, item, 1 if item else 0, by)

    def _send(self, sightings: list[Sighting]) -> None:
        self._act(lambda tx: counting.sight(tx, self.count, sightings))
        for each in sightings:
            if each.item_id is None:
                self.model.strange.add(each.code)
            else:
                self.model.seen.setdefault(each.item_id, []).append(each.seen_us)
        self.sent += sightings

    def _agrees(self) -> list[Any]:
        with self.engine.connect() as conn:
            lines = lines_now(conn, count_of(conn, self.count))
        said = {line.item_id: line.word for line in lines if line.item_id is not None}
        model = {item: self.model.word(item) for item in ITEMS}
        assert said == {item: word for item, word in model.items() if word}
        assert {line.code for line in lines if line.word == "UNKNOWN"} == self.model.strange
        return lines

    def teardown(self) -> None:
        self._agrees()
        with self.engine.connect() as conn:
            assert audit(conn) == []
            assert verify(conn).findings == []
        self.engine.dispose()

    def _act(self, act: Callable[..., Any]) -> Any:
        self.now_us += 1
        with acting(self.engine, self.ids, self.now_us) as tx:
            return act(tx)


def test_any_order_of_counting_agrees_with_a_pencil(make_database: Callable[..., str], built: str) -> None:
    class Here(Counting):
        make_engine = staticmethod(lambda: make_engine(make_database(template=built)))

    play(Here, built, sqlite=20, postgresql=3, steps=18)


def test_the_machine_reaches_every_word(make_database: Callable[..., str], built: str) -> None:
    """A machine that only ever found everything would prove nothing: one fixed run says each word."""
    machine = Counting()
    Counting.make_engine = staticmethod(lambda: make_engine(make_database(template=built)))
    machine.open_a_count(False)
    machine.an_officer_draws(CAMERAS[0], HOLLIS)
    machine.an_officer_draws(CAMERAS[1], MERCER)
    machine.somebody_scans(CAMERAS[0], ISSUER)
    machine.scans_without_a_connection(HANDLES[0])
    machine.is_connected_again(True)
    machine.somebody_scans_what_nobody_knows("NOT-OURS")
    machine.an_answer_was_lost_and_all_is_sent_again()
    assert {line.word for line in machine._agrees()} == {"STRAYED", "WENT", "FOUND", "MISSING", "UNKNOWN"}
    machine.is_closed(True)
    machine.teardown()
