"""I-05: the battery has more charge than the maker's low mark (an X2 flashes LO BATT at 20 % and below)."""

from inventory.gate.facts import Facts
from inventory.gate.rule import DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import CHARGE_AGE, known_charge
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts

ABOVE = Number("charge_percent_above", by_model=True, minimum=20, maximum=99, never_none=("*",))


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    charge, above = known_charge(facts, item, terms), terms.count(ABOVE.name)
    if charge is None or above is None or charge > above:
        return None
    return Finding(f"{label_of(item)} has {charge} % left; more than {above} % is needed.", TAKE_ANOTHER)


RULE = Rule(
    code="CHARGE_LOW",
    rule_id="I-05",
    must="Its charge is above the low mark.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_BATTERY"}),
    firm=DUTY,
    person_free=True,
    numbers=(ABOVE, CHARGE_AGE),
)
