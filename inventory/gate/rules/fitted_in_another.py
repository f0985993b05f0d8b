"""The item is loose, or what it is fitted in is drawn with it."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts

LOADED_IN = {"CED_CARTRIDGE": ("a magazine", "Scan the magazine, or have the cartridge unloaded first.")}
ANYTHING = ("another item", "Scan what it is loaded in.")
"""Kind -> what it can be loaded in, and what to do then; and the same for any other kind."""


def condition(facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.fitted_in is None or any(other.id == item.fitted_in for other in facts.items):
        return None
    within, remedy = LOADED_IN.get(item.kind, ANYTHING)
    return Finding(f"{label_of(item)} is recorded as loaded in {within}.", remedy)


RULE = Rule(
    code="FITTED_IN_ANOTHER",
    rule_id="I-01",
    must="It is loose, or drawn with what it is loaded in.",
    scope="ITEM",
    condition=condition,
    firm=BOTH,
)
