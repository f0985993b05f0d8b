"""M-04: a CED is carried single-crewed only where the force allows it."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, Answer, Finding, Number, Rule, Terms

ALLOWED = Number("single_crew_ok", "bool")


def condition(facts: Facts, _person: PersonFacts, terms: Terms) -> Answer:
    if terms.is_on(ALLOWED.name) or facts.ask.single_crewed is False:
        return None
    return Finding("A CED is not carried single-crewed in this force.", "Speak to your supervisor.")


RULE = Rule(
    code="SINGLE_CREWED",
    rule_id="M-04",
    must="Single-crewed carriage is allowed, or the person is not alone.",
    scope="PERSON",
    condition=condition,
    kinds=CED,
    completing=True,
    numbers=(ALLOWED,),
)
