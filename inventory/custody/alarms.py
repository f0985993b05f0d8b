"""Alarms: what a person must look at, raised where it is noticed and settled by somebody with a sentence.

One rule for the editor: an alarm of the same kind about the same item and person is not raised twice while the
first is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.custody import alarm
from inventory.schema.fast import Fast, Inserter
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Raise:
    """What is wrong (`kind`, a stable word), where, and about which item or person."""

    kind: str
    detail: str
    store_id: int | None = None
    item_id: int | None = None
    person_id: int | None = None


_INSERT = Inserter(alarm)
_OPEN = Fast(
    sa.select(alarm.c.item_id, alarm.c.person_id, alarm.c.detail).where(
        alarm.c.kind == sa.bindparam("kind"), alarm.c.settled_us.is_(None)
    )
)
_SETTLE = Fast(
    sa.update(alarm)
    .where(alarm.c.id == sa.bindparam("alarm_id"), alarm.c.settled_us.is_(None))
    .values(settled_us=sa.bindparam("at"), settled_by=sa.bindparam("by"), settlement=sa.bindparam("how"))
)


def raise_alarms(tx: Tx, raised: Sequence[Raise]) -> list[int]:
    """Write the alarms that are not open already, tell the stores' screens, and return their ids."""
    rows: list[int] = []
    for each in raised:
        about = (each.item_id, each.person_id)
        open_ones = _OPEN.rows(tx.conn, {"kind": each.kind})
        bare = about == (None, None)
        if any((i, p) == about and (not bare or d == each.detail) for i, p, d in open_ones):
            continue
        rows.append(tx.ids.take())
        row = {
            "id": rows[-1],
            "kind": each.kind,
            "store_id": each.store_id,
            "item_id": each.item_id,
            "person_id": each.person_id,
            "raised_us": tx.now_us,
            "detail": each.detail,
        }
        _INSERT.add(tx.conn, [row])
        tx.say(f"store:{each.store_id}" if each.store_id else "all", {"type": "alarm", "alarm": row})
    return rows


def settle_alarm(tx: Tx, alarm_id: int, by_person: int, how: str) -> bool:
    """Close an alarm with a sentence. False when it is not open."""
    if not how.strip():
        raise ValueError("settlement: say how it was settled")
    return (
        _SETTLE.run(tx.conn, {"alarm_id": alarm_id, "at": tx.now_us, "by": by_person, "how": how.strip()})
        == 1
    )
