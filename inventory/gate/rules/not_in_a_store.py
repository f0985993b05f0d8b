"""The item is in a store, not an exhibit, on its way, with the supplier or disposed of."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import ASK_STOREKEEPER, label_of
from inventory.stock.kit_facts import ItemFacts

ELSEWHERE = {
    "EXHIBIT": "is held in the exhibit store",
    "CARRIER": "is recorded as on its way between stores",
    "SUPPLIER": "is recorded as with the supplier",
    "DISPOSAL": "is recorded as disposed of",
}


def condition(_facts: Facts, item: ItemFacts, _terms: Terms) -> Answer:
    says = ELSEWHERE.get(item.holder or "")
    if says is None:
        return None
    return Finding(f"{label_of(item)} {says}.", ASK_STOREKEEPER)


RULE = Rule(
    code="NOT_IN_A_STORE",
    rule_id="I-01",
    must="It is in a store.",
    scope="ITEM",
    condition=condition,
    firm=BOTH,
    person_free=True,
)
