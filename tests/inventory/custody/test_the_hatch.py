"""A visit at the hatch, from the first card to the countersign, as an officer and a storekeeper live it."""

import pytest
import sqlalchemy as sa

from inventory.custody import hatch
from inventory.custody.answers import HatchAnswer
from inventory.custody.life import holdings
from inventory.oversight.audit import audit
from inventory.schema.custody import alarm, decision, visit
from inventory.schema.ids import Ids
from inventory.schema.people import binding
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    CARTRIDGES,
    DOVER_HANDLE,
    DOVER_HATCH,
    GUARD_LOT,
    HANDLES,
    HATCH,
    HOLLIS,
    ISSUER,
    LAPSED,
    MERCER,
    NOW,
    PCSO,
    SECOND_ISSUER,
    SHELF,
    SHIFT_ENDS,
    acting,
    demo_policy,
    relabel,
    scan,
    serial,
    show_card,
)  # fmt: skip

POLICY = demo_policy()
SECOND = 1_000_000


class Hatch:
    """One hatch, acted on a second apart."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids, self.now = engine, ids, NOW

    def shows(self, person_id: int, place: int = HATCH) -> HatchAnswer:
        return self._do(lambda tx: hatch.present(tx, place, show_card(person_id), POLICY, ISSUER))

    def scans(self, item_id: int, place: int = HATCH) -> HatchAnswer:
        return self._do(lambda tx: hatch.present(tx, place, scan(serial(item_id)), POLICY, ISSUER))

    def reads(self, text: str) -> HatchAnswer:
        return self._do(lambda tx: hatch.present(tx, HATCH, scan(text), POLICY, ISSUER))

    def touches(self, act, *args) -> HatchAnswer:  # type: ignore[no-untyped-def]
        return self._do(lambda tx: act(tx, *args))

    def draws_a_set(self, number: int = 0) -> HatchAnswer:
        for item_id in (HANDLES[number], BATTERIES[number], *CARTRIDGES[number * 4 : number * 4 + 4]):
            answer = self.scans(item_id)
        visit_id = answer.view["visit"]["id"]
        line = next(each for each in answer.view["visit"]["lines"] if each["function_test_needed"])
        self.touches(hatch.function_test_passed, visit_id, line["id"], POLICY)
        self.touches(hatch.declare_fit, visit_id, POLICY)
        return self.touches(hatch.complete, visit_id, ISSUER, "FACE", POLICY)

    def _do(self, act) -> HatchAnswer:  # type: ignore[no-untyped-def]
        self.now += SECOND
        with acting(self.engine, self.ids, self.now) as tx:
            answer: HatchAnswer = act(tx)
            assert tx.said, "every act tells the hatch's screen"
        return answer


@pytest.fixture
def at(engine: sa.Engine, ids: Ids) -> Hatch:
    return Hatch(engine, ids)


def test_a_card_opens_a_visit_for_the_shift_that_is_on(at: Hatch) -> None:
    answer = at.shows(HOLLIS)
    assert (answer.outcome, answer.light) == ("VISIT_OPENED", "green")
    shown = answer.view["visit"]
    assert shown["person"]["collar"] == "4417"
    assert (shown["shift_name"], shown["planned_return_us"]) == ("Early", SHIFT_ENDS)
    assert {(row["kind"], row["may"]) for row in shown["may_draw"]} == {
        ("CED_HANDLE", True), ("BWV_CAMERA", True), ("SBG", True)
    }  # fmt: skip


def test_a_collar_typed_at_the_hatch_opens_a_visit_too(at: Hatch) -> None:
    assert at.reads("4417").outcome == "VISIT_OPENED"


def test_what_is_missing_is_said_until_the_set_is_whole(at: Hatch) -> None:
    at.shows(HOLLIS)
    answer = at.scans(HANDLES[0])
    assert (answer.outcome, answer.light) == ("IN_SET", "green")
    assert any("cartridge" in sentence for sentence in answer.view["visit"]["missing"])
    assert not answer.view["visit"]["ready_to_complete"]


def test_the_countersign_issues_the_whole_set_in_one_commit(at: Hatch) -> None:
    at.shows(HOLLIS)
    answer = at.draws_a_set()
    assert (answer.outcome, answer.light, answer.tone) == ("COMPLETED", "green", "issued"), answer.sentences
    assert answer.view["visit"] is None
    with at.engine.connect() as conn:
        assert len(holdings(conn, HOLLIS)) == 6
        assert audit(conn) == []


def test_a_refusal_says_every_reason_and_what_puts_it_right(at: Hatch) -> None:
    at.shows(LAPSED)
    answer = at.scans(HANDLES[0])
    assert (answer.outcome, answer.light, answer.tone) == ("REFUSED", "red", "refused")
    assert any(
        "safety training" in sentence.lower() or "ppst" in sentence.lower() for sentence in answer.sentences
    )
    assert answer.remedies
    with at.engine.connect() as conn:
        assert conn.execute(sa.select(decision.c.verdict)).scalars().all() == ["DENY"]


def test_a_second_look_at_the_same_item_puts_it_back_and_a_stutter_does_not(at: Hatch) -> None:
    at.shows(HOLLIS)
    at.scans(CAMERAS[0])
    assert at.scans(CAMERAS[0]).outcome == "IN_SET", "a second later the scanner is stuttering"
    at.now += 5 * SECOND
    answer = at.scans(CAMERAS[0])
    assert answer.outcome == "REMOVED"
    assert answer.view["visit"]["lines"] == []


def test_kit_the_officer_holds_comes_back_at_once_and_the_rest_is_named(at: Hatch) -> None:
    at.shows(HOLLIS)
    at.draws_a_set()
    at.shows(HOLLIS)
    answer = at.scans(HANDLES[0])
    assert (answer.outcome, answer.tone) == ("RETURNED", "returned")
    assert any(serial(BATTERIES[0]) in sentence for sentence in answer.sentences)
    ended = at.touches(hatch.drop, answer.view["visit"]["id"], POLICY, "Done.")
    assert any("Still out" in sentence for sentence in ended.sentences)
    with at.engine.connect() as conn:
        assert len(conn.execute(sa.select(alarm).where(alarm.c.kind == "RETURN_SHORT")).all()) == 5
        assert audit(conn) == []


def test_kit_comes_back_without_a_card(at: Hatch) -> None:
    at.shows(HOLLIS)
    at.draws_a_set()
    assert at.scans(BATTERIES[0]).outcome == "RETURNED"


def test_somebody_elses_kit_is_taken_back_and_said_to_be(at: Hatch) -> None:
    at.shows(HOLLIS)
    at.draws_a_set()
    at.shows(MERCER)
    answer = at.scans(HANDLES[0])
    assert (answer.outcome, answer.light) == ("RETURNED", "amber")
    assert any("Hollis" in sentence for sentence in answer.sentences)


def test_another_officers_card_parks_the_draft_and_never_merges(at: Hatch) -> None:
    at.shows(HOLLIS)
    at.scans(CAMERAS[0])
    answer = at.shows(MERCER)
    assert answer.view["visit"]["person"]["collar"] == "4418"
    assert answer.view["visit"]["lines"] == []
    assert [row["person"]["collar"] for row in answer.view["parked"]] == ["4417"]
    back = at.shows(HOLLIS)
    assert back.outcome == "RESUMED"
    assert [line["item_id"] for line in back.view["visit"]["lines"]] == [CAMERAS[0]]


def test_an_issuers_card_on_a_draft_asks_for_the_pin(at: Hatch) -> None:
    at.shows(HOLLIS)
    at.scans(CAMERAS[0])
    assert at.shows(SECOND_ISSUER).outcome == "COUNTERSIGN_NEEDED"


def test_a_draft_is_kept_open_for_another_ninety_seconds_by_touch(at: Hatch) -> None:
    at.shows(HOLLIS)
    at.now += 80 * SECOND
    kept = at.touches(hatch.resume, at.scans(CAMERAS[0]).view["visit"]["id"], POLICY)
    assert kept.outcome == "KEPT_OPEN"
    at.now += 80 * SECOND
    kept = at.touches(hatch.resume, kept.view["visit"]["id"], POLICY)
    with acting(at.engine, at.ids, at.now + 85 * SECOND) as tx:
        assert hatch.drop_idle(tx, POLICY) == [], "touched again since"
    assert [line["item_id"] for line in kept.view["visit"]["lines"]] == [CAMERAS[0]]


def test_a_draft_nobody_touches_is_dropped_after_ninety_seconds(at: Hatch) -> None:
    at.shows(HOLLIS)
    at.scans(CAMERAS[0])
    at.now += 89 * SECOND
    with acting(at.engine, at.ids, at.now) as tx:
        assert hatch.drop_idle(tx, POLICY) == []
    with acting(at.engine, at.ids, at.now + 2 * SECOND) as tx:
        dropped = hatch.drop_idle(tx, POLICY)
    assert [each.outcome for each in dropped] == ["DROPPED"]
    with at.engine.connect() as conn:
        assert conn.execute(sa.select(visit.c.state)).scalars().all() == ["DROPPED"]
        assert holdings(conn, HOLLIS) == []


def test_an_unknown_code_is_said_and_never_guessed(at: Hatch) -> None:
    at.shows(HOLLIS)
    answer = at.reads("NO-SUCH-THING")
    assert answer.outcome == "UNKNOWN_CODE"
    assert "NO-SUCH-THING" in answer.sentences[0]


def test_a_code_on_two_items_asks_by_touch(at: Hatch) -> None:
    relabel(at.engine, CAMERAS[1], serial="TWIN", maker="OTHER")
    relabel(at.engine, CAMERAS[0], serial="TWIN")
    at.shows(HOLLIS)
    answer = at.reads("TWIN")
    assert answer.outcome == "CHOOSE"
    assert {row["item_id"] for row in answer.view["choices"]} == {CAMERAS[0], CAMERAS[1]}
    assert at.touches(hatch.choose, HATCH, CAMERAS[1], POLICY, ISSUER).outcome == "IN_SET"


def test_kit_of_another_store_is_refused_here(at: Hatch) -> None:
    at.shows(HOLLIS)
    answer = at.scans(DOVER_HANDLE)
    assert answer.outcome == "REFUSED"


def test_a_lost_card_alarms_and_opens_nothing(at: Hatch) -> None:
    with at.engine.connect() as conn, conn.begin():
        conn.execute(
            sa.update(binding)
            .where(binding.c.person_id == HOLLIS, binding.c.technology == "EM4100")
            .values(to_us=NOW, end_reason="LOST")
        )
    answer = at.shows(HOLLIS)
    assert (answer.outcome, answer.view["visit"]) == ("LOST_TOKEN", None)
    with at.engine.connect() as conn:
        assert conn.execute(sa.select(alarm.c.kind)).scalars().all() == ["LOST_TOKEN_USED"]


def test_only_a_hatch_passes_kit_to_a_person(at: Hatch) -> None:
    assert at.shows(HOLLIS, SHELF).outcome == "SEEN"


def test_a_failed_function_test_takes_the_handle_out_and_holds_it(at: Hatch) -> None:
    at.shows(HOLLIS)
    answer = at.scans(HANDLES[0])
    shown = answer.view["visit"]
    failed = at.touches(hatch.function_test_failed, shown["id"], shown["lines"][0]["id"], POLICY, ISSUER)
    assert failed.outcome == "TEST_FAILED"
    assert at.scans(HANDLES[0]).outcome == "REFUSED"


def test_the_issuer_cannot_countersign_their_own_draw(at: Hatch) -> None:
    at.shows(SECOND_ISSUER)
    answer = at.scans(CAMERAS[0])
    done = at.touches(hatch.complete, answer.view["visit"]["id"], SECOND_ISSUER, "FACE", POLICY)
    assert done.outcome == "REFUSED"
    with at.engine.connect() as conn:
        assert holdings(conn, SECOND_ISSUER) == []


def test_the_shift_is_changed_by_touch(at: Hatch) -> None:
    shown = at.shows(HOLLIS).view["visit"]
    answer = at.touches(hatch.choose_shift, shown["id"], "Late", POLICY)
    assert answer.view["visit"]["shift_name"] == "Late"
    with pytest.raises(ValueError, match="no shift called"):
        at.touches(hatch.choose_shift, shown["id"], "Dawn", POLICY)


def test_spit_guards_of_a_lot_are_added_by_touch(at: Hatch) -> None:
    shown = at.shows(PCSO).view
    assert [row["lot_id"] for row in shown["lots"]] == [GUARD_LOT]
    at.scans(CAMERAS[0])
    visit_id = shown["visit"]["id"]
    assert at.touches(hatch.add_lot, visit_id, GUARD_LOT, 1, POLICY).outcome in ("IN_SET", "REFUSED")


def test_two_hatches_do_not_see_each_others_visits(at: Hatch) -> None:
    at.shows(HOLLIS)
    assert at.shows(MERCER, DOVER_HATCH).outcome == "VISIT_OPENED"
    with at.engine.connect() as conn:
        assert sorted(conn.execute(sa.select(visit.c.place_id)).scalars()) == [HATCH, DOVER_HATCH]
