"""I-07: the expiry printed on the cartridge is on record."""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts


def condition(_facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    if item.expires_on is not None:
        return None
    return Finding(f"{label_of(item)} has no expiry date on record.", TAKE_ANOTHER)


RULE = Rule(
    code="EXPIRY_NOT_RECORDED",
    rule_id="I-07",
    must="The expiry printed on it is on record.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_CARTRIDGE"}),
    firm=DUTY,
    person_free=True,
)
