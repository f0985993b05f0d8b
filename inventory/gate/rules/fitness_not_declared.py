"""O-09: the person declares at the draw that they are fit for duty."""

from inventory.gate.facts import Facts
from inventory.gate.rule import CED, DUTY, Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    if facts.ask.fit_declared:
        return None
    return Finding(
        "You have not declared that you are fit for duty.", "Touch FIT FOR DUTY.", "Fit for duty to declare"
    )


RULE = Rule(
    code="FITNESS_NOT_DECLARED",
    rule_id="O-09",
    must="The person declares fitness for duty at the draw.",
    scope="SET",
    condition=condition,
    kinds=CED,
    firm=DUTY,
    awaits=True,
)
