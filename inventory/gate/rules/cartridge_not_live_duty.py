"""I-08: only a live duty cartridge goes out on duty."""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts


def condition(_facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.purpose == "LIVE_DUTY":
        return None
    return Finding(f"{label_of(item)} is not a live duty cartridge.", TAKE_ANOTHER)


RULE = Rule(
    code="CARTRIDGE_NOT_LIVE_DUTY",
    rule_id="I-08",
    must="A cartridge for duty is a live duty cartridge.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_CARTRIDGE"}),
    firm=DUTY,
    person_free=True,
)
