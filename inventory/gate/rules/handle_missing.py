"""I-09: batteries, cartridges and magazines go with a CED handle, drawn or already held."""

from inventory.gate.facts import Facts
from inventory.gate.rule import CED, DUTY, Answer, Finding, Rule, Terms


def condition(facts: Facts, _subject: None, _terms: Terms) -> Answer:
    if facts.handles or any(each.kind == "CED_HANDLE" for each in facts.holding):
        return None
    return Finding(
        "There is no CED handle in this set, and you have none.", "Scan the CED.", "CED handle to go"
    )


RULE = Rule(
    code="HANDLE_MISSING",
    rule_id="I-09",
    must="What belongs to a CED is drawn with its handle, or for one already held.",
    scope="SET",
    condition=condition,
    kinds=CED,
    firm=DUTY,
    awaits=True,
)
