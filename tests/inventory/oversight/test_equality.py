"""Equality figures are about nobody: an integer solver is given all of them and cannot show any small number; and what
persons declared is kept apart, replaced by newer files, and published once a quarter."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import highspy
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.oversight.equality import declared, releases
from inventory.oversight.equality.answers import ANSWERS, NESTED, NOT_DECLARED, WHOLE
from inventory.oversight.equality.cutting import Figure, Member, cut, rounded
from inventory.oversight.equality.quarters import last_over, quarter_named, quarter_of
from inventory.oversight.reports import q20_equality
from inventory.oversight.reports.report import Asked
from inventory.schema.engine import make_engine, writing
from inventory.schema.equality import equality_declared
from inventory.schema.ids import Ids
from inventory.schema.people import capability_grant, person, training_result
from tests import small_force as force
from tests.any_order import EXPLORE
from tests.built_once import built_once

TOP = Path(__file__).parents[3]
LEAST = 3
"""In the property, so that small forces have something to tell."""
DIVISIONS, ETHNICITY, GENDER = ("North", "South"), ("A", "B", "C"), ("F", "M")
STATUSES = tuple(
    frozenset(some)
    for some in ((), ("ATTENDED",), ("ATTENDED", "PASSED"), ("SUSPENDED",), ("ATTENDED", "PASSED", "SUSPENDED"))
)
CELLS = tuple(itertools.product(DIVISIONS, ETHNICITY, GENDER, STATUSES))
"""Every sort of person there is: the unknowns of whoever reads the figures."""
TOLD = (WHOLE, "ATTENDED", "PASSED", "SUSPENDED")
Wanted = Callable[[tuple[str, str, str, frozenset[str]]], bool]
SHEETS = {"ETHNICITY": (1, ETHNICITY), "GENDER": (2, GENDER)}


def counts_in(cell: tuple[str, str, str, frozenset[str]], figure: Figure) -> bool:
    """Whether a sort of person is counted in a figure."""
    place, _ = SHEETS[figure.characteristic]
    fits = figure.division in (None, cell[0]) and (figure.answers == ("ALL",) or cell[place] in figure.answers)
    return fits and (figure.measure == WHOLE or figure.measure in cell[3])


class Reader:
    """Somebody with every figure and a pencil, who knows only that people are whole and not negative."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.unknown = [self.solver.addIntegral(lb=0, ub=200) for _ in CELLS]
        for figure in figures:
            if figure.people is not None:
                self.solver.addConstr(self._sum(lambda cell, f=figure: counts_in(cell, f)) == figure.people)  # type: ignore[misc]
        self.solver.addConstr(self._sum(lambda _cell: True) <= 200)

    def _sum(self, wanted: Wanted) -> highspy.highs.highs_linear_expression:
        chosen = [var for var, cell in zip(self.unknown, CELLS, strict=True) if wanted(cell)]
        return sum(chosen, highspy.highs.highs_linear_expression())

    def most(self, wanted: Wanted) -> int:
        """The most that a count can be, for all that they can show."""
        self.solver.maximize(self._sum(wanted))
        assert self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return round(self.solver.getObjectiveValue())


persons = st.tuples(
    st.sampled_from(DIVISIONS), st.sampled_from("AAAABBBC"), st.sampled_from("FMM"), st.sampled_from(STATUSES)
)


@settings(max_examples=6 * max(1, EXPLORE), deadline=None)
@given(st.lists(st.tuples(persons, st.integers(1, 9)), min_size=1, max_size=12))
def test_no_number_below_the_least_follows_from_all_the_figures(sorts: list[tuple[tuple[str, ...], int]]) -> None:
    members = [
        Member(division, {"ETHNICITY": ethnicity, "GENDER": gender}, frozenset(status))
        for (division, ethnicity, gender, status), people in sorts
        for _ in range(people)
    ]
    sorted_so = [(each.division, each.answers["ETHNICITY"], each.answers["GENDER"], each.measures) for each in members]
    figures = cut(members, {name: answers for name, (_, answers) in SHEETS.items()}, LEAST)
    assert all(each.people is None or each.people >= LEAST for each in figures)
    _no_small_number_follows(Reader(figures), sorted_so)


def _no_small_number_follows(reader: Reader, sorted_so: list[tuple[str, str, str, frozenset[str]]]) -> None:
    for what, division, measure in itertools.product(SHEETS, (None, *DIVISIONS), TOLD):
        for answer in SHEETS[what][1]:
            for which, wanted in _counts_of(what, division, measure, answer):
                people = sum(wanted(each) for each in sorted_so)
                assert people >= LEAST or reader.most(wanted) >= LEAST, (what, division, answer, measure, which, people)


