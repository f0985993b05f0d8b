"""The person is on record."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule
from inventory.gate.wording import ASK_STOREKEEPER


def condition(facts: Facts, _subject: None, _terms: None) -> Answer:
    if facts.person is not None:
        return None
    return Finding("Nobody is on record by this card or number.", ASK_STOREKEEPER)


RULE = Rule(
    code="PERSON_UNKNOWN",
    rule_id="D-03",
    must="The person is on record.",
    scope="ASK",
    condition=condition,
    always=True,
)
