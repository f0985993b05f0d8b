"""O-03: at most twelve months since the last CED training for this model, to the end of the duty."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, DUTY, Answer, Rule, Terms
from inventory.gate.shapes import ENDLESS_US, lasting
from inventory.gate.wording import BOOK_TRAINING


def condition(facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
    held = person.training.get(("CED", terms.model))
    if held is None:
        return None
    until_us = ENDLESS_US if held.valid_until_us is None else held.valid_until_us
    return lasting(facts, until_us, f"Your {terms.model} CED refresher", BOOK_TRAINING)


RULE = Rule(
    code="CED_OUT_OF_DATE",
    rule_id="O-03",
    must="The person's CED training for the model is in date for the whole duty.",
    scope="MODEL",
    condition=condition,
    kinds=CED,
    firm=DUTY,
)
