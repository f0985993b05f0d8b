"""What fits a recall comes to its chase list and is held, in the act that found it: at the opening, or as it arrives.

One rule for the editor: a thing comes to a list once, with a hold of this recall's own; what is gone for good is listed
and not held. Called by whatever brings kit into the ledger, so it must not call that.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.holds import Placing, place_holds
from inventory.custody.recalls.which import (
    Found,
    FoundLot,
    InForce,
    among_items,
    among_lots,
    in_force,
    matches,
)
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.recalls import recall_line
from inventory.schema.stock import hold, hold_lift
from inventory.schema.tx import Tx

ARRIVED = "RECALLED_ARRIVED"
ARRIVES = frozenset({"RECEIVED", "ASSERTED", "FOUND", "RETURNED"})
"""Movements by which something may come that a recall did not find before."""
_SOURCES = {"MAKER": "the maker", "NPCC": "the NPCC", "HOME_OFFICE": "the Home Office", "FORCE": "the force"}

_LINE = Inserter(recall_line)
_LISTED = Fast(
    sa.select(recall_line.c.recall_id, recall_line.c.item_id).where(among(recall_line.c.item_id, "ids"))
)
_LOTS_LISTED = Fast(
    sa.select(
        recall_line.c.recall_id, recall_line.c.lot_id, recall_line.c.holder, recall_line.c.holder_id,
        sa.case((hold_lift.c.hold_id.is_(None), hold.c.id)),
    )
    .select_from(
        recall_line.outerjoin(hold, hold.c.id == recall_line.c.hold_id).outerjoin(
            hold_lift, hold_lift.c.hold_id == hold.c.id
        )
    )
    .where(among(recall_line.c.lot_id, "ids"))
)  # fmt: skip


def said_of(of: InForce) -> str:
    """What stands on a hold: 'Recall 17, notice 7/26 of the maker'."""
    return f"Recall {of.id}, notice {of.notice_ref} of {_SOURCES[of.notice_from]}"


def list_items(tx: Tx, found: Sequence[tuple[InForce, Found]], by_person: int | None, *, late: bool) -> list[int]:
    """Put items on the lists and hold them; the ids of those that were not on them."""
    known = set(_LISTED.rows(tx.conn, {"ids": [one.item_id for _, one in found]})) if found else set()
    new = [(of, one) for of, one in found if (of.id, one.item_id) not in known]
    held = [(of, one) for of, one in new if one.holder != "DISPOSAL"]
    placed = place_holds(
        tx, [Placing("RECALL", said_of(of), item_id=one.item_id, placed_by=by_person) for of, one in held]
    )
    hold_of = {(of.id, one.item_id): hold_id for (of, one), hold_id in zip(held, placed, strict=True)}
    lines: list[dict[str, Any]] = [
        {
            "id": tx.ids.take(), "tx_id": tx.id, "recall_id": of.id, "item_id": one.item_id, "lot_id": None,
            "holder": one.holder, "holder_id": one.holder_id, "quantity": None,
            "hold_id": hold_of.get((of.id, one.item_id)), "found_us": tx.now_us, "late": int(late),
        }
        for of, one in new
    ]  # fmt: skip
    _LINE.add(tx.conn, lines)
    return [one.item_id for _, one in new]


def list_lots(tx: Tx, found: Sequence[tuple[InForce, FoundLot]], by_person: int | None, *, late: bool) -> list[int]:
    """Put pieces of lots on the lists and hold their lots, once each; the ids of the lots that came new."""
    known = _LOTS_LISTED.rows(tx.conn, {"ids": [one.lot_id for _, one in found]}) if found else []
    there = {row[:4] for row in known}
    hold_of = {(row[0], row[1]): row[4] for row in known if row[4] is not None}
    lines: list[dict[str, Any]] = []
    for of, one in found:
        if (of.id, one.lot_id, one.holder, one.holder_id) in there:
            continue
        if (of.id, one.lot_id) not in hold_of and one.holder != "DISPOSAL":
            placing = Placing("RECALL", said_of(of), lot_id=one.lot_id, placed_by=by_person)
            hold_of[of.id, one.lot_id] = place_holds(tx, [placing])[0]
        lines.append({
            "id": tx.ids.take(), "tx_id": tx.id, "recall_id": of.id, "item_id": None, "lot_id": one.lot_id,
            "holder": one.holder, "holder_id": one.holder_id, "quantity": one.quantity,
            "hold_id": hold_of.get((of.id, one.lot_id)), "found_us": tx.now_us, "late": int(late),
        })  # fmt: skip
    _LINE.add(tx.conn, lines)
    return sorted({line["lot_id"] for line in lines})


def held_on_arrival(tx: Tx, item_ids: Iterable[int]) -> list[int]:
    """Hold what just came and fits a recall that was not lifted; the ids of those items."""
    recalls = in_force(tx.conn)
    if not recalls:
        return []
    return _came(tx, among_items(tx.conn, recalls, item_ids))


def lots_held_on_arrival(tx: Tx, lot_ids: Iterable[int]) -> list[int]:
    """The same, for pieces of lots; the ids of the lots."""
    recalls = in_force(tx.conn)
    return list_lots(tx, among_lots(tx.conn, recalls, lot_ids), None, late=True) if recalls else []


def look_again(tx: Tx) -> list[int]:
    """Hold whatever fits by now: its firmware was read, its lot or serial put right. The ids of those items."""
    return [item_id for of in in_force(tx.conn) for item_id in _came(tx, _all_of(tx.conn, of))]


def is_any_new(conn: sa.Connection) -> bool:
    """Whether anything fits by now that is on no list."""
    for of in in_force(conn):
        found = _all_of(conn, of)
        known = set(_LISTED.rows(conn, {"ids": [one.item_id for _, one in found]})) if found else set()
        if any((of.id, one.item_id) not in known for _, one in found):
            return True
    return False


def _all_of(conn: sa.Connection, of: InForce) -> list[tuple[InForce, Found]]:
    return [(of, one) for one in matches(conn, of.criteria).items]


def _came(tx: Tx, found: Sequence[tuple[InForce, Found]]) -> list[int]:
    new = list_items(tx, found, None, late=True)
    raise_alarms(
        tx,
        [
            Raise(ARRIVED, f"{one.serial} fits a recall and is held. {said_of(of)}.", one.store_id, one.item_id)
            for of, one in found
            if one.item_id in new
        ],
    )
    return new
