"""What the database keeps of losses: see `schema.triggers`, which makes these with all the others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

CASE_FIXED = (
    "id", "tx_id", "item_id", "store_id", "opened_us", "opened_by", "detail", "entry_id", "person_id", "last_seen_us",
    "last_seen_way", "facts",
)  # fmt: skip

_MISSED = """
SELECT 1 FROM ledger l WHERE l.id = NEW.entry_id AND l.item_id = NEW.item_id AND l.tx_id = NEW.tx_id
  AND l.kind = 'UNACCOUNTED'
"""
_BY_EVENT = "SELECT 1 FROM loss_event e WHERE e.id = NEW.closed_event AND e.case_id = NEW.id AND e.act = 'CLOSED'"
_STILL_MISSING = """
SELECT 1 FROM custody c WHERE c.item_id = NEW.item_id AND c.closed_entry IS NULL AND c.holder = 'UNKNOWN'
"""
_BY_ENTRY = """
SELECT 1 FROM ledger l JOIN loss_case k ON k.id = NEW.case_id
WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id AND l.item_id = k.item_id AND l.kind = 'LOSS'
"""


def expected() -> list[Trigger]:
    """The triggers of the tables of losses."""
    changed = " OR ".join(f"(OLD.{c} IS DISTINCT FROM NEW.{c})" for c in CASE_FIXED)
    again = "o.item_id = NEW.item_id AND o.closed_event IS NULL"
    there = f"EXISTS (SELECT 1 FROM loss_case o WHERE o.id = NEW.id OR ({again}))"  # noqa: S608 - names of ours
    shut = "EXISTS (SELECT 1 FROM loss_case k WHERE k.id = NEW.case_id AND k.closed_event IS NOT NULL)"
    return [
        Trigger("loss_case_by_movement", "loss_case", "INSERT", f"NOT EXISTS ({_MISSED})",
                "loss_case: opened by the movement that misses its item"),
        Trigger("loss_case_starts_open", "loss_case", "INSERT",
                "NEW.closed_event IS NOT NULL OR NEW.closed_us IS NOT NULL", "loss_case: starts open"),
        Trigger("loss_case_no_replace", "loss_case", "INSERT", there, "loss_case: open already for this item"),
        Trigger("loss_case_closes_once", "loss_case", "UPDATE",
                f"OLD.closed_event IS NOT NULL OR NOT EXISTS ({_BY_EVENT}) OR {changed}",
                "loss_case: may only be closed, once, by an act of its own"),
        Trigger("loss_case_never_while_missing", "loss_case", "UPDATE", f"EXISTS ({_STILL_MISSING})",
                "loss_case: never closed while its item is missing"),
        Trigger("loss_case_no_delete", "loss_case", "DELETE", "1 = 1", "loss_case is append-only"),
        Trigger("loss_event_while_open", "loss_event", "INSERT", shut, "loss_event: this case is closed"),
        Trigger("loss_event_by_entry", "loss_event", "INSERT", f"NOT EXISTS ({_BY_ENTRY})",
                "loss_event: the ledger has no entry of it"),
    ]  # fmt: skip
