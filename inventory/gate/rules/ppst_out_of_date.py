"""O-05: Public and Personal Safety Training is in date."""

from inventory.gate.rule import DUTY
from inventory.gate.shapes import qualification_in_date

RULE = qualification_in_date("PPST_OUT_OF_DATE", "O-05", "PPST", "PPST", DUTY)
