"""O-07: the job-related fitness test is in date."""

from inventory.gate.rule import DUTY
from inventory.gate.shapes import qualification_in_date

RULE = qualification_in_date("JRFT_OUT_OF_DATE", "O-07", "JRFT", "job-related fitness test", DUTY)
