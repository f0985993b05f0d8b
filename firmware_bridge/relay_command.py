"""The command `kit-bridge relay`.

One rule for the editor: what is printed for a controller (the connection file) goes to standard output alone, and all
else to standard error.
"""

import logging
import sys
from pathlib import Path

import click

from firmware_bridge.endings import NOT_WELL, plainly, until_signalled
from firmware_bridge.relay import run_relay
from firmware_bridge.relay_settings import connection_file, load_relay


@click.command()
@click.option("--config", "-c", type=click.Path(dir_okay=False, path_type=Path), default=Path("relay.toml"),
              show_default=True, help="The relay's configuration file.")  # fmt: skip
@click.option("--connection-file", "theirs", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Print the evidence system's connection file as controllers are to get it, and stop.")  # fmt: skip
def relay(config: Path, theirs: Path | None) -> None:
    """Stand between Axis body-worn systems and the evidence system until SIGTERM or Ctrl-C; keep no film."""
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)-8s %(message)s", stream=sys.stderr)
    with plainly(), until_signalled() as stop:
        settings = load_relay(config)
        if theirs is not None:
            click.echo(connection_file(theirs.read_bytes(), settings), nl=False)
            return
        well = run_relay(settings, stop)
    sys.exit(0 if well else NOT_WELL)
