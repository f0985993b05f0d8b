"""What the two drivers raise, by what it means to whoever asked.

One rule for the editor: statements run on the driver's own cursor where they are hot (`inventory.schema.fast`), so
every problem comes in two shapes: SQLAlchemy's, and the driver's own. Both stand in each of these.
"""

import sqlite3

import psycopg
import sqlalchemy as sa

AWAY: tuple[type[Exception], ...] = (
    sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError,
    sqlite3.OperationalError, sqlite3.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError,
)  # fmt: skip
"""The database does not answer, or not now: it will pass."""

REFUSED: tuple[type[Exception], ...] = (sa.exc.IntegrityError, sqlite3.IntegrityError, psycopg.IntegrityError)
"""A constraint or trigger refused."""

NOT_KEPT: tuple[type[Exception], ...] = (sa.exc.DataError, sqlite3.DataError, psycopg.DataError, OverflowError)
"""A value that no column can hold: a number past 64 bits, a NUL in a text."""

ANY: tuple[type[Exception], ...] = (sa.exc.SQLAlchemyError, sqlite3.Error, psycopg.Error)
"""Anything a database may raise."""
