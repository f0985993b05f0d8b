"""I-19: the camera runs the firmware the force asks for, or a later one. A dock that cannot tell is no
bar."""

import re

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts

LEAST = Number("firmware_min", "text", by_model=True)


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    least, runs = terms.numbers.get(LEAST.name), item.bay.firmware if item.bay else None
    if runs is None or not isinstance(least, str) or parts(runs) >= parts(least):
        return None
    return Finding(f"{label_of(item)} runs firmware {runs}; {least} is needed.", TAKE_ANOTHER)


def parts(version: str) -> tuple[int, ...]:
    """The numbers of a version, in order: "v1.24.3" is (1, 24, 3)."""
    return tuple(int(digits) for digits in re.findall(r"[0-9]{1,9}", version))


RULE = Rule(
    code="FIRMWARE_OLD",
    rule_id="I-19",
    must="It runs the firmware the force asks for.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA"}),
    person_free=True,
    numbers=(LEAST,),
)
