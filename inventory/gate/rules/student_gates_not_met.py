"""O-17: a student officer has been approved, endorsed and assessed as the force asks (design section 4.5)."""

from inventory.gate.rule import Number
from inventory.gate.shapes import gates_met

RULE = gates_met(
    "STUDENT_GATES_NOT_MET",
    "STUDENT",
    Number("student_gates", "words"),
    "A student officer has every approval that carrying a CED needs.",
    "Your approvals to carry a CED as a student officer are not complete.",
)
