"""I-13: the handle is within its useful life."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import lasting
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.people.calendar import add_months, day_start_us
from inventory.stock.kit_facts import ItemFacts

MONTHS = Number("life_months", minimum=1)


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    months = terms.count(MONTHS.name)
    if months is None:
        return None
    if item.in_service_on is None:
        return Finding(f"{label_of(item)} has no in-service date on record.", TAKE_ANOTHER)
    ends_us = day_start_us(add_months(item.in_service_on, months))
    return lasting(facts, ends_us, f"The useful life of {item.label}", TAKE_ANOTHER)


RULE = Rule(
    code="PAST_USEFUL_LIFE",
    rule_id="I-13",
    must="It is within its useful life.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_HANDLE"}),
    person_free=True,
    numbers=(MONTHS,),
)
