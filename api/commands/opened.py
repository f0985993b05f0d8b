"""What a `kitstore` command works on: the database claimed, brought to today's tables and opened, and the policy.

One rule for the editor: a command never traces back at a person. What can go wrong is said in a sentence, with
exit code 1 (it did not work) or 2 (it was asked wrongly).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from api.app import now_us
from api.claim import Taken, claim
from api.commands.said import Said
from api.database import Database
from api.later import Later
from api.settings import Settings, SettingsError
from inventory.gate.policy import DEMO, Policy, PolicyError
from inventory.gate.policy import load as load_policy
from inventory.oversight.policy.changes import changes_at
from inventory.people.errors import BadField
from inventory.schema import revision, roles

SAID = (
    SettingsError,
    PolicyError,
    BadField,
    Taken,
    revision.TooNew,
    revision.TriggersMissing,
    roles.NeedsOwner,
    sa.exc.OperationalError,
)
"""Problems whose message is already a sentence for whoever typed the command."""

NO_RIGHT = "42501"
"""PostgreSQL's code for what the role of a connection may not do."""

UPGRADE = Later("inventory.schema.migrate:upgrade")
"""Alembic, which takes a fifth of the service's start and is needed once a version."""


def bring_up(engine: sa.Engine) -> None:
    """Bring a database that is not at today's tables, or lacks a trigger or a right, to them.

    Raises TooNew, TriggersMissing and NeedsOwner as `inventory.schema.migrate.upgrade` does.
    """
    with engine.connect() as conn:
        why = revision.stale(conn)
    if why:
        UPGRADE()(engine)


@contextmanager
def told() -> Iterator[None]:
    """Turns the problems we know into one sentence."""
    try:
        yield
    except SAID as problem:
        text = str(problem.orig).strip() if isinstance(problem, sa.exc.OperationalError) else str(problem)
        raise Said(text) from problem
    except sa.exc.ProgrammingError as problem:
        if getattr(problem.orig, "sqlstate", None) != NO_RIGHT:
            raise
        text = str(problem.orig).splitlines()[0]
        raise Said(f"{text} (the rights of the role that this runs as: docs/postgresql.md)") from problem


@contextmanager
def writing(settings: Settings) -> Iterator[Database]:
    """The database, claimed, brought to today's tables and writing. Refuses while a service holds an SQLite file."""
    with told():
        held = claim(settings)
    with held, told():
        database = Database(settings.database, now_us, instance=held.instance)
        try:
            bring_up(database.engine)
            database.start()
            yield database
        finally:
            database.stop()


@contextmanager
def reading(settings: Settings) -> Iterator[sa.Connection]:
    """A connection that only reads; works beside a running service."""
    with looking(settings) as conn:
        if revision.current(conn) is None:
            raise Said("there is no kit store in this database yet; run `kitstore init`")
        yield conn


@contextmanager
def steadily(settings: Settings) -> Iterator[sa.Connection]:
    """As `reading`, for many reads that must all see one state."""
    with reading(settings):
        database = Database(settings.database, now_us)
    with told(), closing(database.engine), database.steady() as conn:
        yield conn


@contextmanager
def looking(settings: Settings) -> Iterator[sa.Connection]:
    """As `reading`, into a database that may be empty."""
    database = Database(settings.database, now_us)
    with told(), closing(database.engine), database.reading() as conn:
        yield conn


@contextmanager
def closing(engine: sa.Engine) -> Iterator[None]:
    """Lets every connection of `engine` go at the end."""
    try:
        yield
    finally:
        engine.dispose()


def policy_of(settings: Settings) -> Policy:
    """The policy that the service would run with: the files, and the changes that are in force by now."""
    overlay = DEMO if settings.overlay == "demo" else Path(settings.overlay) if settings.overlay else None
    with looking(settings) as conn:
        changes = changes_at(conn, now_us()) if revision.current(conn) == revision.head() else ()
    return load_policy(Path(settings.policies) if settings.policies else None, overlay, changes)
