"""O-11: nobody has two CED handles."""

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms


def condition(_facts: Facts, person: PersonFacts, _terms: Terms) -> Answer:
    if person.holding is None:
        return Finding("It is not known what you hold already.", "Ask the storekeeper.")
    if not any(each.kind == "CED_HANDLE" for each in person.holding):
        return None
    return Finding("You already have a CED.", "Hand it back first.")


RULE = Rule(
    code="ALREADY_HOLDS_HANDLE",
    rule_id="O-11",
    must="The person has no CED handle already.",
    scope="KIND",
    condition=condition,
    kinds=frozenset({"CED_HANDLE"}),
    firm=BOTH,
)
