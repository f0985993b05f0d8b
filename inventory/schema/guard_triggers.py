"""What the database keeps of spit guards: see `schema.triggers`, which makes these with all the others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

APPEND_ONLY = ("force_count", "stocktake_lot", "stocktake_lot_settled")
SEALED = ("lot_due", "stocktake_lot_settled")
DUE_FIXED = ("id", "tx_id", "lot_id", "person_id", "store_id", "decision_id", "quantity", "due_us")

_ISSUED = """
SELECT 1 FROM decision d JOIN decision_lot l ON l.decision_id = d.id
WHERE d.id = NEW.decision_id AND d.tx_id = NEW.tx_id AND d.verdict = 'ALLOW' AND d.person_id = NEW.person_id
  AND d.store_id = NEW.store_id AND d.planned_return_us = NEW.due_us AND l.lot_id = NEW.lot_id
  AND l.quantity = NEW.quantity
"""
_MOVED = """
SELECT 1 FROM ledger l WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id AND l.lot_id = NEW.lot_id
  AND l.quantity = NEW.quantity AND l.taker IS NOT NULL
"""


def expected() -> list[Trigger]:
    """The triggers of the tables of spit guards, and of lots in counts."""
    changed = " OR ".join(f"(OLD.{c} IS DISTINCT FROM NEW.{c})" for c in DUE_FIXED)
    there = "EXISTS (SELECT 1 FROM lot_due o WHERE o.id = NEW.id)"
    return [
        Trigger("lot_due_by_its_issue", "lot_due", "INSERT", f"NOT EXISTS ({_ISSUED})",
                "lot_due: no such pieces were issued for that duty"),
        Trigger("lot_due_starts_out", "lot_due", "INSERT", "NEW.back <> 0", "lot_due: starts with none back"),
        Trigger("lot_due_no_replace", "lot_due", "INSERT", there, "lot_due: is there already"),
        Trigger("lot_due_comes_back", "lot_due", "UPDATE", f"NEW.back <= OLD.back OR {changed}",
                "lot_due: may only come back"),
        Trigger("lot_due_no_delete", "lot_due", "DELETE", "1 = 1", "lot_due is append-only"),
        Trigger("stocktake_lot_while_open", "stocktake_lot", "INSERT",
                "EXISTS (SELECT 1 FROM stocktake_closed c WHERE c.stocktake_id = NEW.stocktake_id)",
                "stocktake_lot: the count has closed"),
        Trigger("stocktake_lot_settled_by_entry", "stocktake_lot_settled", "INSERT", f"NOT EXISTS ({_MOVED})",
                "stocktake_lot_settled: no movement of these pieces settles it"),
    ]  # fmt: skip
