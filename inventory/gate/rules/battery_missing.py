"""I-09: a CED goes out with its battery."""

from inventory.gate.rule import Number
from inventory.gate.shapes import enough

RULE = enough(
    "BATTERY_MISSING",
    "CED_BATTERY",
    Number("batteries", by_model=True, minimum=1, never_none=("*",)),
    "A CED is drawn with its battery.",
)
