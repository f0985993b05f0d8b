"""The person does not have the item already."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts


def condition(facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.holder != "PERSON" or item.holder_id != facts.ask.person_id:
        return None
    return Finding(f"{label_of(item)} is already with you.", "Hand it back first, or keep it.")


RULE = Rule(
    code="ALREADY_WITH_YOU",
    rule_id="I-01",
    must="The person does not have it already.",
    scope="ITEM",
    condition=condition,
    firm=BOTH,
)
