"""I-19: the camera has room for a duty's films. A dock that cannot tell is not held against it."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Number, Rule, Terms
from inventory.gate.shapes import bay_number_at_least
from inventory.stock.kit_facts import ItemFacts

LEAST = Number("free_mb_min")


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    if item.bay is None or item.bay.free_mb is None:
        return None
    return bay_number_at_least(item, item.bay.free_mb, terms.count(LEAST.name), "MB free")


RULE = Rule(
    code="STORAGE_LOW",
    rule_id="I-19",
    must="It has room for a duty's films.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA"}),
    person_free=True,
    numbers=(LEAST,),
)
