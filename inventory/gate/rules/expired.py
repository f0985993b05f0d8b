"""I-07 and I-16: what is printed on it has not run out, and does not before the duty ends.

Expired at 00:00 of the London day after the printed date (design section 2.2).
"""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import expires_us
from inventory.gate.wording import TAKE_ANOTHER, day_in_words, label_of
from inventory.stock.kit_facts import Kit

MARGIN = Number("expiry_margin_days")


def condition(facts: Facts, kit: Kit, terms: Terms) -> Answer:
    if kit.expires_on is None:
        return None
    until_us = expires_us(kit.expires_on, terms.count(MARGIN.name) or 0)
    if facts.lasts(until_us):
        return until_us
    when = day_in_words(kit.expires_on)
    if until_us <= facts.now_us:
        return Finding(f"{label_of(kit)} expired on {when}.", TAKE_ANOTHER)
    return Finding(f"{label_of(kit)} expires on {when}, too soon for this duty.", TAKE_ANOTHER)


RULE = Rule(
    code="EXPIRED",
    rule_id="I-07",
    must="The date printed on it is after the end of the duty (spit guards: I-16).",
    scope="KIT",
    condition=condition,
    kinds=frozenset({"CED_CARTRIDGE", "SBG"}),
    firm=DUTY,
    person_free=True,
    numbers=(MARGIN,),
)
