"""I-18: the camera's charge lasts a duty."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import bay_number_at_least
from inventory.stock.kit_facts import ItemFacts

LEAST = Number("charge_percent_min")


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    if item.bay is None:
        return None
    charge, least = item.bay.charge_percent, terms.count(LEAST.name)
    if charge is None:
        return Finding(f"The charge of {item.label} is not known.", "Take another.")
    return bay_number_at_least(item, charge, least, "% charge")


RULE = Rule(
    code="CAMERA_CHARGE_LOW",
    rule_id="I-18",
    must="Its charge lasts a duty.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA"}),
    person_free=True,
    numbers=(LEAST,),
)
