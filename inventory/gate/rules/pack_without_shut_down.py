"""I-06: an X2 carries the pack that shuts down by itself after five seconds."""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts

TYPES = Number("pack_types", "words", by_model=True, never_none=("X2",))


def condition(_facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    types = terms.words(TYPES.name)
    if types is None or item.variant in types:
        return None
    return Finding(f"{label_of(item)} is not a pack with automatic shut-down.", TAKE_ANOTHER)


RULE = Rule(
    code="PACK_WITHOUT_SHUT_DOWN",
    rule_id="I-06",
    must="A pack of this model shuts down by itself.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_BATTERY"}),
    firm=DUTY,
    person_free=True,
    numbers=(TYPES,),
)
