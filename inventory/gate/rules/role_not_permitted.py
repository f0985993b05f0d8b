"""O-13: the force lets the person's role draw this kind of kit."""

from inventory.gate.rule import Number
from inventory.gate.shapes import role_among

RULE = role_among(
    "ROLE_NOT_PERMITTED",
    "O-13",
    Number("roles_permitted", "words"),
    "The force lets the person's role draw it.",
    "Your role is not one that draws this kit.",
    frozenset({"SBG", "BWV_CAMERA"}),
)
