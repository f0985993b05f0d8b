"""T10 kit for the small force: two CEDs with their batteries, three magazines, thirty cartridges, two who may carry.

One rule for the editor: nothing is loaded here; a test loads what it needs by the product's own act.
"""

from typing import Any

import sqlalchemy as sa

from inventory.custody.loading import Loading, load
from inventory.custody.receive import Delivered, receive
from inventory.gate.ask import Ask
from inventory.gate.kind_policy import Policy
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import training_result
from inventory.schema.stock import inspection, item
from inventory.schema.tx import Tx
from tests import small_force as force

HANDLES = (401, 402)
BATTERIES = (411, 412)
MAGAZINES = (421, 422, 423)
CARTRIDGES = tuple(range(431, 461))
PRACTICE = (471, 472)
"""Cartridges of the training pool."""

EXPIRED, OF_DOVER = 473, 474
CARRIERS = (force.HOLLIS, force.MERCER)
ALL = (*HANDLES, *BATTERIES, *MAGAZINES, *CARTRIDGES, *PRACTICE, EXPIRED, OF_DOVER)


def add_to(url: str) -> None:
    """Add the T10 kit, and what its two carriers need, to a database with the small force in it."""
    engine = make_engine(url)
    ids = Ids(writing(engine))
    with force.acting(engine, ids, force.NOW - 29 * 24 * force.HOUR) as tx:
        _kit(tx)
        for person_id in CARRIERS:
            _may_carry(tx, person_id)
    engine.dispose()


def _kit(tx: Tx) -> None:
    live: dict[str, Any] = {"purpose": "LIVE_DUTY", "expires_on": "2029-01-31"}
    rows = [force._item(number, "CED_HANDLE", "T10") for number in HANDLES]
    rows += [force._item(number, "CED_BATTERY", "T10") for number in BATTERIES]
    rows += [force._item(number, "CED_MAGAZINE", "T10") for number in MAGAZINES]
    rows += [force._item(number, "CED_CARTRIDGE", "T10", **live) for number in CARTRIDGES]
    rows += [
        force._item(number, "CED_CARTRIDGE", "T10", pool="TRAINING", purpose="HALT", expires_on="2029-01-31")
        for number in PRACTICE
    ]
    rows.append(force._item(EXPIRED, "CED_CARTRIDGE", "T10", **(live | {"expires_on": "2026-11-21"})))
    rows.append(force._item(OF_DOVER, "CED_CARTRIDGE", "T10", **(live | {"home_store_id": force.DOVER})))
    tx.conn.execute(sa.insert(item), rows)
    checked = [
        {"id": tx.ids.take(), "item_id": number, "kind": kind, "at_us": force.NOW - 7 * 24 * force.HOUR, "passed": 1}
        for number in (*HANDLES, *BATTERIES)
        for kind in ("FULL_CHECK", "DOCKED")
    ]
    tx.conn.execute(sa.insert(inspection), checked)
    receive(tx, [Delivered(row["id"], row["home_store_id"], force.ISSUER) for row in rows])


def _may_carry(tx: Tx, person_id: int) -> None:
    row = {"id": tx.ids.take(), "person_id": person_id, "course": "CED_CONVERSION", "model": "T10", "minutes": 1200,
           "attended_on": force.LAST_GOOD, "outcome": "PASS", "source": "test", "source_ref": f"{person_id}-T10",
           "recorded_us": 1}  # fmt: skip
    tx.conn.execute(sa.insert(training_result).values(**row))
    force._authorise(tx.conn, tx.ids, person_id, "T10")


def inside(number: int = 0) -> tuple[int, ...]:
    """The ten cartridges that belong in the `number`-th magazine."""
    return CARTRIDGES[number * 10 : number * 10 + 10]


def fill(tx: Tx, policy: Policy, number: int = 0) -> None:
    """Load the `number`-th magazine with its ten."""
    load(tx, [Loading(MAGAZINES[number], inside(number), force.ISSUER)], policy)


def t10_ask(person_id: int, number: int = 0, **changes: Any) -> Ask:
    """A whole T10 set for a duty, everything declared."""
    values: dict[str, Any] = {
        "item_ids": (HANDLES[number], BATTERIES[number], MAGAZINES[number]),
        "function_tests": frozenset(HANDLES),
        "charges": tuple((battery, 90) for battery in BATTERIES),
    }
    return force.ced_ask(person_id, **(values | changes))
