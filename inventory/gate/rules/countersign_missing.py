"""M-06: a second person, the issuer, has countersigned."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    if facts.ask.by_person_id is not None:
        return None
    return Finding("Nobody has countersigned.", "Ask the issuer to countersign.")


RULE = Rule(
    code="COUNTERSIGN_MISSING",
    rule_id="M-06",
    must="An issuer has countersigned.",
    scope="SET",
    condition=condition,
    firm=BOTH,
    completing=True,
)
