"""I-09: a CED goes out loaded: as many cartridges as its model takes."""

from inventory.gate.rule import Number
from inventory.gate.shapes import enough

RULE = enough(
    "CARTRIDGES_SHORT",
    "CED_CARTRIDGE",
    Number("cartridges_loaded", by_model=True, minimum=1, never_none=("X2", "T7")),
    "A CED is drawn with the cartridges its model takes.",
)
