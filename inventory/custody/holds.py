"""Holds: why an item may not leave the store, placed by somebody and lifted by somebody. Append-only, in the ledger.

One rule for the editor: a hold is lifted by a second row, never removed; an EVIDENTIAL hold only by the
authority named on it (design `domain.md` 3.0, invariant 5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, item_chain, lot_chain
from inventory.custody.locks import lock, lock_lots
from inventory.schema.fast import Fast, Inserter
from inventory.schema.stock import hold, hold_lift
from inventory.schema.tx import Tx
from inventory.schema.words import SPENT_FOR_GOOD


class HoldRefused(ValueError):
    """A hold cannot be placed or lifted so; the message says why."""


@dataclass(frozen=True, slots=True)
class Placing:
    """A hold to place on one item or one lot. `reason` is a word of `words.HOLD_REASONS`."""

    reason: str
    detail: str
    item_id: int | None = None
    lot_id: int | None = None
    placed_by: int | None = None
    authority: str | None = None


_INSERT = Inserter(hold)
_LIFT = Inserter(hold_lift)
_ONE = Fast(
    sa.select(hold.c.item_id, hold.c.lot_id, hold.c.reason, hold.c.authority, hold_lift.c.hold_id)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(hold.c.id == sa.bindparam("hold_id"))
)


def place_holds(tx: Tx, placings: Sequence[Placing]) -> list[int]:
    """Place holds and return their ids. Raises HoldRefused for an evidential hold without an authority."""
    lock(tx, [], [each.item_id for each in placings if each.item_id is not None])
    lock_lots(tx, [each.lot_id for each in placings if each.lot_id is not None])
    rows = []
    for placing in placings:
        if placing.reason == "EVIDENTIAL" and not placing.authority:
            raise HoldRefused("authority: an evidential hold names who alone may release it")
        rows.append(
            {
                "id": tx.ids.take(),
                "tx_id": tx.id,
                "item_id": placing.item_id,
                "lot_id": placing.lot_id,
                "reason": placing.reason,
                "placed_us": tx.now_us,
                "placed_by": placing.placed_by,
                "authority": placing.authority,
                "detail": placing.detail,
            }
        )
    _INSERT.add(tx.conn, rows)
    append(tx, [_entry("HELD", row, placing.placed_by) for row, placing in zip(rows, placings, strict=True)])
    return [int(str(row["id"])) for row in rows]


def lift_hold(tx: Tx, hold_id: int, by_person: int, detail: str, authority: str | None = None) -> None:
    """Lift a hold. Raises LookupError when it is not open, HoldRefused where only another authority may."""
    found = _ONE.rows(tx.conn, {"hold_id": hold_id})
    if not found or found[0][4] is not None:
        raise LookupError(f"hold {hold_id} is not open")
    item_id, lot_id, reason, needed, _ = found[0]
    if reason in SPENT_FOR_GOOD:
        raise HoldRefused("hold_id: what was used once is never used again; nobody lifts this hold")
    if reason == "EVIDENTIAL" and authority != needed:
        raise HoldRefused(f"authority: this evidential hold may only be released by {needed}")
    _LIFT.add(
        tx.conn,
        [
            {
                "hold_id": hold_id,
                "tx_id": tx.id,
                "lifted_us": tx.now_us,
                "lifted_by": by_person,
                "detail": detail,
            }
        ],
    )
    append(
        tx,
        [
            _entry(
                "LIFTED", {"id": hold_id, "item_id": item_id, "lot_id": lot_id, "reason": reason}, by_person
            )
        ],
    )


def _entry(kind: str, row: Mapping[str, object], by_person: int | None) -> Entry:
    item_id = row["item_id"]
    name = item_chain(int(str(item_id))) if item_id is not None else lot_chain(int(str(row["lot_id"])))
    return Entry(
        chain=name,
        kind=kind,
        item_id=int(str(item_id)) if item_id is not None else None,
        lot_id=None if row["lot_id"] is None else int(str(row["lot_id"])),
        hold_id=int(str(row["id"])),
        by_person=by_person,
        reason=str(row["reason"]),
    )
