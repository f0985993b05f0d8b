"""What every `kitstore` command shares: the settings, the database claimed for writing, progress, and how to fail.

One rule for the editor: a command never traces back at a person. What can go wrong is said in a sentence, with
exit code 1 (it did not work) or 2 (it was asked wrongly).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.app import now_us
from api.claim import Taken, claim
from api.database import Database
from api.settings import Settings, SettingsError, load
from inventory.gate.policy import DEMO, Policy, PolicyError
from inventory.gate.policy import load as load_policy
from inventory.people.errors import BadField
from inventory.schema import migrate, roles

Told = Callable[[int, int], None]
out = Console(highlight=False, soft_wrap=True)
SAID = (
    SettingsError,
    PolicyError,
    BadField,
    Taken,
    migrate.TooNew,
    migrate.TriggersMissing,
    roles.NeedsOwner,
    sa.exc.OperationalError,
)
"""Problems whose message is already a sentence for whoever typed the command."""


NO_RIGHT = "42501"
"""PostgreSQL's code for what the role of a connection may not do."""


class Said(click.ClickException):
    """A problem, told in one sentence; exit code 1."""

    exit_code = 1


def settings_of(path: Path | None) -> Settings:
    """The settings of `--config`, `KIT_` variables over them."""
    with told():
        return load(path)


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
            migrate.upgrade(database.engine)
            database.start()
            yield database
        finally:
            database.stop()


@contextmanager
def reading(settings: Settings) -> Iterator[sa.Connection]:
    """A connection that only reads; works beside a running service."""
    with looking(settings) as conn:
        if migrate.current(conn) is None:
            raise Said("there is no kit store in this database yet; run `kitstore init`")
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
    """The policy that the service would run with."""
    overlay = DEMO if settings.overlay == "demo" else Path(settings.overlay) if settings.overlay else None
    return load_policy(Path(settings.policies) if settings.policies else None, overlay)


@contextmanager
def progress(title: str) -> Iterator[Told]:
    """A progress bar on a terminal, nothing elsewhere; call what it gives with (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
