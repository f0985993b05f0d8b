"""I-20: the camera is from the pool, or is the drawer's own; a film must find its owner."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts


def condition(facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.personal_to in (None, facts.ask.person_id):
        return None
    return Finding(f"{label_of(item)} is another officer's own.", "Take your own, or one from the pool.")


RULE = Rule(
    code="ASSIGNED_TO_ANOTHER",
    rule_id="I-20",
    must="It is from the pool or assigned to the person.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA"}),
)
