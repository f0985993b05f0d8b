"""O-06: first aid is in date."""

from inventory.gate.rule import DUTY
from inventory.gate.shapes import qualification_in_date

RULE = qualification_in_date("FIRST_AID_OUT_OF_DATE", "O-06", "FIRST_AID", "first aid training", DUTY)
