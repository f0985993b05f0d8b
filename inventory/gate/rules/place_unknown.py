"""It is known where the item is."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts

NOT_A_PLACE = (None, "UNKNOWN")


def condition(_facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.holder not in NOT_A_PLACE:
        return None
    return Finding(
        f"{label_of(item)} is unaccounted for in the records.", "Ask the storekeeper to book it back in."
    )


RULE = Rule(
    code="PLACE_UNKNOWN",
    rule_id="I-01",
    must="It is known where the item is.",
    scope="ITEM",
    condition=condition,
    firm=BOTH,
    person_free=True,
)
