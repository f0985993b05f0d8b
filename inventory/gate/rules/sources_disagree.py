"""Custody and docks say the same about where the item is."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import ASK_STOREKEEPER
from inventory.stock.kit_facts import ItemFacts


def condition(_facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    elsewhere = bool(item.bay and item.bay.present and item.holder == "STORE") and (
        item.bay is not None and item.bay.store_id != item.holder_id
    )
    if item.bays <= 1 and not elsewhere:
        return None
    return Finding(f"Docks and records disagree about where {item.label} is.", ASK_STOREKEEPER)


RULE = Rule(
    code="SOURCES_DISAGREE",
    rule_id="I-01",
    must="Docks and records agree where it is.",
    scope="ITEM",
    condition=condition,
    firm=BOTH,
    person_free=True,
)
