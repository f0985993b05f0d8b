"""Anybody tries any act with any item: what is done is what a model of the design says, and nothing else ever is.

The model below is written from `domain.md` section 3 and knows neither the table of passages nor SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inventory.custody.holds import HoldRefused, Placing, place_holds
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.passages.looking import look
from inventory.custody.passages.perform import NotPerformed, perform
from inventory.custody.passages.row import Act
from inventory.custody.passages.table import ACTS
from inventory.oversight.audit import audit
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests.any_order import play
from tests.inventory.custody import passage_force as people
from tests.small_force import CARTRIDGES, GUARDS, HANDLES, ISSUER, NOW, SECOND_ISSUER, acting, copies, serial

HANDLE, CARTRIDGE, GUARD = HANDLES[0], CARTRIDGES[0], GUARDS[0]
KINDS = {HANDLE: "CED_HANDLE", CARTRIDGE: "CED_CARTRIDGE", GUARD: "SBG"}
CAN = people.CAN | {ISSUER: "ISSUER", SECOND_ISSUER: "ISSUER"}
HOUR, DAY = 3_600_000_000, 24 * 3_600_000_000
STORE = {"ISSUER", "TECHNICIAN", "CED_SPOC"}
CALM = {"AVAILABLE", "IN_STOCK", "TRAINING_POOL", "EXPIRED", "AWAITING_DOWNLOAD"}
BROKEN = {"DEFECTIVE", "DAMAGED"}
IN_STORE = CALM | BROKEN | {"RECEIVED", "WET_QUARANTINE", "IN_MAINTENANCE", "QUARANTINED"}
EVIDENCE = {"EVIDENTIAL_HOLD", "EXHIBIT"}
PLAIN = {"CED_CARTRIDGE", "SBG"}


class May(NamedTuple):
    """What the design says of one act: of which kinds, from where, by whom, with which second person, to what end."""

    kinds: set[str]
    starts: set[str]
    who: set[str]
    second: set[str] | None = None
    adds: str = ""
    takes: tuple[str, ...] = ()
    place: str = ""
    pool: str = ""


HANDLES_ONLY, ALL = {"CED_HANDLE"}, set(KINDS.values())
ANYBODY = set(CAN.values())
DESIGN: dict[str, list[May]] = {
    "ACCEPT": [
        May(HANDLES_ONLY, {"RECEIVED"}, {"TECHNICIAN"}, takes=("RECEIVED",)),
        May({"CED_CARTRIDGE"}, {"RECEIVED"}, {"ISSUER"}, ANYBODY, takes=("RECEIVED",)),
        May({"SBG"}, {"RECEIVED"}, {"ISSUER"}, takes=("RECEIVED",)),
    ],
    "QUARANTINE": [May(ALL, CALM | BROKEN | {"RECEIVED", "IN_MAINTENANCE"}, STORE, adds="QUARANTINED")],
    "RELEASE_QUARANTINE": [May(ALL, {"QUARANTINED"}, {"TECHNICIAN", "CED_SPOC"}, takes=("QUARANTINED",))],
    "DOWNLOADED": [May(HANDLES_ONLY, {"AWAITING_DOWNLOAD"}, {"TECHNICIAN"}, takes=("DOWNLOAD",))],
    "REPORT_DEFECT": [May(ALL, CALM | {"QUARANTINED", "RECEIVED"}, STORE, adds="BROKEN")],
    "MAINTAIN": [May(HANDLES_ONLY, BROKEN, {"TECHNICIAN"}, adds="IN_MAINTENANCE", takes=("BROKEN",))],
    "REPAIRED": [May(HANDLES_ONLY, {"IN_MAINTENANCE"}, {"TECHNICIAN"}, takes=("IN_MAINTENANCE", "BROKEN"))],
    "SEND_TO_MAKER": [May(HANDLES_ONLY, BROKEN | {"IN_MAINTENANCE"}, {"TECHNICIAN"}, place="SUPPLIER")],
    "BACK_FROM_MAKER": [
        May(HANDLES_ONLY, {"RMA"}, STORE, ANYBODY, "RECEIVED", ("IN_MAINTENANCE", "BROKEN"), place="STORE")
    ],
    "WET": [May(ALL, CALM | BROKEN | {"QUARANTINED", "RECEIVED"}, STORE, adds="WET")],
    "DRIED": [May(ALL, {"WET_QUARANTINE"}, {"TECHNICIAN"}, takes=("WET",))],
    "DRIED_FAULTY": [May(ALL, {"WET_QUARANTINE"}, {"TECHNICIAN"}, adds="BROKEN", takes=("WET",))],
    "SEIZE": [May(ALL, IN_STORE | {"WITHDRAWN"}, {"SUPERVISOR", "PSD", "EXHIBITS"}, adds="EVIDENCE")],
    "SEND_TO_EXAM": [May(ALL, EVIDENCE, {"EXHIBITS"}, adds="EXAM", place="EXHIBIT")],
    "BACK_FROM_EXAM": [May(ALL, {"EXTERNAL_EXAM"}, {"EXHIBITS"}, takes=("EXAM",), place="STORE")],
    "RELEASE": [May(ALL, EVIDENCE, {"PSD"}, adds="QUARANTINED", takes=("EVIDENCE",))],
    "TO_TRAINING": [
        May(HANDLES_ONLY, {"AVAILABLE"}, {"CED_SPOC"}, {"TECHNICIAN"}, pool="TRAINING"),
        May({"CED_CARTRIDGE"}, {"EXPIRED"}, {"CED_SPOC"}, ANYBODY, pool="TRAINING"),
    ],
    "FROM_TRAINING": [May(HANDLES_ONLY, {"TRAINING_POOL"}, {"CED_SPOC"}, {"TECHNICIAN"}, pool="OPERATIONAL")],
    "WITHDRAW": [May(ALL, IN_STORE, {"CED_SPOC"}, adds="WITHDRAWN")],
    "DESTROY": [
        May(HANDLES_ONLY, {"WITHDRAWN"}, {"CED_SPOC", "TECHNICIAN", "EXHIBITS"}, ANYBODY, place="DISPOSAL")
    ],
    "DISPOSE": [
        May({"CED_CARTRIDGE"}, {"EXPIRED", "DAMAGED", "WITHDRAWN"}, {"CED_SPOC", "TECHNICIAN", "EXHIBITS"}, ANYBODY,
            place="DISPOSAL"),
        May({"SBG"}, {"DAMAGED", "EXPIRED", "WITHDRAWN", "QUARANTINED"}, {"ISSUER"}, place="DISPOSAL"),
    ],
}  # fmt: skip
"""Act -> what the design says of it. An act that is not here may never be done with these kinds."""


@dataclass
class Piece:
    """One item as the model has it. `held` are plain words, each with when it was written down last."""

    kind: str
    expires_us: int | None
    place: str = "STORE"
    pool: str = "OPERATIONAL"
    held: dict[str, int] = field(default_factory=dict)

    def word(self, now_us: int) -> str:
        """The design's word for how it stands."""
        single = self.kind in PLAIN
        told = (
            (self.place == "DISPOSAL", "DISPOSED" if single else "DESTROYED"),
            ("EXAM" in self.held, "EXTERNAL_EXAM"),
            ("EVIDENCE" in self.held, "EXHIBIT" if single else "EVIDENTIAL_HOLD"),
            (self.place == "SUPPLIER", "RMA"),
            ("WITHDRAWN" in self.held, "WITHDRAWN"),
            ("RECEIVED" in self.held, "RECEIVED"),
            ("WET" in self.held, "WET_QUARANTINE"),
            ("IN_MAINTENANCE" in self.held, "IN_MAINTENANCE"),
            ("BROKEN" in self.held, "DAMAGED" if single else "DEFECTIVE"),
            ("QUARANTINED" in self.held, "QUARANTINED"),
            ("DOWNLOAD" in self.held, "AWAITING_DOWNLOAD"),
            (self.pool != "TRAINING" and self.expires_us is not None and now_us >= self.expires_us, "EXPIRED"),
            (self.pool == "TRAINING", "TRAINING_POOL"),
        )
        return next((word for holds, word in told if holds), "IN_STOCK" if single else "AVAILABLE")


