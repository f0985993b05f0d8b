"""I-18: the camera's charge lasts the duty: the least the force asks for, and more for a long duty where it says how
much an hour takes."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import bay_number_at_least
from inventory.people.calendar import HOUR_US
from inventory.stock.kit_facts import ItemFacts

LEAST = Number("charge_percent_min")
AN_HOUR = Number("charge_percent_hour", minimum=1, maximum=100, optional=True)
FULL = 95
"""What is asked for at most, in percent: a pack that has stood a while since its charger called it full shows less than
a hundred, and no longer duty can be had from a fuller one (ours, no source)."""


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    if item.bay is None:
        return None
    charge = item.bay.charge_percent
    if charge is None:
        return Finding(f"The charge of {item.label} is not known.", "Take another.")
    return bay_number_at_least(item, charge, _needed(facts, terms), "% charge")


def _needed(facts: Facts, terms: Terms) -> int | None:
    """What this duty takes; without a duty (readiness), what any takes."""
    least, an_hour, ends_us = terms.count(LEAST.name), terms.count(AN_HOUR.name), facts.ask.planned_return_us
    if least is None or an_hour is None or ends_us is None:
        return least
    hours_us = max(0, ends_us - facts.now_us) * an_hour
    return max(least, min(FULL, -(-hours_us // HOUR_US)))


RULE = Rule(
    code="CAMERA_CHARGE_LOW",
    rule_id="I-18",
    must="Its charge lasts a duty.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA"}),
    person_free=True,
    numbers=(LEAST, AN_HOUR),
)
