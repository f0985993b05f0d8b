"""A person does not have operational and training CED kit at the same time (design section 3.0, invariant
11)."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, CED, Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    if all(each.purpose == facts.ask.purpose for each in facts.holding if each.kind in CED):
        return None
    return Finding("You hold CED kit that was drawn for another purpose.", "Hand that back first.")


RULE = Rule(
    code="POOLS_MIXED",
    rule_id="D-08",
    must="No CED kit drawn for another purpose is still out with the person.",
    scope="SET",
    condition=condition,
    kinds=CED,
    firm=BOTH,
)
