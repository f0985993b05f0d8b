"""The item is loose, or what it is fitted in is drawn with it."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts


def condition(facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.fitted_in is None or any(other.id == item.fitted_in for other in facts.items):
        return None
    return Finding(f"{label_of(item)} is recorded as loaded in another item.", "Scan what it is loaded in.")


RULE = Rule(
    code="FITTED_IN_ANOTHER",
    rule_id="I-01",
    must="It is loose, or drawn with what it is loaded in.",
    scope="ITEM",
    condition=condition,
    firm=BOTH,
)
