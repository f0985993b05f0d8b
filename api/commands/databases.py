"""`kitstore db`: tables, backup, restore, check, and the service's role.

One rule for the editor: a backup may run beside the service; what writes claims the database first. On PostgreSQL
what makes or alters tables is the owner's to do, and says so to everybody else.
"""

from pathlib import Path

import click
import msgspec
import sqlalchemy as sa

from api.claim import claim
from api.commands.opened import looking, reading, told, writing
from api.commands.said import Said
from api.commands.terminal import out, progress
from api.settings import Settings
from inventory.schema import backup as backups
from inventory.schema import migrate, revision, roles


@click.group()
@click.option(
    "--owner", metavar="URL", envvar="KITSTORE_OWNER_DATABASE", show_envvar=True,
    help="PostgreSQL: the database as the owner of its tables, for upgrade, restore and roles, where the settings"
    " name the role that the service runs as.",
)  # fmt: skip
@click.pass_context
def db(ctx: click.Context, owner: str | None) -> None:
    """Tables, backup, restore and check of the database.

    On PostgreSQL the service runs as a role that cannot alter its tables (`kitstore db roles`); `upgrade`, `restore`
    and `roles` are then run as the tables' owner. `backup` and `check` need no more than the service does.
    """
    if owner is not None and ctx.obj is not None:
        ctx.obj = msgspec.structs.replace(ctx.obj, database=owner)


@db.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the database to this version's tables and put every trigger and every right in place.

    On PostgreSQL run it as the owner of the tables, before the new version's service is started.
    """
    with writing(settings) as database, database.reading() as conn:
        out.print(f"at revision {revision.current(conn)}, every trigger in place{_and_rights(conn)}")


def _and_rights(conn: sa.Connection) -> str:
    if conn.dialect.name != "postgresql":
        return ""
    if not roles.exists(conn, roles.APP_ROLE):
        return f"; there is no role {roles.APP_ROLE} for the service yet: run `kitstore db roles`"
    return f", {roles.APP_ROLE} has this version's rights"


@db.command("roles")
@click.option(
    "--login", metavar="NAME",
    help="Let this role sign in as the service; it is made, without a password, where it is not there.",
)  # fmt: skip
@click.option("--print", "only_print", is_flag=True, help="Print the SQL and change nothing.")
@click.pass_obj
def give_roles(settings: Settings, login: str | None, only_print: bool) -> None:
    """PostgreSQL: make the role that the service runs as, with what its work needs and no more.

    The role kit_app may read every table, add rows, and change or delete only what the service changes or deletes:
    it cannot alter a table, switch a trigger off, or touch a row of the ledger. Nobody signs in as kit_app;
    give the service a sign-in that is a member of it:

    \b
        kitstore db --owner postgresql+psycopg://kit_owner@HOST/kit roles --login kit_service

    and that one's address in the service's settings. Run it again at any time: it gives the same rights.
    """
    if settings.is_sqlite:
        raise Said("an SQLite file has no roles: whoever may write the file may change everything in it")
    with looking(settings) as conn:
        roles.need_owner(conn, "the rights of a role are given table by table", "roles")
        if revision.current(conn) != revision.head():
            raise Said("the database is not at this version's tables: run `kitstore db upgrade` first")
        if only_print:
            _print(roles.statements(conn))
            return
        migrate.establish_role(conn.engine, login)
    out.print(f"{roles.APP_ROLE}: {_in_numbers()}")
    if login is not None:
        out.print(f"{login} may sign in as the service. Give it a password in psql: \\password {login}", markup=False)


def _print(lines: list[str]) -> None:
    for line in lines:
        click.echo(f"{line};")


def _in_numbers() -> str:
    every, added = len(roles.tables()), len(roles.tables()) - len(roles.READ_ONLY)
    return (
        f"reads {every} tables, adds rows to {added}, changes {sum(map(len, roles.CHANGES.values()))} columns of"
        f" {len(roles.CHANGES)}, deletes from {len(roles.DELETES)}, alters none"
    )


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

    On PostgreSQL run it as the owner of the empty database. Bridges that see the new epoch send again what they
    kept; `kitstore ledger verify --kept` compares the checkpoints that were copied off the box.
    """
    if not settings.is_sqlite:
        with looking(settings) as conn:
            roles.need_owner(conn, "a restore makes the tables and fills them", "restore")
    try:
        with told(), claim(settings), progress("restoring") as tell:
            epoch = backups.restore(settings.database, source, tell)
    except (backups.NotEmpty, backups.NotABackup, OSError) as problem:
        raise Said(str(problem)) from problem
    out.print(f"restored from {source}; the epoch is {epoch}")


@db.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Say whether the database is at this version's tables with every promise in force.

    On PostgreSQL also whether this connection can do what the service needs, and nothing that it should not.
    """
    with reading(settings) as conn:
        at, missing = revision.current(conn), revision.missing_triggers(conn)
        stale, powers, who = roles.stale(conn), roles.powers(conn), roles.connected_as(conn)
    if at != revision.head():
        raise Said(
            f"the database is at revision {at}, this version's is {revision.head()}: run `kitstore db upgrade`"
        )
    if missing:
        raise Said(f"missing triggers: {', '.join(missing)}; run `kitstore db upgrade`")
    if stale:
        raise Said(f"{stale}; run `kitstore db upgrade` as the owner of the tables")
    out.print(f"at revision {at}, every trigger in place")
    if powers:
        out.print(f"{who} {', '.join(powers)}: do not run the service as {who} (docs/postgresql.md)", markup=False)
    elif who:
        out.print(f"{who} can do what the service needs and nothing more", markup=False)
