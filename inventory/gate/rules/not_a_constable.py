"""O-01: only a constable draws a CED."""

from inventory.gate.rule import BOTH, CED, Number
from inventory.gate.shapes import role_among

RULE = role_among(
    "NOT_A_CONSTABLE",
    "O-01",
    Number("eligible_kinds", "words", among=("REGULAR", "STUDENT", "SPECIAL", "VISITING_OFFICER")),
    "The person is a constable.",
    "Only a constable may draw a CED.",
    CED,
    BOTH,
)
