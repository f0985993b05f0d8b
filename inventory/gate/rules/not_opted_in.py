"""O-10: carrying a CED is voluntary."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, DUTY, Answer, Finding, Rule, Terms
from inventory.gate.wording import SPOC


def condition(_facts: Facts, person: PersonFacts, _terms: Terms) -> Answer:
    if person.opted_in is True:
        return None
    return Finding("You have not opted in to carry a CED.", SPOC)


RULE = Rule(
    code="NOT_OPTED_IN",
    rule_id="O-10",
    must="The person has opted in to carry a CED.",
    scope="PERSON",
    condition=condition,
    kinds=CED,
    firm=DUTY,
)
