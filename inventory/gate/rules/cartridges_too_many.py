"""I-09: a CED goes out with no more cartridges than it is loaded with and the spares allowed."""

from inventory.gate.rule import Number
from inventory.gate.shapes import not_too_many

RULE = not_too_many(
    "CARTRIDGES_TOO_MANY",
    "CED_CARTRIDGE",
    Number("cartridges_most", by_model=True, minimum=1),
    "No more cartridges are drawn than loaded and spare ones.",
)
