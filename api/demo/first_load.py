"""Fills an empty database with the demo force, a process of its own: `python -m api.demo.first_load FOLDER`.

One rule for the editor: the force comes in by the ordinary imports and by custody's own acts (`inventory.demo.load`);
here are only the things of the service: sign-ins, the bridge, the kiosk. The database takes its name when it is
whole, so that a load that was broken off leaves nothing half done.
"""

import functools
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from api.app import now_us
from api.bridges import add_bridge, bind_station
from api.database import Database
from api.demo import sign_ins
from api.demo.bars import bars_for
from api.demo.home import BRIDGE, CARD_READER, SCANNER, Home, Notes, tables
from api.demo.sign_ins import SIGN_INS, DemoSignIn
from api.kiosks import add_kiosk, pair
from api.policies import PolicyShelf, keep
from api.secrets import hash_secret
from inventory.demo import posts
from inventory.demo.force import DemoForce, build, plain_rows
from inventory.demo.load import BadDemoRow, Loading, LoadStep, first_load
from inventory.demo.plan import MEDWAY
from inventory.demo.records import BayRow
from inventory.demo.view import people_of
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import local_day
from inventory.people.imports.run import Progress
from inventory.schema import migrate
from inventory.schema.people import person, place, store
from inventory.schema.service import sign_in
from inventory.schema.tx import Tx
from inventory.stock import docks

DAY_US = 86_400_000_000
HATCH, OWN_HATCH = "Hatch 1", "Hatch 2"
LAST = "sign-ins, bridge and kiosk"


def load(home: Home, clock: Callable[[], int]) -> None:
    """Fill a new database and give it its name. Raises BadDemoRow where an import refuses a row of ours."""
    for left in home.folder.glob(f"{home.loading.name}*"):
        left.unlink()
    home.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    anchor = local_day(clock())
    demo = build(anchor)
    database = Database(f"sqlite:///{home.loading}", clock)
    migrate.upgrade(database.engine)
    database.start()
    try:
        places = _bring_in(database, demo, home)
    finally:
        database.stop()
    for left in home.folder.glob(f"{home.database.name}*"):
        left.unlink()
    home.loading.rename(home.database)
    home.note(Notes(anchor.isoformat(), anchor.isoformat(), *places, tables()))


def upgrade(home: Home, notes: Notes) -> None:
    """Bring a database of an earlier version to today's tables."""
    database = Database(f"sqlite:///{home.database}", now_us)
    migrate.upgrade(database.engine)
    database.engine.dispose()
    home.note(replace(notes, tables=tables()))


def _bring_in(database: Database, demo: DemoForce, home: Home) -> tuple[int, int, int]:
    """Everything, step by step; the ids of Medway's store and of its two hatches."""
    policy = PolicyShelf(None, "demo").now
    database.write(lambda tx: keep(tx, policy))
    steps = first_load(demo)
    with bars_for([*(step.name for step in steps), LAST]) as bars:
        for step in steps:
            progress = functools.partial(bars.rows, step.name)
            database.write(functools.partial(_act, step, policy, progress), ids=step.ids)
            bars.end(step.name)
        made = database.write(functools.partial(_set_up, home=home, demo=demo), ids=10_000)
        bars.end(LAST)
    return made


def _act(step: LoadStep, policy: Policy, progress: Progress, tx: Tx) -> None:
    step.act(Loading(tx, policy, progress))


# ---- the service's own things --------------------------------------------------------------------------


def _set_up(tx: Tx, home: Home, demo: DemoForce) -> tuple[int, int, int]:
    """Sign-ins, the bridge with its stations, the played kiosk, docks elsewhere; ids of the store and its hatches."""
    stores: dict[str, int] = {row[0]: row[1] for row in tx.conn.execute(sa.select(store.c.code, store.c.id))}
    here = sa.select(place.c.name, place.c.id).where(place.c.store_id == stores[MEDWAY])
    places: dict[str, int] = {row[0]: row[1] for row in tx.conn.execute(here)}
    _add_sign_ins(tx, demo)
    _, key = add_bridge(tx, BRIDGE, MEDWAY)
    for device in (SCANNER, CARD_READER):
        bind_station(tx, BRIDGE, device, places[HATCH])
    _, code, _ = add_kiosk(tx, places[HATCH], f"{HATCH} (played by the demo)", 60)
    paired = pair(tx, code)
    assert paired is not None, "the code was made a moment ago"
    _secret(home.bridge_key, key)
    _secret(home.kiosk_token, paired[1])
    elsewhere = [row for row in plain_rows(demo).bays if row.store != MEDWAY]
    _keep_bays(tx, elsewhere, stores)
    return stores[MEDWAY], places[HATCH], places[OWN_HATCH]


def _add_sign_ins(tx: Tx, demo: DemoForce) -> None:
    people: dict[str, int] = {row[0]: row[1] for row in tx.conn.execute(sa.select(person.c.ref, person.c.id))}
    rows = [
        {"person_id": people[_ref(demo, each)], "name": each.name, "password_hash": hash_secret(sign_ins.PASSWORD),
         "pin_hash": hash_secret(sign_ins.PIN), "changed_us": tx.now_us}
        for each in SIGN_INS
    ]  # fmt: skip
    tx.conn.execute(sa.insert(sign_in), rows)


def _ref(demo: DemoForce, who: DemoSignIn) -> str:
    if who.sort:
        there = people_of(demo.force, who.store, demo.force.anchor)
        return [each.member.ref for each in there if each.is_a(who.sort)][who.number]
    held = [
        row
        for row in posts.capabilities(demo.force)
        if (row.capability, row.store) == (who.capability, who.store)
    ]
    return held[who.number].ref


def _keep_bays(tx: Tx, rows: Iterable[BayRow], stores: dict[str, int]) -> None:
    """The last words of docks whose bridges do not run in the demo; they will be shown as silent, and are."""
    for row in rows:
        word = docks.BayWord(
            dock=f"{row.store.lower()}/{row.dock}", bay=row.bay, store_id=stores[row.store], word=row.word,
            present=bool(row.serial), serial=row.serial or None, observed_us=tx.now_us, reading_key="opening balance",
            charge_percent=row.charge_percent, files_pending=row.files_pending, free_mb=row.free_mb,
            firmware=row.firmware,
        )  # fmt: skip
        docks.keep(tx, word)


def _secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n", "utf-8")


# ---- the process ---------------------------------------------------------------------------------------


def main(folder: str, offset_days: str = "0") -> None:
    """Load or upgrade, whichever the folder needs."""
    home = Home(Path(folder))
    notes = home.notes()
    if notes is not None and home.is_whole():
        upgrade(home, notes)
    else:
        print("Making the demo force, once: 7,120 people and their kit, by the ordinary imports.", flush=True)
        try:
            load(home, lambda: now_us() + int(offset_days) * DAY_US)
        except (BadDemoRow, OSError, sa.exc.SQLAlchemyError) as problem:
            sys.exit(f"The demo force could not be made: {problem}")


if __name__ == "__main__":
    main(*sys.argv[1:])
