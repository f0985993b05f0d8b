"""It is known what holds are in force on the item or lot."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import ASK_STOREKEEPER, label_of
from inventory.stock.kit_facts import Kit


def condition(_facts: Facts, kit: Kit, _terms: Terms) -> Answer:
    if kit.holds is not None:
        return None
    return Finding(f"{label_of(kit)}: it is not known whether it is held back.", ASK_STOREKEEPER)


RULE = Rule(
    code="HOLDS_UNKNOWN",
    rule_id="I-15",
    must="It is known what holds are in force on it.",
    scope="KIT",
    condition=condition,
    firm=BOTH,
    person_free=True,
)
