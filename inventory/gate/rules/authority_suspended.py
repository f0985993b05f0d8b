"""O-04: no suspension touches the person's authority to carry this model during the duty."""

from inventory.gate.facts import Facts, PersonFacts, Suspension
from inventory.gate.rule import CED, DUTY, Answer, Rule, Terms
from inventory.gate.shapes import ENDLESS_US, refer


def condition(facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
    if person.suspensions is None:
        return refer()
    concerned = [each for each in person.suspensions if _concerns(each, facts.ask.mode, terms.model)]
    ahead = [each.from_us for each in concerned if each.to_us is None or each.to_us > facts.now_us]
    until_us = min(ahead, default=ENDLESS_US)
    return until_us if facts.lasts(until_us) else refer()


def _concerns(each: Suspension, mode: str, model: str) -> bool:
    return each.model in (None, model) and each.mode in (None, mode)


RULE = Rule(
    code="AUTHORITY_SUSPENDED",
    rule_id="O-04",
    must="The person's authority is not suspended at any time of the duty.",
    scope="MODEL",
    condition=condition,
    kinds=CED,
    firm=DUTY,
    secret=True,
)
