"""A PostgreSQL of a measurement's own, as the tests start one: durable (fsync on), on a unix socket."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.postgresql_server import running_server


@contextmanager
def server() -> Iterator[str]:
    """SQLAlchemy URL of an empty database."""
    with running_server() as address:
        with psycopg.connect(
            address.format(database="postgres").replace("+psycopg", ""), autocommit=True
        ) as conn:
            conn.execute("CREATE DATABASE bench")
        yield address.format(database="bench")
