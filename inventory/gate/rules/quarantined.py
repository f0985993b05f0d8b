"""The item is not in quarantine, nor found again and not yet looked at."""

from inventory.gate.shapes import no_hold

ALSO = ("RECOVERED", "LOST", "STOLEN", "FOOTAGE")
RULE = no_hold("QUARANTINED", "I-15", "QUARANTINE", "is in quarantine.", also=ALSO)
