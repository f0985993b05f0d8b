"""I-09: a CED goes out with no more batteries than its set has."""

from inventory.gate.rule import Number
from inventory.gate.shapes import not_too_many

RULE = not_too_many(
    "BATTERIES_TOO_MANY",
    "CED_BATTERY",
    Number("batteries_most", by_model=True, minimum=1),
    "No more batteries are drawn than the set has.",
)
