"""What PostgreSQL's planner knows of the tables, brought up to date where many rows came at once.

One rule for the editor: this is a help and never a need. Only the owner of the tables may ask for it; for everybody
else, and after everyday work, PostgreSQL does the same by itself within minutes (its manual, section 24.1.3).
"""

from collections.abc import Iterable

import sqlalchemy as sa

from inventory.schema import metadata, roles

MANY_ROWS = 1000
"""A load of fewer changes no plan."""


def refresh(conn: sa.Connection, tables: Iterable[sa.Table] | None = None) -> bool:
    """Look over `tables`, all of them where none are named; False where that is not ours to do.

    SQLite chooses its indexes without being told.
    """
    if conn.dialect.name != "postgresql" or not roles.may_alter(conn):
        return False
    for table in metadata.sorted_tables if tables is None else tables:
        conn.exec_driver_sql(f'ANALYZE "{table.name}"')
    return True
