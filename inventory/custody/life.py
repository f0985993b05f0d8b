"""Reading the ledger: one item's life, who had it at a moment, what a person holds, what stands on a shelf.

One rule for the editor: read only. Answers come from `custody` and `ledger`; nothing here is remembered.
"""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from inventory.custody.hatch_names import people_named
from inventory.custody.told_later import known_now
from inventory.schema.custody import alarm, custody, decision, ledger
from inventory.schema.fast import Fast
from inventory.schema.people import store
from inventory.schema.stock import bay, fitting, hold, hold_lift, item, lot, lot_balance
from inventory.stock.kinds import title

_HOLDING = Fast(
    sa.select(
        item.c.id, item.c.kind, item.c.model, item.c.serial, custody.c.opened_us, custody.c.planned_return_us,
        custody.c.basis, custody.c.return_mode, custody.c.decision_id, fitting.c.parent_id,
    )
    .select_from(
        custody.join(item, item.c.id == custody.c.item_id)
        .outerjoin(fitting, sa.and_(fitting.c.child_id == item.c.id, fitting.c.to_us.is_(None)))
    )
    .where(custody.c.person_id == sa.bindparam("person_id"), custody.c.closed_entry.is_(None))
    .order_by(
        custody.c.opened_us, sa.func.coalesce(fitting.c.parent_id, item.c.id), sa.func.coalesce(fitting.c.slot, 0),
        item.c.id,
    )
)  # fmt: skip
_LAST_TAKEN = (
    sa.select(sa.func.max(ledger.c.at_us))
    .where(
        ledger.c.taker == "PERSON",
        ledger.c.taker_id == lot_balance.c.holder_id,
        ledger.c.lot_id == lot_balance.c.lot_id,
        ledger.c.kind.in_(("ISSUED", "ASSERTED")),
    )
    .correlate(lot_balance)
    .scalar_subquery()
)
_LOTS_HELD = Fast(
    sa.select(lot.c.id, lot.c.kind, lot.c.product, lot.c.lot_no, lot_balance.c.quantity, _LAST_TAKEN)
    .select_from(lot.join(lot_balance, lot_balance.c.lot_id == lot.c.id))
    .where(
        lot_balance.c.holder == "PERSON",
        lot_balance.c.holder_id == sa.bindparam("person_id"),
        lot_balance.c.quantity > 0,
    )
)
_SHELF_LOTS = Fast(
    sa.select(lot.c.id, lot.c.kind, lot.c.product, lot.c.lot_no, lot_balance.c.quantity)
    .select_from(lot.join(lot_balance, lot_balance.c.lot_id == lot.c.id))
    .where(
        lot_balance.c.holder == "STORE",
        lot_balance.c.holder_id == sa.bindparam("store_id"),
        lot_balance.c.quantity > 0,
    )
)
_LIFE = Fast(
    sa.select(ledger).where(ledger.c.item_id == sa.bindparam("item_id")).order_by(ledger.c.at_us, ledger.c.id)
)
_HAD = Fast(
    sa.select(
        custody.c.holder, custody.c.holder_id, custody.c.opened_us, custody.c.closed_us, custody.c.decision_id,
        custody.c.basis,
    )
    .where(
        custody.c.item_id == sa.bindparam("item_id"),
        custody.c.opened_us <= sa.bindparam("at_us"),
        sa.or_(custody.c.closed_us.is_(None), custody.c.closed_us > sa.bindparam("at_us")),
    )
    .order_by(custody.c.opened_us.desc())
    .limit(1)
)  # fmt: skip
_STORE = Fast(sa.select(store.c.id, store.c.code, store.c.name).where(store.c.id == sa.bindparam("store_id")))
_HOLDS = Fast(
    sa.select(hold.c.id, hold.c.reason, hold.c.detail, hold.c.placed_us, hold.c.authority)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(hold.c.item_id == sa.bindparam("item_id"), hold_lift.c.hold_id.is_(None))
)
_DECISION = Fast(sa.select(decision).where(decision.c.id == sa.bindparam("decision_id")))
_SHELF = Fast(
    sa.select(
        item.c.id, item.c.kind, item.c.model, item.c.serial, item.c.expires_on, custody.c.opened_us,
        bay.c.dock, bay.c.bay, bay.c.word, bay.c.charge_percent, bay.c.files_pending, bay.c.received_us, bay.c.fault,
    )
    .select_from(
        custody.join(item, item.c.id == custody.c.item_id).outerjoin(bay, bay.c.item_id == item.c.id)
    )
    .where(
        custody.c.closed_entry.is_(None),
        custody.c.holder == "STORE",
        custody.c.holder_id == sa.bindparam("store_id"),
    )
    .order_by(item.c.kind, item.c.model, item.c.serial)
)  # fmt: skip
_ALARMS = Fast(
    sa.select(
        alarm.c.id, alarm.c.kind, alarm.c.detail, alarm.c.raised_us, alarm.c.settled_us, alarm.c.person_id
    )
    .where(alarm.c.item_id == sa.bindparam("item_id"))
    .order_by(alarm.c.raised_us)
)
_LEDGER_NAMES = tuple(
    str(column.name) for column in ledger.columns
)  # plain: SQLAlchemy names are a kind of str
_DECISION_NAMES = tuple(str(column.name) for column in decision.columns)


