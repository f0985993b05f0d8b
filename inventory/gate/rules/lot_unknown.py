"""Every lot asked for is known."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule


def condition(facts: Facts, _subject: None, _terms: None) -> Answer:
    if not facts.unknown_lots:
        return None
    return Finding(
        "A lot in this set is not known to the kit store.", "Ask the storekeeper to book it in first."
    )


RULE = Rule(
    code="LOT_UNKNOWN",
    rule_id="I-01",
    must="Every lot is known to the kit store.",
    scope="ASK",
    condition=condition,
    always=True,
)
