"""O-11: one CED handle in a draw."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    if len(facts.handles) <= 1:
        return None
    return Finding("There is more than one CED in this set.", "Put one back.")


RULE = Rule(
    code="TWO_HANDLES",
    rule_id="O-11",
    must="There is at most one CED handle in a draw.",
    scope="SET",
    condition=condition,
    kinds=frozenset({"CED_HANDLE"}),
    firm=BOTH,
)
