"""O-08: full duty, or limited duties that permit this kind, at every moment of the duty."""

from inventory.gate.facts import Facts, PersonFacts, Restriction
from inventory.gate.rule import CED, DUTY, Answer, Rule, Terms
from inventory.gate.shapes import ENDLESS_US, refer


def condition(facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
    if person.restrictions is None:
        return refer() if terms.kind in CED else None
    barring = [each for each in person.restrictions if terms.kind not in each.kinds_allowed]
    until_us = min((each.from_us for each in barring if _is_ahead(each, facts.now_us)), default=ENDLESS_US)
    return until_us if facts.lasts(until_us) else refer()


def _is_ahead(each: Restriction, now_us: int) -> bool:
    return each.to_us is None or each.to_us > now_us


RULE = Rule(
    code="DUTY_RESTRICTED",
    rule_id="O-08",
    must="The person is on full duty, or limited duties permit the kind.",
    scope="KIND",
    condition=condition,
    firm=DUTY,
    secret=True,
)
