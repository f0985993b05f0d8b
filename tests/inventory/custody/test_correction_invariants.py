"""Draws, returns, corrections and pages of paper in any order: the ledger stays whole and knows who really had what."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inventory.custody.corrections.correcting import put_right
from inventory.custody.corrections.looked import Correction, NotCorrected
from inventory.custody.issue import Request, issue_kit
from inventory.custody.life import who_had
from inventory.custody.paper.page import Page, PageRefused, Said
from inventory.custody.paper.writing_up import write_up
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.custody import custody
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests.any_order import play
from tests.small_force import (
    CAMERAS,
    DOVER,
    HOLLIS,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    SECOND_ISSUER,
    SHIFT_ENDS,
    acting,
    camera_ask,
    demo_policy,
)  # fmt: skip

POLICY = demo_policy()
SECOND_US = 1_000_000
Holder = tuple[str, int]
some_camera, officer = st.sampled_from(CAMERAS), st.sampled_from((HOLLIS, MERCER, LAPSED))
WAYS = ("WRONG_STORE", "WRONG_PERSON", "WRONG_ITEM_OUT", "WRONG_ITEM_BACK", "WRONG_CONDITION")


class Wrongs(RuleBasedStateMachine):
    """The model: of each camera, who really had it since when, as everybody knows by now."""

    make_engine: Callable[[], sa.Engine]

    @initialize()
    def open_the_store(self) -> None:
        self.engine = type(self).make_engine()
        self.ids = Ids(writing(self.engine))
        self.now, self.pages, self.done = NOW, 0, set[str]()
        self.truth: dict[int, list[tuple[int, Holder]]] = {
            each: [(NOW, ("STORE", MEDWAY))] for each in CAMERAS
        }
        grants = [
            (ISSUER, "STORE_MANAGER", None),
            (ISSUER, "ISSUER", DOVER),
            (SECOND_ISSUER, "SUPERVISOR", None),
        ]
        for who, capability, at in grants:
            self._act(
                lambda tx, g=(who, capability, at): give(tx.conn, tx.ids, CapabilityGrant(*g, "t"), tx.now_us)
            )

    @rule(camera=some_camera, person=officer)
    def draws(self, camera: int, person: int) -> None:
        ask = Request(camera_ask(person, camera))
        if self._act(lambda tx: issue_kit(tx, [ask], POLICY))[0].allowed:
            self._is(camera, self.now, ("PERSON", person))

    @rule(
        camera=some_camera, store=st.sampled_from((MEDWAY, DOVER)), condition=st.sampled_from(("GOOD", "WET"))
    )
    def comes_back(self, camera: int, store: int, condition: str) -> None:
        was = self._at(camera)
        self._act(lambda tx: return_kit(tx, [Back(camera, store, ISSUER, condition)]))
        if was[0] == "PERSON":
            self._is(camera, self.now, ("STORE", store))

    @rule(camera=some_camera, other=st.none() | some_camera, way=st.sampled_from(WAYS), person=officer)
    def is_put_right(self, camera: int, other: int | None, way: str, person: int) -> None:
        """The last movement of a camera was wrong in some way; whether it can have been so is the ledger's to say."""
        entry, since = self._last(camera), self.truth[camera][-1][0]
        said = Correction(
            entry, way, ISSUER, "For the test", SECOND_ISSUER, "Memo", DOVER, person, other, "DAMAGED"
        )
        before = self._at(camera)
        try:
            self._act(lambda tx: put_right(tx, said, POLICY))
        except (NotCorrected, ValueError):
            return
        self.done.add(way)
        had = next((h for at, h in reversed(self.truth[camera]) if at < since and h[0] == "PERSON"), before)
        becomes = {"WRONG_STORE": ("STORE", DOVER), "WRONG_PERSON": ("PERSON", person),
                   "WRONG_ITEM_OUT": self._store_before(camera, since), "WRONG_ITEM_BACK": had}  # fmt: skip
        if way in becomes:
            self._is(camera, since, becomes[way])
        if other is not None and way in ("WRONG_ITEM_OUT", "WRONG_ITEM_BACK"):
            self._is(other, since, before)

    @rule(
        lines=st.lists(
            st.tuples(some_camera, officer, st.integers(1, 9), st.booleans()), min_size=1, max_size=3
        )
    )
    def is_written_up(self, lines: list[tuple[int, int, int, bool]]) -> None:
        self.pages += 1
        said = tuple(
            Said("RETURNED" if back else "DRAWN", person, self.now - ago * SECOND_US, (camera,), issuer_id=ISSUER,
                 fit=True, planned_return_us=None if back else SHIFT_ENDS)
            for camera, person, ago, back in lines
        )  # fmt: skip
        page = Page(
            MEDWAY, "REGISTER", "Page", f"{self.pages}".encode(), "image/png", ISSUER, SECOND_ISSUER, said
        )
        try:
            self._act(lambda tx: write_up(tx, page, POLICY))
        except PageRefused:
            return
        self.done.add("PAGE")
        for line in sorted(said, key=lambda each: each.at_us):
            holder = ("STORE", MEDWAY) if line.act == "RETURNED" else ("PERSON", line.person_id)
            self._is(line.item_ids[0], line.at_us, holder)
        again = replace(page, document="Page once more")
        assert self._act(lambda tx: write_up(tx, again, POLICY)).again

    @invariant()
    def who_had_it_is_known_as_it_really_was(self) -> None:
        with self.engine.connect() as conn:
            for camera, told in self.truth.items():
                for at_us, holder in [*told, (self.now, self._at(camera))]:
                    had = who_had(conn, camera, at_us)
                    assert had is not None
                    known = had.get("known_now", had)
                    assert (known["holder"], known["holder_id"]) == holder

    def teardown(self) -> None:
        with self.engine.connect() as conn:
            assert audit(conn) == []
            assert verify(conn).findings == []
        self.engine.dispose()

    def _at(self, camera: int) -> Holder:
        return self.truth[camera][-1][1]

    def _is(self, camera: int, since: int, holder: Holder) -> None:
        """What was thought of the time since then is forgotten."""
        self.truth[camera] = [*(each for each in self.truth[camera] if each[0] < since), (since, holder)]

    def _store_before(self, camera: int, since: int) -> Holder:
        return next(
            (h for at, h in reversed(self.truth[camera]) if at < since and h[0] == "STORE"), ("STORE", MEDWAY)
        )

    def _last(self, camera: int) -> int:
        with self.engine.connect() as conn:
            now = sa.select(custody.c.opened_entry)
            return int(
                conn.execute(
                    now.where(custody.c.item_id == camera, custody.c.closed_entry.is_(None))
                ).scalar_one()
            )

    def _act(self, act: Callable[..., Any]) -> Any:
        self.now += SECOND_US
        with acting(self.engine, self.ids, self.now) as tx:
            return act(tx)


