"""A small force for tests: one store with a hatch, trained and lapsed officers, an issuer, and kit for a few draws.

Everything is dated from NOW, so no test depends on the day it runs.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from inventory.custody.hatch import Presented
from inventory.custody.receive import Delivered, receive, receive_lot
from inventory.gate import policy as policies
from inventory.gate.ask import Ask
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import day_start_us
from inventory.schema import migrate
from inventory.schema.custody import tx_seal
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import (
    binding,
    capability_grant,
    carry_authorisation,
    opt_in,
    person,
    person_gate,
    place,
    shift_pattern,
    store,
    training_feed,
    training_result,
)  # fmt: skip
from inventory.schema.stock import bay, inspection, item, lot
from inventory.schema.tx import Tx

TODAY = date(2026, 11, 22)
HOUR = 3_600_000_000
NOW = day_start_us(TODAY) + 7 * HOUR  # 07:00 in London
SHIFT_ENDS = day_start_us(TODAY) + 16 * HOUR
MEDWAY, DOVER = 1, 2
HATCH, DOVER_HATCH, SHELF = 11, 12, 13
HOLLIS, MERCER, LAPSED, ISSUER, PCSO, X2_ONLY, SECOND_ISSUER = 101, 102, 103, 104, 105, 106, 107
HANDLES = (201, 202, 203)
BATTERIES = (211, 212, 213)
CARTRIDGES = tuple(range(221, 233))
CAMERAS = (241, 242, 243)
GUARDS = (251, 252)
GUARD_LOT = 301
DOVER_HANDLE = 261
LAST_GOOD = (TODAY - timedelta(days=100)).isoformat()
LONG_AGO = (TODAY - timedelta(days=500)).isoformat()

_PEOPLE = {
    HOLLIS: ("REGULAR", "PC", "Hollis", "4417"),
    MERCER: ("REGULAR", "PC", "Mercer", "4418"),
    LAPSED: ("REGULAR", "PC", "Latham", "4419"),
    ISSUER: ("POLICE_STAFF", None, "Ivory", "9001"),
    PCSO: ("PCSO", "PCSO", "Pell", "7001"),
    X2_ONLY: ("REGULAR", "PC", "Exton", "4420"),
    SECOND_ISSUER: ("REGULAR", "PS", "Sefton", "4421"),
}
_COURSES = ("PPST", "FIRST_AID", "JRFT", "SBG", "BWV_USER")


def card(person_id: int) -> str:
    """The EM4100 number on a person's card."""
    return f"{0xA000000000 + person_id:010X}"


def serial(item_id: int) -> str:
    """The serial printed on an item."""
    return f"X{item_id:05d}"


def build(url: str) -> None:
    """Migrate the database at `url` and fill it with the small force."""
    engine = make_engine(url)
    migrate.upgrade(engine)
    ids = Ids(writing(engine))
    ids.reserve(5000)
    with acting(engine, ids, NOW - 30 * 24 * HOUR) as tx:
        _places(tx.conn)
        _people(tx.conn, ids)
        _kit(tx)
    engine.dispose()


@contextmanager
def acting(engine: sa.Engine, ids: Ids, now_us: int = NOW) -> Iterator[Tx]:
    """A write transaction as the service opens one: sealed last, committed once."""
    ids.reserve(2000)
    with writing(engine).begin() as conn:
        tx = Tx(conn, ids, ids.take(), now_us)
        yield tx
        conn.execute(sa.insert(tx_seal).values(id=tx.id, at_us=now_us, instance=1))


def demo_policy() -> Policy:
    """The shipped policy with the made-up numbers of the demonstration force."""
    return policies.load(overlay=policies.DEMO)


def ced_ask(person_id: int, number: int = 0, **changes: Any) -> Ask:
    """A whole T7 set for a duty, everything declared: an ALLOW unless something is wrong."""
    values: dict[str, Any] = {
        "person_id": person_id,
        "store_id": MEDWAY,
        "item_ids": (HANDLES[number], BATTERIES[number], *CARTRIDGES[number * 4 : number * 4 + 4]),
        "lots": (),
        "purpose": "OPERATIONAL",
        "planned_return_us": SHIFT_ENDS,
        "door": "test",
        "by_person_id": ISSUER,
        "stage": "COMPLETING",
        "fit_declared": True,
        "function_tests": frozenset(HANDLES),
        "authenticated_by": "FACE",
    }
    return Ask(**(values | changes))


