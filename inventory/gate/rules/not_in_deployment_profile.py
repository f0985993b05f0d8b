"""M-02: the person is posted to a role for which the force deploys CEDs."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, Answer, Finding, Rule, Terms


def condition(_facts: Facts, person: PersonFacts, _terms: Terms) -> Answer:
    if person.frontline:
        return None
    return Finding("Your posting is not one the force deploys CEDs to.", "Speak to your supervisor.")


RULE = Rule(
    code="NOT_IN_DEPLOYMENT_PROFILE",
    rule_id="M-02",
    must="The person's posting is in the deployment profile.",
    scope="PERSON",
    condition=condition,
    kinds=CED,
)
