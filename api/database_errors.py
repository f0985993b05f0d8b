"""What the two drivers raise, by what it means to whoever asked.

One rule for the editor: statements run on the driver's own cursor where they are hot (`inventory.schema.fast`), so
every problem comes in two shapes: SQLAlchemy's, and the driver's own. Both stand in each of these.

They are functions because `except` asks for its kinds only when something was raised. A driver that was never loaded
has raised nothing, and is not loaded to be named: a service on SQLite does without psycopg.
"""

import sqlite3
import sys

import sqlalchemy as sa

Kinds = tuple[type[Exception], ...]

DISK_FULL = "53100"
"""PostgreSQL's SQLSTATE of a full disk."""


def _raised_by_drivers(*names: str) -> Kinds:
    """The drivers' own exceptions of these names; PEP 249 has both drivers call them alike."""
    drivers = [sqlite3, *([sys.modules["psycopg"]] if "psycopg" in sys.modules else [])]
    return tuple(getattr(driver, name) for driver in drivers for name in names)


def away() -> Kinds:
    """The database does not answer, or not now: it will pass."""
    ours = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
    return (*ours, *_raised_by_drivers("OperationalError", "InterfaceError"))


def refused() -> Kinds:
    """A constraint or trigger refused."""
    return (sa.exc.IntegrityError, *_raised_by_drivers("IntegrityError"))


def not_kept() -> Kinds:
    """A value that no column can hold: a number past 64 bits, a NUL in a text."""
    return (sa.exc.DataError, OverflowError, *_raised_by_drivers("DataError"))


def anything() -> Kinds:
    """Anything a database may raise."""
    return (sa.exc.SQLAlchemyError, *_raised_by_drivers("Error"))


def is_disk_full(problem: BaseException) -> bool:
    """Whether what was raised means that the database's disk has no room left."""
    said = getattr(problem, "orig", None) or problem
    words = getattr(said, "sqlstate", None), getattr(said, "sqlite_errorcode", None)
    return words[0] == DISK_FULL or words[1] == sqlite3.SQLITE_FULL
