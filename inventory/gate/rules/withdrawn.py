"""The item has not been withdrawn from service."""

from inventory.gate.shapes import no_hold

RULE = no_hold("WITHDRAWN", "I-14", "WITHDRAWN", "has been withdrawn from service.")
