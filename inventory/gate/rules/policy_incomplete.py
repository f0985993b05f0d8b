"""The force has set every number that this model's rules need."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Rule, Terms
from inventory.gate.wording import label_of
from inventory.stock.kit_facts import Kit


def condition(_facts: Facts, kit: Kit, terms: Terms | None) -> Answer:
    if terms is None or not terms.unset:
        return None
    names = ", ".join(name.replace("_", " ") for name in terms.unset)
    return Finding(
        f"{label_of(kit)} cannot be issued: the force has not yet set {names} for {terms.model}.",
        "Tell the CED single point of contact or the store manager.",
    )


RULE = Rule(
    code="POLICY_INCOMPLETE",
    rule_id="D-06",
    must="The force has set every number its model's rules need.",
    scope="KIT",
    condition=condition,
    always=True,
    person_free=True,
)
