"""Two officers at the hatch: the kit of the one passes to the other, or stays where it is."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from inventory.custody import hatch
from inventory.custody.answers import HatchAnswer
from inventory.custody.issue import Request, issue_kit
from inventory.custody.life import holdings
from inventory.custody.reservations.making import Reserving, reserve
from inventory.oversight.audit import audit
from inventory.schema.handovers import handover
from inventory.schema.ids import Ids
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    CARTRIDGES,
    HANDLES,
    HATCH,
    HOLLIS,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    SHIFT_ENDS,
    X2_ONLY,
    acting,
    ced_ask,
    demo_policy,
    scan,
    serial,
    show_card,
)  # fmt: skip

POLICY = demo_policy()
SET = (HANDLES[0], BATTERIES[0], *CARTRIDGES[:4])


class Hatch:
    """One hatch, acted on four seconds apart; Hollis has drawn a set before."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids, self.now = engine, ids, NOW
        self.act(lambda tx: issue_kit(tx, [Request(ced_ask(HOLLIS))], POLICY))

    def shows(self, person_id: int) -> HatchAnswer:
        return self.act(lambda tx: hatch.present(tx, HATCH, show_card(person_id), POLICY, ISSUER))

    def scans(self, *items: int) -> HatchAnswer:
        for item_id in items:
            said = self.act(lambda tx, one=item_id: hatch.present(tx, HATCH, scan(serial(one)), POLICY, ISSUER))  # type: ignore[misc]
        return said

    def begins(self, said: HatchAnswer, side: str | None) -> HatchAnswer:
        return self.act(lambda tx: hatch.begin_handover(tx, said.view["visit"]["id"], side, POLICY))

    def proves(self, said: HatchAnswer, proof: str = "PIN", by: int = HOLLIS) -> HatchAnswer:
        return self.act(lambda tx: hatch.giver_proved(tx, said.view["visit"]["id"], proof, by, POLICY))

    def completes(self, said: HatchAnswer) -> HatchAnswer:
        visit = said.view["visit"]
        for line in visit["lines"]:
            if line["function_test_needed"] and line["word"] == "IN_SET":
                self.act(lambda tx, one=line: hatch.function_test_passed(tx, visit["id"], one["id"], POLICY))  # type: ignore[misc]
        self.act(lambda tx: hatch.declare_fit(tx, visit["id"], POLICY))
        return self.act(lambda tx: hatch.complete(tx, visit["id"], ISSUER, "FACE", POLICY))

    def act(self, act: Callable[..., object]) -> HatchAnswer:
        self.now += 4_000_000
        with acting(self.engine, self.ids, self.now) as tx:
            return act(tx)  # type: ignore[return-value]

    def has(self, person_id: int) -> set[int]:
        with self.engine.connect() as conn:
            return {each["item_id"] for each in holdings(conn, person_id)}


@pytest.fixture
def at(engine: sa.Engine, ids: Ids) -> Hatch:
    return Hatch(engine, ids)


def test_the_receivers_visit_takes_over_what_is_scanned_and_the_giver_proves_who_they_are(at: Hatch) -> None:
    opened = at.shows(MERCER)
    assert at.begins(opened, "TAKES").title == "HAND OVER"
    said = at.scans(*SET)
    assert (said.outcome, said.view["visit"]["handover"]["giver"]["collar"]) == ("IN_SET", "4417")
    assert at.has(HOLLIS) == set(SET), "nothing has moved"
    assert at.completes(said).outcome == "GIVER_NEEDED"
    assert at.shows(HOLLIS).outcome == "GIVER_NEEDED", "the giver's card asks for the giver's PIN"
    assert at.proves(said, "FACE", HOLLIS).outcome == "NOT_DONE", "nobody attests their own face"
    assert at.proves(said).outcome == "GIVER_PROVED"
    done = at.completes(said)
    assert (done.outcome, done.light) == ("COMPLETED", "green"), done.sentences
    assert "PC Hollis 4417 no longer has it." in done.sentences
    assert (at.has(HOLLIS), at.has(MERCER)) == (set(), set(SET))
    with at.engine.connect() as conn:
        assert conn.execute(sa.select(handover.c.giver_proof, handover.c.receiver_proof)).all() == [("PIN", "FACE")]
        assert audit(conn) == []


def test_the_givers_visit_hands_over_to_whose_card_comes_next(at: Hatch) -> None:
    opened = at.shows(HOLLIS)
    at.begins(opened, "GIVES")
    assert at.scans(HANDLES[0]).title == "CARD FIRST"
    said = at.shows(MERCER)
    assert said.sentences[0] == "PC Hollis 4417 hands over to PC Mercer 4418."
    assert said.view["visit"]["person"]["collar"] == "4418"
    said = at.scans(*SET[:5])
    at.proves(said, "FACE", ISSUER)
    done = at.completes(said)
    assert done.outcome == "COMPLETED", done.sentences
    assert f"Still with PC Hollis 4417: Cartridge {serial(CARTRIDGES[3])}." in done.sentences
    assert at.has(HOLLIS) == {CARTRIDGES[3]}


def test_who_may_not_have_it_is_told_why_and_what_is_possible_instead(at: Hatch) -> None:
    for receiver in (LAPSED, X2_ONLY):
        opened = at.shows(receiver)
        at.begins(opened, "TAKES")
        said = at.scans(HANDLES[0])
        assert (said.outcome, said.light) == ("REFUSED", "red")
        assert said.remedies[-1] == "It can be handed in at the store instead: a return is never refused."
        assert at.has(HOLLIS) == set(SET)
        at.begins(opened, None)
    assert at.scans(HANDLES[0]).outcome == "RETURNED", "no hand-over any more: it is handed in"


def test_a_hand_over_called_off_leaves_everything_with_the_giver(at: Hatch) -> None:
    opened = at.shows(MERCER)
    at.begins(opened, "TAKES")
    at.scans(*SET)
    said = at.begins(opened, None)
    assert said.view["visit"]["handover"] is None
    assert [line for line in said.view["visit"]["lines"] if line["word"] == "IN_SET"] == []
    assert at.has(HOLLIS) == set(SET)
    with pytest.raises(LookupError):
        at.proves(said)


def test_what_is_reserved_for_who_is_at_the_hatch_is_shown_and_proposed_first(at: Hatch) -> None:
    kept = Reserving(MEDWAY, (MERCER,), NOW, SHIFT_ENDS, "Op Larch", ISSUER, items=(CAMERAS[2],))
    at.act(lambda tx: reserve(tx, kept))
    said = at.shows(MERCER)
    (shown,) = said.view["visit"]["reserved"]
    assert (shown["reason"], shown["what"]) == ("Op Larch", [f"Body-worn camera {serial(CAMERAS[2])}"])
    camera = next(each for each in said.view["visit"]["proposed"] if each["kind"] == "BWV_CAMERA")
    assert (camera["item_id"], camera["because"]) == (CAMERAS[2], "reserved for them")
    at.shows(X2_ONLY)
    said = at.shows(X2_ONLY)
    assert said.view["visit"]["reserved"] == []
    assert CAMERAS[2] not in {each["item_id"] for each in said.view["visit"]["proposed"]}
    assert at.scans(CAMERAS[2]).outcome == "REFUSED"
