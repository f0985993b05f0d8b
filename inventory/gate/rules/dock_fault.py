"""The dock reports no fault of the camera."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts


def condition(_facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.bay is None or not item.bay.fault:
        return None
    return Finding(f"{label_of(item)} shows a fault in its dock.", TAKE_ANOTHER)


RULE = Rule(
    code="DOCK_FAULT",
    rule_id="I-15",
    must="Its dock reports no fault.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA", "CED_BATTERY"}),
    person_free=True,
)
