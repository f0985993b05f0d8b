"""The command `kitstore`: one visible list of commands.

One rule for the editor: a command lives in `api/commands` (the demo in `api/demo`), and here is one line for it.
Nothing of a command is loaded here before it is asked for.
"""

from pathlib import Path
from typing import NamedTuple

import click

from api.commands.said import Said
from api.later import Later
from api.settings import SettingsError, load


class Listed(NamedTuple):
    """A command: where it is, and what the list says of it."""

    load: Later
    says: str


COMMANDS = {
    "serve": Listed(Later("api.commands.serving:serve"), "Run the service until it is stopped."),
    "demo": Listed(Later("api.demo.command:demo"), "Watch a shift of a fictional force draw its kit."),
    "init": Listed(Later("api.commands.first_run:init"), "Set up an empty force."),
    "db": Listed(Later("api.commands.databases:db"), "Tables, backup, restore and check of the database."),
    "import": Listed(Later("api.commands.importing:import_file"), "Take a file of people, training, authority or kit."),
    "receive": Listed(Later("api.commands.receiving:receive_list"), "Put a supplier's own list beside a delivery."),
    "labels": Listed(Later("api.commands.receiving:print_labels"), "Print labels of items: A4 sheets, or ZPL."),
    "ledger": Listed(Later("api.commands.ledgers:ledger"), "Verify or export the ledger."),
    "audit": Listed(Later("api.commands.ledgers:audit"), "Check every promise over the whole ledger."),
    "ico-export": Listed(Later("api.commands.protecting:ico_export"), "The processing log of a person, for the ICO."),
    "records-of-processing": Listed(
        Later("api.commands.protecting:records"), "What the service does with personal data, as CSV."
    ),
    "report": Listed(Later("api.commands.reporting:report"), "Answer a named report: a table, CSV, XLSX, PDF or JSON."),
    "user": Listed(Later("api.commands.accounts:sign_ins"), "Who may sign in, and what they may do."),
    "bridge": Listed(Later("api.commands.bridging:bridge"), "Bridges, their keys, and where their devices stand."),
    "feed": Listed(Later("api.commands.feeding:feed"), "Training feeds, their keys, and how fresh they are."),
    "kiosk": Listed(Later("api.commands.bridging:kiosk"), "Add a kiosk and print its one-time pairing code."),
    "paper": Listed(
        Later("api.commands.papers:paper"), "Print a store's register for when the system is down."
    ),
    "places": Listed(Later("api.commands.bridging:places"), "Every place of every store, with its id."),
    "decode": Listed(Later("devices.cli:decode"), "Read bytes or codes as a driver would."),
}
"""What may be asked for, in the order of the list."""

WITHOUT_SETTINGS = ("decode", "demo")


class Front(click.Group):
    """The commands by name: the list is shown without them, and only the one that is asked for is loaded."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own words
        """Their names, in the order of the list."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name; None where there is none."""
        listed = COMMANDS.get(cmd_name)
        command: click.Command | None = listed.load() if listed else None
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed.says) for name, listed in COMMANDS.items()])


@click.command(cls=Front, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", type=click.Path(path_type=Path, exists=True, dir_okay=False), envvar="KITSTORE_CONFIG",
    help="Settings in TOML; KIT_… variables go over them.",
)  # fmt: skip
@click.version_option(package_name="kitstore")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """The kit store: TASERs, cartridges, spit guards and body-worn cameras, by serial, from the store to the officer.

    `kitstore demo` shows it all with a made-up force. `kitstore init` starts a real one.
    """
    if ctx.invoked_subcommand not in WITHOUT_SETTINGS:
        try:
            ctx.obj = load(config)
        except SettingsError as problem:
            raise Said(str(problem)) from problem
