"""What is asked for together is what is asked for one by one; lists of values reach the database as they were."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.schema.engine import make_engine, writing
from inventory.schema.fast import Fast, Inserter, Row, Updater, among, pg_list
from inventory.schema.steps import Steps, abreast, nothing, once, read

THINGS = sa.Table(
    "thing_of_a_test",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("word", sa.Text),
    sa.Column("count", sa.Integer),
)
INSERT = Inserter(THINGS)
BY_ID = Fast(sa.select(THINGS.c.id, THINGS.c.word).where(among(THINGS.c.id, "ids")).order_by(THINGS.c.id))
BY_WORD = Fast(
    sa.select(THINGS.c.count, THINGS.c.id).where(
        among(THINGS.c.word, "words", texts=True), THINGS.c.count == sa.bindparam("count", 2)
    )
)
ALL = Fast(sa.select(THINGS.c.id, THINGS.c.word, THINGS.c.count).order_by(THINGS.c.id))
words = st.none() | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
things = st.lists(st.tuples(words, st.none() | st.integers(-(2**31), 2**31 - 1)), max_size=12)


@pytest.fixture
def conn(database_url: str) -> Iterator[sa.Connection]:
    """A database with one empty table, as it was when the test ends."""
    engine = make_engine(database_url)
    with writing(engine).connect() as made:
        THINGS.create(made)
        yield made
        made.rollback()
    engine.dispose()


def fill(conn: sa.Connection, rows: list[tuple[str | None, int | None]]) -> list[Row]:
    """The table holding just `rows`, numbered from 1."""
    conn.execute(sa.delete(THINGS))
    INSERT.add(conn, [{"id": n, "word": word, "count": count} for n, (word, count) in enumerate(rows, 1)])
    return [(n, word, count) for n, (word, count) in enumerate(rows, 1)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=things)
def test_what_is_written_in_bulk_is_read_back_as_it_was(
    conn: sa.Connection, rows: list[tuple[str | None, int | None]]
) -> None:
    written = fill(conn, rows)
    assert ALL.rows(conn) == written
    assert read(conn, abreast(once(ALL, {}), once(ALL, {}))) == (written, written)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=things, ids=st.lists(st.integers(-5, 15), max_size=6), asked=st.lists(words.filter(bool), max_size=4))
def test_reading_side_by_side_finds_what_reading_one_by_one_finds(
    conn: sa.Connection, rows: list[tuple[str | None, int | None]], ids: list[int], asked: list[str]
) -> None:
    fill(conn, rows)
    by_id, by_word, none = read(
        conn, abreast(once(BY_ID, {"ids": ids}), once(BY_WORD, {"words": asked, "count": 2}), nothing())
    )
    assert by_id == BY_ID.rows(conn, {"ids": ids})
    assert sorted(by_word) == sorted(BY_WORD.rows(conn, {"words": asked, "count": 2}))
    assert none == []


def test_readers_of_different_lengths_go_side_by_side_to_their_ends(conn: sa.Connection) -> None:
    fill(conn, [("one", 2), ("two", 3), ("three", 4)])

    def chain(first: int) -> Steps[list[str]]:
        """Follows a thing's count to the next thing."""
        said, at = [], first
        while rows := (yield from once(ALL, {})):
            here = [row for row in rows if row[0] == at]
            if not here:
                break
            said.append(here[0][1])
            at = here[0][2]
        return said

    assert read(conn, abreast(chain(1), chain(3), nothing(), chain(9))) == (["one", "two", "three"], ["three"], [], [])
    assert read(conn, abreast()) == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=things.filter(bool), data=st.data())
def test_a_bulk_change_reaches_the_named_rows_alone_and_passes_over_what_is_filled(
    conn: sa.Connection, rows: list[tuple[str | None, int | None]], data: st.DataObject
) -> None:
    fill(conn, rows)
    some = data.draw(st.lists(st.integers(1, len(rows)), unique=True))
    Updater(THINGS, "id", ("word", "count"), while_null="word").change(
        conn, [{"id": n, "word": f"new {n}", "count": n} for n in some]
    )
    expected = [
        (n, f"new {n}", n) if n in some and word is None else (n, word, count)
        for n, (word, count) in enumerate(rows, 1)
    ]
    assert ALL.rows(conn) == expected


def test_a_list_holds_numbers_and_texts_alone() -> None:
    with pytest.raises(TypeError, match="not float"):
        pg_list([1, 1.5])
