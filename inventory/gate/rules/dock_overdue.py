"""I-04: the battery has been docked within the days set, to the end of the duty."""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import days_after_us, lasting
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import ItemFacts

DAYS = Number("dock_days", by_model=True, minimum=1, maximum=30, never_none=("T7",))
REMEDY = "Put it in its dock and take another."


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    days = terms.count(DAYS.name)
    if days is None:
        return None
    in_bay_us = item.bay.observed_us if item.bay and item.bay.present else None
    docked = [at_us for at_us in (item.docked_us, in_bay_us) if at_us is not None]
    if not docked:
        return Finding(f"{label_of(item)} has never been docked, as far as is known.", REMEDY)
    return lasting(facts, days_after_us(max(docked), days), f"The docking period of {item.label}", REMEDY)


RULE = Rule(
    code="DOCK_OVERDUE",
    rule_id="I-04",
    must="It has been docked within the days set.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_BATTERY"}),
    firm=DUTY,
    person_free=True,
    numbers=(DAYS,),
)
