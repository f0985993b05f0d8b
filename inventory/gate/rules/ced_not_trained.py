"""O-02: the person has passed the CED course or conversion for this exact model."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, DUTY, Answer, Finding, Rule, Terms
from inventory.gate.wording import BOOK_TRAINING


def condition(_facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
    if ("CED", terms.model) in person.training:
        return None
    return Finding(f"You have not passed a CED course for the {terms.model}.", BOOK_TRAINING)


RULE = Rule(
    code="CED_NOT_TRAINED",
    rule_id="O-02",
    must="The person has passed the CED course or conversion for the exact model.",
    scope="MODEL",
    condition=condition,
    kinds=CED,
    firm=DUTY,
)
