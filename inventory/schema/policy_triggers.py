"""What the database keeps of policy changes and of equality data; `schema.triggers` makes these with all others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

APPEND_ONLY = (
    "policy_document", "policy_change", "policy_change_end", "policy_taken_up",
    "equality_file", "equality_release", "equality_figure",
)  # fmt: skip
SEALED = ("policy_change", "policy_change_end")
KEYS = {"policy_change_end": ("change_id",)}

_BY_ENTRY = "SELECT 1 FROM ledger l WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id AND l.kind = 'POLICY'"
_PROPOSER_MAY = """
SELECT 1 FROM capability_grant g WHERE g.person_id = NEW.proposed_by AND g.capability = 'POLICY_OWNER'
  AND g.store_id IS NULL AND g.from_us <= NEW.proposed_us AND (g.to_us IS NULL OR g.to_us > NEW.proposed_us)
"""
_ENDER_MAY = _PROPOSER_MAY.replace("proposed_by", "by_person").replace("proposed_us", "at_us")
_OWN = """
SELECT 1 FROM policy_change c JOIN person proposer ON proposer.id = c.proposed_by
JOIN person ends ON ends.id = NEW.by_person
WHERE c.id = NEW.change_id AND COALESCE(proposer.same_as, proposer.id) = COALESCE(ends.same_as, ends.id)
"""
_TOO_SOON = "SELECT 1 FROM policy_change c WHERE c.id = NEW.change_id AND c.proposed_us > NEW.at_us"
_NEWER = """
SELECT 1 FROM equality_declared n WHERE n.person_id = OLD.person_id AND n.characteristic = OLD.characteristic
  AND n.recorded_us > OLD.recorded_us
"""


def expected() -> list[Trigger]:
    """The triggers of the tables of policy and of equality."""
    return [
        Trigger("policy_change_by_entry", "policy_change", "INSERT", f"NOT EXISTS ({_BY_ENTRY})",
                "policy_change: the ledger has no entry of it"),
        Trigger("policy_change_by_owner", "policy_change", "INSERT", f"NOT EXISTS ({_PROPOSER_MAY})",
                "policy_change: who proposes it owns no policy"),
        Trigger("policy_change_end_by_entry", "policy_change_end", "INSERT", f"NOT EXISTS ({_BY_ENTRY})",
                "policy_change_end: the ledger has no entry of it"),
        Trigger("policy_change_end_by_owner", "policy_change_end", "INSERT", f"NOT EXISTS ({_ENDER_MAY})",
                "policy_change_end: who ends it owns no policy"),
        Trigger("policy_change_end_by_another", "policy_change_end", "INSERT",
                f"NEW.outcome <> 'WITHDRAWN' AND EXISTS ({_OWN})",
                "policy_change_end: nobody decides on their own proposal"),
        Trigger("policy_change_end_by_proposer", "policy_change_end", "INSERT",
                f"NEW.outcome = 'WITHDRAWN' AND NOT EXISTS ({_OWN})",
                "policy_change_end: only who proposed it withdraws it"),
        Trigger("policy_change_end_in_order", "policy_change_end", "INSERT", f"EXISTS ({_TOO_SOON})",
                "policy_change_end: before it was proposed"),
        Trigger("equality_declared_stays", "equality_declared", "UPDATE", "1 = 1",
                "equality_declared: a declaration is replaced by a newer one"),
        Trigger("equality_declared_superseded", "equality_declared", "DELETE", f"NOT EXISTS ({_NEWER})",
                "equality_declared: only what a newer one replaced is erased"),
    ]  # fmt: skip
