"""I-19: the firmware its dock reports is the least the force asks for, or later. A dock that cannot tell is no bar."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.shapes import FIRMWARE, FIRMWARE_STOPS, firmware_says, firmware_stops
from inventory.gate.wording import TAKE_ANOTHER
from inventory.stock.kit_facts import ItemFacts


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    how, sentence = firmware_says(item, terms) or ("", "")
    return Finding(sentence, TAKE_ANOTHER) if how == "BELOW" and firmware_stops(terms) else None


RULE = Rule(
    code="FIRMWARE_OLD",
    rule_id="I-19",
    must="It runs the firmware the force asks for.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA", "CED_BATTERY", "CED_HANDLE"}),
    person_free=True,
    numbers=(FIRMWARE, FIRMWARE_STOPS),
)
