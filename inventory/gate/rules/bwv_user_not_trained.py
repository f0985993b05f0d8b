"""O-14: the person has done the body-worn camera course."""

from inventory.gate.shapes import qualification_in_date

RULE = qualification_in_date("BWV_USER_NOT_TRAINED", "O-14", "BWV_USER", "body-worn camera training")
