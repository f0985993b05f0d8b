"""M-08: the store is open."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    if facts.store is None or facts.store.open:
        return None
    return Finding(f"The {facts.store.name} store is closed.", "Draw your kit at another store.")


RULE = Rule(
    code="STORE_CLOSED",
    rule_id="M-08",
    must="The store is open.",
    scope="SET",
    condition=condition,
)
