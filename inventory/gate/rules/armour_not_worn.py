"""M-03: body armour is worn. Where nobody looked, nothing is said."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import CED, Answer, Finding, Rule, Terms


def condition(facts: Facts, _person: PersonFacts, _terms: Terms) -> Answer:
    if facts.ask.armour_worn is not False:
        return None
    return Finding("You are not wearing body armour.", "Put it on before you go out.")


RULE = Rule(
    code="ARMOUR_NOT_WORN",
    rule_id="M-03",
    must="Body armour is worn.",
    scope="PERSON",
    condition=condition,
    kinds=CED,
    completing=True,
)
