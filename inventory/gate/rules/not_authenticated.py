"""M-06: a PIN, or the issuer's own look at the face, proved who stands there; a card alone does not."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms

PROOFS = ("PIN", "FACE")


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    if facts.ask.authenticated_by in PROOFS:
        return None
    return Finding(
        "It is not proved that it is you.", "Enter your PIN, or ask the issuer to check your face."
    )


RULE = Rule(
    code="NOT_AUTHENTICATED",
    rule_id="M-06",
    must="A PIN or the issuer's face check proved the person.",
    scope="SET",
    condition=condition,
    firm=BOTH,
    completing=True,
)
