"""Nobody else has the item."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts


def condition(facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.holder != "PERSON" or item.holder_id == facts.ask.person_id:
        return None
    return Finding(
        f"{label_of(item)} is out with somebody else.", "Hand it back for them first, or take another."
    )


RULE = Rule(
    code="HELD_BY_ANOTHER",
    rule_id="I-01",
    must="Nobody else has it.",
    scope="ITEM",
    condition=condition,
    firm=BOTH,
    person_free=True,
)
