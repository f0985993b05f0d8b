"""The store has as many pieces of the lot as are asked for."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, how_many, label_of
from inventory.stock.kit_facts import LotFacts


def condition(_facts: Facts, lot: LotFacts, _terms: Terms) -> Answer:
    if lot.quantity <= lot.balance:
        return None
    here = how_many(lot.balance, "piece")
    return Finding(f"{label_of(lot)} has {here} here, {lot.quantity} were asked for.", TAKE_ANOTHER)


RULE = Rule(
    code="LOT_BALANCE_SHORT",
    rule_id="D-09",
    must="The store has as many pieces of the lot as are asked for.",
    scope="LOT",
    condition=condition,
    firm=BOTH,
)