def camera_ask(person_id: int, item_id: int = CAMERAS[0], **changes: Any) -> Ask:
    """One body-worn camera for a duty."""
    return ced_ask(person_id, item_ids=(item_id,), **changes)


def scan(text: str) -> Presented:
    """A scanner's reading of a printed serial or collar."""
    return Presented((("SERIAL", text),), text)


def show_card(person_id: int) -> Presented:
    """A card held to the reader."""
    return Presented((("EM4100", card(person_id)),), card(person_id))


def relabel(engine: sa.Engine, item_id: int, **values: str) -> None:
    """An item as if it had come with another serial or maker. Afterwards only a correction changes one, again."""
    keeps = "item_serial_by_correction"
    with engine.begin() as conn:
        again = [f"ALTER TABLE item ENABLE TRIGGER {keeps}"]
        if conn.dialect.name == "sqlite":
            found = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
            again = [str(conn.execute(found, {"name": keeps}).scalar_one())]
            conn.exec_driver_sql(f"DROP TRIGGER {keeps}")
        else:
            conn.exec_driver_sql(f"ALTER TABLE item DISABLE TRIGGER {keeps}")
        conn.execute(sa.update(item).where(item.c.id == item_id).values(**values))
        for each in again:
            conn.exec_driver_sql(each)


def copies(make_database: Callable[..., str], template: str) -> Callable[[], sa.Engine]:
    """A maker of engines on fresh copies of a built database."""
    return lambda: make_engine(make_database(template=template))


