"""I-05: the battery's charge is known, from its dock or from its display."""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Rule, Terms
from inventory.gate.shapes import CHARGE_AGE, known_charge
from inventory.stock.kit_facts import ItemFacts


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    if known_charge(facts, item, terms) is not None:
        return None
    if facts.person is None and item.bay is None:
        return None  # on the shelf: its charge is read off its display when it is drawn
    return Finding(
        f"The charge of {item.label} is not known.", "Read it off the display and type it.",
        f"Charge of {item.label} to enter",
    )  # fmt: skip


RULE = Rule(
    code="CHARGE_UNKNOWN",
    rule_id="I-05",
    must="Its charge is known, from its dock or its display.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_BATTERY"}),
    firm=DUTY,
    awaits=True,
    person_free=True,
    numbers=(CHARGE_AGE,),
)
