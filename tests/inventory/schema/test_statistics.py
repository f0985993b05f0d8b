"""After many rows came at once PostgreSQL's planner is told, by who may; and no plan needs it to name people."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from inventory.custody import hatch_names
from inventory.people.imports.people_file import import_people
from inventory.people.imports.run import ImportRun, ids_needed
from inventory.schema import migrate, statistics
from inventory.schema.engine import make_engine, writing
from inventory.schema.fast import given
from inventory.schema.ids import Ids
from inventory.schema.people import binding, person
from tests.postgresql_server import as_the_service

OFFICERS = 3_000
FILE = b"ref,kind,surname,forename,rank,collar,cards\n" + "".join(
    f"P{number},REGULAR,Name{number},Sam,PC,{number},EM4100:{0x10_0000_0000 + number:010X}\n"
    for number in range(OFFICERS)
).encode()
KNOWN = sa.text("SELECT count(*) FROM pg_stats WHERE tablename = 'person' AND attname = 'family_name'")


def with_officers(url: str) -> str:
    """The database at `url` with tables, and a force of officers that the planner was not told of."""
    engine = make_engine(url)
    migrate.upgrade(engine)
    ids = Ids(writing(engine))
    ids.reserve(count=ids_needed(FILE))
    with writing(engine).connect() as conn, conn.begin():
        for table in (person, binding):  # so that PostgreSQL does not look by itself while the test runs
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql(f"ALTER TABLE {table.name} SET (autovacuum_enabled = false)")
        assert import_people(ImportRun(conn, ids, 1), FILE).new == OFFICERS
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def officers(make_pg_database: Callable[..., str]) -> str:
    """URL of a database of officers on PostgreSQL, as its owner."""
    return with_officers(make_pg_database())


@pytest.fixture
def engine(officers: str) -> Iterator[sa.Engine]:
    engine = make_engine(officers)
    yield engine
    engine.dispose()


def some(conn: sa.Connection, count: int) -> list[int]:
    """The ids of a few officers."""
    return list(conn.execute(sa.select(person.c.id).order_by(person.c.ref).limit(count)).scalars())


@pytest.mark.db
@pytest.mark.parametrize("count", [1, 5, 40])
def test_naming_a_few_people_walks_nobody_elses_collar_though_nobody_told_the_planner(
    engine: sa.Engine, count: int
) -> None:
    with engine.connect() as conn:
        assert conn.execute(KNOWN).scalar() == 0
        text, constants = hatch_names._PEOPLE.text("postgresql"), hatch_names._PEOPLE.constants("postgresql")
        asked = constants | given("postgresql", {"ids": some(conn, count)})
        plan = "\n".join(row[0] for row in conn.connection.cursor().execute("EXPLAIN " + text, asked))
    assert "ix_binding_person_id" in plan, plan
    assert "uq_binding_live" not in plan, plan
    assert "Seq Scan on binding" not in plan, plan


@pytest.mark.db
def test_people_are_named_by_the_collar_they_wear_and_by_nothing_else(engine: sa.Engine) -> None:
    with engine.connect() as conn, conn.begin() as undone:
        first, second = some(conn, 2)
        conn.execute(sa.update(binding).where(binding.c.person_id == second).values(to_us=2, end_reason="REPLACED"))
        named = hatch_names.people_said(conn, [first, second])
        assert named == {first: "PC Name0 0", second: "PC Name1"}
        undone.rollback()


@pytest.mark.db
def test_only_the_owner_of_the_tables_tells_the_planner(officers: str) -> None:
    service = make_engine(as_the_service(officers))
    with service.connect() as conn:
        assert not statistics.refresh(conn)
    service.dispose()
    ours = make_engine("sqlite://")
    with ours.connect() as conn:
        assert not statistics.refresh(conn)
    ours.dispose()