def _counts_of(what: str, division: str | None, measure: str, answer: str) -> Iterator[tuple[str, Wanted]]:
    """Who counts in the measure, and who is left of its whole."""
    one = Figure(division, what, (answer,), measure, None)
    whole = Figure(division, what, (answer,), NESTED.get(measure, WHOLE), None)
    yield "in", lambda cell: counts_in(cell, one)
    if measure != WHOLE:
        yield "left", lambda cell: counts_in(cell, whole) and not counts_in(cell, one)


ETHNIC = {"ETHNICITY": ("ASIAN", "BLACK", "WHITE")}


def of(people: int, division: str, ethnicity: str, *measures: str) -> list[Member]:
    """So many alike."""
    return [Member(division, {"ETHNICITY": ethnicity}, frozenset(measures))] * people


def test_small_answers_are_told_together_with_the_smallest_other_and_never_by_what_is_left() -> None:
    north = of(60, "N", "WHITE", "ATTENDED", "PASSED") + of(30, "N", "WHITE", "ATTENDED") + of(25, "N", "WHITE")
    north += of(14, "N", "ASIAN", "ATTENDED", "PASSED") + of(12, "N", "ASIAN", "ATTENDED") + of(11, "N", "ASIAN")
    north += of(4, "N", "BLACK")
    told = {(f.division, f.answers, f.measure): f.people for f in cut(north, ETHNIC)}
    asian = ("ASIAN", "BLACK", NOT_DECLARED)
    assert told[None, asian, WHOLE] == 41, "four alone are told with the smallest other"
    assert told[None, ("WHITE",), WHOLE] == 115
    assert told[None, asian, "ATTENDED"] == 26
    assert told[None, asian, "PASSED"] == 14
    assert told[None, ("ALL",), "SUSPENDED"] is None, "none of 156 is as telling as one"
    almost = of(30, "N", "WHITE", "ATTENDED") + of(30, "N", "ASIAN", "ATTENDED")
    almost += of(5, "N", "WHITE") + of(6, "N", "ASIAN")
    told = {(f.division, f.answers, f.measure): f.people for f in cut(almost, ETHNIC)}
    assert told[None, ("ASIAN", "BLACK", NOT_DECLARED, "WHITE"), "ATTENDED"] == 60, "five and six stayed away"
    assert cut(of(9, "N", "WHITE"), ETHNIC) == [Figure(None, "ETHNICITY", ("ALL",), WHOLE, None)]


def test_divisions_are_told_all_or_none_on_the_parts_of_the_force() -> None:
    force_of_two = of(40, "N", "WHITE") + of(20, "N", "ASIAN") + of(30, "S", "WHITE") + of(12, "S", "ASIAN")
    told = cut(force_of_two, ETHNIC)
    assert {f.division for f in told} == {None, "N", "S"}
    assert {f.division for f in cut([*force_of_two, *of(3, "W", "WHITE")], ETHNIC)} == {None}
    serving = [f.people for f in rounded(told) if f.measure == WHOLE]
    assert serving == [30, 70, 20, 40, 10, 30], "to the nearest five"


def test_quarters_are_the_only_periods_and_begin_at_london_midnight() -> None:
    quarter = quarter_named("2026-Q2")
    assert (quarter.first.isoformat(), quarter.after.isoformat()) == ("2026-04-01", "2026-07-01")
    assert quarter.from_us == 1_774_998_000_000_000, "31 March, 23:00 UTC: summer time has begun"
    assert quarter_of(quarter.after).name == "2026-Q3"
    assert [each.name for each in last_over(force.NOW, 3)] == ["2026-Q3", "2026-Q2", "2026-Q1"]
    with pytest.raises(ValueError, match="2026-Q3"):
        quarter_named("2026-07-01")


def test_only_the_package_of_equality_names_its_tables() -> None:
    allowed = (TOP / "inventory/oversight/equality", TOP / "inventory/schema")
    others = [each for top in ("inventory", "api") for each in (TOP / top).rglob("*.py")]
    others = [each for each in others if not any(each.is_relative_to(one) for one in allowed)]
    named = ("schema.equality", "schema import equality", "equality_declared")
    assert not [each.name for each in others if any(name in each.read_text("utf-8") for name in named)]


# ---- on both databases ------------------------------------------------------------------------------------

ANALYST, SERVING = 141, 40
DAY_IN_Q3 = "2026-08-01"


