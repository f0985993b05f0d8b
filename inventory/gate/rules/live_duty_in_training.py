"""I-08: a live duty cartridge never goes to a training event."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts

FOR_TRAINING = ("LIVE_TRAINING", "HALT", "INERT")


def condition(_facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.purpose in FOR_TRAINING:
        return None
    return Finding(f"{label_of(item)} is not a training cartridge.", TAKE_ANOTHER)


RULE = Rule(
    code="LIVE_DUTY_IN_TRAINING",
    rule_id="I-08",
    must="A cartridge for a training event is a training cartridge.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_CARTRIDGE"}),
    firm=("TRAINING",),
    person_free=True,
)
