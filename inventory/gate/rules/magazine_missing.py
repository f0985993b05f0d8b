"""I-11: a T10 goes out with its magazine."""

from inventory.gate.rule import Number
from inventory.gate.shapes import enough

RULE = enough(
    "MAGAZINE_MISSING",
    "CED_MAGAZINE",
    Number("magazines", by_model=True, minimum=1, never_none=("T10",)),
    "A CED that takes a magazine is drawn with one.",
)
