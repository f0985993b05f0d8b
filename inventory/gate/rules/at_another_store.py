"""The item is in the store it is drawn from."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts


def condition(facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.holder != "STORE" or item.holder_id == facts.ask.store_id:
        return None
    return Finding(
        f"{label_of(item)} is on the books of another store.", "Ask the storekeeper to transfer it in first."
    )


RULE = Rule(
    code="AT_ANOTHER_STORE",
    rule_id="I-01",
    must="It is in the store it is drawn from.",
    scope="ITEM",
    condition=condition,
    firm=BOTH,
)
