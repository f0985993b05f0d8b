"""The item has not been withdrawn from service, nor used up."""

from inventory.gate.shapes import no_hold
from inventory.schema.words import SPENT_FOR_GOOD

RULE = no_hold("WITHDRAWN", "I-14", "WITHDRAWN", "has been withdrawn from service.", also=SPENT_FOR_GOOD)
