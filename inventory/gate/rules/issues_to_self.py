"""O-16: nobody issues kit to themselves."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    same = facts.ask.by_person_id == facts.ask.person_id
    if not same and not (facts.issuer is not None and facts.issuer.is_recipient):
        return None
    return Finding("You cannot issue kit to yourself.", "Ask another issuer to countersign.")


RULE = Rule(
    code="ISSUES_TO_SELF",
    rule_id="O-16",
    must="The person is not their own issuer.",
    scope="SET",
    condition=condition,
    firm=BOTH,
)
