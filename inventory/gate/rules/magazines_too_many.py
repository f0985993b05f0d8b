"""I-11: a T10 goes out with no more magazines than its set has."""

from inventory.gate.rule import Number
from inventory.gate.shapes import not_too_many

RULE = not_too_many(
    "MAGAZINES_TOO_MANY",
    "CED_MAGAZINE",
    Number("magazines_most", by_model=True, minimum=1),
    "No more magazines are drawn than the set has.",
)
