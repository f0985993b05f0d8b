"""`kitstore init`: an empty force becomes one with two administrators, a store, a hatch and a pairing code.

One rule for the editor: it works once, on a database without people; afterwards the ordinary ways hold.
"""

import secrets
from dataclasses import dataclass

import click
import sqlalchemy as sa

from api import kiosks
from api.commands.accounts import logged, set_sign_in
from api.commands.opened import told, writing
from api.commands.said import Said
from api.commands.terminal import out
from api.secrets import hash_secret, new_code
from api.settings import Settings
from inventory.people.capabilities import CapabilityGrant, give
from inventory.people.people import NewPerson, create
from inventory.people.stores import NewStore, add_place, open_store
from inventory.schema.people import person
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Begun:
    """What an empty force starts with: the hatch's id, its pairing code, and the administrators' passwords."""

    place_id: int
    pairing_code: str
    passwords: tuple[tuple[str, str], ...]


@click.command()
@click.option("--store", "code", default="HQ", show_default=True, help="Code of the first store.")
@click.option("--store-name", default="Headquarters", show_default=True, help="Its name.")
@click.option("--admin", "admins", multiple=True, help="Family name of an administrator; give it twice.")
@click.pass_obj
def init(settings: Settings, code: str, store_name: str, admins: tuple[str, ...]) -> None:
    """Set up an empty force: two administrators, a store, a hatch, and a pairing code for its first kiosk."""
    names = admins or ("First", "Second")
    if len(names) != 2 or names[0].lower() == names[1].lower():
        raise click.BadParameter("expected two different administrators", param_hint="--admin")
    chosen = [(f"admin-{name.lower()}", new_code()) for name in names]
    hashed = {name: hash_secret(password) for name, password in chosen}
    minutes = settings.sign_in.pairing_code_minutes

    def act(tx: Tx) -> Begun:
        if tx.conn.execute(sa.select(person.c.id).limit(1)).first():
            raise Said("this database holds a force already; `kitstore init` is for an empty one")
        store_id = open_store(tx.conn, tx.ids, NewStore(code, store_name), tx.now_us)
        place_id = add_place(tx.conn, tx.ids, store_id, f"{store_name} hatch", "HATCH")
        for family, (name, _) in zip(names, chosen, strict=True):
            new = NewPerson(f"ADMIN-{secrets.token_hex(3).upper()}", "POLICE_STAFF", family, "Administrator")
            person_id = create(tx.conn, tx.ids, new, tx.now_us)
            set_sign_in(tx, person_id, name, password_hash=hashed[name])
            give(tx.conn, tx.ids, CapabilityGrant(person_id, "ADMINISTRATOR", None, "first start"), tx.now_us)
            logged(tx, person_id, "init", "COLLECTION")
        _, pairing, _ = kiosks.add_kiosk(tx, place_id, f"{store_name} kiosk", minutes)
        return Begun(place_id, pairing, tuple(chosen))

    with writing(settings) as database, told():
        begun = database.write(act)
    out.print(f"store {code} with a hatch (place {begun.place_id})")
    for name, password in begun.passwords:
        out.print(f"administrator {name}, password {password} (change it at the first sign-in)", markup=False)
    out.print(f"kiosk pairing code {begun.pairing_code}, good for {minutes} minutes")
