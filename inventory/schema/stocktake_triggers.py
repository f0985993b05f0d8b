"""What the database keeps of stocktaking: see `schema.triggers`, which makes these with all the others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger


def expected() -> list[Trigger]:
    """The triggers of the tables of stocktaking."""
    closed = "EXISTS (SELECT 1 FROM stocktake_closed c WHERE c.stocktake_id = NEW.stocktake_id)"
    of_entry = "SELECT 1 FROM ledger l WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id"
    by_entry = f"NOT EXISTS ({of_entry} AND l.kind = 'COUNT_CLOSED' AND l.reason LIKE '%' || NEW.result_hash)"
    by_two = "SELECT 1 FROM stocktake s WHERE s.id = NEW.stocktake_id AND s.two_person = 1"
    return [
        Trigger("stocktake_sighting_while_open", "stocktake_sighting", "INSERT", f"NEW.late = 0 AND {closed}",
                "stocktake_sighting: this count has closed, and is sealed"),
        Trigger("stocktake_closed_by_entry", "stocktake_closed", "INSERT", by_entry,
                "stocktake_closed: the ledger has no entry of this result"),
        Trigger("stocktake_closed_by_two", "stocktake_closed", "INSERT",
                f"NEW.outcome = 'CLOSED' AND NEW.second_person IS NULL AND EXISTS ({by_two})",
                "stocktake_closed: this count is signed by two people"),
        Trigger("stocktake_settled_by_movement", "stocktake_settled", "INSERT",
                f"NOT EXISTS ({of_entry} AND l.item_id = NEW.item_id AND l.taker IS NOT NULL)",
                "stocktake_settled: a variance is settled by a movement of its item"),
    ]  # fmt: skip
