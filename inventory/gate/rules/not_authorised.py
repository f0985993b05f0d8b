"""O-04: the chief officer's permission to carry this model, in this mode, stands for the whole duty."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, DUTY, Answer, Rule, Terms
from inventory.gate.shapes import refer


def condition(facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
    granted = [
        each.to_us
        for each in person.authorities
        if (each.model, each.mode) == (terms.model, facts.ask.mode) and each.from_us <= facts.now_us
    ]
    until_us = max(granted, default=0)
    return until_us if facts.lasts(until_us) else refer()


RULE = Rule(
    code="NOT_AUTHORISED",
    rule_id="O-04",
    must="The person is authorised to carry the model, overt or covert as asked.",
    scope="MODEL",
    condition=condition,
    kinds=CED,
    firm=DUTY,
    secret=True,
)
