"""The item is not evidence."""

from inventory.gate.shapes import no_hold

RULE = no_hold(
    "EVIDENTIAL_HOLD",
    "I-15",
    "EVIDENTIAL",
    "is held as evidence.",
    "Leave it where it is and tell the exhibits officer.",
)
