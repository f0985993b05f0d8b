"""What the database keeps of declared use: see `schema.triggers`, which makes these with all the others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger
from inventory.schema.words import SPENT_FOR_GOOD

APPEND_ONLY = ("use_declared", "use_item", "use_answer")
SEALED = (*APPEND_ONLY, "use_point")
POINT_FIXED = ("id", "tx_id", "use_id", "point", "due_us")

_BY_ENTRY = "SELECT 1 FROM ledger l WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id AND l.kind = '{kind}'"
_BY_ANSWER = """
SELECT 1 FROM use_answer a WHERE a.id = NEW.answer_id AND a.point_id = NEW.id AND a.settles = 1
"""
_HELD = """
SELECT 1 FROM hold h WHERE h.id = NEW.hold_id AND h.item_id = NEW.item_id AND h.tx_id = NEW.tx_id
"""
_SPENT_HOLD = "SELECT 1 FROM hold h WHERE h.id = NEW.hold_id AND h.reason IN ({words})"


def expected() -> list[Trigger]:
    """The triggers of the tables of use."""
    changed = " OR ".join(f"(OLD.{c} IS DISTINCT FROM NEW.{c})" for c in POINT_FIXED)
    spent = ", ".join(f"'{each}'" for each in SPENT_FOR_GOOD)
    there = "EXISTS (SELECT 1 FROM use_point o WHERE o.id = NEW.id)"
    return [
        Trigger("use_declared_by_entry", "use_declared", "INSERT",
                f"NOT EXISTS ({_BY_ENTRY.format(kind='USED')})", "use_declared: the ledger has no entry of it"),
        Trigger("use_answer_by_entry", "use_answer", "INSERT",
                f"NOT EXISTS ({_BY_ENTRY.format(kind='USE_ANSWERED')})", "use_answer: the ledger has no entry of it"),
        Trigger("use_item_held", "use_item", "INSERT", f"NEW.hold_id IS NOT NULL AND NOT EXISTS ({_HELD})",
                "use_item: its hold is of another item, or of another time"),
        Trigger("use_point_starts_open", "use_point", "INSERT",
                "NEW.answer_id IS NOT NULL OR NEW.answered_us IS NOT NULL", "use_point: starts open"),
        Trigger("use_point_no_replace", "use_point", "INSERT", there, "use_point: is there already"),
        Trigger("use_point_closes_once", "use_point", "UPDATE",
                f"OLD.answer_id IS NOT NULL OR NOT EXISTS ({_BY_ANSWER}) OR {changed}",
                "use_point: may only be closed, once, by an answer that settles it"),
        Trigger("use_point_no_delete", "use_point", "DELETE", "1 = 1", "use_point is append-only"),
        Trigger("hold_lift_never_of_spent", "hold_lift", "INSERT",
                f"EXISTS ({_SPENT_HOLD.format(words=spent)})", "hold_lift: what was used once is never used again"),
    ]  # fmt: skip
