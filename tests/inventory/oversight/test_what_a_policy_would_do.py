"""A change of policy is looked at before it is decided: who would newly be refused, counted, and nobody told."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.gate import policy as policies
from inventory.gate.kind_policy import Policy
from inventory.oversight.small_numbers import LEAST, shown
from inventory.oversight.what_if_policy import preview
from inventory.schema.engine import make_engine
from inventory.schema.people import training_result
from tests import small_force
from tests.small_force import MEDWAY, NOW, build, demo_policy

counts = st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 5)), st.integers(0, 25), max_size=14)


@settings(max_examples=60)
@given(counts)
def test_nobody_can_reckon_a_withheld_number_from_those_shown(cells: dict[tuple[int, int], int]) -> None:
    whole: Counter[tuple[object, ...]] = Counter({(): 0})
    for (store, team), count in cells.items():
        whole[()] += count
        whole[store,] += count
        whole[store, team] += count
    told = shown(whole)
    assert set(told) == set(whole)
    for path, said in told.items():
        assert said is None or (said == whole[path] and not 0 < said < LEAST)
        parts = [each for each in whole if len(each) == len(path) + 1 and each[: len(path)] == path]
        hidden = [each for each in parts if told[each] is None]
        if said is None:
            assert hidden == parts, "the parts of what is withheld would add up to it"
        elif hidden:
            kept = sum(whole[each] for each in hidden)
            assert len(hidden) > 1
            assert kept >= LEAST
            assert kept > len(hidden) or len(hidden) == len(parts), "one each is no secret"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> sa.Engine:
    url = f"sqlite:///{tmp_path_factory.mktemp('what_if')}/force.db"
    build(url)
    return make_engine(url)


def changed(text: str, where: Path) -> Policy:
    """The demo's policy with more laid over it."""
    over = where / "over.toml"
    over.write_text(policies.DEMO.read_text("utf-8") + text, "utf-8")
    return policies.load(overlay=over)


def test_small_groups_are_counted_and_withheld_and_kit_is_not(engine: sa.Engine, tmp_path: Path) -> None:
    stricter = changed(
        '\n[training.courses.PPST]\nmonths = 3\n[ced.numbers.life_months]\nvalue = 1\norigin = "L"\nsource = "test"\n'
        '[ced.rules]\nPAST_USEFUL_LIFE = "HARD"\n',
        tmp_path,
    )
    with engine.connect() as conn:
        groups = preview(conn, demo_policy(), stricter, NOW)
        passed = conn.execute(sa.select(training_result.c.person_id).where(
            training_result.c.course == "PPST", training_result.c.attended_on == small_force.LAST_GOOD))  # fmt: skip
        current = set(passed.scalars())
        assert preview(conn, stricter, stricter, NOW) == []
    people = [each for each in groups if each.of == "PEOPLE"]
    assert current
    assert all(each.store_id is None for each in people), "below a withheld whole nothing is listed"
    assert {each.denied for each in people} == {None}
    kit = {(each.kind, each.model, each.store_id): each for each in groups if each.of == "KIT"}
    whole = kit["CED_HANDLE", "T7", None]
    assert whole.denied == 4
    assert whole.reasons == (("PAST_USEFUL_LIFE", 4),)
    assert kit["CED_HANDLE", "T7", MEDWAY].denied == 3


def test_a_looser_policy_allows_and_the_way_back_refuses_as_many(engine: sa.Engine, tmp_path: Path) -> None:
    looser = changed("\n[training.courses.PPST]\ngrace_months = 24\n", tmp_path)
    stricter = changed('\n[ced.numbers.expiry_margin_days]\nvalue = 9000\norigin = "L"\nsource = "t"\n', tmp_path)
    with engine.connect() as conn:
        for one, other in ((demo_policy(), looser), (demo_policy(), stricter), (looser, stricter)):
            there, back = preview(conn, one, other, NOW), preview(conn, other, one, NOW)
            assert [replace(each, denied=0, allowed=0, reasons=()) for each in there] == [
                replace(each, denied=0, allowed=0, reasons=()) for each in back
            ]
            assert [(each.denied, each.allowed) for each in there] == [(each.allowed, each.denied) for each in back]
