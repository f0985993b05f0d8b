"""The short form of `scripts/campaign-storm`, and that its reckoning sees what it is there to see."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench import synthetic
from tests import small_force as force
from tests.storm.model import PERSON, STORE, Entry
from tests.storm.reckoning import Reckoning, Told
from tests.storm.storm import Size, run
from tests.storm.unanswered import HoldEntry
from tests.storm.world import World

pytestmark = [pytest.mark.faults, pytest.mark.slow]
SHORT = Size(acts=400, kills=1, clients=2, hands_each=4, officers=60, sets=30)
CAMERA = synthetic.FIRST_CAMERA + 1
FIT, SUSPENDED = synthetic.FIRST_PERSON + 1, synthetic.FIRST_PERSON
SHELF = (STORE, synthetic.STORE)


def test_a_storm_with_a_kill_leaves_nothing_missing_and_nothing_twice(
    make_database: Callable[..., str], tmp_path: Path
) -> None:
    url = make_database()
    made = run(url, tmp_path, SHORT, 1 if url.startswith("sqlite") else 2, seed=1)
    codes = [each.code for each in made.told]
    assert len(codes) == SHORT.acts
    assert 0.2 < sum(code >= 400 for code in codes) / len(codes) < 0.7, "as often wrong as right"


# ---- the reckoning itself ----------------------------------------------------------------------------------


def told(act: str, code: int, said: dict[str, object], person: int = FIT, key: str = "k") -> Told:
    """An answer to an ask for the camera."""
    body = {"person_id": person, "items": [{"item_id": CAMERA}], "function_tests": [], "fit_declared": True}
    during = (force.NOW, force.NOW + 9)
    return Told(act, "own", "/api/v1/issues", key, body, *during, code, 1, False, said, 0, person, (CAMERA,))


def entry(number: int, kind: str, giver: tuple[str, int] | None, taker: tuple[str, int]) -> Entry:
    """A movement of the camera."""
    return Entry(number, CAMERA, number, kind, force.NOW + number, giver, taker, 70 if kind == "ISSUED" else None)


WORLD = World(officers={FIT: "", SUSPENDED: "LEFT"}, sets=1, cameras=[CAMERA], hands=1)
RECEIVED = entry(1, "RECEIVED", None, SHELF)
ISSUED = entry(2, "ISSUED", SHELF, (PERSON, FIT))
TOLD = told("draws_a_camera", 201, {"decision_id": 70})
TO_THEM = replace(ISSUED, taker=(PERSON, SUSPENDED))


def test_what_agrees_is_right() -> None:
    assert Reckoning(WORLD, [TOLD], [RECEIVED, ISSUED], {70: "ALLOW"}).reckon() == []


@pytest.mark.parametrize(
    ("said", "rows", "decisions", "named"),
    [
        ([TOLD], [RECEIVED], {70: "ALLOW"}, "told 1 times, stored 0 times"),
        ([], [RECEIVED, ISSUED], {70: "ALLOW"}, "told 0 times, stored 1 times"),
        ([TOLD], [RECEIVED, ISSUED], {70: "DENY"}, "no decision allows it"),
        ([TOLD], [RECEIVED, replace(ISSUED, giver=(PERSON, 5))], {70: "ALLOW"}, "leaves"),
        ([TOLD], [RECEIVED, replace(ISSUED, at_us=force.NOW)], {70: "ALLOW"}, "moves before it came"),
        ([told("draws_a_camera", 201, {"decision_id": 70}, SUSPENDED)], [RECEIVED, TO_THEM], {70: "ALLOW"},
         "against ['PERSON_LEFT']"),
        ([told("draws_a_camera", 409, {"decision_id": 70, "refusals": [["HELD_BY_ANOTHER", CAMERA]]})], [RECEIVED],
         {70: "DENY"}, "which was not so"),
        ([told("draws_a_camera", 403, {"decision_id": 70, "refusals": []}, SUSPENDED)], [RECEIVED], {70: "DENY"},
         "PERSON_LEFT not named"),
        ([TOLD, told("asks_again", 201, {"decision_id": 71})], [RECEIVED, ISSUED], {70: "ALLOW"}, "was answered"),
        ([told("draws_a_camera", 500, {})], [RECEIVED], {}, "answered 500"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_named(
    said: list[Told], rows: list[Entry], decisions: dict[int, str], named: str
) -> None:
    wrong = Reckoning(WORLD, said, rows, decisions).reckon()
    assert any(named in each for each in wrong), wrong


def said_of(path: str, code: int, said: dict[str, object]) -> Told:
    """An answer to an act that takes no key."""
    return replace(told("an_act", code, said), act="sets_free" if "lift" in path else "sets_aside", path=path)


def held(number: int, kind: str, seq: int) -> HoldEntry:
    """A hold on the camera, placed or lifted."""
    return HoldEntry(100 + number, CAMERA, seq, kind, force.NOW, number, "RESERVED")


PLACED = said_of("/api/v1/holds", 201, {"hold_id": 7})
LIFTED = said_of("/api/v1/holds/7/lift", 204, {})
UNANSWERED = said_of("/api/v1/holds", 0, {})
LATER = replace(ISSUED, seq=3)


@pytest.mark.parametrize(
    ("said", "rows", "holds", "named"),
    [
        ([PLACED], [], [], "set aside 7: told 1 times, stored 0 times"),
        ([], [], [held(7, "HELD", 2)], "set aside 7: told 0 times, stored 1 times"),
        ([UNANSWERED], [], [held(7, "HELD", 2)], None),
        ([UNANSWERED], [], [held(7, "HELD", 2), held(8, "HELD", 3)], "set aside 8"),
        ([PLACED, LIFTED], [], [held(7, "HELD", 2)], "set free 7"),
        ([PLACED, TOLD], [LATER], [held(7, "HELD", 2)], "set aside as RESERVED"),
        ([PLACED, LIFTED, TOLD], [replace(ISSUED, seq=4)], [held(7, "HELD", 2), held(7, "LIFTED", 3)], None),
        ([said_of("/api/v1/losses", 201, {"case_id": 1})], [], [], "missing"),
    ],
)  # fmt: skip
def test_what_takes_no_key_is_there_as_often_as_it_was_told(
    said: list[Told], rows: list[Entry], holds: list[HoldEntry], named: str | None
) -> None:
    decisions = {70: "ALLOW"} if rows else {}
    wrong = Reckoning(WORLD, said, [RECEIVED, *rows], decisions, holds=holds).reckon()
    assert any(named in each for each in wrong) if named else not wrong, wrong
