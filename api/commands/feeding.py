"""`kitstore feed`: the systems that send training results by themselves, and their keys.

One rule for the editor: a key is shown once, on the terminal, and stored only as a hash.
"""

import click

from api import training_feed
from api.app import now_us
from api.commands.opened import policy_of, reading, told, writing
from api.commands.terminal import out
from api.settings import Settings
from inventory.people.calendar import moment_said


@click.group()
def feed() -> None:
    """Training feeds: add them, change and revoke their keys, see how fresh they are."""


@feed.command()
@click.argument("source")
@click.pass_obj
def add(settings: Settings, source: str) -> None:
    """Add the feed that speaks for SOURCE and print its key, once, alone on standard output."""
    with writing(settings) as database, told():
        key = database.write(lambda tx: training_feed.add_feed(tx, source))
    click.echo(key)


@feed.command()
@click.argument("source")
@click.option("--keep-old", is_flag=True, help="Leave the old keys in force until `revoke --but-newest`.")
@click.pass_obj
def rotate(settings: Settings, source: str, keep_old: bool) -> None:
    """Give the feed of SOURCE a new key and print it, once."""
    with writing(settings) as database, told():
        key = database.write(lambda tx: training_feed.rotate_key(tx, source))
        if not keep_old:
            database.write(lambda tx: training_feed.revoke_keys(tx, source, but_newest=True))
    click.echo(key)


@feed.command()
@click.argument("source")
@click.option("--but-newest", is_flag=True, help="Leave the newest key in force.")
@click.pass_obj
def revoke(settings: Settings, source: str, but_newest: bool) -> None:
    """Revoke the keys of the feed of SOURCE; it is refused from now on."""
    with writing(settings) as database, told():
        count = database.write(lambda tx: training_feed.revoke_keys(tx, source, but_newest=but_newest))
    out.print(f"{count} keys of {source} revoked")


@feed.command("list")
@click.pass_obj
def listing(settings: Settings) -> None:
    """Every source of training records: how fresh it is, whether it counts, its last batch and its keys."""
    with told(), reading(settings) as conn:
        rows = training_feed.feeds_shown(conn, policy_of(settings), now_us())
    for each in rows:
        fresh = "never came in" if each.last_good_us is None else f"complete up to {moment_said(each.last_good_us)}"
        state = "TOO OLD" if each.is_stale else "fresh"
        counts = "counts" if each.counts else "does not count"
        of_feed = "by file" if each.last_sequence is None and not each.keys else f"batch {each.last_sequence or 0}"
        out.print(f"{each.source}\t{fresh}\t{state}\t{counts}\t{of_feed}\t{each.keys} keys", markup=False)
