"""Bringing a database to today's tables, on SQLite and on PostgreSQL, from one history.

One rule for the editor: after every upgrade the triggers are put back and checked, because Alembic's batch mode
on SQLite drops them with the table it rebuilds; so are the rights of the service's role on PostgreSQL.
"""

import uuid

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from inventory.schema import metadata, revision, roles, triggers
from inventory.schema.engine import writing
from inventory.schema.oversight import meta

MIGRATION_LOCK = 0x6B69740A
"""PostgreSQL advisory lock, so that two instances started together migrate once."""


def _config(conn: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "inventory.schema:migrations")
    config.attributes["connection"] = conn
    return config


def upgrade(engine: sa.Engine) -> bool:
    """Bring the database to the newest revision. True when something changed.

    Raises `revision.TooNew` for a database of a later version, `revision.TriggersMissing` when a promise did not
    take, and `roles.NeedsOwner` where there is something to do on PostgreSQL and this connection is not the tables'
    owner.
    """
    with writing(engine).connect() as conn, conn.begin():
        _one_at_a_time(conn)
        why = revision.stale(conn)
        if not why:
            return False
        roles.need_owner(conn, why)
        command.upgrade(_config(conn), "head")
        triggers.install(conn)
        _birth(conn)
        roles.refresh(conn)
        missing = revision.missing_triggers(conn)
        if missing:
            raise revision.TriggersMissing(", ".join(missing))
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


def _birth(conn: sa.Connection) -> None:
    if conn.execute(sa.select(meta.c.value).where(meta.c.name == "epoch")).scalar() is None:
        conn.execute(sa.insert(meta).values(name="epoch", value=uuid.uuid4().hex))


def tables() -> list[str]:
    """The names of all tables, for backups and checks."""
    return [table.name for table in metadata.sorted_tables]