def _force(url: str) -> None:
    """The small force with an analyst, and forty more constables, half of whom attended a course in that summer."""
    force.build(url)
    engine = make_engine(url)
    with writing(engine).begin() as conn:
        numbers = [ANALYST, *range(1000, 1000 + SERVING)]
        force._insert(conn, person, [
            {"id": each, "ref": f"P{each}", "kind": "REGULAR", "given_name": "A", "family_name": "B",
             "home_store_id": force.MEDWAY, "recorded_us": 1} for each in numbers
        ])  # fmt: skip
        force._insert(conn, capability_grant, [{"id": 9001, "person_id": ANALYST, "capability": "EQUALITY_ANALYST",
                      "store_id": None, "from_us": 1, "reason": "t"}])  # fmt: skip
        force._insert(conn, training_result, [
            {"id": 9100 + each, "person_id": each, "course": "PPST", "attended_on": DAY_IN_Q3, "minutes": 720,
             "outcome": "PASS", "source": "t", "source_ref": str(each), "recorded_us": 1}
            for each in range(1000, 1000 + SERVING // 2)
        ])  # fmt: skip
    engine.dispose()


@pytest.fixture(scope="module")
def built(make_database: Callable[..., str]) -> str:
    """That force; copy it."""
    return built_once(make_database, _force)


@pytest.fixture
def engine(make_database: Callable[..., str], built: str) -> Iterator[sa.Engine]:
    """That force, this test's own."""
    engine = make_engine(make_database(template=built))
    yield engine
    engine.dispose()


def csv_of(*rows: str) -> bytes:
    """A file of HR."""
    return "\r\n".join(["ref,gender,ETHNICITY", *rows]).encode()


def test_declarations_are_replaced_not_kept_and_a_quarter_is_published_once(engine: sa.Engine) -> None:
    ids = Ids(writing(engine))

    def take(body: bytes, by: int = ANALYST, later: int = 0) -> declared.Taken:
        with force.acting(engine, ids, force.NOW + later) as tx:
            return declared.take_file(tx, body, "HR 2026/11", by)

    def publish(quarter: str = "2026-Q3", by: int = ANALYST) -> int:
        with force.acting(engine, ids, force.NOW + 5) as tx:
            return releases.publish(tx, quarter, "PSED 2026", by)

    rows = [f"P{each},{'FEMALE' if each % 2 else 'MALE'},white" for each in range(1000, 1000 + SERVING)]
    told = take(csv_of(*rows, "P999999,MALE,WHITE", "P1000,GREEN,"))
    assert (told.rows, told.changed, told.left_out) == (SERVING + 2, 2 * SERVING, 2)
    assert [(each.line, each.field) for each in told.faults] == [(SERVING + 2, "ref"), (SERVING + 3, "GENDER")]
    assert "GREEN" not in repr(told), "what somebody wrote of themselves is not said back"
    assert take(csv_of(*rows), later=1).changed == 0, "the same file twice changes nothing"
    assert take(csv_of("P1000,WITHDRAWN,"), later=2).changed == 1
    with engine.connect() as conn:
        hers = sa.select(equality_declared.c.answer).where(
            equality_declared.c.person_id == 1000, equality_declared.c.characteristic == "GENDER"
        )
        assert conn.execute(hers).scalars().all() == [None], "the older word is gone"
    for body, says in ((b"\xff", "UTF-8"), (b"name,GENDER\r\n", "heading"), (b"ref,shoe\r\n", "at least one")):
        with pytest.raises(ValueError, match=says):
            take(body)
    with pytest.raises(PermissionError):
        take(csv_of(), by=force.ISSUER)
    with pytest.raises(PermissionError):
        publish(by=force.ISSUER)
    with pytest.raises(ValueError, match="one that is over"):
        publish("2026-Q4")
    release_id = publish()
    with pytest.raises(releases.AlreadyPublished):
        publish()
    _as_published(engine, release_id)


def _as_published(engine: sa.Engine, release_id: int) -> None:
    with engine.connect() as conn:
        (release,) = releases.releases(conn)
        figures = releases.figures(conn, release_id)
        assert len(releases.files(conn)) == 3
    assert (release.quarter, release.released_by) == ("2026-Q3", ANALYST)
    said = {(f.answers, f.measure): f.people for f in figures if f.characteristic == "GENDER"}
    assert said[("FEMALE",), "SERVING"] == 20
    ((_, others),) = [(answers, people) for (answers, measure), people in said.items()
                      if measure == "SERVING" and NOT_DECLARED in answers]  # fmt: skip
    assert others, "whoever declared nothing is counted, together with the answers that nobody gave"
    assert said[("FEMALE",), "ATTENDED"] == 10
    assert {f.characteristic for f in figures} == set(ANSWERS)
    with engine.connect() as conn:
        given = {"characteristic": "GENDER", "quarter": "2026-08-15", "cut": "FORCE"}
        answer = q20_equality.ask(conn, Asked(given, force.NOW, force.demo_policy()))
        none = q20_equality.ask(conn, Asked(given | {"quarter": "2025-01-01"}, force.NOW, force.demo_policy()))
    (attended,) = [row for row in answer.rows if row[1:3] == ("Female", "Attended a course in the quarter")]
    assert attended[3:] == ("10", 20, 50, 30, 70, "wide"), "Wilson's interval of ten in twenty, by hand: 29.9 to 70.1"
    assert (none.rows, "2026-Q3" in none.notes[0]) == ((), True)
    assert answer.people == frozenset()
