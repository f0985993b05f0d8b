"""Bringing a database to today's tables, on SQLite and on PostgreSQL, from one history.

One rule for the editor: after every upgrade the triggers are put back and checked, because Alembic's batch mode
on SQLite drops them with the table it rebuilds; so are the rights of the service's role on PostgreSQL.
"""

import uuid

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from inventory.schema import metadata, roles, triggers
from inventory.schema.engine import writing
from inventory.schema.oversight import meta

MIGRATION_LOCK = 0x6B69740A
"""PostgreSQL advisory lock, so that two instances started together migrate once."""


class TooNew(RuntimeError):
    """The database was written by a later version of this program."""


class TriggersMissing(RuntimeError):
    """A promise of the database (`schema.triggers`) is not there."""


def _config(conn: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "inventory.schema:migrations")
    config.attributes["connection"] = conn
    return config


def current(conn: sa.Connection) -> str | None:
    """The revision the database is at, None when it is empty."""
    return MigrationContext.configure(conn).get_current_revision()


def head() -> str:
    """The newest revision this program knows."""
    script = ScriptDirectory.from_config(_config_without_connection())
    found = script.get_current_head()
    assert found is not None, "there is at least one migration"
    return found


def _config_without_connection() -> Config:
    config = Config()
    config.set_main_option("script_location", "inventory.schema:migrations")
    return config


def upgrade(engine: sa.Engine) -> bool:
    """Bring the database to `head`. True when something changed.

    Raises TooNew for a database of a later version, TriggersMissing when a promise did not take, and
    `roles.NeedsOwner` where there is something to do on PostgreSQL and this connection is not the tables' owner.
    """
    with writing(engine).connect() as conn, conn.begin():
        _one_at_a_time(conn)
        why = _stale(conn)
        if not why:
            return False
        roles.need_owner(conn, why)
        command.upgrade(_config(conn), "head")
        triggers.install(conn)
        _birth(conn)
        roles.refresh(conn)
        missing = missing_triggers(conn)
        if missing:
            raise TriggersMissing(", ".join(missing))
        return True


def establish_role(engine: sa.Engine, login: str | None = None) -> None:
    """Make the role that the service runs as on PostgreSQL, give it its rights, and let `login` sign in as it.

    Raises `roles.NeedsOwner` where this connection may not make roles or does not own the tables.
    """
    with writing(engine).connect() as conn, conn.begin():
        _one_at_a_time(conn)
        roles.need_owner(conn, "the rights of a role are given table by table", "roles")
        if not roles.exists(conn, roles.APP_ROLE):
            roles.make(conn)
        roles.refresh(conn)
        if login is not None:
            roles.admit(conn, login)


def _one_at_a_time(conn: sa.Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")


def _stale(conn: sa.Connection) -> str:
    """Why the database is not as this version wants it; "" where it is. Raises TooNew."""
    was = current(conn)
    if was != head():
        if was is not None and was not in _known():
            raise TooNew(f"the database is at {was}, which this version does not know")
        return f"the database is at {was or 'nothing'}, this version's revision is {head()}"
    missing = missing_triggers(conn)
    return f"missing triggers: {', '.join(missing)}" if missing else roles.stale(conn)


def _known() -> set[str]:
    return {
        each.revision for each in ScriptDirectory.from_config(_config_without_connection()).walk_revisions()
    }


def _birth(conn: sa.Connection) -> None:
    if conn.execute(sa.select(meta.c.value).where(meta.c.name == "epoch")).scalar() is None:
        conn.execute(sa.insert(meta).values(name="epoch", value=uuid.uuid4().hex))


def missing_triggers(conn: sa.Connection) -> list[str]:
    """Expected triggers that the live database does not have, has disabled, or has under our name as another."""
    have = triggers.in_force(conn)
    wanted = [trigger.name for trigger in triggers.expected()]
    if conn.dialect.name == "postgresql":
        wanted += [f"{table}_no_truncate" for table in triggers.truncate_guards()]
    return [name for name in wanted if name not in have]


def tables() -> list[str]:
    """The names of all tables, for backups and checks."""
    return [table.name for table in metadata.sorted_tables]
