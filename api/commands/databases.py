"""`kitstore db`: tables, backup, restore, check.

One rule for the editor: a backup may run beside the service; what writes claims the database first.
"""

from pathlib import Path

import click

from api.claim import claim
from api.commands.terminal import Said, out, progress, reading, told, writing
from api.settings import Settings
from inventory.schema import backup as backups
from inventory.schema import migrate


@click.group()
def db() -> None:
    """Tables, backup, restore and check of the database."""


@db.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the database to this version's tables and put every trigger in place."""
    with writing(settings) as database, database.reading() as conn:
        out.print(f"at revision {migrate.current(conn)}, every trigger in place")


@db.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(settings: Settings, target: Path) -> None:
    """Write a backup to TARGET while the service runs. Never overwrites."""
    try:
        with told(), progress("backing up") as tell:
            backups.backup(settings.database, target, tell)
    except OSError as problem:
        raise Said(str(problem)) from problem
    out.print(f"backed up to {target}")


@db.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def restore(settings: Settings, source: Path) -> None:
    """Restore SOURCE into the empty database of the settings, and begin a new epoch.

    Bridges that see the new epoch send again what they kept; `kitstore ledger verify --kept` compares the
    checkpoints that were copied off the box.
    """
    try:
        with told(), claim(settings), progress("restoring") as tell:
            epoch = backups.restore(settings.database, source, tell)
    except (backups.NotEmpty, backups.NotABackup, OSError) as problem:
        raise Said(str(problem)) from problem
    out.print(f"restored from {source}; the epoch is {epoch}")


@db.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Say whether the database is at this version's tables with every promise in force."""
    with reading(settings) as conn:
        at, missing = migrate.current(conn), migrate.missing_triggers(conn)
    if at != migrate.head():
        raise Said(
            f"the database is at revision {at}, this version's is {migrate.head()}: run `kitstore db upgrade`"
        )
    if missing:
        raise Said(f"missing triggers: {', '.join(missing)}; run `kitstore db upgrade`")
    out.print(f"at revision {at}, every trigger in place")
