"""`kitstore bridge` and `kitstore kiosk`: the devices that may speak to the service, and their keys.

One rule for the editor: a key or pairing code is shown once, on the terminal, and stored only as a hash.
"""

import click
import sqlalchemy as sa

from api import bridges, kiosks
from api.commands.opened import reading, told, writing
from api.commands.terminal import out
from api.settings import Settings
from inventory.schema.people import place, store
from inventory.schema.service import bridge as bridge_table
from inventory.schema.service import bridge_key


@click.group()
def bridge() -> None:
    """Bridges: add them, change and revoke their keys, say where their devices stand."""


@bridge.command()
@click.argument("name")
@click.option("--store", "code", required=True, help="Code of the store it stands in.")
@click.pass_obj
def add(settings: Settings, name: str, code: str) -> None:
    """Add bridge NAME and print its key, once, alone on standard output."""
    with writing(settings) as database, told():
        _, key = database.write(lambda tx: bridges.add_bridge(tx, name, code))
    click.echo(key)


@bridge.command()
@click.argument("name")
@click.option("--keep-old", is_flag=True, help="Leave the old keys in force until `revoke --but-newest`.")
@click.pass_obj
def rotate(settings: Settings, name: str, keep_old: bool) -> None:
    """Give bridge NAME a new key and print it, once."""
    with writing(settings) as database, told():
        key = database.write(lambda tx: bridges.rotate_key(tx, name))
        if not keep_old:
            database.write(lambda tx: bridges.revoke_keys(tx, name, but_newest=True))
    click.echo(key)


@bridge.command()
@click.argument("name")
@click.option("--but-newest", is_flag=True, help="Leave the newest key in force.")
@click.pass_obj
def revoke(settings: Settings, name: str, but_newest: bool) -> None:
    """Revoke the keys of bridge NAME; it is refused from now on."""
    with writing(settings) as database, told():
        count = database.write(lambda tx: bridges.revoke_keys(tx, name, but_newest=but_newest))
    out.print(f"{count} keys of {name} revoked")


@bridge.command()
@click.argument("name")
@click.argument("device")
@click.argument("place_id", type=int)
@click.pass_obj
def bind(settings: Settings, name: str, device: str, place_id: int) -> None:
    """Say that DEVICE of bridge NAME stands at the place PLACE_ID (`kitstore places`)."""
    with writing(settings) as database, told():
        database.write(lambda tx: bridges.bind_station(tx, name, device, place_id))
    out.print(f"{device} of {name} stands at place {place_id}")


@bridge.command("list")
@click.pass_obj
def listing(settings: Settings) -> None:
    """Every bridge, its store, when it was last heard of, and how many keys are in force."""
    with reading(settings) as conn:
        rows = conn.execute(
            sa.select(
                bridge_table.c.name,
                store.c.code,
                bridge_table.c.seen_us,
                sa.func.count(bridge_key.c.key_hash),
            )
            .select_from(
                bridge_table.join(store, store.c.id == bridge_table.c.store_id).outerjoin(
                    bridge_key,
                    sa.and_(bridge_key.c.bridge_id == bridge_table.c.id, bridge_key.c.revoked_us.is_(None)),
                )
            )
            .group_by(bridge_table.c.name, store.c.code, bridge_table.c.seen_us)
            .order_by(bridge_table.c.name)
        ).all()
    for name, code, seen_us, keys in rows:
        out.print(
            f"{name}\t{code}\t{'never heard' if seen_us is None else seen_us}\t{keys} keys", markup=False
        )


@click.command()
@click.pass_obj
def places(settings: Settings) -> None:
    """Every place of every store, with its id."""
    with reading(settings) as conn:
        rows = conn.execute(
            sa.select(place.c.id, store.c.code, place.c.activity, place.c.name)
            .join(store, store.c.id == place.c.store_id)
            .order_by(store.c.code, place.c.id)
        ).all()
    for place_id, code, activity, name in rows:
        out.print(f"{place_id}\t{code}\t{activity}\t{name}", markup=False)


@click.command()
@click.argument("place_id", type=int)
@click.option("--name", required=True, help="What people call the kiosk.")
@click.pass_obj
def kiosk(settings: Settings, place_id: int, name: str) -> None:
    """Add a kiosk at PLACE_ID and print its one-time pairing code."""
    minutes = settings.sign_in.pairing_code_minutes
    with writing(settings) as database, told():
        _, code, _ = database.write(lambda tx: kiosks.add_kiosk(tx, place_id, name, minutes))
    click.echo(code)