def test_any_order_of_wrongs_and_rights_leaves_the_ledger_whole(
    make_database: Callable[..., str], built: str
) -> None:
    class Here(Wrongs):
        make_engine = staticmethod(lambda: make_engine(make_database(template=built)))

    play(Here, built, sqlite=12, postgresql=2, steps=12)


def test_the_machine_puts_right_and_writes_up(make_database: Callable[..., str], built: str) -> None:
    """A machine that is only ever refused would prove nothing: one fixed run does each once."""
    machine = Wrongs()
    Wrongs.make_engine = staticmethod(lambda: make_engine(make_database(template=built)))
    machine.open_the_store()
    machine.draws(CAMERAS[0], HOLLIS)
    machine.is_put_right(CAMERAS[0], None, "WRONG_PERSON", MERCER)
    machine.is_put_right(CAMERAS[0], None, "WRONG_PERSON", LAPSED)
    machine.who_had_it_is_known_as_it_really_was()
    machine.comes_back(CAMERAS[0], MEDWAY, "GOOD")
    machine.is_put_right(CAMERAS[0], None, "WRONG_CONDITION", MERCER)
    machine.is_written_up([(CAMERAS[1], LAPSED, 1, False)])
    machine.is_put_right(CAMERAS[1], CAMERAS[2], "WRONG_ITEM_OUT", LAPSED)
    machine.comes_back(CAMERAS[2], MEDWAY, "GOOD")
    machine.is_put_right(CAMERAS[2], None, "WRONG_ITEM_BACK", LAPSED)
    machine.comes_back(CAMERAS[2], MEDWAY, "GOOD")
    machine.is_put_right(CAMERAS[2], None, "WRONG_STORE", LAPSED)
    machine.who_had_it_is_known_as_it_really_was()
    assert machine.done == {*WAYS, "PAGE"}
    machine.teardown()
