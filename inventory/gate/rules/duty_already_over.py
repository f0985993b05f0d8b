"""M-01: the duty has not ended yet."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, terms: Terms) -> Answer:
    ends_us = facts.ask.planned_return_us
    if ends_us is None or ends_us > facts.now_us or terms.return_mode != "DUTY":
        return None
    return Finding("The duty this kit is drawn for is over.", "Choose your shift on the screen.")


RULE = Rule(
    code="DUTY_ALREADY_OVER",
    rule_id="M-01",
    must="The duty has not ended yet.",
    scope="SET",
    condition=condition,
    firm=BOTH,
)
