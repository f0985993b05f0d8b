"""I-05: the battery is not near its low mark."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import CHARGE_AGE, known_charge
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts

WARN = Number("charge_percent_warn", by_model=True)
LOW = Number("charge_percent_above", by_model=True, minimum=20, maximum=99, never_none=("*",))


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    charge, warn = known_charge(facts, item, terms), terms.count(WARN.name)
    if charge is None or warn is None or charge >= warn or charge <= (terms.count(LOW.name) or 0):
        return None
    return Finding(f"{label_of(item)} has only {charge} % left.", "Take a fuller one while there is one.")


RULE = Rule(
    code="CHARGE_NEARLY_LOW",
    rule_id="I-05",
    must="Its charge is not near the low mark.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_BATTERY"}),
    numbers=(WARN, LOW, CHARGE_AGE),
)
