"""A kit store's database for the gate's tests: tables and triggers, and Medway's people and kit in them.

One rule for the editor: rows are written as the product would leave them, so that the triggers agree; the only
clock is `cases.NOW_US`.
"""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from inventory.schema.engine import make_engine, writing
from tests.built_once import built_once, with_tables
from tests.inventory.gate.medway import Medway, stock


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    engine = make_engine(make_database(template=built_once(make_database, with_tables)))
    yield engine
    engine.dispose()


@pytest.fixture
def medway(engine: sa.Engine) -> Iterator[Medway]:
    """Medway stocked and staffed, in a transaction that is rolled back."""
    with writing(engine).connect() as conn:
        yield stock(Medway(conn))
        conn.rollback()
