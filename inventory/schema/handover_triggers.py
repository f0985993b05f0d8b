"""What the database keeps of hand-overs and reservations: see `schema.triggers`, which makes these with all the others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

APPEND_ONLY = (
    "handover", "handover_item", "reservation", "reservation_person", "reservation_line", "reservation_ended",
)  # fmt: skip
SEALED = APPEND_ONLY

_DECIDED = """
SELECT 1 FROM decision d WHERE d.id = NEW.decision_id AND d.tx_id = NEW.tx_id AND d.verdict = 'ALLOW'
  AND d.person_id = NEW.receiver_id AND d.store_id = NEW.store_id AND d.by_person = NEW.by_person
  AND d.decided_us = NEW.at_us
"""
_ONE_PERSON = """
SELECT 1 FROM person a JOIN person b ON COALESCE(a.same_as, a.id) = COALESCE(b.same_as, b.id)
WHERE (a.id = NEW.giver_id AND b.id IN (NEW.receiver_id, NEW.by_person))
   OR (a.id = NEW.receiver_id AND b.id = NEW.by_person)
"""
_BOTH_MOVED = """
SELECT 1 FROM handover h
JOIN ledger r ON r.id = NEW.returned_entry AND r.kind = 'RETURNED' AND r.item_id = NEW.item_id AND r.tx_id = h.tx_id
  AND r.giver = 'PERSON' AND r.giver_id = h.giver_id AND r.second_person = h.receiver_id
JOIN ledger i ON i.id = NEW.issued_entry AND i.kind = 'ISSUED' AND i.item_id = NEW.item_id AND i.tx_id = h.tx_id
  AND i.taker = 'PERSON' AND i.taker_id = h.receiver_id AND i.second_person = h.giver_id
  AND i.decision_id = h.decision_id
WHERE h.id = NEW.handover_id AND h.tx_id = NEW.tx_id
"""


def expected() -> list[Trigger]:
    """The triggers of hand-overs."""
    return [
        Trigger("handover_by_decision", "handover", "INSERT", f"NOT EXISTS ({_DECIDED})",
                "handover: no ALLOW decision for the receiver in this transaction"),
        Trigger("handover_among_three", "handover", "INSERT", f"EXISTS ({_ONE_PERSON})",
                "handover: giver, receiver and who countersigns are three people"),
        Trigger("handover_item_moved_twice", "handover_item", "INSERT", f"NOT EXISTS ({_BOTH_MOVED})",
                "handover_item: the ledger has not both movements of it"),
    ]  # fmt: skip
