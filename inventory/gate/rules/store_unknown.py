"""The store the kit is drawn from is known."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule
from inventory.gate.wording import ASK_STOREKEEPER


def condition(facts: Facts, _subject: None, _terms: None) -> Answer:
    if facts.store is not None:
        return None
    return Finding("It is not known which store this hatch belongs to.", ASK_STOREKEEPER)


RULE = Rule(
    code="STORE_UNKNOWN",
    rule_id="D-02",
    must="The store is known.",
    scope="ASK",
    condition=condition,
    always=True,
)
