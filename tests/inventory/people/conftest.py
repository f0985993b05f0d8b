"""A kit store's database for tests about people: empty, migrated, and rolled back after each test.

One rule for the editor: tests say the time they act at; the only clock here is `NOW`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import pytest
import sqlalchemy as sa

from inventory.people.calendar import LONDON
from inventory.people.people import NewPerson, create
from inventory.people.stores import NewStore, open_store
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests.built_once import built_once, with_tables


def at(text: str) -> int:
    """UTC microseconds of a London wall time such as "2026-11-22 05:50"."""
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp()) * 1_000_000


NOW = at("2026-11-22 05:50")
TODAY = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class KitStore:
    """An open write transaction with one store, Medway."""

    conn: sa.Connection
    ids: Ids
    medway: int

    def person(self, ref: str, kind: str = "REGULAR", family_name: str = "Hollis") -> int:
        """Record a person of Medway."""
        new = NewPerson(ref, kind, family_name, "Sam", rank="PC", home_store_id=self.medway)
        return create(self.conn, self.ids, new, NOW)


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    engine = make_engine(make_database(template=built_once(make_database, with_tables)))
    yield engine
    engine.dispose()


@pytest.fixture
def ids(engine: sa.Engine) -> Ids:
    ids = Ids(writing(engine))
    ids.reserve(count=100_000)
    return ids


@pytest.fixture
def store(engine: sa.Engine, ids: Ids) -> Iterator[KitStore]:
    with writing(engine).connect() as conn, conn.begin() as transaction:
        yield KitStore(conn, ids, open_store(conn, ids, NewStore("ME", "Medway", "North"), NOW))
        transaction.rollback()
