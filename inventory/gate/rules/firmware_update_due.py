"""I-19: where the force lets kit go on with older firmware, that it is older is said and stops nothing."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.shapes import FIRMWARE, FIRMWARE_STOPS, firmware_says, firmware_stops
from inventory.stock.kit_facts import ItemFacts


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    said = firmware_says(item, terms)
    if said is None or firmware_stops(terms):
        return None
    return Finding(said[1], "It may go out; have it updated when it is back.")


RULE = Rule(
    code="FIRMWARE_UPDATE_DUE",
    rule_id="I-19",
    must="No update of its firmware is due.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA", "CED_BATTERY", "CED_HANDLE"}),
    person_free=True,
    numbers=(FIRMWARE, FIRMWARE_STOPS),
)
