"""At which revision a database is, and whether every promise stands in it: asked at every start.

One rule for the editor: nothing here loads Alembic, which takes longer than everything that is asked. The revisions
are the numbers that the migrations' files begin with; a test holds them to what Alembic says.
"""

from pathlib import Path

import sqlalchemy as sa

from inventory.schema import roles, triggers

MIGRATIONS = Path(__file__).with_name("migrations") / "versions"
_AT = sa.table(roles.REVISION_TABLE, sa.column("version_num"))


class TooNew(RuntimeError):
    """The database was written by a later version of this program."""


class TriggersMissing(RuntimeError):
    """A promise of the database (`schema.triggers`) is not there."""


def known() -> list[str]:
    """Every revision of this program, oldest first."""
    return sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("[0-9]*_*.py"))


def head() -> str:
    """The newest revision of this program."""
    return known()[-1]


def current(conn: sa.Connection) -> str | None:
    """The revision the database is at, None when it is empty."""
    if not sa.inspect(conn).has_table(roles.REVISION_TABLE):
        return None
    found = conn.execute(sa.select(_AT.c.version_num)).scalar()
    return None if found is None else str(found)


def stale(conn: sa.Connection) -> str:
    """Why the database is not as this version wants it, in words; "" where it is. Raises TooNew."""
    was = current(conn)
    if was != head():
        if was is not None and was not in known():
            raise TooNew(f"the database is at {was}, which this version does not know")
        return f"the database is at {was or 'nothing'}, this version's revision is {head()}"
    missing = missing_triggers(conn)
    return f"missing triggers: {', '.join(missing)}" if missing else roles.stale(conn)


def missing_triggers(conn: sa.Connection) -> list[str]:
    """Expected triggers that the live database does not have, has disabled, or has under our name as another."""
    have = triggers.in_force(conn)
    wanted = [trigger.name for trigger in triggers.expected()]
    if conn.dialect.name == "postgresql":
        wanted += [f"{table}_no_truncate" for table in triggers.truncate_guards()]
    return [name for name in wanted if name not in have]