HELD_BY = {"WET": "WET", "DOWNLOAD": "DOWNLOAD", "NOT_ACCEPTED": "RECEIVED", "DEFECT": "BROKEN"}
PEOPLE = sorted(CAN)


class Passages(RuleBasedStateMachine):
    """Everybody tries everything."""

    make_engine: Callable[[], sa.Engine]
    expires_us: int

    @initialize()
    def open_the_store(self) -> None:
        self.engine = type(self).make_engine()
        self.ids = Ids(writing(self.engine))
        self.now = NOW
        self.pieces = {
            item_id: Piece(kind, type(self).expires_us if kind == "CED_CARTRIDGE" else None)
            for item_id, kind in KINDS.items()
        }

    @rule(item=st.sampled_from(sorted(KINDS)), act=st.sampled_from(ACTS), by=st.sampled_from(PEOPLE),
          second=st.sampled_from((None, *PEOPLE)), honest=st.sampled_from((True, True, True, False)))  # fmt: skip
    def tries(self, item: int, act: str, by: int, second: int | None, honest: bool) -> None:
        self._try(item, act, by, second, honest)

    @rule(item=st.sampled_from(sorted(KINDS)), pick=st.integers(0, 50), by=st.sampled_from(PEOPLE),
          second=st.sampled_from((None, *PEOPLE)))  # fmt: skip
    def somebody_tries_what_leads_on(self, item: int, pick: int, by: int, second: int | None) -> None:
        ways = self._ways(self.pieces[item])
        if ways:
            self._try(item, ways[pick % len(ways)][0], by, second, True)

    @rule(item=st.sampled_from(sorted(KINDS)), pick=st.integers(0, 50))
    def does_what_the_design_allows(self, item: int, pick: int) -> None:
        ways = self._ways(self.pieces[item])
        if not ways:
            return
        act, way = ways[pick % len(ways)]
        by = next(person for person in PEOPLE if CAN[person] in way.who)
        second = next((p for p in PEOPLE if way.second and CAN[p] in way.second and p != by), None)
        self._try(item, act, by, second, True)

    @rule(item=st.sampled_from(sorted(KINDS)), reason=st.sampled_from(sorted(HELD_BY)))
    def is_held_at_another_door(self, item: int, reason: str) -> None:
        with acting(self.engine, self.ids, self.now) as tx:
            place_holds(tx, [Placing(reason, "another door", item_id=item, placed_by=ISSUER)])
        self.pieces[item].held[HELD_BY[reason]] = self.now

    @rule(hours=st.sampled_from((1, 23, 24, 24 * 100)))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR

    @invariant()
    def every_item_stands_as_the_model_says(self) -> None:
        with self.engine.connect() as conn:
            stands = {key: each.state for key, each in look(conn, sorted(KINDS), people.POLICY, self.now).items()}
        assert stands == {key: piece.word(self.now) for key, piece in self.pieces.items()}

    def _try(self, item: int, act: str, by: int, second: int | None, honest: bool) -> None:
        piece = self.pieces[item]
        way = self._way(piece, act, by, second)
        row = people.row_anywhere(act, piece.kind, piece.word(self.now))
        expiry = people.expiry_of(self.engine, item)
        evidence: dict[str, Any] = people.evidence_for(row, serial(item), expiry) if row else {}
        if not honest:
            evidence = dict.fromkeys(evidence, "")
        try:
            with acting(self.engine, self.ids, self.now) as tx:
                perform(tx, Act(item, act, by, second, evidence), people.POLICY)
        except (NotPerformed, BadEvidence, HoldRefused):
            assert way is None or not honest, f"{act} should have been possible"
            return
        assert way is not None, f"{act} was done, and the design has no such passage"
        assert honest, f"{act} was done without its evidence"
        self._write(piece, way)

    def _ways(self, piece: Piece) -> list[tuple[str, May]]:
        """Everything that leads on from where a piece is, but the end, which would leave little to try."""
        word = piece.word(self.now)
        return [
            (act, way)
            for act, some in DESIGN.items()
            for way in some
            if piece.kind in way.kinds and word in way.starts
            if way.place != "DISPOSAL" or self.now > NOW + 400 * DAY
        ]

    def _way(self, piece: Piece, act: str, by: int, second: int | None) -> May | None:
        word = piece.word(self.now)
        for way in DESIGN.get(act, ()):
            is_theirs = CAN[by] in way.who and (
                way.second is None or (second is not None and second != by and CAN[second] in way.second)
            )
            if piece.kind in way.kinds and word in way.starts and is_theirs and self._guarded(piece, act):
                return way
        return None

    def _guarded(self, piece: Piece, act: str) -> bool:
        """What must hold beside the state."""
        held = piece.held
        bars = {
            "DRIED": held.get("WET", 0) + DAY > self.now,
            "REPAIRED": "DOWNLOAD" in held,
            "SEND_TO_MAKER": "DOWNLOAD" in held,
            "DESTROY": bool(held.keys() - {"WITHDRAWN"}),
            "DISPOSE": "DOWNLOAD" in held and piece.kind != "SBG",
        }
        return not bars.get(act, False)

    def _write(self, piece: Piece, way: May) -> None:
        for word in way.takes:
            piece.held.pop(word, None)
        if way.adds:
            piece.held[way.adds] = self.now
        piece.place, piece.pool = way.place or piece.place, way.pool or piece.pool

    def teardown(self) -> None:
        if not hasattr(self, "engine"):
            return
        with self.engine.connect() as conn:
            assert audit(conn) == []
        self.engine.dispose()


@pytest.fixture(scope="module")
def empowered(make_database: Callable[..., str], built: str) -> str:
    """URL of the small force with everybody's capability, and a label on the handle."""
    url = make_database(template=built)
    engine = make_engine(url)
    people.Doing(engine, Ids(writing(engine))).label(HANDLE)
    engine.dispose()
    return url


def test_only_what_the_design_says_is_ever_done(make_database: Callable[..., str], empowered: str) -> None:
    engine = make_engine(empowered)
    Passages.expires_us = people.expires_us_of(engine, CARTRIDGE)
    engine.dispose()
    Passages.make_engine = copies(make_database, empowered)
    play(Passages, empowered, sqlite=7, postgresql=2, steps=35)
