"""A force made only to be measured: as many trained people and ready cameras and CED sets as a run needs.

One rule for the editor: it is written straight into the tables of a database marked synthetic, and nowhere else.
"""

import secrets
import time
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from inventory.custody.receive import Delivered, receive
from inventory.schema import migrate
from inventory.schema.custody import tx_seal
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.oversight import meta
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
from inventory.schema.service import sign_in
from inventory.schema.stock import bay, inspection, item
from inventory.schema.tx import Tx

STORE, ISSUER, HATCH = 1, 2, 3
SECOND_STORE = 8
LOOKS = ("STORE_MANAGER", "AUDITOR", "LOG_READER")
"""What the person of a measurement may do everywhere, beside issuing at the bench's store."""

FIRST_PERSON, FIRST_CAMERA, FIRST_SET = 10_000_000, 20_000_000, 30_000_000
SET_SIZE = 6
CHUNK = 2000
PASSWORD = "bench-" + secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Force:
    """What was made: people numbered from FIRST_PERSON, a camera each, a CED set each for the first `sets`."""

    url: str
    people: int
    sets: int
    password: str


def build(url: str, people: int, sets: int, password_hash: str, now_us: int | None = None) -> Force:
    """Make the force in the empty database at `url`."""
    now = now_us or time.time_ns() // 1000
    engine = make_engine(url)
    migrate.upgrade(engine)
    ids = Ids(writing(engine))
    with writing(engine).begin() as conn:
        conn.execute(sa.insert(meta).values(name="synthetic", value="bench"))
        _ground(conn, now, password_hash)
    for start in range(0, people, CHUNK):
        ids.reserve(60 * CHUNK)
        _some(engine, ids, range(start, min(start + CHUNK, people)), sets, now)
    if engine.dialect.name == "postgresql":  # as a server that has run for a day has done by itself
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("ANALYZE")
    engine.dispose()
    return Force(url, people, sets, PASSWORD)


def second_store(url: str, first: int, items: int) -> None:
    """A smaller store with so many cameras, numbered on from `first`: as much as one shelf holds."""
    engine = make_engine(url)
    ids = Ids(writing(engine))
    ids.reserve(60 * items)
    now = time.time_ns() // 1000
    with writing(engine).begin() as conn:
        tx = Tx(conn, ids, ids.take(), now)
        conn.execute(sa.insert(store).values(id=SECOND_STORE, code="SE", name="Second", opened_us=1))
        rows = [_item(FIRST_CAMERA + first + n, "BWV_CAMERA", "BODY 3") | {"home_store_id": SECOND_STORE}
                for n in range(items)]  # fmt: skip
        conn.execute(sa.insert(item), rows)
        receive(tx, [Delivered(int(str(row["id"])), SECOND_STORE, ISSUER) for row in rows])
        _ready(tx, rows, SECOND_STORE)
        conn.execute(sa.insert(tx_seal).values(id=tx.id, at_us=now, instance=1))
    engine.dispose()


def set_items(number: int) -> list[int]:
    """The item ids of one CED set: handle, battery, four cartridges."""
    return [FIRST_SET + number * SET_SIZE + n for n in range(SET_SIZE)]


def _ground(conn: sa.Connection, now: int, password_hash: str) -> None:
    conn.execute(sa.insert(store).values(id=STORE, code="BE", name="Bench", opened_us=1))
    conn.execute(sa.insert(place).values(id=HATCH, store_id=STORE, name="Bench hatch", activity="HATCH"))
    for number, (name, starts, ends) in enumerate((("Day", "00:00", "12:00"), ("Night", "12:00", "00:00"))):
        conn.execute(sa.insert(shift_pattern).values(
            id=4 + number, store_id=STORE, name=name, starts=starts, ends=ends, from_on="2020-01-01"))  # fmt: skip
    conn.execute(sa.insert(person).values(
        id=ISSUER, ref="issuer", kind="POLICE_STAFF", family_name="Issuer", given_name="Bench", frontline=0,
        home_store_id=STORE, recorded_us=now))  # fmt: skip
    conn.execute(sa.insert(capability_grant).values(
        id=7, person_id=ISSUER, capability="ISSUER", store_id=STORE, from_us=1, reason="bench"))  # fmt: skip
    conn.execute(sa.insert(capability_grant), [
        {"id": 20 + n, "person_id": ISSUER, "capability": each, "store_id": None, "from_us": 1, "reason": "bench"}
        for n, each in enumerate(LOOKS)])  # fmt: skip
    conn.execute(sa.insert(sign_in).values(
        person_id=ISSUER, name="bench", password_hash=password_hash, changed_us=now))  # fmt: skip
    conn.execute(sa.insert(training_feed).values(source="bench", last_good_us=now, detail=""))


