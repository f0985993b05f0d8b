"""The item is not reserved for an operation or a person."""

from inventory.gate.shapes import no_hold

RULE = no_hold("RESERVED", "I-01", "RESERVED", "is reserved.")
