"""A kit store's database for the gate's tests: tables and triggers, and Medway's people and kit in them.

One rule for the editor: rows are written as the product would leave them, so that the triggers agree; the only
clock is `cases.NOW_US`.
"""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from inventory.schema import metadata, triggers
from inventory.schema.engine import make_engine, writing
from tests.inventory.gate.medway import Medway, stock


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(database_url)
    with writing(engine).begin() as conn:
        metadata.create_all(conn)
        triggers.install(conn)
    yield engine
    engine.dispose()


@pytest.fixture
def medway(engine: sa.Engine) -> Iterator[Medway]:
    """Medway stocked and staffed, in a transaction that is rolled back."""
    with writing(engine).connect() as conn:
        yield stock(Medway(conn))
        conn.rollback()
