"""I-08: battery, cartridge and magazine fit the CED they are drawn for."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import ItemFacts

FITS = Number("fits_handles", "words", by_model=True, optional=True)


def condition(facts: Facts, item: ItemFacts, terms: Terms) -> Answer:
    handle = facts.handle_model
    if handle is None or handle in (terms.words(FITS.name) or (item.model,)):
        return None
    return Finding(f"{label_of(item)} is for the {item.model} and does not fit your {handle}.", TAKE_ANOTHER)


RULE = Rule(
    code="DOES_NOT_FIT",
    rule_id="I-08",
    must="It fits the CED handle it is drawn for.",
    scope="ITEM",
    condition=condition,
    kinds=frozenset({"CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE"}),
    firm=BOTH,
    numbers=(FITS,),
)
