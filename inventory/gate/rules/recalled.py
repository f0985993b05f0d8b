"""The item or its lot has not been recalled."""

from inventory.gate.shapes import no_hold

RULE = no_hold("RECALLED", "I-15", "RECALL", "has been recalled by its maker.")