def _insert(conn: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    conn.execute(sa.insert(table), list(rows))


def _places(conn: sa.Connection) -> None:
    _insert(conn, store, [
        {"id": MEDWAY, "code": "ME", "name": "Medway", "opened_us": 1},
        {"id": DOVER, "code": "DO", "name": "Dover", "opened_us": 1},
    ])  # fmt: skip
    _insert(conn, place, [
        {"id": HATCH, "store_id": MEDWAY, "name": "Medway hatch", "activity": "HATCH"},
        {"id": DOVER_HATCH, "store_id": DOVER, "name": "Dover hatch", "activity": "HATCH"},
        {"id": SHELF, "store_id": MEDWAY, "name": "Medway shelf", "activity": "SHELF"},
    ])  # fmt: skip
    for number, (name, starts, ends) in enumerate(
        (("Early", "07:00", "16:00"), ("Late", "15:00", "00:00"), ("Night", "22:00", "07:00"))
    ):
        _insert(conn, shift_pattern, [{"id": 20 + number, "store_id": MEDWAY, "name": name, "starts": starts,
                                       "ends": ends, "from_on": "2020-01-01"}])  # fmt: skip


def _people(conn: sa.Connection, ids: Ids) -> None:
    for person_id, (kind, rank, name, collar) in _PEOPLE.items():
        _insert(conn, person, [{"id": person_id, "ref": str(person_id), "kind": kind, "family_name": name,
                                "given_name": "Alex", "rank": rank, "home_store_id": MEDWAY, "frontline": 1,
                                "joined_on": "2015-01-05", "recorded_us": 1}])  # fmt: skip
        _insert(conn, binding, [
            {"id": ids.take(), "technology": "COLLAR", "value": collar, "person_id": person_id, "from_us": 1},
            {"id": ids.take(), "technology": "EM4100", "value": card(person_id), "person_id": person_id, "from_us": 1},
        ])  # fmt: skip
        attended = LONG_AGO if person_id == LAPSED else LAST_GOOD
        model = "X2" if person_id == X2_ONLY else "T7"
        courses = [(course, None, attended if course == "PPST" else LAST_GOOD) for course in _COURSES]
        if kind == "REGULAR":
            courses.append(("CED_INITIAL", model, LAST_GOOD))
            _authorise(conn, ids, person_id, model)
        _insert(conn, training_result, [
            {"id": ids.take(), "person_id": person_id, "course": course, "model": on_model, "attended_on": day,
             "minutes": 1200, "outcome": "PASS", "source": "test", "source_ref": f"{person_id}-{course}",
             "recorded_us": 1} for course, on_model, day in courses
        ])  # fmt: skip
    _insert(conn, person_gate, [
        {"id": ids.take(), "person_id": each, "gate": "DEMS_ACCOUNT", "met_on": LAST_GOOD, "document": "test",
         "recorded_us": 1} for each in _PEOPLE
    ])  # fmt: skip
    for issuer in (ISSUER, SECOND_ISSUER):
        _insert(conn, capability_grant, [{"id": ids.take(), "person_id": issuer, "capability": "ISSUER",
                                          "store_id": MEDWAY, "from_us": 1, "reason": "test"}])  # fmt: skip
    _insert(conn, training_feed, [{"source": "test", "last_good_us": NOW - HOUR, "detail": ""}])


def _authorise(conn: sa.Connection, ids: Ids, person_id: int, model: str) -> None:
    _insert(conn, opt_in, [{"id": ids.take(), "person_id": person_id, "opted_in": 1, "recorded_us": 1}])
    _insert(conn, carry_authorisation, [{
        "id": ids.take(), "person_id": person_id, "model": model, "mode": "OVERT", "granted_by": "CI Ward",
        "grade": "CHIEF_INSPECTOR", "from_on": LAST_GOOD, "to_on": "2027-06-30", "source_ref": str(person_id),
        "recorded_us": 1,
    }])  # fmt: skip


def _kit(tx: Tx) -> None:
    rows = [_item(number, "CED_HANDLE", "T7") for number in HANDLES]
    rows += [_item(number, "CED_BATTERY", "T7") for number in BATTERIES]
    rows += [_item(number, "CED_CARTRIDGE", "T7", purpose="LIVE_DUTY", variant="STANDOFF", expires_on="2029-01-31")
             for number in CARTRIDGES]  # fmt: skip
    rows += [_item(number, "BWV_CAMERA", "BODY 3") for number in CAMERAS]
    rows += [_item(number, "SBG", "SPITGUARD PRO") for number in GUARDS]
    rows.append(_item(DOVER_HANDLE, "CED_HANDLE", "T7", home_store_id=DOVER))
    _insert(tx.conn, item, rows)
    _insert(tx.conn, lot, [{"id": GUARD_LOT, "kind": "SBG", "maker": "MK", "lot_no": "L77", "product": "SPITGUARD PRO",
                            "recorded_us": 1}])  # fmt: skip
    _insert(tx.conn, inspection, [
        {"id": tx.ids.take(), "item_id": number, "kind": kind, "at_us": NOW - 7 * 24 * HOUR, "passed": 1}
        for number in (*HANDLES, *BATTERIES, DOVER_HANDLE) for kind in ("FULL_CHECK", "DOCKED")
    ])  # fmt: skip
    receive(tx, [Delivered(row["id"], row["home_store_id"], ISSUER) for row in rows])
    receive_lot(tx, GUARD_LOT, MEDWAY, 20, ISSUER)
    _insert(tx.conn, bay, [
        {"dock": "rack", "bay": n, "store_id": MEDWAY, "item_id": number, "serial": serial(number), "word": "READY",
         "present": 1, "charge_percent": 97, "files_pending": 0, "free_mb": 60_000, "firmware": "1.20.0",
         "clock_offset_ms": 0, "log_synced": 1, "observed_us": NOW - 60_000_000, "received_us": NOW - 60_000_000,
         "reading_key": "x"} for n, number in enumerate((*BATTERIES, *CAMERAS), start=1)
    ])  # fmt: skip


def _item(number: int, kind: str, model: str, **values: Any) -> dict[str, Any]:
    base = {"id": number, "kind": kind, "maker": "AXON", "serial": serial(number), "model": model,
            "home_store_id": MEDWAY, "pool": "OPERATIONAL", "purpose": None, "variant": None, "expires_on": None,
            "in_service_on": "2025-01-01", "personal_to": None, "lot_id": None, "order_ref": None,
            "recorded_us": 1}  # fmt: skip
    return base | values
