"""`kitstore user`: sign-ins and capabilities, from the server's own terminal.

One rule for the editor: what is done here is in the processing log like anything else, as done by SYSTEM.
"""

import secrets
from collections.abc import Callable

import click
import sqlalchemy as sa

from api.commands.opened import reading, told, writing
from api.commands.said import Said
from api.commands.terminal import out
from api.secrets import hash_secret, pin_weakness, weakness
from api.settings import Settings
from inventory.people import people
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema import words
from inventory.schema.people import capability_grant, person, store
from inventory.schema.service import sign_in
from inventory.schema.tx import LogLine, Tx


@click.group("user")
def sign_ins() -> None:
    """Who may sign in, and what they may do."""


def on_record(tx: Tx, ref: str) -> int:
    """The person with the force's number `ref`."""
    found = people.by_ref(tx.conn, ref) or people.by_collar(tx.conn, ref)
    if found is None:
        raise Said(f"nobody has the force's number or collar {ref!r}")
    return found.id


def logged(tx: Tx, person_id: int, command: str, operation: str = "ALTERATION") -> None:
    """Put what a command did into the processing log."""
    tx.record([LogLine(operation, f"kitstore {command}", "SYSTEM", None, (person_id,), secrets.token_hex(8))])


def set_sign_in(tx: Tx, person_id: int, name: str, **values: str | None) -> None:
    """Write a sign-in, new or changed."""
    known = tx.conn.execute(sa.select(sign_in.c.name).where(sign_in.c.person_id == person_id)).first()
    if known:
        where = sign_in.c.person_id == person_id
        tx.conn.execute(
            sa.update(sign_in).where(where).values(changed_us=tx.now_us, closed_us=None, **values)
        )
    else:
        taken = tx.conn.execute(sa.select(sign_in.c.person_id).where(sign_in.c.name == name)).first()
        if taken:
            raise Said(f"the sign-in name {name!r} is somebody else's")
        tx.conn.execute(
            sa.insert(sign_in).values(person_id=person_id, name=name, changed_us=tx.now_us, **values)
        )


@sign_ins.command()
@click.argument("ref")
@click.option("--name", required=True, help="Sign-in name.")
@click.password_option(help="Password (asked for when left out).")
@click.pass_obj
def add(settings: Settings, ref: str, name: str, password: str) -> None:
    """Let the person with the force's number or collar REF sign in."""
    wrong = weakness(name, password)
    if wrong:
        raise click.BadParameter(f"expected {wrong}", param_hint="--password")
    hashed = hash_secret(password)

    def act(tx: Tx) -> None:
        person_id = on_record(tx, ref)
        set_sign_in(tx, person_id, name.strip().lower(), password_hash=hashed)
        logged(tx, person_id, "user add", "COLLECTION")

    _do(settings, act)
    out.print(f"{ref} may sign in as {name}")


@sign_ins.command()
@click.argument("ref")
@click.password_option(help="New password (asked for when left out).")
@click.pass_obj
def password(settings: Settings, ref: str, password: str) -> None:
    """Give the person REF a new password."""
    wrong = weakness(ref, password)
    if wrong:
        raise click.BadParameter(f"expected {wrong}", param_hint="--password")
    hashed = hash_secret(password)
    _do(settings, lambda tx: _change(tx, ref, "user password", password_hash=hashed))
    out.print(f"{ref} has a new password")


@sign_ins.command()
@click.argument("ref")
@click.option(
    "--pin", prompt=True, hide_input=True, confirmation_prompt=True, help="New PIN (asked for when left out)."
)
@click.pass_obj
def pin(settings: Settings, ref: str, pin: str) -> None:
    """Give the person REF a new PIN for the hatch."""
    wrong = pin_weakness(pin)
    if wrong:
        raise click.BadParameter(f"expected {wrong}", param_hint="--pin")
    hashed = hash_secret(pin)
    _do(settings, lambda tx: _change(tx, ref, "user pin", pin_hash=hashed))
    out.print(f"{ref} has a new PIN")


def _change(tx: Tx, ref: str, command: str, **values: str | None) -> None:
    person_id = on_record(tx, ref)
    set_sign_in(tx, person_id, ref.lower(), **values)
    logged(tx, person_id, command)


@sign_ins.command()
@click.argument("ref")
@click.argument("capability", type=click.Choice(words.CAPABILITIES, case_sensitive=False))
@click.option("--store", "code", help="Code of the store; every store when left out.")
@click.option("--reason", required=True, help="Why.")
@click.pass_obj
def grant(settings: Settings, ref: str, capability: str, code: str | None, reason: str) -> None:
    """Give the person REF a CAPABILITY from now."""

    def act(tx: Tx) -> None:
        person_id = on_record(tx, ref)
        store_id = _store_id(tx, code)
        new = CapabilityGrant(person_id, capability.upper(), store_id, reason)
        give(tx.conn, tx.ids, new, tx.now_us)
        logged(tx, person_id, "user grant")

    _do(settings, act)
    out.print(f"{ref} is {capability.upper()} {'at ' + code if code else 'everywhere'}")


def _store_id(tx: Tx, code: str | None) -> int | None:
    if code is None:
        return None
    found = tx.conn.execute(sa.select(store.c.id).where(store.c.code == code.upper())).scalar()
    if found is None:
        raise Said(f"no store has the code {code!r}")
    return int(found)


@sign_ins.command("list")
@click.pass_obj
def listing(settings: Settings) -> None:
    """Everybody who may sign in, with their capabilities."""
    with reading(settings) as conn:
        rows = conn.execute(
            sa.select(
                sign_in.c.name,
                person.c.ref,
                person.c.family_name,
                capability_grant.c.capability,
                store.c.code,
            )
            .select_from(
                sign_in.join(person, person.c.id == sign_in.c.person_id)
                .outerjoin(capability_grant, capability_grant.c.person_id == person.c.id)
                .outerjoin(store, store.c.id == capability_grant.c.store_id)
            )
            .order_by(sign_in.c.name)
        ).all()
    for name, ref, family, capability, code in rows:
        out.print(f"{name}\t{ref}\t{family}\t{capability or '-'}\t{code or 'every store'}", markup=False)


def _do(settings: Settings, act: Callable[[Tx], None]) -> None:
    with writing(settings) as database, told():
        database.write(act)
