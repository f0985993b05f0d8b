"""The item is not under examination outside the force."""

from inventory.gate.shapes import no_hold

RULE = no_hold(
    "EXTERNAL_EXAM",
    "I-15",
    "EXTERNAL_EXAM",
    "is under outside examination.",
    "Leave it where it is and tell the exhibits officer.",
)
