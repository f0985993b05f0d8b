"""Connections to PostgreSQL: one that died while it rested is replaced before anybody is given it."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from inventory.schema.engine import make_engine, reading, writing

pytestmark = pytest.mark.db
PID = "SELECT pg_backend_pid()"


@pytest.fixture
def engine(pg_url: str) -> Iterator[sa.Engine]:
    """An engine with nothing connected yet."""
    made = make_engine(pg_url)
    yield made
    made.dispose()


@pytest.mark.parametrize("way", [reading, writing])
def test_a_connection_that_died_while_it_rested_is_not_given_out(
    pg_url: str, way: Callable[[sa.Engine], sa.Engine]
) -> None:
    made = make_engine(pg_url)
    with made.connect() as conn:
        pid = conn.exec_driver_sql(PID).scalar_one()
    killer = make_engine(pg_url)
    with killer.connect() as conn:
        assert conn.exec_driver_sql("SELECT pg_terminate_backend(%(pid)s, 5000)", {"pid": pid}).scalar_one()
    with way(made).connect() as conn:
        assert conn.exec_driver_sql(PID).scalar_one() != pid
    made.dispose()
    killer.dispose()


def test_who_only_reads_begins_no_transaction_and_sees_what_was_committed_since(engine: sa.Engine) -> None:
    with writing(engine).begin() as conn:
        conn.exec_driver_sql("CREATE TABLE seen (n integer)")
    with reading(engine).connect() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM seen").scalar_one() == 0
        with writing(engine).begin() as writer:
            writer.exec_driver_sql("INSERT INTO seen VALUES (1)")
        assert conn.exec_driver_sql("SELECT count(*) FROM seen").scalar_one() == 1
        assert conn.exec_driver_sql("SELECT now() = statement_timestamp()").scalar_one(), "a transaction a statement"
    with writing(engine).begin() as conn:
        conn.exec_driver_sql("DROP TABLE seen")


def test_a_connection_that_read_writes_in_transactions_again(engine: sa.Engine) -> None:
    with reading(engine).connect() as conn:
        pid = conn.exec_driver_sql(PID).scalar_one()
    with pytest.raises(RuntimeError), writing(engine).begin() as conn:
        assert conn.exec_driver_sql(PID).scalar_one() == pid, "the same connection of the pool"
        conn.exec_driver_sql("CREATE TABLE never (n integer)")
        raise RuntimeError
    with reading(engine).connect() as conn:
        assert conn.exec_driver_sql("SELECT to_regclass('never')").scalar_one() is None
