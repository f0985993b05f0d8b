"""M-06: whoever countersigns may issue kit at this store."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    if facts.ask.by_person_id is None or (facts.issuer is not None and facts.issuer.may_issue):
        return None
    return Finding("Whoever countersigned may not issue kit at this store.", "Ask an issuer to countersign.")


RULE = Rule(
    code="ISSUER_NOT_ENTITLED",
    rule_id="M-06",
    must="Whoever countersigns may issue at this store.",
    scope="SET",
    condition=condition,
    firm=BOTH,
    completing=True,
)
