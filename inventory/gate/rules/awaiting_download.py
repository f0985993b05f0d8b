"""The item's log has been downloaded since it was used."""

from inventory.gate.shapes import no_hold

RULE = no_hold("AWAITING_DOWNLOAD", "I-15", "DOWNLOAD", "is waiting for its log to be downloaded.")
