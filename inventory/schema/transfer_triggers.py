"""What the database keeps of kit on its way: see `schema.triggers`, which makes these with all the others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

_HANDED_OVER_NOW = """
SELECT 1 FROM consignment_event e WHERE e.consignment_id = NEW.{id} AND e.act = 'SENT' AND e.tx_id = NEW.tx_id
"""
_LISTED = """
SELECT 1 FROM consignment_event e WHERE e.consignment_id = NEW.holder_id AND e.item_id = NEW.item_id
  AND e.act IN ('LISTED', 'WITH')
"""
_ENDED = """
SELECT 1 FROM consignment_event e WHERE e.consignment_id = NEW.consignment_id AND e.act IN ('SENT', 'CANCELLED')
"""
_SENT = "SELECT 1 FROM consignment_event e WHERE e.consignment_id = NEW.consignment_id AND e.act = 'SENT'"


def expected() -> list[Trigger]:
    """The triggers of what a carrier holds."""
    items, lots = (_HANDED_OVER_NOW.format(id=column) for column in ("holder_id", "taker_id"))
    return [
        Trigger("custody_carried_by_consignment", "custody", "INSERT",
                f"NEW.holder = 'CARRIER' AND (NOT EXISTS ({items}) OR NOT EXISTS ({_LISTED}))",
                "custody: a carrier takes what its consignment lists, as it is sent"),
        Trigger("ledger_lot_carried_by_consignment", "ledger", "INSERT",
                f"NEW.lot_id IS NOT NULL AND NEW.taker = 'CARRIER' AND NOT EXISTS ({lots})",
                "ledger: a carrier takes pieces of a lot as their consignment is sent"),
        Trigger("consignment_event_before_it_is_sent", "consignment_event", "INSERT",
                f"NEW.act IN ('LISTED', 'UNLISTED', 'SENT', 'CANCELLED') AND EXISTS ({_ENDED})",
                "consignment_event: it is sent or cancelled already"),
        Trigger("consignment_event_once_it_is_sent", "consignment_event", "INSERT",
                f"NEW.act IN ('WITH', 'SEEN', 'UNSEEN', 'RECEIVED', 'ARRIVED', 'MISSED') AND NOT EXISTS ({_SENT})",
                "consignment_event: it is not sent yet"),
    ]  # fmt: skip
