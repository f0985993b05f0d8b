"""Operational, training and exhibit stock never mix in one issue (design section 3.0, invariant 11)."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts

POOL_WORDS = {"OPERATIONAL": "operational stock", "TRAINING": "training stock", "EXHIBIT": "an exhibit"}


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    if item.pool == terms.purpose:
        return None
    is_of = POOL_WORDS.get(item.pool, "of no known stock")
    return Finding(f"{label_of(item)} is {is_of}, not for {terms.purpose.lower()} issue.", TAKE_ANOTHER)


RULE = Rule(
    code="WRONG_POOL",
    rule_id="D-08",
    must="It is of the stock its purpose draws on.",
    scope="ITEM",
    condition=condition,
    firm=BOTH,
    person_free=True,
)
