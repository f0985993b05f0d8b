"""The command `kitstore`: one visible list of commands.

One rule for the editor: a command lives in `api/commands` (the demo in `api/demo`), and here is one line for it.
"""

from importlib.metadata import version
from pathlib import Path

import click

from api.commands.accounts import sign_ins
from api.commands.bridging import bridge, kiosk, places
from api.commands.databases import db
from api.commands.first_run import init
from api.commands.importing import import_file
from api.commands.ledgers import audit, ledger
from api.commands.serving import serve
from api.commands.terminal import settings_of
from api.demo.command import demo
from devices.cli import decode

WITHOUT_SETTINGS = ("decode", "demo")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", type=click.Path(path_type=Path, exists=True, dir_okay=False), envvar="KITSTORE_CONFIG",
    help="Settings in TOML; KIT_… variables go over them.",
)  # fmt: skip
@click.version_option(version("kitstore"), prog_name="kitstore")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """The kit store: TASERs, cartridges, spit guards and body-worn cameras, by serial, from the store to the officer.

    `kitstore demo` shows it all with a made-up force. `kitstore init` starts a real one.
    """
    if ctx.invoked_subcommand not in WITHOUT_SETTINGS:
        ctx.obj = settings_of(config)


for command in (serve, demo, init, db, import_file, ledger, audit, sign_ins, bridge, kiosk, places, decode):
    main.add_command(command)
