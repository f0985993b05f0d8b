"""M-07: a visiting officer draws a CED only where the force allows it and the donor force attests the
model."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import SPOC

VISITORS = Number("visitors_draw", "bool")
ATTESTED = "DONOR_FORCE_ATTESTED_"


def condition(_facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
    if person.kind != "VISITING_OFFICER":
        return None
    if terms.is_on(VISITORS.name) and f"{ATTESTED}{terms.model}" in person.gates:
        return None
    return Finding(f"Your own force has not attested your {terms.model} currency here.", SPOC)


RULE = Rule(
    code="VISITOR_NOT_ATTESTED",
    rule_id="M-07",
    must="A visiting officer's currency on the model is attested by their own force.",
    scope="MODEL",
    condition=condition,
    kinds=CED,
    firm=DUTY,
    numbers=(VISITORS,),
)
