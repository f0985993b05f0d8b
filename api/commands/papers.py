"""`kitstore paper`: the register of a store as a PDF file, for when the system is down.

One rule for the editor: it reads, works beside a running service, and never overwrites a file.
"""

from pathlib import Path

import click
import sqlalchemy as sa

from api.app import now_us
from api.commands.opened import policy_of, reading, told
from api.commands.said import Said
from api.commands.terminal import out
from api.paper_folders import NoFolder, keep_copy
from api.settings import Settings
from inventory.custody.paper.register import register_of
from inventory.people.calendar import moment_said
from inventory.schema.people import store


@click.command()
@click.argument("code", metavar="STORE")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=None,
    help="Folder to put it in (default: the store's own of the settings, else this one).",
)  # fmt: skip
@click.pass_obj
def paper(settings: Settings, code: str, folder: Path | None) -> None:
    """Print who may draw what at STORE (its code) for a day, what is on its shelf, and blank lines to write on.

    It is void after the hours the force allows (24 at most); docs/paper.md says how it is written up afterwards.
    """
    with told():
        policy = policy_of(settings)
    with reading(settings) as conn:
        wanted = code.strip().upper()
        store_id = conn.execute(sa.select(store.c.id).where(store.c.code == wanted)).scalar()
        if store_id is None:
            raise Said(f"there is no store {wanted}; `kitstore places` lists them")
        register = register_of(conn, int(store_id), policy, now_us())
    target = folder or Path(settings.paper.folders.get(wanted, "."))
    try:
        path = keep_copy(target, register, settings.paper.keep)
    except NoFolder as problem:
        raise Said(str(problem)) from problem
    out.print(f"{path}", markup=False)
    out.print(f"void from {moment_said(register.void_us)}; the blank lines are its last pages")