def _some(engine: sa.Engine, ids: Ids, numbers: range, sets: int, now: int) -> None:
    recent = (date.today() - timedelta(days=60)).isoformat()  # noqa: DTZ011 - a day's difference does not matter here
    with writing(engine).begin() as conn:
        tx = Tx(conn, ids, ids.take(), now)
        _people(tx, numbers, recent)
        rows = [_item(FIRST_CAMERA + n, "BWV_CAMERA", "BODY 3") for n in numbers]
        rows += [row for n in numbers if n < sets for row in _set(n)]
        conn.execute(sa.insert(item), rows)
        receive(tx, [Delivered(int(str(row["id"])), STORE, ISSUER) for row in rows])
        _ready(tx, [row for row in rows if row["kind"] != "CED_CARTRIDGE"])
        conn.execute(sa.insert(tx_seal).values(id=tx.id, at_us=now, instance=1))


def _people(tx: Tx, numbers: range, recent: str) -> None:
    people = [FIRST_PERSON + n for n in numbers]
    tx.conn.execute(sa.insert(person), [
        {"id": p, "ref": f"b{p}", "kind": "REGULAR", "family_name": f"P{p}", "given_name": "B", "frontline": 1,
         "home_store_id": STORE, "joined_on": "2015-01-05", "recorded_us": 1} for p in people])  # fmt: skip
    tx.conn.execute(sa.insert(binding), [
        {"id": tx.ids.take(), "technology": "COLLAR", "value": f"C{p}", "person_id": p, "from_us": 1}
        for p in people])  # fmt: skip
    courses = [("PPST", None), ("FIRST_AID", None), ("JRFT", None), ("BWV_USER", None), ("CED_INITIAL", "T7")]
    tx.conn.execute(sa.insert(training_result), [
        {"id": tx.ids.take(), "person_id": p, "course": course, "model": model, "attended_on": recent,
         "minutes": 1200, "outcome": "PASS", "source": "bench", "source_ref": f"{p}{course}", "recorded_us": 1}
        for p in people for course, model in courses])  # fmt: skip
    tx.conn.execute(sa.insert(person_gate), [
        {"id": tx.ids.take(), "person_id": p, "gate": "DEMS_ACCOUNT", "met_on": recent, "document": "bench",
         "recorded_us": 1} for p in people])  # fmt: skip
    tx.conn.execute(sa.insert(opt_in), [
        {"id": tx.ids.take(), "person_id": p, "opted_in": 1, "recorded_us": 1} for p in people])  # fmt: skip
    tx.conn.execute(sa.insert(carry_authorisation), [
        {"id": tx.ids.take(), "person_id": p, "model": "T7", "mode": "OVERT", "granted_by": "b", "grade": "b",
         "from_on": recent, "to_on": "2999-01-01", "source_ref": "b", "recorded_us": 1} for p in people])  # fmt: skip


def _ready(tx: Tx, rows: list[dict[str, object]], store_id: int = STORE) -> None:
    tx.conn.execute(sa.insert(inspection), [
        {"id": tx.ids.take(), "item_id": row["id"], "kind": kind, "at_us": tx.now_us, "passed": 1}
        for row in rows for kind in ("FULL_CHECK", "DOCKED")])  # fmt: skip
    tx.conn.execute(sa.insert(bay), [
        {"dock": f"d{row['id']}", "bay": 1, "store_id": store_id, "item_id": row["id"], "serial": row["serial"],
         "word": "READY", "present": 1, "charge_percent": 99, "files_pending": 0, "free_mb": 60_000,
         "firmware": "1.20.0", "clock_offset_ms": 0, "log_synced": 1, "observed_us": tx.now_us + 3_600_000_000,
         "received_us": tx.now_us + 3_600_000_000, "reading_key": "bench"}
        for row in rows if row["kind"] != "CED_HANDLE"])  # fmt: skip


def _set(number: int) -> list[dict[str, object]]:
    handle, battery, *cartridges = set_items(number)
    rows = [_item(handle, "CED_HANDLE", "T7"), _item(battery, "CED_BATTERY", "T7")]
    return rows + [
        _item(each, "CED_CARTRIDGE", "T7")
        | {"purpose": "LIVE_DUTY", "variant": "STANDOFF", "expires_on": "2999-01-01"}
        for each in cartridges
    ]


def _item(number: int, kind: str, model: str) -> dict[str, object]:
    return {"id": number, "kind": kind, "maker": "BENCH", "serial": f"B{number}", "model": model,
            "home_store_id": STORE, "pool": "OPERATIONAL", "purpose": None, "variant": None, "expires_on": None,
            "in_service_on": "2026-01-01", "personal_to": None, "lot_id": None, "order_ref": None,
            "recorded_us": 1}  # fmt: skip
