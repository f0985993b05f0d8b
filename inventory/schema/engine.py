"""The one connection factory. Every pragma and every transaction rule of either database is set here.

One rule for the editor: nobody else calls `create_engine`. On SQLite the driver's own transaction handling is
off: we say BEGIN IMMEDIATE for the writer and BEGIN for readers (with the stock mode 267 of 400 concurrent
updates were lost, design `libraries.md` section 3).
"""

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=5000",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # so that INSERT OR REPLACE fires the delete triggers
    "cache_size=-65536",
    "temp_store=MEMORY",
)


PG_SETTINGS = ("jit = off", "random_page_cost = 1.1")
"""No statement of ours is worth compiling; and the indexes are in memory or on a disk without a head to move."""

def make_engine(url: str, *, pool_size: int = 8) -> sa.Engine:
    """An engine for `url` ("sqlite:///path" or "postgresql+psycopg://..."), with the house's settings."""
    if url.startswith("sqlite"):
        engine = sa.create_engine(
            url, hide_parameters=True, connect_args={"check_same_thread": False, "cached_statements": 512}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = sa.create_engine(
        url, hide_parameters=True, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def reading(engine: sa.Engine) -> sa.Engine:
    """The same engine (and pool) for who only reads. On SQLite a transaction sees one state. On PostgreSQL none is
    begun or ended: each statement sees what is committed by then, as in its usual transactions, for half the
    journeys to the server."""
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="AUTOCOMMIT")


def steady(engine: sa.Engine) -> sa.Engine:
    """The same engine (and pool) for who reads much and must see one state, however many statements it takes."""
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="REPEATABLE READ")


def writing(engine: sa.Engine) -> sa.Engine:
    """The same engine (and pool) whose transactions take the write lock at once."""
    return engine.execution_options(kit_write=True)


def _prepare_sqlite(dbapi: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    dbapi.isolation_level = None
    for pragma in PRAGMAS:
        dbapi.execute("PRAGMA " + pragma)


def _prepare_postgresql(dbapi: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = dbapi.cursor()
    for setting in PG_SETTINGS:
        cursor.execute("SET " + setting)
    cursor.close()
    dbapi.commit()


def _begin_sqlite(conn: sa.Connection) -> None:
    # On the driver's own connection: SQLAlchemy's way to say it costs as much as a small read.
    mode = "BEGIN IMMEDIATE" if conn.get_execution_options().get("kit_write") else "BEGIN"
    conn.connection.driver_connection.execute(mode)  # type: ignore[union-attr]
