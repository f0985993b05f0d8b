"""Of a lot, at least one piece is asked for."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import LotFacts


def condition(_facts: Facts, lot: LotFacts, _terms: Terms) -> Answer:
    if lot.quantity >= 1:
        return None
    return Finding(f"{label_of(lot)}: the quantity must be 1 or more.", "Enter how many you take.")


RULE = Rule(
    code="LOT_QUANTITY_WRONG",
    rule_id="D-09",
    must="At least one piece is asked for.",
    scope="LOT",
    condition=condition,
    firm=BOTH,
)
