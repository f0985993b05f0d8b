"""The item has not got wet or been dropped without being tested since."""

from inventory.gate.shapes import no_hold

RULE = no_hold("WET_OR_DROPPED", "I-12", "WET", "is drying after it got wet or was dropped.")
