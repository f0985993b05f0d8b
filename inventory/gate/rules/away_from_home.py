"""The item belongs to the store it is drawn from; one that visits is pointed out."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts


def condition(facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.home_store_id == facts.ask.store_id:
        return None
    return Finding(f"{label_of(item)} belongs to another store.", "Hand it back here, or where it belongs.")


RULE = Rule(
    code="AWAY_FROM_HOME",
    rule_id="I-01",
    must="It belongs to the store it is drawn from.",
    scope="ITEM",
    condition=condition,
)
