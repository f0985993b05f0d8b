"""The force has a policy for this kind and this purpose."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.wording import ASK_STOREKEEPER, label_of
from inventory.stock.kit_facts import Kit


def condition(_facts: Facts, kit: Kit, terms: Terms | None) -> Answer:
    if terms is not None:
        return None
    return Finding(f"{label_of(kit)} is of a kind that is not issued for this purpose.", ASK_STOREKEEPER)


RULE = Rule(
    code="KIND_HAS_NO_POLICY",
    rule_id="D-05",
    must="There is a policy for its kind and the purpose.",
    scope="KIT",
    condition=condition,
    always=True,
    person_free=True,
)
