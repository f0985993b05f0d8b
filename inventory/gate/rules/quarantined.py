"""The item is not in quarantine."""

from inventory.gate.shapes import no_hold

RULE = no_hold("QUARANTINED", "I-15", "QUARANTINE", "is in quarantine.")
