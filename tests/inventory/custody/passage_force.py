"""The small force with everybody that a passage needs, each with one capability, and the evidence that is sound.

One rule for the editor: what is filled in here is what an honest person would; a test that wants it wrong says so.
"""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from inventory.custody.holds import Placing, place_holds
from inventory.custody.passages.looking import look
from inventory.custody.passages.perform import Performed, perform
from inventory.custody.passages.row import Act, Field, Row
from inventory.custody.passages.table import ROWS
from inventory.custody.receive import Delivered, receive
from inventory.people.calendar import day_start_us
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.ids import Ids
from inventory.schema.people import binding
from inventory.schema.stock import item
from inventory.schema.tx import Tx
from tests.small_force import (
    HOLLIS,
    ISSUER,
    LAPSED,
    MEDWAY,
    MERCER,
    NOW,
    PCSO,
    TODAY,
    X2_ONLY,
    acting,
    demo_policy,
    serial,
)  # fmt: skip

TECHNICIAN, SPOC, SERGEANT, EXHIBITS, PSD, NOBODY = MERCER, LAPSED, HOLLIS, X2_ONLY, PCSO, 999_999
CAN = {TECHNICIAN: "TECHNICIAN", SPOC: "CED_SPOC", SERGEANT: "SUPERVISOR", EXHIBITS: "EXHIBITS", PSD: "PSD"}
POLICY = demo_policy()
AUTHORITY = "DI Okoye, PSD"
DIGEST = "ab" * 32
SOUND: dict[str, Any] = {"text": "as seen", "yes": True, "digest": DIGEST, "moment": NOW}


def empower(tx: Tx) -> None:
    """Give everybody their one capability, at Medway."""
    for person_id, capability in CAN.items():
        give(tx.conn, tx.ids, CapabilityGrant(person_id, capability, MEDWAY, "for the test"), NOW - 1)


def evidence_for(row: Row, item_serial: str, expiry: str | None = None) -> dict[str, Any]:
    """Evidence that fits every field of a row."""
    return {each.name: _sound(each, item_serial, expiry) for each in row.evidence}


def _sound(each: Field, item_serial: str, expiry: str | None) -> Any:
    if each.kind == "choice":
        return each.options[0][0]
    if each.kind == "number":
        return each.least
    if each.kind == "day":
        return expiry or TODAY.isoformat()
    by_name = {"serial_read": item_serial, "firmware": "99.0", "authority": AUTHORITY}
    return by_name.get(each.name, SOUND[each.kind])


class Doing:
    """Acts on one copy of the force, each in its own transaction."""

    def __init__(self, engine: sa.Engine, ids: Ids, now_us: int = NOW) -> None:
        self.engine, self.ids, self.now_us = engine, ids, now_us
        with acting(engine, ids, NOW - 1) as tx:
            empower(tx)

    def state(self, item_id: int) -> str:
        """How the item stands now."""
        with self.engine.connect() as conn:
            return look(conn, [item_id], POLICY, self.now_us)[item_id].state

    def hold(self, item_id: int, reason: str, **more: Any) -> None:
        """Place a hold as another door would."""
        with acting(self.engine, self.ids, self.now_us) as tx:
            place_holds(tx, [Placing(reason, "for the test", item_id=item_id, placed_by=ISSUER, **more)])

    def label(self, item_id: int) -> None:
        """Bind a label of ours to an item."""
        with acting(self.engine, self.ids, self.now_us) as tx:
            row = {
                "id": tx.ids.take(), "technology": "LABEL", "value": f"L{item_id}", "item_id": item_id,
                "from_us": self.now_us,
            }  # fmt: skip
            tx.conn.execute(sa.insert(binding), row)

    def fresh(self, kind: str, **columns: Any) -> int:
        """A new item in the store, nothing known against it; a live duty cartridge where it is one."""
        with acting(self.engine, self.ids, self.now_us) as tx:
            new = tx.ids.take()
            row = {
                "id": new, "kind": kind, "maker": "AXON", "serial": serial(new), "model": "T7", "home_store_id": MEDWAY,
                "pool": "OPERATIONAL", "purpose": "LIVE_DUTY" if kind == "CED_CARTRIDGE" else None,
                "expires_on": "2027-06-30" if kind == "CED_CARTRIDGE" else None, "recorded_us": self.now_us,
            }  # fmt: skip
            tx.conn.execute(sa.insert(item), row | columns)
            receive(tx, [Delivered(new, MEDWAY, ISSUER)])
        return new

    def do(self, act: str, item_id: int, by: int, second: int | None = None, **evidence: Any) -> Performed:
        """Do an act with sound evidence, but what is said otherwise."""
        with self.engine.connect() as conn:
            looked = look(conn, [item_id], POLICY, self.now_us)[item_id]
        ends = looked.seen.item.expires_on
        row = row_anywhere(act, looked.seen.item.kind, looked.state)
        sound = evidence_for(row, serial(item_id), ends.isoformat() if ends else None) if row else {}
        with acting(self.engine, self.ids, self.now_us) as tx:
            return perform(tx, Act(item_id, act, by, second, sound | evidence), POLICY)


def row_anywhere(act: str, kind: str, state: str) -> Row | None:
    """The row of an act for a kind from this state, or else from any; None where it has none."""
    rows = [row for row in ROWS if row.act == act and kind in row.kinds]
    return next((row for row in rows if state in row.from_states), rows[0] if rows else None)


def expiry_of(engine: sa.Engine, item_id: int) -> str | None:
    """The date printed on an item."""
    with engine.connect() as conn:
        return conn.execute(sa.select(item.c.expires_on).where(item.c.id == item_id)).scalar()


def expires_us_of(engine: sa.Engine, item_id: int) -> int:
    """The moment from which an item is past its printed date: 00:00 in London on the day after."""
    return day_start_us(date.fromisoformat(str(expiry_of(engine, item_id))) + timedelta(days=1))
