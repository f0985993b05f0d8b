"""Every item asked for is known by its serial."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule


def condition(facts: Facts, _subject: None, _terms: None) -> Answer:
    if not facts.unknown_items:
        return None
    return Finding(
        "An item in this set is not known to the kit store.", "Ask the storekeeper to book it in first."
    )


RULE = Rule(
    code="ITEM_UNKNOWN",
    rule_id="I-01",
    must="Every item is known to the kit store.",
    scope="ASK",
    condition=condition,
    always=True,
)
