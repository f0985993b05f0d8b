"""M-01: the end of the duty is known, so that every validity can be judged against it."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, terms: Terms) -> Answer:
    if facts.ask.planned_return_us is not None or terms.return_mode != "DUTY":
        return None
    return Finding(
        "It is not known when your duty ends.", "Choose your shift on the screen.", "Shift to choose"
    )


RULE = Rule(
    code="DUTY_WINDOW_UNKNOWN",
    rule_id="M-01",
    must="It is known when the duty ends.",
    scope="SET",
    condition=condition,
    firm=BOTH,
    awaits=True,
)
