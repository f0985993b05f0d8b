"""I-19: the camera's clock is right. A dock that cannot tell is not held against it."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER
from inventory.stock.kit_facts import ItemFacts

MOST = Number("clock_offset_ms_max", minimum=1)


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    offset_ms = item.bay.clock_offset_ms if item.bay else None
    most = terms.count(MOST.name)
    if offset_ms is None or most is None or abs(offset_ms) <= most:
        return None
    return Finding(f"The clock of {item.label} is wrong.", TAKE_ANOTHER)


RULE = Rule(
    code="CLOCK_NOT_IN_STEP",
    rule_id="I-19",
    must="Its clock is right.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA"}),
    person_free=True,
    numbers=(MOST,),
)