def holdings(conn: sa.Connection, person_id: int) -> list[dict[str, Any]]:
    """Everything a person holds now: items, each followed by what is loaded in it (`within`), then lots."""
    items = [
        {
            "item_id": item_id, "kind": kind, "kind_label": title(kind), "model": model, "serial": serial,
            "since_us": since, "planned_return_us": planned, "basis": basis, "return_mode": mode,
            "decision_id": decision_id, "quantity": 1, "within": within,
        }
        for item_id, kind, model, serial, since, planned, basis, mode, decision_id, within in _HOLDING.rows(
            conn, {"person_id": person_id}
        )
    ]  # fmt: skip
    lots = [
        {"item_id": None, "lot_id": lot_id, "kind": kind, "kind_label": title(kind), "model": product,
         "serial": number, "since_us": since, "planned_return_us": None, "quantity": quantity}
        for lot_id, kind, product, number, quantity, since in _LOTS_HELD.rows(conn, {"person_id": person_id})
    ]  # fmt: skip
    return items + lots


def item_life(conn: sa.Connection, item_id: int) -> list[dict[str, Any]]:
    """Every ledger entry about an item, oldest first, with the people named."""
    rows = [dict(zip(_LEDGER_NAMES, row, strict=True)) for row in _LIFE.rows(conn, {"item_id": item_id})]
    ids = {row[name] for row in rows for name in ("by_person", "second_person") if row[name] is not None}
    ids |= {row[side + "_id"] for row in rows for side in ("giver", "taker") if row[side] == "PERSON"}
    named = people_named(conn, sorted(ids))
    for row in rows:
        row["people"] = {
            name: named[row[name]] for name in ("by_person", "second_person") if row[name] in named
        }
        row["people"] |= {
            side: named[row[side + "_id"]] for side in ("giver", "taker") if row[side] == "PERSON"
        }
    return rows


def who_had(conn: sa.Connection, item_id: int, at_us: int) -> dict[str, Any] | None:
    """Who held the item at `at_us`, since when and by which decision. None before the ledger knew it.

    That is as the ledger knew it then. `known_now` is who really had it, where that was told later: by a correction, or
    by a page of paper that was written up.
    """
    rows = _HAD.rows(conn, {"item_id": item_id, "at_us": at_us})
    if not rows:
        return None
    names = ("holder", "holder_id", "opened_us", "closed_us", "decision_id", "basis")
    found = _with_name(conn, dict(zip(names, rows[0], strict=True)))
    told = known_now(conn, item_id, at_us)
    return found if told is None else found | {"known_now": _with_name(conn, asdict(told))}


def _with_name(conn: sa.Connection, found: dict[str, Any]) -> dict[str, Any]:
    if found["holder"] == "PERSON":
        found["person"] = people_named(conn, [found["holder_id"]])[found["holder_id"]]
    elif found["holder"] == "STORE":
        place = _STORE.rows(conn, {"store_id": found["holder_id"]})[0]
        found["store"] = {"id": place[0], "code": place[1], "name": place[2]}
    return found


def shelf_lots(conn: sa.Connection, store_id: int) -> list[dict[str, Any]]:
    """What a store has of kit without serials."""
    names = ("lot_id", "kind", "product", "lot_no", "quantity")
    rows = sorted(_SHELF_LOTS.rows(conn, {"store_id": store_id}), key=lambda row: (row[1], row[3]))
    return [dict(zip(names, row, strict=True)) for row in rows]


def open_holds(conn: sa.Connection, item_id: int) -> list[dict[str, Any]]:
    """The holds on an item that nobody has lifted."""
    names = ("id", "reason", "detail", "placed_us", "authority")
    return [dict(zip(names, row, strict=True)) for row in _HOLDS.rows(conn, {"item_id": item_id})]


def item_alarms(conn: sa.Connection, item_id: int) -> list[dict[str, Any]]:
    """Every alarm about an item, settled ones included."""
    names = ("id", "kind", "detail", "raised_us", "settled_us", "person_id")
    return [dict(zip(names, row, strict=True)) for row in _ALARMS.rows(conn, {"item_id": item_id})]


def decision_of(conn: sa.Connection, decision_id: int) -> dict[str, Any]:
    """A decision as stored, facts and refusals included. Raises LookupError where there is none."""
    rows = _DECISION.rows(conn, {"decision_id": decision_id})
    if not rows:
        raise LookupError(f"decision {decision_id} is not known")
    return dict(zip(_DECISION_NAMES, rows[0], strict=True))


def shelf(conn: sa.Connection, store_id: int) -> list[dict[str, Any]]:
    """Everything a store holds now, with the last word of the bay each item stands in."""
    names = (
        "item_id", "kind", "model", "serial", "expires_on", "since_us", "dock", "bay", "word", "charge_percent",
        "files_pending", "received_us", "fault",
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in _SHELF.rows(conn, {"store_id": store_id})]
