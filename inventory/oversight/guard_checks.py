"""Checks over spit guards: what was declared used up is gone by the ledger, and what is due back is as it was issued.

One rule for the editor: a check reads everything and changes nothing; what it finds is (about, sentence).
"""

from collections import defaultdict

import sqlalchemy as sa

from inventory.schema.custody import decision, decision_lot, ledger
from inventory.schema.guards import lot_due
from inventory.schema.overrides import decision_override
from inventory.schema.stock import lot
from inventory.schema.stocktake import stocktake_lot, stocktake_lot_settled
from inventory.schema.uses import use_declared

Found = list[tuple[str, str]]
ENDS = ("DISPOSAL", "EXHIBIT")


def declared_and_not_gone(conn: sa.Connection) -> Found:
    """Pieces of a lot that a declaration consumed, and that the ledger did not dispose of or give to the exhibits at
    once."""
    gone: dict[tuple[int, int], int] = defaultdict(int)
    moved = sa.select(ledger.c.tx_id, ledger.c.lot_id, ledger.c.quantity).where(
        ledger.c.lot_id.is_not(None), ledger.c.taker.in_(ENDS)
    )
    for tx_id, lot_id, quantity in conn.execute(moved):
        gone[tx_id, lot_id] += quantity
    said: dict[tuple[int, int], int] = defaultdict(int)
    declared = sa.select(use_declared.c.tx_id, use_declared.c.lot_id, use_declared.c.quantity).where(
        use_declared.c.lot_id.is_not(None)
    )
    for tx_id, lot_id, quantity in conn.execute(declared):
        said[tx_id, lot_id] += quantity
    return [
        (f"lot {key[1]}", f"{pieces} pieces were declared used up in transaction {key[0]}, and {gone[key]} are gone")
        for key, pieces in sorted(said.items())
        if gone[key] < pieces
    ]


def overridden_and_not_due(conn: sa.Connection) -> Found:
    """Pieces that were issued on an override for one duty, and are written down as due back at its end by no row."""
    rows = conn.execute(
        sa.select(decision_lot.c.decision_id, decision_lot.c.lot_id, decision_lot.c.quantity, lot_due.c.quantity)
        .select_from(
            decision_lot.join(decision, decision.c.id == decision_lot.c.decision_id)
            .join(decision_override, decision_override.c.decision_id == decision.c.id)
            .join(lot, lot.c.id == decision_lot.c.lot_id)
            .outerjoin(
                lot_due,
                sa.and_(
                    lot_due.c.decision_id == decision.c.id, lot_due.c.lot_id == decision_lot.c.lot_id,
                    lot_due.c.due_us == decision.c.planned_return_us,
                ),
            )
        )
        .where(decision.c.verdict == "ALLOW")
        .distinct()
    )  # fmt: skip
    return [
        (f"decision {decision_id}", f"issued {pieces} of lot {lot_id} on an override, and they are not due back")
        for decision_id, lot_id, pieces, due in rows
        if due != pieces
    ]


def more_back_than_came(conn: sa.Connection) -> Found:
    """People of whom more pieces are written down as back than the ledger says they gave back since."""
    rows = conn.execute(
        sa.select(lot_due.c.person_id, lot_due.c.lot_id, sa.func.sum(lot_due.c.back))
        .where(lot_due.c.back > 0)
        .group_by(lot_due.c.person_id, lot_due.c.lot_id)
    ).all()
    given: dict[tuple[int, int], int] = defaultdict(int)
    gave = sa.select(ledger.c.giver_id, ledger.c.lot_id, ledger.c.quantity).where(
        ledger.c.lot_id.is_not(None), ledger.c.giver == "PERSON"
    )
    for person_id, lot_id, quantity in conn.execute(gave):
        given[person_id, lot_id] += quantity
    return [
        (f"person {person_id}", f"{back} pieces of lot {lot_id} stand as back, and {given[person_id, lot_id]} came")
        for person_id, lot_id, back in rows
        if back > given[person_id, lot_id]
    ]


def lots_not_settled_by_what_was_counted(conn: sa.Connection) -> Found:
    """Lots that a count settled by another number of pieces than it was out by."""
    newest = (
        sa.select(stocktake_lot.c.stocktake_id, stocktake_lot.c.lot_id, sa.func.max(stocktake_lot.c.id).label("id"))
        .group_by(stocktake_lot.c.stocktake_id, stocktake_lot.c.lot_id)
        .subquery()
    )
    rows = conn.execute(
        sa.select(
            stocktake_lot_settled.c.stocktake_id, stocktake_lot_settled.c.lot_id, stocktake_lot_settled.c.act,
            stocktake_lot_settled.c.quantity, stocktake_lot.c.quantity - stocktake_lot.c.balance,
        ).select_from(
            stocktake_lot_settled.outerjoin(
                newest,
                sa.and_(
                    newest.c.stocktake_id == stocktake_lot_settled.c.stocktake_id,
                    newest.c.lot_id == stocktake_lot_settled.c.lot_id,
                ),
            ).outerjoin(stocktake_lot, stocktake_lot.c.id == newest.c.id)
        )
    )  # fmt: skip
    return [
        (f"count {count_id}", f"lot {lot_id} was settled by {pieces} pieces, and was out by {out}")
        for count_id, lot_id, act, pieces, out in rows
        if out is None or (pieces if act == "TAKEN_IN" else -pieces) != out
    ]


def spit_guards_are_in_order(conn: sa.Connection) -> Found:
    """Every piece of a lot that was declared used up is gone by the ledger, what was issued on an override is due back
    after that duty, and a lot that was counted was settled by what it was out by."""
    checks = (
        declared_and_not_gone,
        overridden_and_not_due,
        more_back_than_came,
        lots_not_settled_by_what_was_counted,
    )
    return [each for check in checks for each in check(conn)]


CHECKS = (spit_guards_are_in_order,)
