"""Recalls in any order of acts: what fits is held and never goes out, and none closes too soon or too late."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inventory.custody.issue import Request, issue_kit
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.moves import NotPossible
from inventory.custody.recalls import acts
from inventory.custody.recalls.reading import Recall, recalls
from inventory.custody.recalls.which import Criteria
from inventory.custody.receive import Delivered, receive
from inventory.custody.returns import Back, return_kit
from inventory.oversight.audit import audit
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.custody import custody
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.stock import hold, hold_lift, item
from inventory.schema.tx import Tx
from tests.any_order import play
from tests.small_force import (
    CAMERAS,
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
RANGE = Criteria("BWV_CAMERA", serial_from=serial(CAMERAS[0]), serial_to=serial(999))
cameras = st.sampled_from(CAMERAS)
people = st.sampled_from((HOLLIS, MERCER))


class Chased(RuleBasedStateMachine):
    """Cameras are drawn, handed in, missed, delivered and recalled."""

    make_engine: Callable[[], sa.Engine]

    @initialize()
    def open_the_store(self) -> None:
        """A copy of the small force, and its model: which recall is in force, and what fits it."""
        self.engine = type(self).make_engine()
        self.ids = Ids(writing(self.engine))
        self.now_us, self.recall, self.fits, self.new = NOW, 0, set(CAMERAS), 500
        with acting(self.engine, self.ids, NOW - 1) as tx:
            give(tx.conn, tx.ids, CapabilityGrant(ISSUER, "CED_SPOC", None, "test"), NOW - 1)
            give(tx.conn, tx.ids, CapabilityGrant(SECOND_ISSUER, "SUPERVISOR", None, "test"), NOW - 1)

    def teardown(self) -> None:
        """Nothing is wrong in the whole ledger; close the copy."""
        if hasattr(self, "engine"):
            with self.engine.connect() as conn:
                assert audit(conn) == []
            self.engine.dispose()

    def _acting(self) -> AbstractContextManager[Tx]:
        self.now_us += 1_000_000
        return acting(self.engine, self.ids, self.now_us)

    def _seen(self) -> Recall:
        with self.engine.connect() as conn:
            return recalls(conn, [self.recall])[self.recall]

    @rule(camera=cameras, person=people)
    def is_drawn(self, camera: int, person: int) -> None:
        """Somebody draws a camera: never one that is recalled."""
        with self._acting() as tx:
            made = issue_kit(tx, [Request(camera_ask(person, camera))], POLICY)[0]
        assert not (self.recall and made.decision.verdict == "ALLOW")

    @rule(camera=cameras)
    def is_handed_in(self, camera: int) -> None:
        """A camera comes back, if somebody has it."""
        with self._acting() as tx:
            return_kit(tx, [Back(camera, MEDWAY, ISSUER)])

    @rule(camera=cameras)
    def is_missed(self, camera: int) -> None:
        """A camera cannot be found."""
        try:
            with self._acting() as tx:
                report_unaccounted(tx, [Missing(camera, MEDWAY, ISSUER, "Count")])
        except NotPossible:
            pass

    @rule()
    def is_delivered(self) -> None:
        """A new camera comes, of a serial that fits."""
        self.new += 1
        row = {"id": self.new, "kind": "BWV_CAMERA", "maker": "AXON", "serial": serial(self.new), "model": "BODY 3",
               "home_store_id": MEDWAY, "pool": "OPERATIONAL", "recorded_us": 1}  # fmt: skip
        with self._acting() as tx:
            tx.conn.execute(sa.insert(item), row)
            receive(tx, [Delivered(self.new, MEDWAY, ISSUER)])
        self.fits.add(self.new)

    @rule()
    def is_recalled(self) -> None:
        """All cameras are recalled, where they are not already."""
        if self.recall:
            return
        notice = acts.Notice(RANGE, "NPCC", "4/26", "Batteries", ISSUER)
        with self._acting() as tx:
            self.recall = acts.open_recall(tx, notice)

    @rule()
    def is_closed(self) -> None:
        """The recall is closed just when nothing is out, missing or on its way."""
        if not self.recall or self._seen().closed:
            return
        left = bool(self._seen().outstanding)
        try:
            with self._acting() as tx:
                acts.close(tx, self.recall, ISSUER, "Done")
        except acts.RecallRefused:
            assert left
        else:
            assert not left

    @rule()
    def is_lifted(self) -> None:
        """The recall is lifted by authority."""
        if self.recall:
            with self._acting() as tx:
                acts.lift(tx, self.recall, ISSUER, "NPCC 5/26", "Sound")
            self.recall = 0

    @invariant()
    def what_fits_is_held_and_nothing_else(self) -> None:
        """Every camera is held by a recall that is in force, and by none otherwise."""
        if not hasattr(self, "engine"):
            return
        with self.engine.connect() as conn:
            held = (
                sa.select(hold.c.item_id)
                .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
                .where(hold.c.reason == "RECALL", hold_lift.c.hold_id.is_(None))
            )
            assert set(conn.execute(held).scalars()) == (self.fits if self.recall else set())
            out = sa.select(custody.c.item_id).where(custody.c.closed_entry.is_(None), custody.c.holder != "STORE")
            missing = set(conn.execute(out).scalars())
        if self.recall:
            assert {line.item_id for line in self._seen().outstanding} == missing


def test_recalls_hold_what_fits_in_any_order_of_acts(make_database: Callable[..., str], built: str) -> None:
    class Here(Chased):
        make_engine = staticmethod(lambda: make_engine(make_database(template=built)))

    play(Here, built, sqlite=4, postgresql=2, steps=20)
