"""The item has been accepted into service."""

from inventory.gate.shapes import no_hold

RULE = no_hold("NOT_ACCEPTED", "I-01", "NOT_ACCEPTED", "has not been accepted into service yet.")
