"""O-17: a special constable has done the duty hours the force asks for."""

from inventory.gate.rule import Number
from inventory.gate.shapes import gates_met

RULE = gates_met(
    "SPECIAL_GATES_NOT_MET",
    "SPECIAL",
    Number("special_gates", "words"),
    "A special constable has the duty hours that carrying a CED needs.",
    "Your duty hours as a special constable are not yet recorded as enough to carry a CED.",
)
