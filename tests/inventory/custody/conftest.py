"""The small force on a fresh copy of a database, for each test."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests import small_force
from tests.built_once import built_once


@pytest.fixture(scope="module")
def built(make_database: Callable[..., str]) -> str:
    """URL of a database with the small force in it; copy it, do not change it."""
    return built_once(make_database, small_force.build)


@pytest.fixture
def engine(make_database: Callable[..., str], built: str) -> Iterator[sa.Engine]:
    """A copy of the small force, this test's own."""
    engine = make_engine(make_database(template=built))
    yield engine
    engine.dispose()


@pytest.fixture
def ids(engine: sa.Engine) -> Ids:
    """Ids of that database."""
    return Ids(writing(engine))
