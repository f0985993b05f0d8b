"""O-14: the person has an account in the evidence system, so that films find their owner."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import Answer, Finding, Rule, Terms

GATE = "DEMS_ACCOUNT"


def condition(_facts: Facts, person: PersonFacts, _terms: Terms) -> Answer:
    if GATE in person.gates:
        return None
    return Finding("You have no account in the evidence system.", "Ask the digital evidence team for one.")


RULE = Rule(
    code="DEMS_ACCOUNT_MISSING",
    rule_id="O-14",
    must="The person has an account in the evidence system.",
    scope="PERSON",
    condition=condition,
    kinds=frozenset({"BWV_CAMERA"}),
)
