"""The item has no open defect."""

from inventory.gate.shapes import no_hold

RULE = no_hold("DEFECTIVE", "I-15", "DEFECT", "is reported defective.")
