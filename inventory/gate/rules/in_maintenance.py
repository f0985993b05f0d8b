"""The item is not in maintenance."""

from inventory.gate.shapes import no_hold

RULE = no_hold("IN_MAINTENANCE", "I-15", "MAINTENANCE", "is in maintenance.")
