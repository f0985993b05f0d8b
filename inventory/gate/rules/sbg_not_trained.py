"""O-12: spit guard training is in date, where the force records it apart from PPST."""

from inventory.gate.shapes import qualification_in_date

RULE = qualification_in_date("SBG_NOT_TRAINED", "O-12", "SBG", "spit guard training")
