"""Whatever is typed into a report's form is taken as a value of its kind, or refused by its field; and axes have round
numbers."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.plots import figure_of, ticks
from inventory.oversight.reports.asking import Fault, NotAsked, given_of
from inventory.oversight.reports.finding import Found, Names
from inventory.oversight.reports.q02_pairs import REPORT as PAIRS
from inventory.oversight.reports.report import Answer, Cell, Column, Parameter, Report
from tests.built_once import built_once
from tests.inventory.oversight.reports.force_for_reports import build, looking
from tests.small_force import HOLLIS, MEDWAY, NOW

KINDS = ("store", "person", "serial", "moment", "day", "number", "word")
EVERY = Report(
    "every", "Q7", "Every kind", "d", "t", "s", ("AUDITOR",), (Column("a", "A"),), lambda _conn, _asked: Answer(()),
    tuple(Parameter(kind, kind, kind, optional=True, choices=("A", "B"), least=-5, most=50) for kind in KINDS),
)  # fmt: skip
TAKEN = {"store": int, "person": int, "serial": str, "moment": int, "day": str, "number": int, "word": str}
TYPED = st.one_of(
    st.text(max_size=130), st.integers().map(str), st.dates().map(str), st.datetimes().map(str),
    st.sampled_from(("ME", "4417", "101", "id:101", "id:0", "2026-10-25 01:30", "2026-11-22T07:00Z", "A", "²", "1_0")),
)  # fmt: skip


@pytest.fixture(scope="module")
def conn(make_sqlite_database: Callable[..., str]) -> Iterator[sa.Connection]:
    """The week of acts."""
    with looking(built_once(make_sqlite_database, build)) as conn:
        yield conn


def asked(conn: sa.Connection, texts: dict[str, str]) -> tuple[dict[str, Cell], tuple[Fault, ...]]:
    """What was taken, or what is wrong."""
    try:
        return given_of(conn, EVERY, texts, NOW), ()
    except NotAsked as problem:
        return {}, problem.faults


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(KINDS), typed=TYPED)
def test_what_is_typed_is_taken_or_refused_by_its_field(conn: sa.Connection, kind: str, typed: str) -> None:
    taken, faults = asked(conn, {kind: typed})
    if faults:
        assert [each.field for each in faults] == [kind]
        assert all(each.expected and len(each.got) <= 120 for each in faults)
        return
    value = taken.pop(kind)
    assert set(taken.values()) == {None}, "nothing else was given"
    assert value is None if not typed.strip() else type(value) is TAKEN[kind]
    assert kind != "number" or not isinstance(value, int) or -5 <= value <= 50


@pytest.mark.parametrize(("kind", "typed", "value"), [
    ("store", "me", MEDWAY), ("store", "1", MEDWAY), ("person", "4417", HOLLIS), ("person", "id:101", HOLLIS),
    ("serial", " x00201 ", "X00201"), ("moment", "2026-11-22T07:00", NOW), ("moment", "2026-11-22T07:00:00Z", NOW),
    ("moment", str(NOW), NOW), ("day", "22/11/2026", "2026-11-22"), ("number", "-5", -5), ("word", "B", "B"),
])  # fmt: skip
def test_each_kind_is_given_as_people_write_it(conn: sa.Connection, kind: str, typed: str, value: object) -> None:
    assert given_of(conn, EVERY, {kind: typed}, NOW)[kind] == value


@given(top=st.one_of(st.integers(0, 10**7).map(float), st.floats(0, 10**7)))
def test_an_axis_has_a_handful_of_round_numbers_up_to_the_highest_bar(top: float) -> None:
    marks = ticks(top)
    assert 2 <= len(marks) <= 6
    assert marks[0] == 0
    assert marks[-1] >= top * (1 - 1e-9)
    assert marks[-1] <= max(1.0, 2 * top), "no bar is lost in the width"
    assert top != int(top) or all(each == int(each) for each in marks), "things are counted whole"


def test_a_picture_of_pairs_does_not_add_now_and_the_next_duty() -> None:
    names = [column.key for column in PAIRS.columns]

    def row(moment: str, pairs: int) -> tuple[Cell, ...]:
        said: dict[str, Cell] = {"store": MEDWAY, "moment": moment, "pairs": pairs, "sets": 60, "deployable": 70}
        return tuple(said.get(name, 0) for name in names)

    answer = Answer([row("Now", 49), row("Next", 51)])
    figure = figure_of(Found(PAIRS, {}, answer, Names(stores={MEDWAY: "Medway"}), NOW, "p", "d"))
    assert figure is not None
    shown = {words.text for words in figure.words}
    assert {"49", "60", "70"} <= shown
    assert not {"51", "100", "120", "140"} & shown - {str(int(tick)) for tick in ticks(70)}
