"""What the database keeps of kit that comes from suppliers: see `schema.triggers`, which makes these with the others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

TABLES = ("purchase", "purchase_line", "purchase_line_ended", "delivery", "delivery_event", "delivery_file")
"""All of them append-only and sealed."""
KEYS = {"purchase_line_ended": ("line_id",)}

_ENDED = "SELECT 1 FROM delivery_event e WHERE e.delivery_id = NEW.delivery_id AND e.act = 'ENDED'"
_READ = """
SELECT 1 FROM delivery_event e WHERE e.delivery_id = NEW.delivery_id AND e.unit_id = NEW.unit_id AND e.act = 'READ'
"""
_ITEM = "SELECT 1 FROM item i WHERE i.id = NEW.unit_id"


def expected() -> list[Trigger]:
    """The triggers of deliveries."""
    return [
        Trigger("delivery_event_before_it_ended", "delivery_event", "INSERT", f"EXISTS ({_ENDED})",
                "delivery_event: this delivery is ended"),
        Trigger("delivery_event_of_what_was_read", "delivery_event", "INSERT",
                f"NEW.act IN ('MARKED', 'TAKEN_BACK') AND NOT EXISTS ({_READ})",
                "delivery_event: nothing of this number was read in this delivery"),
        Trigger("delivery_event_before_it_is_signed", "delivery_event", "INSERT",
                f"NEW.act IN ('READ', 'MARKED', 'TAKEN_BACK') AND EXISTS ({_ITEM})",
                "delivery_event: it is signed for already"),
    ]  # fmt: skip
