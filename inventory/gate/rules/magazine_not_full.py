"""I-11: a magazine goes out full of undeployed cartridges, by their serials, not by the weapon's display.

Each cartridge in it is judged by its own rules beside this one: one that was fired is no longer in the store.
"""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import how_many, label_of
from inventory.stock.kit_facts import ItemFacts

CAPACITY = Number("magazine_capacity", by_model=True, minimum=1, never_none=("*",))


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    capacity = terms.count(CAPACITY.name)
    if capacity is None or len(item.fitted) == capacity:
        return None
    loaded = how_many(len(item.fitted), "cartridge")
    return Finding(
        f"{label_of(item)} is recorded with {loaded}, not {capacity}.", "Load it and record the serials."
    )


RULE = Rule(
    code="MAGAZINE_NOT_FULL",
    rule_id="I-11",
    must="A magazine is full of cartridges known by serial.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_MAGAZINE"}),
    firm=DUTY,
    person_free=True,
    numbers=(CAPACITY,),
)
