"""I-13: the handle is not near the end of its useful life."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import day_in_words, label_of
from inventory.people.calendar import add_months
from inventory.stock.kit_facts import ItemFacts

WARN = Number("life_warn_months", minimum=1)
MONTHS = Number("life_months", minimum=1)


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    warn, months = terms.count(WARN.name), terms.count(MONTHS.name)
    if warn is None or months is None or item.in_service_on is None:
        return None
    ends_on = add_months(item.in_service_on, months)
    if not add_months(item.in_service_on, warn) <= facts.today < ends_on:
        return None
    return Finding(
        f"{label_of(item)} reaches the end of its life on {day_in_words(ends_on)}.",
        "Tell the CED technician.",
    )


RULE = Rule(
    code="NEAR_END_OF_LIFE",
    rule_id="I-13",
    must="It is not near the end of its useful life.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_HANDLE"}),
    numbers=(WARN, MONTHS),
)
