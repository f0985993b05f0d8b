"""What the database keeps of recalls and of lapses in hand: see `schema.triggers`, which makes these with all others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

APPEND_ONLY = ("recall", "recall_line", "recall_event", "lapse", "lapse_event")
SEALED = APPEND_ONLY

_BY_ENTRY = """
SELECT 1 FROM ledger l WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id AND l.kind = 'RECALL'
"""
_HELD_BY = """
SELECT 1 FROM hold h WHERE h.id = NEW.hold_id AND h.reason = 'RECALL'
  AND (h.item_id = NEW.item_id OR h.lot_id = NEW.lot_id)
"""
_ENDED = "SELECT 1 FROM recall_event e WHERE e.line_id = n.id AND e.act = 'ENDED'"
_NOT_ACCOUNTED_FOR = f"""
SELECT 1 FROM recall_line n LEFT JOIN custody c ON c.item_id = n.item_id AND c.closed_entry IS NULL
LEFT JOIN lot_balance b ON b.lot_id = n.lot_id AND b.holder = n.holder AND b.holder_id = n.holder_id
WHERE n.recall_id = NEW.recall_id AND NOT EXISTS ({_ENDED})
  AND (c.holder IN ('PERSON', 'CARRIER', 'UNKNOWN')
       OR (b.holder IN ('PERSON', 'CARRIER', 'UNKNOWN') AND b.quantity > 0))
"""  # noqa: S608 - text of ours
_LIFTED = "SELECT 1 FROM recall_event e WHERE e.recall_id = NEW.recall_id AND e.act = 'LIFTED'"
_CLOSED = "SELECT 1 FROM recall_event e WHERE e.recall_id = NEW.recall_id AND e.act = 'CLOSED'"
_OF_IT = "SELECT 1 FROM recall_line n WHERE n.id = NEW.line_id AND n.recall_id = NEW.recall_id"

_LAPSE_ENTRY = _BY_ENTRY.replace("'RECALL'", "'LAPSE'")
_OPEN_ALREADY = """
SELECT 1 FROM lapse o WHERE o.person_id = NEW.person_id AND o.id <> NEW.id
  AND NOT EXISTS (SELECT 1 FROM lapse_event e WHERE e.lapse_id = o.id AND e.act = 'ENDED')
"""
_OVER = "SELECT 1 FROM lapse_event e WHERE e.lapse_id = NEW.lapse_id AND e.act = 'ENDED'"
_MUST_RETURN = "SELECT 1 FROM lapse o WHERE o.id = NEW.lapse_id AND o.must_return = 1"
_OWN = """
SELECT 1 FROM lapse o JOIN person holder ON holder.id = o.person_id JOIN person decides ON decides.id = NEW.by_person
WHERE o.id = NEW.lapse_id AND COALESCE(holder.same_as, holder.id) = COALESCE(decides.same_as, decides.id)
"""


def expected() -> list[Trigger]:
    """The triggers of the tables of recalls and of lapses."""
    return [
        Trigger("recall_by_entry", "recall", "INSERT", f"NOT EXISTS ({_BY_ENTRY})",
                "recall: the ledger has no entry of it"),
        Trigger("recall_line_is_held", "recall_line", "INSERT",
                f"NEW.hold_id IS NOT NULL AND NOT EXISTS ({_HELD_BY})", "recall_line: its hold is not on it"),
        Trigger("recall_event_by_entry", "recall_event", "INSERT", f"NOT EXISTS ({_BY_ENTRY})",
                "recall_event: the ledger has no entry of it"),
        Trigger("recall_event_of_its_line", "recall_event", "INSERT",
                f"NEW.line_id IS NOT NULL AND NOT EXISTS ({_OF_IT})", "recall_event: a line of another recall"),
        Trigger("recall_event_not_lifted", "recall_event", "INSERT", f"EXISTS ({_LIFTED})",
                "recall_event: this recall was lifted"),
        Trigger("recall_closes_once", "recall_event", "INSERT", f"NEW.act = 'CLOSED' AND EXISTS ({_CLOSED})",
                "recall: closed already"),
        Trigger("recall_closes_accounted_for", "recall_event", "INSERT",
                f"NEW.act = 'CLOSED' AND EXISTS ({_NOT_ACCOUNTED_FOR})",
                "recall: never closed while something on its list is not accounted for"),
        Trigger("lapse_by_entry", "lapse", "INSERT", f"NOT EXISTS ({_LAPSE_ENTRY})",
                "lapse: the ledger has no entry of it"),
        Trigger("lapse_one_at_a_time", "lapse", "INSERT", f"EXISTS ({_OPEN_ALREADY})",
                "lapse: one of this person is open already"),
        Trigger("lapse_event_by_entry", "lapse_event", "INSERT", f"NOT EXISTS ({_LAPSE_ENTRY})",
                "lapse_event: the ledger has no entry of it"),
        Trigger("lapse_event_while_open", "lapse_event", "INSERT", f"EXISTS ({_OVER})",
                "lapse_event: this lapse is over"),
        Trigger("lapse_event_suspended_returns", "lapse_event", "INSERT",
                f"NEW.act = 'RETAIN_UNTIL' AND EXISTS ({_MUST_RETURN})",
                "lapse_event: without authority nothing is kept"),
        Trigger("lapse_event_by_another", "lapse_event", "INSERT", f"EXISTS ({_OWN})",
                "lapse_event: nobody decides on their own"),
    ]  # fmt: skip
