"""Something has been asked for."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule


def condition(facts: Facts, _subject: None, _terms: None) -> Answer:
    if facts.ask.item_ids or facts.ask.lots:
        return None
    return Finding("Nothing has been scanned yet.", "Scan your kit.", "Kit to scan")


RULE = Rule(
    code="NOTHING_ASKED",
    rule_id="D-01",
    must="Something has been asked for.",
    scope="ASK",
    condition=condition,
    awaits=True,
    always=True,
)
